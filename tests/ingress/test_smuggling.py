"""SMTP smuggling: content in which another server may see the end of data must never be two messages here, nor be kept."""

import pytest

from tests.ingress.conftest import Listen

ENDS_FOR_SOMEBODY = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\r\n.\r\r\n",
    b"\n\n.\r\n",
    b"\n.\r",
    b"\r.\n",
    b"\0\r\n.\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
]
SMUGGLED = b"MAIL FROM:<boss@example.com>\r\nRCPT TO:<support@example.com>\r\nDATA\r\nSubject: smuggled\r\n\r\nx"


@pytest.mark.parametrize("end", ENDS_FOR_SOMEBODY)
async def test_only_crlf_dot_crlf_ends_data(listen: Listen, end: bytes) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        reply = await client.message(b"Subject: Hi\r\n\r\nx" + end + SMUGGLED + b"\r\n.\r\n")
        assert reply.startswith("550 5.6.0")
        assert await client.say("NOOP") == "250 2.0.0 Ok"
    assert await listener.kept() == []


@pytest.mark.parametrize(
    "end", [b"\r\n..\r\n", b"\r\n. \r\n", b"\r\n.x\r\n", b"\x85.\x85", b"\xe2\x80\xa8.\xe2\x80\xa8", b"\x0b.\x0b", b"\x0c.\x0c"]
)
async def test_what_merely_looks_like_an_end_is_content(listen: Listen, end: bytes) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        assert (await client.message(b"Subject: Hi\r\n\r\nx" + end + SMUGGLED + b"\r\n.\r\n")).startswith("250")
    assert len(await listener.kept()) == 1
    assert await listener.content() == b"Subject: Hi\r\n\r\nx" + end.replace(b"\r\n.", b"\r\n") + SMUGGLED + b"\r\n"
