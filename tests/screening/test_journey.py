"""`deskgate serve` with everything of `[screening]` switched on: what peers hear, what operators see, what rules and people get to do."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiosmtplib
import pytest

from tests.auth.nameserver import Zone
from tests.journeys.lending import Lender
from tests.journeys.running import SECONDS, Running, letter
from tests.peers import scanners
from tests.peers.scanners import EICAR, GTUBE
from tests.screening.scanner_peer import CLEAN, SPAM, ScannerPeer

# Peers at 127.0.0.2 are listed, that at 127.0.0.3 has no name, and that at 127.0.0.1 is somebody decent.
ZONE: Zone = {
    ("2.0.0.127.bad.test", "A"): ["127.0.0.4"],
    ("1.0.0.127.grey.test", "A"): ["127.0.0.9"],
    ("1.0.0.127.in-addr.arpa", "PTR"): ["mail.client.test"],
    ("mail.client.test", "A"): ["127.0.0.1"],
    ("2.0.0.127.in-addr.arpa", "PTR"): ["mail.client.test"],
}
# Loopback is exempt by default, for who else could the peers of a test be.
SCREENING = """
[screening]
exempt = []
reverse_dns = "reject"
on_spam = "{on_spam}"
on_virus = "{on_virus}"
[[screening.dns_list]]
zone = "bad.test"
action = "reject"
reply = "see https://desk.test/listed?ip={{address}}"
[[screening.dns_list]]
zone = "grey.test"
score = 1.5
[screening.greylisting]
enabled = true
delay = 0.5
[[screening.scanner]]
kind = "rspamd"
at = "127.0.0.1:{rspamd}"
[[screening.scanner]]
kind = "clamd"
at = "unix:{clamd}"
when_down = "{when_down}"
[[rule]]
name = "Spam by score"
when = {{ spam_score = 10 }}
then = {{ tags = ["probably-spam"] }}
"""


@asynccontextmanager
async def desk(
    lend: Lender, rspamd: ScannerPeer, clamd: str, *, on_spam: str = "tag", on_virus: str = "reject", when_down: str = "defer"
) -> AsyncIterator[Running]:
    tables = SCREENING.format(rspamd=rspamd.port, clamd=clamd, on_spam=on_spam, on_virus=on_virus, when_down=when_down)
    async with lend(zone=ZONE, tables=tables) as gateway:
        yield gateway


async def knocks(gateway: Running, source: str = "127.0.0.1", author: str = "ann@client.test") -> tuple[int, str]:
    """The reply to RCPT of a peer at this address of loopback."""
    host, port = gateway.smtp
    async with aiosmtplib.SMTP(hostname=host, port=port, source_address=(source, 0), start_tls=False, timeout=SECONDS) as client:
        await client.ehlo()
        await client.mail(author)
        try:
            code, told = await client.rcpt("support@desk.test")
        except aiosmtplib.SMTPRecipientRefused as refused:
            code, told = refused.code, refused.message
        await client.rset()
        return code, told


async def becomes_known(gateway: Running, author: str = "ann@client.test") -> None:
    deadline = time.monotonic() + SECONDS
    while (await knocks(gateway, author=author))[0] != 250:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.2)


async def counted(gateway: Running, line: str) -> bool:
    reader, writer = await asyncio.open_connection(*gateway.web.split(":"))
    writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
    page = (await reader.read()).decode()
    writer.close()
    return line in page


async def test_peers_are_refused_or_asked_to_come_back_and_all_of_it_is_told(lend: Lender) -> None:
    with scanners.clamd() as clamd:
        async with ScannerPeer("rspamd", CLEAN["rspamd"]) as rspamd, desk(lend, rspamd, clamd) as gateway:
            told = "5.7.1 127.0.0.2 is listed by bad.test: see https://desk.test/listed?ip=127.0.0.2"
            assert await knocks(gateway, "127.0.0.2") == (550, told)
            assert await knocks(gateway, "127.0.0.3") == (550, "5.7.25 Your address has no name in DNS that leads back to it")
            assert (await knocks(gateway))[0] == 451
            await becomes_known(gateway)
            row = await gateway.take(letter("Ann <ann@client.test>", "support@desk.test"))
            assert row["outcome"] == "ticket"
            shown = await gateway.json("inbound", "show", str(row["id"]))
            notes = [
                "dns list: listed in grey.test (127.0.0.9)",
                "reverse dns: mail.client.test",
                "rspamd: clean, 1.2 of 15",
                "clamd: clean",
            ]
            assert shown["screening"]["notes"] == notes
            assert shown["screening"]["spam_score"] == pytest.approx(2.7)
            assert [each for each in shown["decision"] if each in notes] == notes
            assert shown["peer"]["host"] == "mail.client.test"
            status, told, _ = await gateway.command("inbound", "show", str(row["id"]))
            assert status == 0
            assert "  - clamd: clean\n" in told
            assert b" (mail.client.test [127.0.0.1])\r\n" in await gateway.raw(row["id"])
            # A client by now: nobody asks them to come back from another network.
            assert (await knocks(gateway, author="Ann@client.test"))[0] == 250
            for line in (
                'deskgate_screened_total{check="dns_list",outcome="refused"}',
                'deskgate_screened_total{check="greylist",outcome="waits"}',
                'deskgate_screened_total{check="clamd",outcome="clean"}',
            ):
                assert await counted(gateway, line), line
            log = await gateway.process.logged("peer refused", seconds=SECONDS)
            assert log is not None


async def test_content_is_refused_or_told_to_rules(lend: Lender) -> None:
    with scanners.clamd() as clamd:
        async with ScannerPeer("rspamd", SPAM["rspamd"]) as rspamd, desk(lend, rspamd, clamd) as gateway:
            await becomes_known(gateway)
            virus = letter("Ann <ann@client.test>", "support@desk.test", words=EICAR.decode())
            with pytest.raises(aiosmtplib.SMTPDataError, match="carries malicious software") as refused:
                await gateway.send(virus)
            assert refused.value.code == 550
            row = await gateway.take(letter("Ann <ann@client.test>", "support@desk.test", words=GTUBE.decode()))
            assert (row["outcome"], row["ticket"]) == ("ticket", 1)
            assert (await gateway.ticket(1))["tags"] == ["probably-spam"]
            assert len(await gateway.rows("SELECT id FROM inbound_messages")) == 1


async def test_what_is_held_waits_for_a_person_who_may_let_it_through(lend: Lender) -> None:
    with scanners.clamd() as clamd:
        async with ScannerPeer("rspamd", SPAM["rspamd"]) as rspamd, desk(lend, rspamd, clamd, on_spam="hold", on_virus="hold") as gateway:
            await becomes_known(gateway)
            spam = await gateway.take(letter("Ann <ann@client.test>", "support@desk.test"))
            assert (spam["state"], spam["why"]) == ("held", "held for a person: rspamd: spam, 16.5 of 15 (GTUBE)")
            rspamd.answer = CLEAN["rspamd"]
            virus = await gateway.take(letter("Ann <ann@client.test>", "support@desk.test", words=EICAR.decode()))
            assert virus["state"] == "held"
            assert virus["why"].startswith("held for a person: clamd: infected by Test.Eicar")
            assert (await gateway.command("inbound", "replay", str(virus["id"])))[0] == 0
            assert [each["state"] for each in await gateway.settled(2)] == ["held", "held"]
            assert (await gateway.command("inbound", "assign", str(spam["id"]), "--new"))[0] == 0
            rows = await gateway.settled(2)
            assert [(each["state"], each["ticket"]) for each in rows] == [("done", 1), ("held", None)]


async def test_a_scanner_that_is_down_defers_or_lets_through_as_it_is_told_and_piped_mail_as_well(lend: Lender) -> None:
    mail = letter("Ann <ann@client.test>", "support@desk.test")
    piped = ("inject", "--from", "ann@client.test", "--to", "support@desk.test", "-")
    async with ScannerPeer("rspamd", CLEAN["rspamd"]) as rspamd:
        async with desk(lend, rspamd, "/nowhere/clamd.ctl") as gateway:
            await becomes_known(gateway)
            with pytest.raises(aiosmtplib.SMTPDataError) as deferred:
                await gateway.send(mail)
            assert (deferred.value.code, deferred.value.message) == (451, "4.3.0 The content cannot be checked now, try again later")
            status, _, told = await gateway.command(*piped, stdin=mail.as_bytes())
            assert status == 75
            assert "clamd: no answer: " in told
            assert await gateway.rows("SELECT id FROM inbound_messages") == []
        async with desk(lend, rspamd, "/nowhere/clamd.ctl", when_down="accept", on_spam="reject") as gateway:
            await becomes_known(gateway)
            row = await gateway.take(mail)
            assert row["outcome"] == "ticket"
            assert any(each.startswith("clamd: no answer: ") for each in row["decision"])
            rspamd.answer = SPAM["rspamd"]
            assert (await gateway.command(*piped, stdin=letter("Bob <bob@client.test>", "support@desk.test").as_bytes()))[0] == 0
            assert (await gateway.settled(2))[-1]["why"].startswith("held for a person: rspamd: spam")
