"""Files that are too large for the server their letter goes to: links in their place, or plain words to the agent."""

import asyncio
import http.client
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from hashlib import sha256
from urllib.parse import unquote, urlsplit

from tests.journeys.lending import Lender
from tests.journeys.running import Running, letter, reply_to
from tests.peers.smtp_peer import Received, reply

DANA = "Dana Agent <dana@staff.test>"
SITE = 'base_url = "https://desk.example.com"'
SMALL_SERVER = "250-peer.test\r\n250-SIZE 1000000\r\n250-8BITMIME\r\n250 PIPELINING"
SERVER_WITHOUT_SIZE = "250-peer.test\r\n250 8BITMIME"
URL = re.compile(r"https://desk\.example\.com(/file/[a-z2-7]{40,60})")
REPORT, PHOTO = "Отчёт за ноябрь.pdf", "photo.jpg"
LARGE, SMALL = random.Random(1).randbytes(2_000_000), random.Random(2).randbytes(60_000)


@dataclass(frozen=True)
class Downloaded:
    status: int
    headers: Mapping[str, str]
    content: bytes


async def ask(gateway: Running, to: str = "support@desk.test", **files: bytes) -> Received:
    """Opens a ticket of Anna's; Dana's notification, once everybody has theirs."""
    mail = letter("Anna <anna@client.test>", to, "Printer on fire", "It burns.")
    for name, content in files.items():
        mail.add_attachment(content, maintype="application", subtype="zip", filename=f"{name}.zip")
    await gateway.take(mail)
    await gateway.quiet()
    return gateway.relay.to("dana@staff.test")[-1]


def answer(notified: Received) -> EmailMessage:
    mail = reply_to(notified, DANA, "Here is what you need.")
    mail.add_attachment(LARGE, maintype="application", subtype="pdf", filename=REPORT)
    mail.add_attachment(SMALL, maintype="image", subtype="jpeg", filename=PHOTO)
    return mail


def files_of(received: Received) -> dict[str, bytes]:
    return {str(each.get_filename()): each.get_payload(decode=True) for each in received.message.iter_attachments()}  # type: ignore[misc]


def links_of(received: Received) -> list[str]:
    return URL.findall(received.text)


async def download(gateway: Running, path: str, method: str = "GET", **headers: str) -> Downloaded:
    def converse() -> Downloaded:
        connection = http.client.HTTPConnection(gateway.web, timeout=60)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        said = connection.getresponse()
        told = Downloaded(said.status, {name.lower(): value for name, value in said.getheaders()}, said.read())
        connection.close()
        return told

    return await asyncio.to_thread(converse)


async def test_a_file_beyond_the_relays_size_becomes_a_link_and_the_others_stay(lend: Lender) -> None:
    async with lend(web=SITE) as gateway:
        gateway.relay.on("EHLO", reply(SMALL_SERVER))
        notified = await ask(gateway, "help@desk.test")
        await gateway.take(answer(notified))
        _, got = await gateway.letters_to("anna@client.test", 2)
        await gateway.quiet()

        assert len(got.content) <= 1_000_000
        assert files_of(got) == {PHOTO: SMALL}
        assert "Here is what you need.\n\nЭтот файл не поместился в письмо." in got.text.replace("\r\n", "\n")
        assert f"{REPORT} (2 МБ)" in got.text
        [path] = links_of(got)
        [page] = [each for each in got.message.walk() if each.get_content_type() == "text/html"]
        assert f'<a href="https://desk.example.com{path}">' in page.get_content()

        looked = await download(gateway, path, "HEAD")
        assert (looked.status, looked.headers["content-length"], looked.content) == (200, "2000000", b"")
        found = await download(gateway, path)
        assert (found.status, sha256(found.content).digest()) == (200, sha256(LARGE).digest())
        shown = found.headers["content-disposition"]
        assert shown.startswith("attachment;")
        assert unquote(shown.rpartition("UTF-8''")[2]) == REPORT
        assert found.headers["x-content-type-options"] == "nosniff"
        assert (await download(gateway, path[:-1] + ("a" if path[-1] != "a" else "e"))).status == 404

        [row] = [each for each in await gateway.json("outbox", "list") if each["kind"] == "agent_reply" and each["subject"] == got.subject]
        shown_row = await gateway.json("outbox", "show", str(row["id"]))
        assert (shown_row["state"], shown_row["attempts"]) == ("sent", 1)
        assert all("without files that were too large" in each["reply"] for each in shown_row["recipients"])
        assert [len(each["attachments"]) for each in (await gateway.ticket(1))["articles"] if each["kind"] == "agent_reply"] == [2]
        assert path.rpartition("/")[2] not in gateway.process.told(), "no token in the log"


async def test_a_relay_that_says_so_only_after_the_letter_gets_it_with_links_at_once(lend: Lender) -> None:
    async with lend(web=SITE) as gateway:
        gateway.relay.on("EHLO", reply(SERVER_WITHOUT_SIZE))
        notified = await ask(gateway)
        gateway.relay.on("END", reply("552 5.3.4 message size exceeds fixed limit"), times=1)
        mail = answer(notified)
        await gateway.take(mail)
        _, got = await gateway.letters_to("anna@client.test", 2)
        await gateway.quiet()
        assert files_of(got) == {}
        assert "These files did not fit into the e-mail." in got.text
        contents = [(await download(gateway, each)).content for each in links_of(got)]
        assert contents == [LARGE, SMALL]
        [row] = [each for each in await gateway.json("outbox", "list", "--state", "sent") if each["kind"] == "agent_reply"]
        assert row["attempts"] == 1
        assert len(gateway.relay.to("anna@client.test")) == 2, "once"


async def test_without_a_site_the_agent_is_told_which_files_and_what_to_do(lend: Lender) -> None:
    async with lend() as gateway:
        gateway.relay.on("EHLO", reply(SMALL_SERVER))
        notified = await ask(gateway)
        await gateway.take(answer(notified))
        _, told = await gateway.letters_to("dana@staff.test", 2)
        await gateway.quiet()
        assert told.subject.startswith("A reply did not reach the client")
        words = " ".join(told.text.split())
        assert "552 5.3.4 the letter has " in words
        assert "With its files it has 2.8 MB; the server takes 1 MB at most." in words
        assert f"Its files: {REPORT} (2 MB), {PHOTO} (60 KB). Send it again with smaller files" in words
        assert "If your administrator sets `web.base_url`, files that are too large go out as links instead." in words
        assert len(gateway.relay.to("anna@client.test")) == 1, "the first notice alone"
        [failed] = [each for each in (await gateway.ticket(1))["events"] if each["kind"] == "delivery_failed"]
        assert (failed["data"]["kind"], failed["data"]["address"]) == ("agent_reply", "anna@client.test")
        assert failed["data"]["reply"].startswith("552 5.3.4 the letter has ")
        [row] = await gateway.json("outbox", "list", "--state", "failed")
        assert row["attempts"] == 1, "at once, for no later attempt would fare better"

        # The operator says where the pages are, and tries again: the client gets it after all.
        config = gateway.config.read_text("utf-8")
        gateway.config.write_text(config.replace("[web]\n", f"[web]\n{SITE}\n"), "utf-8")
        await gateway.process.reload()
        assert (await gateway.command("outbox", "retry", str(row["id"])))[0] == 0
        _, got = await gateway.letters_to("anna@client.test", 2)
        [path] = links_of(got)
        assert (await download(gateway, urlsplit(path).path)).content == LARGE
        await gateway.quiet()


async def test_what_a_client_sends_reaches_the_agents_whatever_their_relay_takes(lend: Lender) -> None:
    """Eleven megabytes: more than a letter to staff carries anyhow; then a little, for a server that takes less still."""
    huge, small = bytes(11_000_000), random.Random(3).randbytes(700_000)
    async with lend(web=SITE, outbound="max_message_size = 500000") as gateway:
        told = await ask(gateway, huge=huge, small=small)
        assert "Attached: huge.zip, small.zip" in told.text
        assert files_of(told) == {}
        assert len(told.content) < 20_000
        contents = [(await download(gateway, each)).content for each in links_of(told)]
        assert contents == [huge, small]
        status, raw, err = await gateway.command("outbox", "show", str(await outbox_id(gateway, told)), "--raw")
        assert (status, err) == (0, "")
        assert "small.zip" in raw
        assert len(raw) < 1_100_000, "nor does one who looks get the huge one"
        await gateway.quiet()

    async with lend(outbound="max_message_size = 500000") as gateway:
        told = await ask(gateway, small=small)
        await gateway.quiet()
        assert files_of(told) == {}
        assert "This file did not fit into the e-mail; it is kept on the ticket:" in told.text
        assert "http" not in told.text
        assert await gateway.json("outbox", "list", "--state", "failed") == []


async def outbox_id(gateway: Running, received: Received) -> int:
    [row] = await gateway.rows("SELECT outbox_id FROM outbox_recipients WHERE message_id = :id", id=received.message_id)
    return int(row["outbox_id"])
