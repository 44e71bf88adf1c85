"""`deskgate gateways verify` over a real Postfix that redirects, forwards, loses and refuses (U7, U10)."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.auth.signing import rsa_record
from tests.conftest import fresh_database
from tests.forwarding.outside import Mailboxes
from tests.journeys.running import Running, letter, running
from tests.peers.ports import free_ports
from tests.peers.postfix import Postfix, installed, postfix

pytestmark = pytest.mark.asyncio(loop_scope="module")

ZONE = {
    ("desk.test", "TXT"): ["v=spf1 ip4:192.0.2.10 -all"],
    ("outside.test", "TXT"): ["v=spf1 ip4:127.0.0.1 -all"],
    ("s1._domainkey.outside.test", "TXT"): [rsa_record().decode()],
}
TABLES = """
[[gateway]]
address = "forwarded@desk.test"
name = "Forwarded"
department = "sales"
language = "pl"
forwarded_from = ["forward@outside.test"]
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(
    server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Running, Mailboxes, Postfix]]:
    installed()
    [port] = free_ports(1)
    folder = tmp_path_factory.mktemp("verify")
    async with (
        fresh_database(server_url, template) as url,
        Mailboxes(port) as mailboxes,
        running(url, folder, relay=mailboxes, zone=ZONE, tables=TABLES, outbound="[outbound.retry]\nfirst_delay = 1") as gateway,
    ):
        with postfix(port, gateway.smtp[1], mailboxes.port) as server:
            yield gateway, mailboxes, server


async def verified(gateway: Running, address: str, wait: float = 60) -> tuple[int, dict[str, Any], str]:
    """Exit status, the report, and what was said on stderr."""
    status, out, err = await gateway.command("gateways", "verify", address, "--wait", str(wait), "--json")
    return status, json.loads(out), err


def found(report: dict[str, Any]) -> str:
    return "\n".join(report["found"])


def advice(report: dict[str, Any]) -> str:
    return "\n".join(report["advice"])


async def inbound_of(gateway: Running, report: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = await gateway.json("inbound", "show", str(report["inbound"]))
    return shown


async def no_ticket(gateway: Running) -> None:
    assert await gateway.rows("SELECT number FROM tickets WHERE subject LIKE '%probe-%'") == []


async def test_a_redirect_without_srs_works_and_its_spf_fails(desk: tuple[Running, Mailboxes, Postfix]) -> None:
    gateway, _, server = desk
    status, report, err = await verified(gateway, "redirect@outside.test")
    assert status == 0, (report, err, server.log())
    assert report["state"] == "working" and report["ok"] and report["how"] == "redirect"
    assert report["gateway"] == "support@desk.test" and 0 < report["seconds"] < 60
    assert report["to"] == {"survived": True, "names": ["redirect@outside.test"]}
    assert report["from"]["survived"]
    assert report["route"]["by"] == [{"field": "the envelope", "address": "support@desk.test", "counts": True}]
    assert report["provider"] == "postfix"
    assert report["auth"]["spf"] == "fail" and not report["reverse_path"]["rewritten"]
    assert "no SRS" in found(report) and "postsrsd" in advice(report)
    row = await inbound_of(gateway, report)
    assert (row["state"], row["outcome"], row["ticket"]) == ("done", "probe", None)
    assert any("it is our probe" in each for each in row["decision"])
    await no_ticket(gateway)


async def test_a_redirect_with_srs_has_an_spf_pass_of_the_forwarders(desk: tuple[Running, Mailboxes, Postfix]) -> None:
    gateway, _, server = desk
    status, report, err = await verified(gateway, "srs@outside.test")
    assert status == 0, (report, err, server.log())
    assert report["reverse_path"]["rewritten"] and report["reverse_path"]["address"].startswith("SRS0=")
    assert report["auth"]["spf"] == "pass" and "SPF pass for outside.test" in found(report)
    assert "(SRS)" in found(report) and "postsrsd" not in advice(report)


async def test_a_forward_that_replaces_from_fails_and_says_what_to_change(desk: tuple[Running, Mailboxes, Postfix]) -> None:
    gateway, _, server = desk
    status, report, err = await verified(gateway, "forward@outside.test")
    assert status == 1, (report, err, server.log())
    assert report["state"] == "impaired" and report["how"] == "forward" and report["arrived"]
    assert report["from"] == {"survived": False, "sent": "support@desk.test", "arrived": "forward@outside.test", "in_reply_to": False}
    assert "From was replaced by forward@outside.test" in found(report)
    assert "To was lost: it names support@desk.test" in found(report)
    assert "redirect" in advice(report) and "Postfix" in advice(report)
    assert "forwarded@desk.test" in advice(report), "it was to come to the gateway whose forwarded_from names it"
    assert "mail comes, but not as it should: From was replaced by forward@outside.test" in err
    await no_ticket(gateway)


async def test_a_lost_to_is_told_with_what_the_gateway_is_found_by(desk: tuple[Running, Mailboxes, Postfix]) -> None:
    gateway, _, server = desk
    status, report, err = await verified(gateway, "lost@outside.test")
    assert status == 0, (report, err, server.log())
    assert report["to"] == {"survived": False, "names": ["team@lists.test"]}
    assert "To was lost" in found(report) and "the gateway is found by the envelope (support@desk.test)" in found(report)
    assert report["from"]["survived"]


async def test_a_sealed_one_tells_whose_seals_to_trust(desk: tuple[Running, Mailboxes, Postfix]) -> None:
    gateway, _, server = desk
    status, report, err = await verified(gateway, "sealed@outside.test")
    assert status == 0, (report, err, server.log())
    assert report["auth"]["arc"] == "pass" and report["auth"]["sealers"] == ["outside.test"]
    assert "ARC pass, sealed by outside.test" in found(report)
    assert 'trust.arc_sealers = ["outside.test"]' in advice(report)


async def test_one_that_never_comes_back_is_told_with_the_likeliest_causes(desk: tuple[Running, Mailboxes, Postfix]) -> None:
    gateway, _, _ = desk
    status, report, err = await verified(gateway, "silent@outside.test", wait=5)
    assert (status, report["state"], report["arrived"], report["to"]) == (1, "dead", False, None)
    assert report["outbox"]["state"] == "sent"
    assert "did not come back" in found(report)
    for cause in ("not switched on", "spam", "greylisting", "hand the probe on"):
        assert cause in advice(report), cause
    assert "did not come back" in err


async def test_one_that_comes_after_nobody_waits_counts_all_the_same(desk: tuple[Running, Mailboxes, Postfix]) -> None:
    gateway, mailboxes, _ = desk
    status, report, _ = await verified(gateway, "late@outside.test", wait=1)
    assert (status, report["state"], report["last_success"]) == (1, "dead", None)
    before = len(await gateway.rows("SELECT id FROM inbound_messages"))
    await mailboxes.let_go()
    await gateway.settled(before + 1)
    [listed] = [each for each in (await gateway.json("status"))["forwarding"] if each["address"] == "late@outside.test"]
    assert listed["state"] == "working" and listed["last_success"] is not None
    status, report, _ = await verified(gateway, "late@outside.test", wait=1)
    assert (status, report["last_success"]) == (1, listed["last_success"])
    assert "one before it came back as it should" in found(report)


async def test_one_that_bounces_is_told_at_once_with_the_servers_words(desk: tuple[Running, Mailboxes, Postfix]) -> None:
    gateway, _, server = desk
    status, report, _ = await verified(gateway, "gone@outside.test", wait=60)
    assert status == 1, (report, server.log())
    assert report["outbox"]["state"] == "bounced"
    assert "it bounced" in found(report) and "has moved away" in found(report), report
    await no_ticket(gateway)


async def test_one_that_is_refused_is_told_at_once_with_the_servers_words(desk: tuple[Running, Mailboxes, Postfix]) -> None:
    gateway, _, _ = desk
    status, report, _ = await verified(gateway, "refused@outside.test", wait=60)
    assert (status, report["outbox"]["state"]) == (1, "failed")
    assert "it was refused" in found(report) and "takes mail of its own company alone" in found(report)


async def test_one_that_is_put_off_is_told_to_be_in_our_outbox_still(desk: tuple[Running, Mailboxes, Postfix]) -> None:
    gateway, _, _ = desk
    status, report, _ = await verified(gateway, "grey@outside.test", wait=2)
    assert (status, report["state"]) == (1, "dead")
    assert "still in our outbox" in found(report) and "Greylisted" in found(report)
    assert "greylisting" in advice(report)


async def test_a_gateway_of_ours_is_proven_by_its_own_mail(desk: tuple[Running, Mailboxes, Postfix]) -> None:
    gateway, _, server = desk
    status, report, err = await verified(gateway, "support@desk.test")
    assert status == 0, (report, err, server.log())
    assert report["to"]["survived"] and report["gateway"] == "support@desk.test"
    assert {"field": "To", "address": "support@desk.test", "counts": True} in report["route"]["by"]
    assert report["from"]["sent"] == "forwarded@desk.test", "another address than the one it goes to"
    assert (report["how"], report["provider"]) == ("direct", None), "its relay is no forwarder"


async def test_for_people_the_report_is_text(desk: tuple[Running, Mailboxes, Postfix]) -> None:
    gateway, _, _ = desk
    status, out, err = await gateway.command("gateways", "verify", "forward@outside.test", "--wait", "20")
    assert status == 1
    assert out.startswith("forward@outside.test: impaired, mail comes, but not as it should\n")
    assert "  From was replaced by forward@outside.test: it is a forward" in out
    assert "what to do:\n  - let it redirect, so that From stays: Postfix" in out
    assert "a probe to forward@outside.test is on its way; waiting for it up to 20 s" in err


async def test_what_is_no_address_or_switched_off_is_refused(desk: tuple[Running, Mailboxes, Postfix]) -> None:
    gateway, _, _ = desk
    assert (await gateway.command("gateways", "verify", "nobody"))[0] == 2
    assert (await gateway.command("gateways", "verify", "a@b.test", "--wait", "soon"))[0] == 2
    status, _, err = await gateway.command("gateways", "verify", "off@desk.test")
    assert status == 1 and "switched off" in err
    status, _, err = await gateway.command("gateways", "verify", "*@any.test")
    assert status == 2 and "verify one of its domain, such as probe@any.test" in err


async def test_while_sending_is_paused_no_probe_is_written(desk: tuple[Running, Mailboxes, Postfix]) -> None:
    gateway, _, _ = desk
    before = await gateway.rows("SELECT id FROM forwarding_probes")
    await gateway.command("outbox", "hold", "--why", "tests")
    try:
        status, _, err = await gateway.command("gateways", "verify", "redirect@outside.test")
    finally:
        await gateway.command("outbox", "release")
    assert status == 75 and "sending is paused" in err
    assert await gateway.rows("SELECT id FROM forwarding_probes") == before


async def test_list_and_status_show_state_and_last_success(desk: tuple[Running, Mailboxes, Postfix]) -> None:
    gateway, _, _ = desk
    await verified(gateway, "redirect@outside.test")
    await verified(gateway, "forward@outside.test")
    listed = {each["address"]: each for each in await gateway.json("gateways", "list")}
    assert list(listed) == [
        *("forwarded@desk.test", "support@desk.test", "pomoc@desk.test", "help@desk.test", "sales@desk.test", "off@desk.test"),
        "*@any.test",
    ]
    support, other, pl = listed["support@desk.test"], listed["sales@desk.test"], listed["forwarded@desk.test"]
    assert (support["name"], support["department"], support["default"], support["enabled"]) == ("Support Team", "support", True, True)
    assert (support["language"], pl["language"], listed["off@desk.test"]["enabled"]) == ("en", "pl", False)
    assert (support["kind"], support["fetch"], support["category"]) == ("local", None, None)
    assert (other["forwarding"], other["last_success"]) == ("unproven", None)
    redirect = next(each for each in support["forwarded"] if each["address"] == "redirect@outside.test")
    assert redirect["state"] == "working" and redirect["last_success"].endswith("Z") and redirect["checked_at"] < redirect["last_success"]
    assert pl["forwarding"] == "impaired" and pl["forwarded"][0]["address"] == "forward@outside.test"
    status = await gateway.json("status")
    shown = {each["address"]: each for each in status["forwarding"]}
    assert (shown["redirect@outside.test"]["state"], shown["redirect@outside.test"]["gateway"]) == ("working", "support@desk.test")
    assert shown["forward@outside.test"]["state"] == "impaired" and shown["forward@outside.test"]["last_success"] is None
    _, text, _ = await gateway.command("status")
    assert "redirect@outside.test" in text and "impaired" in text
    _, text, _ = await gateway.command("gateways", "list")
    assert "Support Team" in text
    assert re.search(r"redirect@outside\.test +support@desk\.test +working", text)
    assert re.search(r"forward@outside\.test +forwarded@desk\.test +impaired +- +From was replaced by forward@outside\.test", text)


async def test_the_original_author_survives_the_redirect_and_a_forward_is_noticed(desk: tuple[Running, Mailboxes, Postfix]) -> None:
    """U10, for clients' mail: through the same Postfix."""
    gateway, mailboxes, _ = desk
    start = len(await gateway.rows("SELECT id FROM inbound_messages"))
    await mailboxes.send("anna@client.test", letter("Anna <anna@client.test>", "redirect@outside.test").as_bytes(), "redirect@outside.test")
    row = (await gateway.settled(start + 1))[-1]
    ticket = await gateway.ticket(row["ticket"])
    assert ticket["client"]["addresses"] == ["anna@client.test"]
    mail = letter("Bob <bob@client.test>", "forward@outside.test", "Smoke", "There is smoke.")
    await mailboxes.send("bob@client.test", mail.as_bytes(), "forward@outside.test")
    row = (await gateway.settled(start + 2))[-1]
    ticket = await gateway.ticket(row["ticket"])
    assert ticket["client"]["addresses"] == ["forward@outside.test"]
    [warning] = ticket["events"][0]["data"]["warnings"]
    assert "the mailbox that forwards to forwarded@desk.test" in warning and "redirect" in warning
    assert any("warning: From is forward@outside.test" in each for each in row["decision"])


async def test_a_probe_that_is_sent_again_or_altered_changes_nothing(desk: tuple[Running, Mailboxes, Postfix]) -> None:
    gateway, mailboxes, _ = desk
    _, report, _ = await verified(gateway, "redirect@outside.test")
    content = (await gateway.raw(report["inbound"])).replace(b"Subject: ", b"Subject: Fwd: ", 1)
    before = await gateway.rows("SELECT * FROM forwarding_probes ORDER BY id")
    token = re.search(rb"probe-([a-z2-7]{42})", content)
    assert token is not None
    altered = content.replace(token[1], token[1][:-4] + (b"aaaa" if token[1][-4:] != b"aaaa" else b"bbbb"))
    as_it_was = await gateway.raw(report["inbound"])
    for each, outcome in ((as_it_was, "duplicate"), (content, "probe"), (altered, "ignored")):
        start = len(await gateway.rows("SELECT id FROM inbound_messages"))
        await mailboxes.send("eve@client.test", each)
        row = (await gateway.settled(start + 1))[-1]
        assert (row["outcome"], row["ticket"]) == (outcome, None), row
    assert await gateway.rows("SELECT * FROM forwarding_probes ORDER BY id") == before


async def test_a_providers_question_becomes_an_open_ticket_with_its_code_on_top(desk: tuple[Running, Mailboxes, Postfix]) -> None:
    """Z5, with the words of the gateway's language; the provider gets no letter."""
    gateway, mailboxes, _ = desk
    link = "https://mail-settings.google.com/mail/vf-%5BANGjdJ%5D-abc"
    asks = letter(
        "Gmail Team <forwarding-noreply@google.com>",
        "help@desk.test",
        "(#987654321) Gmail Forwarding Confirmation - Receive Mail from info@gmail.test",
        f"info@gmail.test has requested to automatically forward mail to you.\nConfirmation code: 987654321\n\n{link}\n",
    )
    start = len(await gateway.rows("SELECT id FROM inbound_messages"))
    await mailboxes.send("forwarding-noreply@google.com", asks.as_bytes(), "help@desk.test")
    row = (await gateway.settled(start + 1))[-1]
    ticket = await gateway.ticket(row["ticket"])
    assert (ticket["status"], ticket["tags"], ticket["gateway"]) == ("open", ["forwarding-confirmation"], "help@desk.test")
    [article] = ticket["articles"]
    assert article["text"].index("Код: 987654321") < article["text"].index(f"Ссылка: {link}") < article["text"].index("has requested")
    told = await gateway.rows("SELECT kind, text FROM outbox_messages WHERE ticket = :ticket", ticket=row["ticket"])
    assert {each["kind"] for each in told} == {"new_ticket"} and all("Код: 987654321" in each["text"] for each in told)
