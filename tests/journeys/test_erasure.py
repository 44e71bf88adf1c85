"""Forgetting a client (X13): a whole life at the desk, then nothing of it, and all that is others' as it was."""

import asyncio
import base64
from email.message import EmailMessage

from tests.journeys.lending import Lender
from tests.journeys.reports import dsn
from tests.journeys.running import POLL, Running, letter, reply_to
from tests.journeys.test_ratings import fetch, links, resolved
from tests.searching import places

ANNA, BOB = "Anna Nowak <Anna@client.test>", "Bob Kowalski <bob@other.test>"
DANA = "Dana Agent <dana@staff.test>"
TRACES = ("anna@client.test", "anna@xn--mnchen-3ya.test", "anna@münchen.test", "Anna Nowak")
LOGO, SECRET = b"a logo that everybody has" * 40, b"a file of hers alone" * 40


def with_file(mail: EmailMessage, content: bytes, name: str) -> EmailMessage:
    mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail


def in_base64(mail: EmailMessage) -> EmailMessage:
    words = mail.get_content()
    mail.set_content(words, cte="base64")
    return mail


async def a_life(gateway: Running) -> None:
    """Anna writes from two addresses, is answered, noted about, copied, rated, bounced and held; Bob's ticket names her."""
    await gateway.take(
        with_file(with_file(letter(ANNA, "support@desk.test", "Anna Nowak's printer"), LOGO, "logo.bin"), SECRET, "anna.bin")
    )
    status, _, err = await gateway.command("clients", "add", "anna@münchen.test", "--to", "anna@client.test")
    assert status == 0, err
    [notified] = await gateway.letters_to("dana@staff.test")
    await gateway.take(reply_to(notified, DANA, "Dear Anna Nowak, switch it off and on.\n\n@note She called: anna@client.test"))
    answer = (await gateway.letters_to("Anna@client.test", 2))[-1]
    await gateway.take(in_base64(reply_to(answer, ANNA, "Thank you. My other address is anna@münchen.test")))
    told = await resolved(gateway, 1, "Anna@client.test")
    page = await fetch(gateway, (await links(told))[2], "POST", {"comment": "Anna Nowak is content, anna@client.test"})
    assert page.status == 200, page.body
    await gateway.take(
        with_file(letter(BOB, "sales@desk.test", "About anna@client.test", "Please tell Anna Nowak.", Cc=ANNA), LOGO, "l.bin")
    )
    forwarded = EmailMessage()
    forwarded["From"], forwarded["To"], forwarded["Subject"] = ANNA, "bob@other.test", "private"
    forwarded.set_content("I wrote this.")
    attached = letter(BOB, "sales@desk.test", "Her mail", "See the file.")
    attached.add_attachment(base64.encodebytes(forwarded.as_bytes()), maintype="application", subtype="octet-stream", filename="mail.b64")
    await gateway.take(attached)
    await gateway.quiet()
    sent = (await gateway.letters_to("Anna@client.test", 3))[-1]
    await gateway.take(dsn(sent, "anna@client.test"), sent.reverse_path, reverse_path="")
    await gateway.take(letter("Eve <eve@nowhere.test>", "off@desk.test", "Nobody's", Cc=ANNA))
    await gateway.quiet()


async def test_nothing_of_an_erased_client_is_left_in_any_column_and_what_is_others_stays(lend: Lender) -> None:
    async with lend(tables="[satisfaction]") as gateway:
        await a_life(gateway)
        before = await places(gateway.engine, *TRACES)
        tables = {each.partition(".")[0] for each in before}
        assert {"clients", "client_addresses", "articles", "inbound_messages", "inbound_contents", "outbox_messages", "outbox_recipients",
                "ratings", "tickets", "ticket_participants", "blobs", "suppressions"} <= tables, tables  # fmt: skip

        tried = await gateway.json("erase", "--client", "ANNA@CLIENT.test", "--dry-run")
        assert tried["dry_run"] is True
        assert await places(gateway.engine, *TRACES) == before, "trying it out changes nothing"

        done = await gateway.json("erase", "--client", "ANNA@CLIENT.test", "--yes")
        assert await places(gateway.engine, *TRACES) == []
        assert done["tickets"] == tried["tickets"] == [1]
        assert done["counts"] == tried["counts"], "what was foretold"

        shell = await gateway.json("tickets", "show", "1")
        assert (shell["number"], shell["status"], shell["rating"]["score"], shell["rating"]["comment"]) == (1, "closed", 3, None), (
            "nobody is there to be answered"
        )
        assert shell["articles"] == []
        assert shell["client"]["addresses"] == []
        assert shell["events"][-1]["kind"] == "erased"
        assert "created" in [each["kind"] for each in shell["events"]]
        blobs = {bytes(each["content"]) for each in await gateway.rows("SELECT content FROM blobs")}
        assert LOGO in blobs, "Bob has it too"
        assert SECRET not in blobs
        bobs = await gateway.json("tickets", "show", "2")
        assert bobs["client"]["addresses"] == ["bob@other.test"]
        assert [each["filename"] for each in bobs["articles"][0]["attachments"]] == ["l.bin"]
        assert (await gateway.command("clients", "show", "anna@client.test"))[0] == 1
        assert [each["name"] for each in await gateway.json("clients", "list")] == ["Bob Kowalski"]

        entries = await gateway.json("audit", "list", "--action", "erase")
        assert [(each["result"], each["about"].get("ticket")) for each in entries] == [("done", [1]), ("done", [1])]

        again = await gateway.json("erase", "--client", "anna@client.test")
        assert again["counts"] == {}, "done twice it has nothing to do"
        row = await gateway.take(letter(ANNA, "support@desk.test", "Re: Anna Nowak's printer [#1]", "I am back."))
        assert row["ticket"] > 3, "whoever comes back is new"
        [back] = [each for each in await gateway.json("clients", "list") if each["name"] == "Anna Nowak"]
        assert (back["tickets"], back["addresses"]) == (1, ["Anna@client.test"])
        status, _, err = await gateway.command("tickets", "reply", "1", "--as", "dana@staff.test", "--text", "Hello?")
        assert (status, "was erased" in err) == (1, True)
        while not (jobs := await gateway.rows("SELECT last_error FROM schedule WHERE job = 'retention' AND runs > 0")):
            await asyncio.sleep(POLL)
        assert jobs == [{"last_error": None}]


async def test_under_load_nobody_elses_mail_is_lost_and_what_comes_meanwhile_is_of_somebody_new(lend: Lender) -> None:
    async with lend() as gateway:
        await gateway.take(letter(ANNA, "support@desk.test", "The first"))

        async def send(author: str, number: int) -> None:
            await gateway.send(letter(author, "support@desk.test", f"Number {number} of {author}", f"It is about number {number}."))

        mails = [asyncio.create_task(send(author, number)) for number in range(10) for author in (ANNA, BOB)]
        await gateway.settled(5)
        done = await gateway.json("erase", "--client", "anna@client.test")
        await asyncio.gather(*mails)
        rows = await gateway.settled(21)
        await gateway.quiet()
        assert 1 in done["tickets"]
        assert {each["state"] for each in rows} <= {"done", "ignored"}, "nothing was buried or held"
        bobs = await gateway.rows("SELECT t.number FROM tickets t JOIN clients c ON c.id = t.client_id WHERE c.name = 'Bob Kowalski'")
        assert len(bobs) == 10
        kept = {each["number"] for each in await gateway.rows("SELECT number FROM tickets WHERE erased_at IS NULL")}
        assert kept.isdisjoint(done["tickets"])
        assert not [line for line in gateway.process.log if "level=error" in line]
        await gateway.json("erase", "--client", "anna@client.test")
        assert await places(gateway.engine, *TRACES) == []
        assert await gateway.rows("SELECT sha256 FROM blobs WHERE refs < 1") == []
