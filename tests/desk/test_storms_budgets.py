"""The budgets one by one, to the letter, on a real database (X6): whose room is spent, whose is not, and what the tickets say."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gateway.desk.alarm import sound_alarm
from gateway.desk.change import change
from gateway.domain.actor import Actor
from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.domain.notifications import Notification
from gateway.domain.organisation import Budget
from gateway.domain.states import LetterKind, Role, Status
from gateway.domain.steps import SetStatus
from gateway.domain.verdict import Verdict
from gateway.tokens.rating import Rate
from gateway.web.rated import Given, rate
from tests.desk.test_process import Desk, Sessions, reply_of_dana
from tests.desk.values import ALIGNED, NOTHING, ORGANISATION, box, client_letter_id, envelope, mail, token_address

CONFIRMING = (Notification(LetterKind.CLIENT_REPLY, ("client", "recipients")),)
DISOWNED = Verdict(spf="fail", dmarc="fail", source="peer", reason="client.test says reject")
DANA = Actor(Role.AGENT, "Dana Agent", "dana@staff.test")
WIDE = Budget(1000, 1000, 1000, 1000, 1000)


class Bounded(Desk):
    """A desk of some budget, that is written to by anybody from anywhere."""

    def __init__(self, sessions: Sessions, budget: Budget = WIDE, **changes: Any) -> None:
        super().__init__(sessions, replace(ORGANISATION, budget=budget, **changes))

    async def written_to(self, author: str, peer: str | None = "192.0.2.1", verdict: Verdict = NOTHING, **changes: Any) -> int | None:
        """The ticket that it went to."""
        number = self.next_id
        message = mail(f"Words {number}", author=box(author), **{"subject": f"Trouble {number}"} | changes)
        sent = Envelope(author, ("support@desk.test",), Peer(Entry.SMTP if peer else Entry.STDIN, peer, 25, "peer.test"))
        return (await self.take(message, sent, verdict)).ticket

    async def answered(self) -> Counter[str]:
        """Letters to people outside."""
        rows = await self.rows(
            "SELECT r.address FROM outbox_recipients r JOIN outbox_messages o ON o.id = outbox_id WHERE o.automatic AND r.reply_to IS NULL"
        )
        return Counter(str(address) for (address,) in rows)

    async def silences(self) -> list[str]:
        return [str(why) for (why,) in await self.rows("SELECT data ->> 'why' FROM ticket_events WHERE kind = 'silenced' ORDER BY id")]

    async def spend(self, letters: int, minutes_ago: int = 30) -> None:
        """As if so many had been written already."""
        async with self.sessions.begin() as session:
            await session.execute(
                text(
                    "INSERT INTO automatic_letters (at, address, domain, network, subject_key) SELECT now() - make_interval(mins => :ago), "
                    "'x' || i || '@x.test', 'x' || i || '.test', '', decode('00', 'hex') FROM generate_series(1, :letters) AS i"
                ),
                {"letters": letters, "ago": minutes_ago},
            )


def spent(bound: int, what: str) -> str:
    return f"the hour's budget of {bound} automatic letters for {what} is spent"


async def test_of_an_authors_domain_a_budget_silences_nobody_elses(sessions: Sessions) -> None:
    """Sub-addresses, dots and names below the domain are all its own."""
    desk = Bounded(sessions, replace(WIDE, per_author_domain_hour=4))
    authors = ("a@evil.test", "a+1@evil.test", "a.b@evil.test", "a@one.evil.test", "a+2@evil.test", "a@two.evil.test", "a+3@evil.test")
    for number, author in enumerate(authors):
        await desk.written_to(author, f"192.0.{number}.1")
    await desk.written_to("anna@client.test")
    assert await desk.answered() == Counter((*authors[:4], "anna@client.test"))
    assert await desk.silences() == [spent(4, "the author's domain")] * 3


@pytest.mark.parametrize(
    ("peers", "elsewhere"),
    [(("192.0.2.1", "192.0.2.200"), "192.0.3.1"), (("2001:db8:1:2::1", "2001:db8:1:3::1"), "2001:db8:2::1")],
)
async def test_of_a_network_a_budget_silences_no_other_one(peers: tuple[str, str], elsewhere: str, sessions: Sessions) -> None:
    desk = Bounded(sessions, replace(WIDE, per_network_hour=4))
    for number in range(7):
        await desk.written_to(f"a@evil{number}.test", peers[number % 2])
    await desk.written_to("anna@client.test", elsewhere)
    await desk.written_to("piped@client.test", None)
    assert (await desk.answered()).keys() == {*(f"a@evil{number}.test" for number in range(4)), "anna@client.test", "piped@client.test"}
    assert await desk.silences() == [spent(4, "the peer's network")] * 3


async def test_a_forged_author_gets_five_an_hour_from_however_many_networks(sessions: Sessions) -> None:
    desk = Bounded(sessions, Budget())
    for number in range(12):
        await desk.written_to("victim@client.test", f"10.{number}.2.1")
    assert await desk.answered() == {"victim@client.test": 5}


async def test_all_together_get_what_the_desk_allows_and_ids_that_nobody_used_are_no_letters(sessions: Sessions) -> None:
    desk = Bounded(sessions, Budget())
    await desk.spend(500, 61)
    await desk.spend(995)
    async with desk.sessions() as session:
        # A storm of rolled back transactions.
        await session.execute(text("SELECT nextval(pg_get_serial_sequence('automatic_letters', 'id')) FROM generate_series(1, 400)"))
    for number in range(8):
        await desk.written_to(f"a@evil{number}.test", f"10.{number}.2.1")
    assert len(await desk.answered()) == 5
    assert await desk.silences() == [spent(1000, "all addresses together")] * 3


async def test_far_from_the_bound_nothing_is_silenced_for_ids_that_nobody_used(sessions: Sessions) -> None:
    desk = Bounded(sessions, Budget())
    await desk.written_to("a@one.test")
    async with desk.sessions() as session:
        await session.execute(text("SELECT nextval(pg_get_serial_sequence('automatic_letters', 'id')) FROM generate_series(1, 2000)"))
    await desk.written_to("b@two.test")
    await desk.written_to("c@three.test")
    assert len(await desk.answered()) == 3


@pytest.mark.parametrize("budget", ["per_author_domain_hour", "per_network_hour", "overall_hour"])
async def test_those_who_come_at_the_same_time_do_not_share_the_last_letter(budget: str, sessions: Sessions) -> None:
    desk = Bounded(sessions, replace(WIDE, **{budget: 5}))
    await asyncio.gather(*(desk.written_to(f"a{number}@evil.test") for number in range(12)))
    assert (await desk.answered()).total() == 5
    assert len(await desk.silences()) == 7


async def test_every_recipient_of_the_original_mail_counts(sessions: Sessions) -> None:
    """C2: whoever is named by many authors gets five letters an hour, and each letter is one of the author's domain and the desk."""
    desk = Bounded(sessions, Budget())
    for number in range(8):
        author = f"a@evil{number}.test"
        await desk.written_to(author, verdict=ALIGNED, cc=(box("victim@client.test"), box(f"other{number}@client.test")))
    assert (await desk.answered())["victim@client.test"] == 5
    kept = await desk.rows("SELECT data ->> 'why', data -> 'to' FROM ticket_events WHERE kind = 'silenced' ORDER BY id")
    assert kept == [(spent(5, "this address"), ["victim@client.test"])] * 3
    assert await desk.rows("SELECT DISTINCT domain FROM automatic_letters WHERE domain = 'client.test'") == []

    small = replace(desk.organisation, budget=replace(WIDE, per_author_domain_hour=4))
    desk.organisation = small
    before = (await desk.answered()).total()
    await desk.written_to("anna@calm.test", verdict=ALIGNED, cc=tuple(box(f"c{number}@calm.test") for number in range(9)))
    assert (await desk.answered()).total() - before == 4
    assert (await desk.silences())[-1] == spent(4, "the author's domain")


async def test_the_letters_of_one_ticket_in_a_day_with_all_its_recipients(sessions: Sessions) -> None:
    desk = Bounded(sessions, replace(WIDE, per_ticket_day=10), notifications=CONFIRMING)
    people = tuple(box(f"c{number}@client.test") for number in range(12))
    await desk.written_to("anna@client.test", verdict=ALIGNED, cc=people[:3])
    for _ in range(4):
        await desk.written_to("anna@client.test", verdict=ALIGNED, in_reply_to=(client_letter_id(1),))
    assert (await desk.answered()).total() == 10
    why = "the day's budget of 10 automatic letters for one ticket is spent"
    assert set(await desk.silences()) == {why}
    # All ten whom a mail names are told of the new ticket, and then it is silent.
    await desk.written_to("boris@client.test", verdict=ALIGNED, cc=people)
    assert await desk.rows("SELECT count(*) FROM automatic_letters WHERE ticket = 2") == [(11,)]
    await desk.written_to("boris@client.test", verdict=ALIGNED, in_reply_to=(client_letter_id(2),))
    assert await desk.rows("SELECT count(*) FROM automatic_letters WHERE ticket = 2") == [(11,)]


async def test_merging_makes_no_new_room(sessions: Sessions) -> None:
    desk = Bounded(sessions, replace(WIDE, per_ticket_day=3), notifications=CONFIRMING)
    for _ in range(2):
        await desk.written_to("anna@client.test")
    for _ in range(2):
        await desk.written_to("anna@client.test", in_reply_to=(client_letter_id(1),))
    await desk.take(reply_of_dana(2, "@merge 1"), envelope("dana@staff.test", token_address(2)))
    assert await desk.rows("SELECT number, merged_into FROM tickets ORDER BY number") in ([(1, None), (2, 1)], [(1, 2), (2, None)])
    before = (await desk.answered()).total()
    await desk.written_to("anna@client.test", in_reply_to=(client_letter_id(1),))
    await desk.written_to("anna@client.test", in_reply_to=(client_letter_id(2),))
    assert (await desk.answered()).total() == before == 4
    assert set(await desk.silences()) == {"the day's budget of 3 automatic letters for one ticket is spent"}


async def test_one_author_twice_with_one_subject_is_answered_once_and_others_are_too(sessions: Sessions) -> None:
    desk = Bounded(sessions, Budget())
    await desk.written_to("anna@client.test", verdict=ALIGNED, subject="Printer", cc=(box("boris@client.test"),))
    await desk.written_to("anna@client.test", subject=" PRINTER ")
    await desk.written_to("boris@client.test", subject="Printer")
    assert await desk.answered() == {"anna@client.test": 1, "boris@client.test": 2}
    assert await desk.silences() == ["the same subject of this author was answered within the hour"]
    async with desk.sessions.begin() as session:
        await session.execute(text("UPDATE automatic_letters SET at = at - interval '61 min'"))
    await desk.written_to("anna@client.test", subject="Printer")
    assert (await desk.answered())["anna@client.test"] == 2


async def test_a_letter_that_waits_for_its_time_counts_when_it_is_decided_on(sessions: Sessions) -> None:
    later = Notification(LetterKind.REGISTERED, ("client",), send="delayed", delay=timedelta(minutes=30))
    desk = Bounded(sessions, Budget(), notifications=(later,))
    for _ in range(8):
        await desk.written_to("anna@client.test")
    assert await desk.rows("SELECT state, count(*) FROM outbox_messages WHERE kind = 'registered' GROUP BY state") == [("scheduled", 5)]


async def test_staff_and_what_an_agent_does_know_no_budget(sessions: Sessions) -> None:
    desk = Bounded(sessions, Budget(1, 1, 1, 1, 1))
    await desk.written_to("anna@client.test")
    for _ in range(3):
        await desk.written_to("anna@client.test", in_reply_to=(client_letter_id(1),))
    await desk.written_to("boris@else.test", "198.51.100.1")
    assert await desk.silences() == [spent(1, "all addresses together")]
    told = "SELECT kind, count(*) FROM outbox_messages WHERE kind IN ('new_ticket', 'client_reply') GROUP BY kind ORDER BY kind"
    assert await desk.rows(told) == [("client_reply", 6), ("new_ticket", 4)]
    await desk.take(reply_of_dana(2), envelope("dana@staff.test", token_address(2)))
    async with desk.sessions.begin() as session:
        await change(session, 1, DANA, (SetStatus(Status.CLOSED),), desk.organisation, "closing")
    assert await desk.rows("SELECT kind FROM outbox_messages WHERE kind IN ('agent_reply', 'closed') ORDER BY kind") == [
        ("agent_reply",),
        ("closed",),
    ]
    assert await desk.rows("SELECT count(*) FROM automatic_letters") == [(1,)], "neither is counted"


async def test_what_is_decided_twice_counts_once(sessions: Sessions) -> None:
    desk = Bounded(sessions, Budget())
    message = mail("Help!")
    await desk.take(message, inbound_id=7)
    assert (await desk.take(message, inbound_id=8)).decision.outcome == "duplicate"
    assert await desk.rows("SELECT count(*) FROM automatic_letters") == [(1,)]


async def test_a_disowned_author_gets_nothing_and_neither_do_those_whom_they_name(sessions: Sessions) -> None:
    desk = Bounded(sessions, Budget(), notifications=CONFIRMING)
    await desk.written_to("anna@client.test", verdict=DISOWNED, cc=(box("victim@client.test"),))
    await desk.written_to("anna@client.test", verdict=DISOWNED, in_reply_to=(client_letter_id(1),))
    assert await desk.answered() == {}
    assert await desk.silences() == ["its author's domain disowns it (DMARC fail)"] * 2
    for outcome in ("ticket", "client_reply"):
        done = await desk.take(mail(f"{outcome}", in_reply_to=() if outcome == "ticket" else (client_letter_id(1),)), verdict=DISOWNED)
        assert any("its author's domain disowns it" in each for each in done.decision.reasons), done.decision.reasons


TEMPLATE = (
    "Subject: {{ ticket.subject }}\n\n{{ article.text }} {{ client.name }} {{ author.named }} {{ article.files }} {{ ticket.subject }}"
)


@pytest.mark.parametrize("templates", [(), (("en/registered.txt", TEMPLATE), ("en/registered.html", TEMPLATE))], ids=["built in", "own"])
async def test_an_author_whom_nothing_proves_is_told_none_of_their_words_but_a_hundred_of_the_subject(
    templates: tuple[tuple[str, str], ...], sessions: Sessions
) -> None:
    desk = Bounded(sessions, Budget(), template_files=templates)
    subject = f"Cheap {'pills ' * 60}"
    message = mail(
        "Buy PILLULAE now", author=box("victim@client.test", "Visit EVILNAME today"), subject=subject, cc=(box("c@client.test"),)
    )
    notify = replace(desk.organisation.desk, notify_recipients="always")
    desk.organisation = replace(desk.organisation, desk=notify)
    await desk.take(message)
    letters = await desk.rows("SELECT subject, text, html, headers::text FROM outbox_messages WHERE kind = 'registered'")
    assert len(letters) == 2
    for title, words, html, headers in letters:
        told = f"{title} {words} {html} {headers}"
        assert "PILLULAE" not in told
        assert "EVILNAME" not in told
        assert str(title).count("pills") <= 100 // len("pills ")
        assert subject[:101] not in told


async def test_the_alarm_rings_once_an_hour_and_names_whose_mail_it_was(sessions: Sessions) -> None:
    desk = Bounded(sessions, replace(WIDE, overall_hour=3))

    async def ring() -> bool:
        async with desk.sessions.begin() as session:
            return await sound_alarm(session, desk.organisation.budget)

    for number in range(3):
        assert await ring() is False
        await desk.written_to(f"a{number}@evil.test")
    assert [await ring(), await ring()] == [True, False]
    async with desk.sessions.begin() as session:
        await session.execute(text("UPDATE controls SET changed_at = changed_at - interval '61 min' WHERE name LIKE 'alarm:%'"))
    assert [await ring(), await ring()] == [True, False]


async def test_whoever_takes_part_in_a_ticket_that_is_rated_again_and_again_gets_five_an_hour(sessions: Sessions) -> None:
    desk = Bounded(sessions, Budget())
    await desk.written_to("anna@client.test", verdict=ALIGNED, cc=(box("boss@client.test"),))
    levels = desk.organisation.satisfaction.offered
    until = datetime.now(UTC) + timedelta(days=30)
    for number in range(12):
        level = levels[-1] if number % 2 == 0 else levels[0]
        async with desk.sessions.begin() as session:
            link = Rate(1, level.score, until)
            assert isinstance(await rate(session, link, level, f"Comment {number}", desk.organisation), Given)
    answered = await desk.answered()
    assert answered == {"anna@client.test": 1, "boss@client.test": 5}, "the boss: of registration, and four of the six times that it closed"
    assert await desk.silences() == [spent(5, "this address")] * 2
    told = "SELECT count(*) FROM outbox_messages WHERE kind = 'reopened'"
    assert await desk.rows(told) == [(6 * 2,)], "agents are told each time"
