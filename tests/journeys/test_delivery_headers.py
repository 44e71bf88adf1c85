"""What stands in the bytes of every letter that leaves, whatever strangers write: fields that were meant, and people who take part."""

import re
from email import message_from_bytes
from email.message import Message

from tests.journeys.lending import Lender
from tests.journeys.running import Running, letter, reply_to
from tests.peers.smtp_peer import Received

DANA, OLEG = "Dana Agent <dana@staff.test>", "Олег <oleg@staff.test>"
WITHOUT_ANSWERS = "DR, RN, NRN, OOF, AutoReply"
"""All that Exchange can be asked to keep to itself, but for its reports of what it could not deliver."""
FIELDS = frozenset(
    [
        "date",
        "from",
        "to",
        "cc",
        "reply-to",
        "in-reply-to",
        "references",
        "auto-submitted",
        "x-auto-response-suppress",
        "x-deskgate-ticket",
        "subject",
        "message-id",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
    ]
)
OF_PARTS = frozenset({"content-type", "content-transfer-encoding", "content-disposition", "content-id"})
HOSTILE = """\
Received: from evil.test by mx.evil.test; Sat, 21 Nov 2026 12:00:00 +0000\r
From: =?utf-8?q?Anna=0D=0ABcc=3A_eve=40evil.test=0D=0AX-Evil=3A_1?= <anna@client.test>\r
To: support@desk.test\r
Cc: =?utf-8?b?Ym9zcw0KQmNjOiBldmVAZXZpbC50ZXN0?= <boss@client.test>, =?utf-8?q?x=0D=0ABcc=3Aeve?=@client.test\r
Subject: =?utf-8?q?Help=0D=0ABcc=3A_eve=40evil.test=E2=80=A8X=C2=85Y?= =?utf-8?q?=00=0C=0B?=\r
Message-ID: <id=?utf-8?q?=0D=0ABcc=3Aeve?=@client.test>\r
References: <a@b>\tBcc:eve@evil.test <c\xe4@d> <e@f>\r
Date: Sat, 21 Nov 2026 12:00:00 +0000\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary="=_evil"\r
\r
--=_evil\r
Content-Type: text/plain; charset=utf-8\r
\r
Words of the mail.\r
--=_evil\r
Content-Type: image/png; name="=?utf-8?q?a=0D=0ABcc=3A_eve=2Eexe?="\r
Content-Disposition: attachment; filename*=utf-8''b%0D%0ABcc%3A%20eve%40evil.test%0D%0A%0D%0A.png\r
Content-ID: <c>\tX-Evil: 1\r
Content-Transfer-Encoding: base64\r
\r
iVBORw0KGgo=\r
--=_evil\r
Content-Type: text/x-"evil";\ta="b\r
 c"\r
Content-Disposition: attachment; filename="d\\"; filename=\\"e.exe"\r
\r
content\r
--=_evil--\r
""".encode("latin-1")


def everything(received: Received) -> str:
    """Its bytes, and what its fields and parts decode to."""
    read = message_from_bytes(received.content)
    payloads = (part.get_payload(decode=True) for part in read.walk())
    octets = [received.content, *(each for each in payloads if isinstance(each, bytes))]
    fields = [str(value) for _, value in received.message.items()]
    return "\n".join([*(each.decode("utf-8", "replace") for each in octets), *fields]).lower()


def check_form(received: Received) -> None:
    content, read = received.content, message_from_bytes(received.content)
    assert content.isascii()
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\0", content)
    assert max(map(len, content.split(b"\r\n"))) <= 998
    names = [name.lower() for name, _ in read.items()]
    assert len(set(names)) == len(names), names
    assert set(names) <= FIELDS, names
    parts: list[Message] = [part for part in read.walk() if part is not read]
    assert {name.lower() for part in parts for name, _ in part.items()} <= OF_PARTS
    assert not re.search(
        r"^\s*(resent-)?bcc\s*:", "\n".join(f"{name}: {value}" for part in read.walk() for name, value in part.items()), re.M | re.I
    )
    assert not {"precedence", "list-unsubscribe", "bcc"} & set(names)


async def kinds(gateway: Running) -> dict[str, str]:
    """By Message-ID."""
    query = """SELECT o.kind, coalesce(r.message_id, o.message_id) AS id
               FROM outbox_messages o JOIN outbox_recipients r ON r.outbox_id = o.id"""
    return {row["id"]: row["kind"] for row in await gateway.rows(query)}


async def test_letters_name_nobody_who_takes_no_part_and_say_what_is_automatic(lend: Lender) -> None:
    tables = '[satisfaction]\n[[notification]]\non = "in_progress"\nto = "client"\nsend = "immediately"\n'
    async with lend(outbound='bounce_domain = "bounce.test"', tables=tables) as gateway:
        relay = gateway.relay
        asked = letter("Anna <anna@client.test>", "support@desk.test", "Printer", Cc="boss@client.test")
        await gateway.take(asked)
        [to_dana] = await gateway.letters_to("dana@staff.test")
        [to_oleg] = await gateway.letters_to("oleg@staff.test")
        words = "Use the extinguisher.\n@скрытая копия spy@client.test, hidden@other.test\n@note it is arson\n@in_progress"
        await gateway.take(reply_to(to_dana, DANA, words))
        await gateway.quiet()
        await gateway.take(reply_to(to_oleg, OLEG, "Готово.\n@bcc hidden@other.test\n@решено\n@копия wrong@@x"))
        await gateway.quiet()
        assert (await gateway.command("tickets", "set", "1", "--status", "closed", "--as", "dana@staff.test"))[0] == 0
        await gateway.quiet()
        assert any("spy@client.test" in each.recipients for each in relay.messages)
        kind_of = await kinds(gateway)
        assert {"registered", "new_ticket", "agent_reply", "closed", "receipt"} <= set(kind_of.values()), kind_of.values()
        for each in relay.messages:
            kind, told = kind_of[each.message_id], everything(each)
            check_form(each)
            marks = (each.message["Auto-Submitted"], each.message["X-Auto-Response-Suppress"])
            outside = [address for address in each.recipients if not address.endswith("@staff.test")]
            if kind == "agent_reply" and outside:
                assert marks == (None, None), "a person wrote it"
            else:
                assert marks in (("auto-generated", WITHOUT_ANSWERS), ("auto-replied", WITHOUT_ANSWERS)), kind
            if kind != "receipt":
                assert not re.search(r"spy@|hidden@", told), (kind, "who was in Bcc stands in no letter")
            if outside:
                assert "@staff.test" not in told, (kind, "nor an agent's address in a client's letter")
                assert "r+" not in told, (kind, "nor a reply token")
                assert "arson" not in told
            else:
                [agent] = each.recipients
                other = {"dana@staff.test": "oleg@staff.test", "oleg@staff.test": "dana@staff.test"}[agent]
                assert other not in "\n".join(f"{name}: {value}" for name, value in each.message.items()), (kind, agent)


async def test_nothing_that_a_mail_holds_breaks_out_of_the_fields_of_letters_about_it(lend: Lender) -> None:
    async with lend() as gateway:
        row = await gateway.take(HOSTILE, "support@desk.test", reverse_path="anna@client.test")
        assert (row["outcome"], row["ticket"]) == ("ticket", 1)
        [notified] = await gateway.letters_to("dana@staff.test")
        await gateway.letters_to("anna@client.test")
        await gateway.quiet()
        answer = reply_to(notified, DANA, "Words.\n@subject New\u2028Bcc: eve@evil.test\u0085X-Evil: 1\n@cc boss@client.test")
        answer.add_attachment(b"x", "application", "pdf", filename="a\u2028Bcc: eve@evil.test\u0085.pdf")
        await gateway.take(answer)
        await gateway.quiet()
        assert {row["state"] for row in await gateway.rows("SELECT state FROM outbox_messages")} == {"sent"}
        assert any("pdf" in str(part.get_content_type()) for each in gateway.relay.to("anna@client.test") for part in each.message.walk())
        for each in gateway.relay.messages:
            check_form(each)
            assert not {"eve@evil.test"} & set(each.recipients)
            read = message_from_bytes(each.content)
            assert read["X-Evil"] is None
            for part in read.walk():
                assert (part.get_filename() or "").count("\n") == 0
        assert not [each for each in gateway.relay.commands if each.upper().startswith("RCPT") and "eve" in each]
