"""Letters to real mail servers on loopback, found by real DNS."""

import asyncio
import time
from dataclasses import replace

import pytest

from gateway.outbound.mx.gate import STEP
from gateway.outbound.retry import Deferred, Delivered, Outcome, Refused
from tests.auth.nameserver import Zone
from tests.outbound.mx.world import CONTENT, ONE, PARCEL, to, world
from tests.peers.smtp_peer import Fault, close, hang, reply, reset, slow
from tests.waiting import until

TAKEN = Delivered("250 2.0.0 taken")
TWO: Zone = {
    ("client.test", "MX"): [(20, "mx2.client.test"), (10, "mx1.client.test")],
    ("mx1.client.test", "A"): ["127.0.0.2"],
    ("mx2.client.test", "A"): ["127.0.0.3"],
}


def deferred(outcomes: dict[str, Outcome], address: str = "ann@client.test") -> Deferred:
    found = outcomes[address]
    assert isinstance(found, Deferred), found
    return found


def refused(outcomes: dict[str, Outcome], address: str = "ann@client.test") -> Refused:
    found = outcomes[address]
    assert isinstance(found, Refused), found
    return found


async def test_a_letter_goes_to_the_best_server_of_its_domain() -> None:
    async with world(TWO, "127.0.0.2", "127.0.0.3") as around:
        assert await around.deliver() == {"ann@client.test": TAKEN}
        [mail] = around.at("127.0.0.2").messages
        assert (mail.reverse_path, mail.recipients, mail.content, mail.tls) == ("b@desk.test", ("ann@client.test",), CONTENT, False)
        assert around.at("127.0.0.2").commands[0] == "EHLO mx.desk.test"
        assert around.at("127.0.0.3").connections == 0


async def test_the_next_letter_to_the_domain_takes_the_same_session() -> None:
    async with world(TWO, "127.0.0.2", "127.0.0.3") as around:
        for _ in range(3):
            assert await around.deliver() == {"ann@client.test": TAKEN}
        assert (around.at("127.0.0.2").connections, len(around.at("127.0.0.2").messages)) == (1, 3)


@pytest.mark.parametrize(
    "name", ["ann@Client.Test", "ann@xn--e1afmkfd.test", "ann@пример.test", "ann@alias.test", "ann@bare.test", "ann@[127.0.0.2]"]
)
async def test_however_a_domain_is_written_its_server_is_found(name: str) -> None:
    zone: Zone = {
        **ONE,
        ("xn--e1afmkfd.test", "MX"): [(10, "mx1.client.test")],
        ("alias.test", "CNAME"): ["client.test"],
        ("bare.test", "A"): ["127.0.0.2"],
    }
    async with world(zone, "127.0.0.2") as around:
        assert await around.deliver(to(name)) == {name: TAKEN}


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("CONNECT", reply("421 4.3.2 too busy")),
        ("CONNECT", reply("451 4.7.1 later")),
        ("CONNECT", reply("554 5.7.1 not you")),
        ("CONNECT", close()),
        ("CONNECT", reset()),
        ("CONNECT", hang()),
        ("EHLO", reply("421 4.3.2 too busy")),
        ("EHLO", reply("451 4.3.0 later")),
        ("EHLO", hang()),
        ("MAIL", reply("421 4.3.2 closing")),
        ("MAIL", close()),
        ("MAIL", hang()),
        ("RCPT", reply("421 4.3.2 closing")),
        ("RCPT", reset()),
        ("DATA", reply("421 4.3.2 closing")),
        ("DATA", close()),
    ],
    ids=lambda each: each if isinstance(each, str) else each.kind + each.text[:3],
)
async def test_where_one_server_gives_no_session_the_next_one_takes_the_letter(command: str, fault: Fault) -> None:
    async with world(
        TWO, "127.0.0.2", "127.0.0.3", ways={"timeout": 0.8 if fault.kind == "hang" else 20.0}, limits={"first_probe": 60.0}
    ) as around:
        around.at("127.0.0.2").on(command, fault)
        assert await around.deliver() == {"ann@client.test": TAKEN}
        assert len(around.at("127.0.0.3").messages) == 1
        # And the next letter does not go there first.
        asked = around.at("127.0.0.2").connections
        assert await around.deliver() == {"ann@client.test": TAKEN}
        assert around.at("127.0.0.2").connections == asked


async def test_a_server_that_is_down_is_passed_over_for_the_next() -> None:
    async with world(TWO, "127.0.0.2", "127.0.0.3") as around:
        await around.at("127.0.0.2").stop()
        assert await around.deliver() == {"ann@client.test": TAKEN}


@pytest.mark.parametrize(
    ("command", "answer", "kind"),
    [
        ("MAIL", "550 5.7.1 never", Refused),
        ("RCPT", "550 5.1.1 nobody", Refused),
        ("RCPT", "450 4.2.0 greylisted", Deferred),
        ("DATA", "451 4.3.0 later", Deferred),
        ("END", "554 5.6.0 spam", Refused),
        ("END", "451 4.3.0 later", Deferred),
    ],
)
async def test_what_a_server_says_of_the_letter_stands_and_names_the_server(command: str, answer: str, kind: type[Outcome]) -> None:
    async with world(TWO, "127.0.0.2", "127.0.0.3") as around:
        around.at("127.0.0.2").on(command, reply(answer))
        said = (await around.deliver())["ann@client.test"]
        assert isinstance(said, kind)
        assert said.reply == f"{answer}, at mx1.client.test (127.0.0.2)"
        assert around.at("127.0.0.3").connections == 0


async def test_a_letter_that_may_have_been_taken_goes_to_no_other_server() -> None:
    async with world(TWO, "127.0.0.2", "127.0.0.3") as around:
        around.at("127.0.0.2").on("END", close())
        said = deferred(await around.deliver())
        assert said.unanswered
        assert "mx1.client.test (127.0.0.2): " in said.reply
        assert around.at("127.0.0.3").connections == 0


async def test_an_old_server_is_greeted_as_it_knows() -> None:
    async with world(ONE, "127.0.0.2") as around:
        around.at("127.0.0.2").on("EHLO", reply("500 5.5.1 what?"))
        assert await around.deliver() == {"ann@client.test": TAKEN}
        assert around.at("127.0.0.2").commands[:2] == ["EHLO mx.desk.test", "HELO mx.desk.test"]
        assert "MAIL FROM:<b@desk.test>" in around.at("127.0.0.2").commands


async def test_ipv6_comes_first_and_ipv4_behind_it() -> None:
    """Without a server at ::1 or without IPv6 at all, the letter arrives all the same, and soon."""
    zone: Zone = {**ONE, ("mx1.client.test", "AAAA"): ["::1"]}
    async with world(zone, "127.0.0.2") as around:
        begun = time.monotonic()
        assert await around.deliver() == {"ann@client.test": TAKEN}
        assert time.monotonic() - begun < 10, "and not when the time for a connection is over"
        assert around.names.asked["mx1.client.test", "AAAA"] == 1


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        ({("client.test", "MX"): [(0, ".")]}, "556 5.1.10 client.test takes no mail"),
        ({}, "550 5.1.2 "),
        ({("client.test", "TXT"): ["x"]}, "550 5.1.2 "),
        ({("client.test", "MX"): [(10, "mx.desk.test")], ("mx.desk.test", "A"): ["127.0.0.2"]}, "554 5.4.6 "),
        ({("client.test", "MX"): [(10, "other.test")], ("other.test", "A"): ["127.0.0.9"]}, "554 5.4.6 "),
    ],
    ids=["null MX", "no such domain", "no mail server", "our name", "our address"],
)
async def test_where_nobody_will_take_the_letter_it_is_refused_at_once(zone: Zone, begins: str) -> None:
    async with world(zone, "127.0.0.2", listens=(("127.0.0.9", 0),)) as around:
        said = refused(await around.deliver())
        assert said.reply.startswith(begins)
        assert said.at_rcpt
        assert around.at("127.0.0.2").connections == 0


@pytest.mark.parametrize(
    ("zone", "says"),
    [
        ({("client.test", "MX"): "servfail"}, "451 4.4.3 the mail servers of client.test could not be looked up"),
        ({("client.test", "MX"): "silent"}, "451 4.4.3 "),
        ({("client.test", "MX"): [(10, "gone.test")]}, "451 4.4.4 the MX records of client.test name gone.test, which has no address"),
        ({("client.test", "MX"): [(10, "b.test")], ("b.test", "A"): "servfail"}, "451 4.4.3 the addresses of b.test"),
    ],
)
async def test_where_dns_may_yet_answer_the_letter_waits(zone: Zone, says: str) -> None:
    async with world(zone) as around:
        said = deferred(await around.deliver())
        assert said.reply.startswith(says)
        assert (said.unreachable, said.busy) == (True, False)


async def test_the_letter_waits_where_no_server_answers_and_each_is_named() -> None:
    async with world(TWO, "127.0.0.2", "127.0.0.3") as around:
        await around.at("127.0.0.2").stop()
        around.at("127.0.0.3").on("CONNECT", reply("554 5.7.1 not you"))
        said = deferred(await around.deliver())
        assert said.reply == "554 5.7.1 not you, at mx2.client.test (127.0.0.3); mx1.client.test (127.0.0.2): connection refused"
        assert (said.code, said.unreachable) == (554, True)


async def test_a_domain_that_is_down_is_probed_and_not_hammered() -> None:
    async with world(ONE, "127.0.0.2", limits={"first_probe": 2.0, "longest_probe": 2.0}) as around:
        peer = around.at("127.0.0.2")
        peer.on("CONNECT", reply("421 4.3.2 down"))
        assert deferred(await around.deliver()).reply == "421 4.3.2 down, at mx1.client.test (127.0.0.2)"
        for _ in range(5):
            said = deferred(await around.deliver())
            # Nothing was tried, so no attempt counts; but the reason is told.
            assert (said.reply, said.unreachable, said.busy) == ("421 4.3.2 down, at mx1.client.test (127.0.0.2)", True, True)
            assert said.after is not None
            assert 0 < said.after <= 2.0 + 5 * STEP
        assert peer.connections == 1
        peer.heal()
        await asyncio.sleep(2.1)
        assert await around.deliver() == {"ann@client.test": TAKEN}


async def test_a_letter_that_a_person_wants_tried_is_tried_whatever_is_known_of_its_domain() -> None:
    async with world(ONE, "127.0.0.2", limits={"first_probe": 60.0, "longest_probe": 60.0}) as around:
        around.at("127.0.0.2").on("CONNECT", reply("421 4.3.2 down"), times=1)
        await around.deliver()
        assert deferred(await around.deliver()).after is not None
        assert await around.deliver(replace(PARCEL, forced=True)) == {"ann@client.test": TAKEN}
        assert await around.deliver() == {"ann@client.test": TAKEN}


async def test_so_many_domains_are_remembered_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.outbound.mx.transport.MOST_DESTINATIONS", 3)
    async with world({(f"d{n}.test", "A"): ["127.0.0.2"] for n in range(9)}, "127.0.0.2") as around:
        for n in range(9):
            await around.deliver(to(f"a@d{n}.test"))
        assert list(around.transport._known) == ["d6.test", "d7.test", "d8.test"]
        await until(lambda: around.at("127.0.0.2").open_connections <= 3)


async def test_while_a_probe_is_under_way_nobody_else_tries() -> None:
    async with world(ONE, "127.0.0.2", limits={"first_probe": 0.1, "longest_probe": 0.1}) as around:
        around.at("127.0.0.2").on("CONNECT", reply("421 4.3.2 down"), times=1)
        await around.deliver()
        await asyncio.sleep(0.15)
        around.at("127.0.0.2").on("CONNECT", slow(0.3))
        outcomes = await asyncio.gather(*(around.deliver() for _ in range(4)))
        assert [each["ann@client.test"] for each in outcomes].count(TAKEN) == 1
        assert around.at("127.0.0.2").connections == 2


async def test_a_dead_domain_is_no_matter_of_the_others() -> None:
    zone: Zone = {**ONE, ("dead.test", "MX"): [(10, "mx.dead.test")], ("mx.dead.test", "A"): ["127.0.0.77"]}
    async with world(zone, "127.0.0.2") as around:
        outcomes = await around.deliver(to("ann@client.test", "bob@dead.test", "carl@client.test"))
        assert (outcomes["ann@client.test"], outcomes["carl@client.test"]) == (TAKEN, TAKEN)
        assert deferred(outcomes, "bob@dead.test").reply == "mx.dead.test (127.0.0.77): connection refused"
        assert [mail.recipients for mail in around.at("127.0.0.2").messages] == [("ann@client.test", "carl@client.test")]


async def test_domains_are_delivered_to_side_by_side() -> None:
    zone: Zone = {(f"d{n}.test", "A"): [f"127.0.0.{n}"] for n in range(2, 6)}
    async with world(zone, *(f"127.0.0.{n}" for n in range(2, 6))) as around:
        for n in range(2, 6):
            around.at(f"127.0.0.{n}").on("END", slow(1.0))
        begun = time.monotonic()
        outcomes = await around.deliver(to(*(f"a@d{n}.test" for n in range(2, 6))))
        assert set(outcomes.values()) == {TAKEN}
        assert time.monotonic() - begun < 3.5, "one after another takes four seconds"


async def test_a_domain_gets_so_many_connections_and_who_finds_none_comes_again() -> None:
    async with world(ONE, "127.0.0.2", limits={"connections": 2, "patience": 1.0}) as around:
        around.at("127.0.0.2").on("END", slow(2.5))
        outcomes = [each["ann@client.test"] for each in await asyncio.gather(*(around.deliver() for _ in range(4)))]
        assert outcomes.count(TAKEN) == 2
        busy = [each for each in outcomes if isinstance(each, Deferred)]
        assert [(each.busy, each.unreachable) for each in busy] == [(True, False)] * 2
        assert around.at("127.0.0.2").most_open_connections == 2


async def test_a_slow_domain_leaves_places_for_others() -> None:
    zone: Zone = {**ONE, ("quick.test", "MX"): [(10, "mx.quick.test")], ("mx.quick.test", "A"): ["127.0.0.3"]}
    async with world(zone, "127.0.0.2", "127.0.0.3", ways={"timeout": 2.0}, limits={"connections": 2}, connections=3) as around:
        around.at("127.0.0.2").on("MAIL", hang())
        stuck = [asyncio.create_task(around.deliver()) for _ in range(2)]
        await asyncio.sleep(0.1)
        assert await around.deliver(to("q@quick.test")) == {"q@quick.test": TAKEN}
        await asyncio.gather(*stuck)


@pytest.mark.parametrize("command", ["CONNECT", "EHLO"])
async def test_of_a_domain_nobody_has_reached_one_letter_finds_out(command: str) -> None:
    """Each connection that hangs is one that no other domain has."""
    async with world(ONE, "127.0.0.2", ways={"timeout": 30.0}, limits={"attempt": 2.0}) as around:
        around.at("127.0.0.2").on(command, hang())
        first, *others = [asyncio.create_task(around.deliver()) for _ in range(50)]
        assert {deferred(each).busy for each in await asyncio.gather(*others)} == {True}
        assert not first.done()
        assert not deferred(await first).busy
        assert around.at("127.0.0.2").connections == 1


async def test_servers_that_greet_and_then_say_nothing_get_one_letter_at_a_time_until_they_answer_one() -> None:
    async with world(ONE, "127.0.0.2", ways={"timeout": 0.8}, limits={"connections": 3, "patience": 0.2}) as around:
        peer = around.at("127.0.0.2")
        peer.on("MAIL", hang())
        await around.deliver()
        outcomes = [deferred(each).busy for each in await asyncio.gather(*(around.deliver() for _ in range(4)))]
        assert sorted(outcomes) == [False, True, True, True]
        assert peer.connections == 2
        peer.heal()
        assert await around.deliver() == {"ann@client.test": TAKEN}
        peer.on("END", slow(0.2))
        assert await asyncio.gather(*(around.deliver() for _ in range(3))) == [{"ann@client.test": TAKEN}] * 3
        assert peer.connections == 5


async def test_all_domains_together_get_so_many_connections() -> None:
    zone: Zone = {(f"d{n}.test", "A"): ["127.0.0.2"] for n in range(6)}
    async with world(zone, "127.0.0.2", connections=2) as around:
        around.at("127.0.0.2").on("END", slow(0.5))
        outcomes = await around.deliver(to(*(f"a@d{n}.test" for n in range(6))))
        assert sorted(isinstance(each, Deferred) and each.busy for each in outcomes.values()) == [False, False, True, True, True, True]
        assert around.at("127.0.0.2").most_open_connections == 2


async def test_a_server_that_allows_fewer_connections_is_not_down() -> None:
    """Many answer 421 to the third connection of a host, and go on with the two that they have."""
    async with world(ONE, "127.0.0.2") as around:
        peer = around.at("127.0.0.2")
        peer.on("END", slow(1.5))
        first = asyncio.create_task(around.deliver())
        while not peer.open_connections:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        peer.on("CONNECT", reply("421 4.7.0 too many connections"), times=1)
        assert deferred(await around.deliver()).busy
        assert await first == {"ann@client.test": TAKEN}
        assert await around.deliver() == {"ann@client.test": TAKEN}


async def test_sessions_are_not_kept_with_more_domains_than_connections_are_allowed() -> None:
    zone: Zone = {(f"d{n}.test", "A"): ["127.0.0.2"] for n in range(6)}
    async with world(zone, "127.0.0.2", connections=2) as around:
        for n in range(6):
            assert await around.deliver(to(f"a@d{n}.test")) == {f"a@d{n}.test": TAKEN}
        await until(lambda: around.at("127.0.0.2").open_connections <= 2)


async def test_an_attempt_ends_in_time_whatever_servers_do() -> None:
    async with world(ONE, "127.0.0.2", ways={"timeout": 30.0}, limits={"attempt": 0.4}) as around:
        around.at("127.0.0.2").on("MAIL", hang())
        begun = time.monotonic()
        said = deferred(await around.deliver())
        assert time.monotonic() - begun < 15
        assert "mx1.client.test (127.0.0.2): the attempt took longer" in said.reply


async def test_opening_ends_in_time_however_many_servers_hang() -> None:
    zone: Zone = {("client.test", "MX"): [(n, f"m{n}.test") for n in range(2, 6)]} | {
        (f"m{n}.test", "A"): [f"127.0.0.{n}"] for n in range(2, 6)
    }
    async with world(zone, *(f"127.0.0.{n}" for n in range(2, 6)), ways={"timeout": 30.0}, limits={"opening": 0.5}) as around:
        for n in range(2, 6):
            around.at(f"127.0.0.{n}").on("CONNECT", hang())
        said = deferred(await around.deliver())
        assert "gave no session within" in said.reply
        assert said.unreachable


async def test_a_kept_session_that_the_server_closed_costs_nothing() -> None:
    async with world(ONE, "127.0.0.2") as around:
        assert await around.deliver() == {"ann@client.test": TAKEN}
        around.at("127.0.0.2").on("MAIL", reply("421 4.4.2 you were idle"), times=1)
        assert await around.deliver() == {"ann@client.test": TAKEN}
        assert around.at("127.0.0.2").connections == 2


async def test_an_address_that_dns_cannot_know_is_refused() -> None:
    async with world(ONE) as around:
        outcomes = await around.deliver(replace(PARCEL, recipients=("a@b..c",)))
        assert refused(outcomes, "a@b..c").reply.startswith("553 5.1.3 ")


async def test_recipients_are_grouped_by_domain_for_who_records_them_apart() -> None:
    async with world(ONE) as around:
        assert around.transport.several
        groups = around.transport.group(["a@x.test", "b@y.test", "c@X.test"])
        assert groups == (("a@x.test", "c@X.test"), ("b@y.test",))
