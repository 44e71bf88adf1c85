"""The dialogue as a peer sees it."""

import pytest

from gateway.ingress.data_reader import DataReader
from gateway.ingress.smtp import Handler
from tests.ingress.conftest import HOSTNAME, Listen
from tests.waiting import until


async def test_a_message_is_kept_and_answered_by_250(listen: Listen) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        reply = await client.message(b"Subject: Hi\r\n\r\n..dot\r\n.\r\n")
    assert reply.startswith("250 2.0.0 Ok, queued as ")
    (row,) = await listener.kept()
    assert (row.reverse_path, row.recipients, row.state, row.entry) == ("ann@client.test", ("support@example.com",), "queued", "smtp")
    assert (row.peer["address"], row.peer["helo"]) == ("127.0.0.1", "client.test")
    assert reply.endswith(row.trace_id)
    assert await listener.content() == b"Subject: Hi\r\n\r\n.dot\r\n"
    assert listener.woken == ["inbound"]


async def test_greeting_and_keywords_tell_what_is_true_and_no_version(listen: Listen) -> None:
    listener = await listen(max_message_size=12345)
    async with listener.client() as client:
        assert await client.reply() == f"220 {HOSTNAME} ESMTP"
        lines = (await client.say("EHLO client.test")).split("\n")
        assert lines == [
            f"250-{HOSTNAME}",
            "250-PIPELINING",
            "250-SIZE 12345",
            "250-8BITMIME",
            "250-SMTPUTF8",
            "250 ENHANCEDSTATUSCODES",
        ]
        assert await client.say("HELO client.test") == f"250 {HOSTNAME}"


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("NOOP", "250 2.0.0"),
        ("noop", "250 2.0.0"),
        ("RSET", "250 2.0.0"),
        ("VRFY support@example.com", "252 2.5.0"),
        ("EXPN staff", "502 5.5.1"),
        ("HELP", "502 5.5.1"),
        ("ETRN example.com", "502 5.5.1"),
        ("AUTH PLAIN AGEAYg==", "502 5.5.1"),
        ("STARTTLS", "502 5.5.1"),
        ("BDAT 5 LAST", "500 5.5.1"),
        ("LHLO client.test", "500 5.5.1"),
        ("", "500 5.5.1"),
        (" ", "500 5.5.1"),
        ("EHLO", "501 5.5.4"),
        ("RCPT TO:<support@example.com>", "503 5.5.1"),
        ("DATA", "503 5.5.1"),
        ("MAIL", "501 5.5.4"),
        ("MAIL TO:<ann@client.test>", "501 5.5.4"),
        ("MAIL FROM:ann@client.test", "501 5.1.7"),
        ("MAIL FROM:<ann@client.test", "501 5.1.7"),
        ("MAIL FROM:<ann@client.test>SIZE=1", "501 5.5.4"),
        ("MAIL FROM:<ann@client.test> SIZE=²", "501 5.5.4"),
        ("MAIL FROM:<ann@client.test> SIZE=-1", "501 5.5.4"),
        ("MAIL FROM:<ann@client.test> SIZE", "501 5.5.4"),
        ("MAIL FROM:<ann@client.test> SIZE=1 SIZE=2", "501 5.5.4"),
        ("MAIL FROM:<ann@client.test> SIZE=99999999999", "552 5.3.4"),
        ("MAIL FROM:<ann@client.test> BODY=BINARYMIME", "501 5.5.4"),
        ("MAIL FROM:<ann@client.test> RET=HDRS", "555 5.5.4"),
        ("MAIL FROM:<анна@client.test>", "553 5.6.7"),
        ("MAIL FROM:<анна@client.test> SMTPUTF8", "250 2.1.0"),
        ("MAIL FROM:<> SIZE=1000 BODY=8BITMIME", "250 2.1.0"),
        (b"NOOP\n", "500 5.5.2"),
        (b"NOOP \0\r\n", "500 5.5.2"),
        (b"NOOP \rQUIT\r\n", "500 5.5.2"),
        (b"MAIL FROM:<\xff@client.test>\r\n", "500 5.5.2"),
        (b"NOOP " + b"x" * 5000 + b"\r\n", "500 5.5.2"),
    ],
)
async def test_a_command_gets_its_reply(listen: Listen, said: str | bytes, reply: str) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        assert (await client.say(said)).startswith(reply)
        assert await client.say("NOOP") == "250 2.0.0 Ok"


@pytest.mark.parametrize(
    ("recipient", "reply"),
    [
        ("<support@example.com>", "250 2.1.5"),
        ("<SUPPORT@EXAMPLE.COM>", "250 2.1.5"),
        ("<@relay.test,@other.test:support@example.com>", "250 2.1.5"),
        ('<"support"@example.com>', "250 2.1.5"),
        ("<postmaster>", "250 2.1.5"),
        ("<>", "501 5.1.3"),
        ("<nobody>", "501 5.1.3"),
        ("<nobody@example.com>", "550 5.1.1"),
        ("<=?utf-8?q?support=40example.com=3E?=@client.test>", "550 5.1.1"),
        ("<away@example.com>", "450 4.2.1"),
        ("<support@example.com> NOTIFY=NEVER", "555 5.5.4"),
        ("<поддержка@all.example>", "553 5.6.7"),
    ],
)
async def test_a_recipient_gets_its_reply(listen: Listen, recipient: str, reply: str) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        await client.say("MAIL FROM:<>")
        assert (await client.say(f"RCPT TO:{recipient}")).startswith(reply)


async def test_the_null_reverse_path_opens_a_transaction_like_any(listen: Listen) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        await client.envelope("")
        assert (await client.say("MAIL FROM:<ann@client.test>")).startswith("503 5.5.1")
        assert (await client.content(b"\r\n.\r\n")).startswith("250")
    assert [row.reverse_path for row in await listener.kept()] == [""]


async def test_smtputf8_addresses_are_kept_as_written(listen: Listen) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        await client.say("MAIL FROM:<анна@почта.test> SMTPUTF8")
        assert (await client.say("RCPT TO:<info@bücher.example>")).startswith("250")
        assert (await client.content(b"\r\n.\r\n")).startswith("250")
    (row,) = await listener.kept()
    assert (row.reverse_path, row.recipients) == ("анна@почта.test", ("info@bücher.example",))


async def test_commands_and_several_messages_may_be_pipelined(listen: Listen) -> None:
    listener = await listen()
    one = (
        b"MAIL FROM:<ann@client.test>\r\nRCPT TO:<nobody@example.com>\r\nRCPT TO:<support@example.com>\r\nDATA\r\nSubject: %d\r\n\r\n.\r\n"
    )
    async with listener.client() as client:
        await client.reply()
        client.send(b"EHLO client.test\r\n" + b"".join(one % number for number in range(3)) + b"QUIT\r\n")
        codes = [(await client.reply())[-120:][:3] for _ in range(1 + 3 * 5 + 1)]
        assert codes[1:] == ["250", "550", "250", "354", "250"] * 3 + ["221"]
        assert await client.closed()
    assert len(await listener.kept()) == 3


async def test_replies_to_a_pipelined_batch_travel_together(listen: Listen) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        client.send(b"NOOP\r\n" * 50)
        assert await client.reader.read(65536) == b"250 2.0.0 Ok\r\n" * 50


async def test_a_batch_after_a_refused_mail_is_no_series_of_errors(listen: Listen) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        client.send(b"MAIL FROM:<ann@client.test> SIZE=99999999999\r\n" + b"RCPT TO:<support@example.com>\r\n" * 50 + b"DATA\r\nNOOP\r\n")
        codes = [(await client.reply())[:3] for _ in range(53)]
    assert codes == ["552"] + ["503"] * 51 + ["250"]


async def test_data_without_a_valid_recipient_is_refused_before_the_content(listen: Listen) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        await client.say("MAIL FROM:<ann@client.test>")
        assert (await client.say("DATA")).startswith("503")
        await client.say("RCPT TO:<nobody@example.com>")
        assert (await client.say("DATA")).startswith("554 5.5.1")


async def test_a_client_that_closes_its_side_still_gets_its_replies(listen: Listen) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        await client.envelope()
        await client.say("DATA")
        client.send(b"Subject: Hi\r\n\r\n.\r\nQUIT\r\n")
        client.writer.write_eof()
        assert (await client.reply()).startswith("250")
        assert (await client.reply()).startswith("221")
    assert len(await listener.kept()) == 1


async def test_nothing_is_kept_of_a_message_that_breaks_off(listen: Listen) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        await client.envelope()
        await client.say("DATA")
        client.send(b"Subject: Hi\r\n\r\nno end\r\n.\r")
        client.writer.write_eof()
        assert await client.closed()
    await until(lambda: not listener.service.connections)
    assert await listener.kept() == []


async def test_the_same_recipient_twice_is_one_recipient(listen: Listen) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        await client.message(b"\r\n.\r\n", "support@example.com", "support@example.com")
    assert [row.recipients for row in await listener.kept()] == [("support@example.com",)]


async def test_a_command_that_fails_is_451_without_a_word_of_why_and_the_session_goes_on(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        await client.say("MAIL FROM:<>")
        with monkeypatch.context() as patch:
            patch.setattr(Handler, "recipient", fail)
            assert await client.say("RCPT TO:<support@example.com>") == "451 4.3.0 Temporary failure, try again later"
        assert (await client.say("RCPT TO:<support@example.com>")).startswith("250")


async def test_after_a_failure_within_content_the_rest_of_it_is_not_taken_for_commands(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        await client.envelope()
        await client.say("DATA")
        monkeypatch.setattr(DataReader, "feed", fail)
        client.send(b"MAIL FROM:<evil@client.test>\r\nRCPT TO:<support@example.com>\r\n")
        assert await client.reply() == "421 4.3.0 Temporary failure, closing the connection"
        assert await client.closed()


def fail(*_: object) -> None:
    raise RuntimeError("250 secret\r\n250 of ours")


async def test_a_thousand_messages_go_through_one_session(listen: Listen) -> None:
    listener = await listen()
    batch = b"RSET\r\nMAIL FROM:<ann@client.test>\r\nRCPT TO:<support@example.com>\r\nDATA\r\nSubject: Hi\r\n\r\n.\r\n" * 100
    async with listener.client() as client:
        await client.hello()
        for _ in range(10):
            client.send(batch)
            assert {(await client.reply())[:3] for _ in range(500)} == {"250", "354"}
    assert listener.service.tally.messages_accepted == 1000
