"""SMTP smuggling: content in which another server may see the end of data must never be two messages here, nor be kept as it came."""

import itertools

import pytest

from gateway.domain.organisation import Organisation
from gateway.ingress.limits import Limits
from tests.ingress.conftest import Listen
from tests.ingress.sessions_in_memory import InMemory

NEWLINES = (b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\n\n", b"\0\r\n", b"\r\0\n", b"\r\n\0", b"\n\0", b"\0\n", b"\r\0")
DOTS = (b".", b"\0.", b".\0")
END = b"\r\n.\r\n"
# Whatever is written before and after a dot by servers that are less strict, but for the one end that there is.
VARIANTS = [before + dot + after for before, dot, after in itertools.product(NEWLINES, DOTS, NEWLINES) if END not in before + dot + after]
SMUGGLED = b"MAIL FROM:<boss@example.com>\r\nRCPT TO:<support@example.com>\r\nDATA\r\nSubject: smuggled\r\n\r\nx"
BEFORE = b"Subject: Hi\r\n\r\nx"


def test_the_table_has_what_is_known_to_be_used() -> None:
    known = {b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\r\n.\r\r\n", b"\n\n.\r\n", b"\n.\r", b"\r.\n"}
    assert known | {b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\0\r\n.\n"} <= set(VARIANTS)


@pytest.mark.parametrize("end", VARIANTS)
def test_wherever_it_is_cut_no_variant_ends_data(end: bytes, organisation: Organisation) -> None:
    """One session takes it in two segments, cut before each octet of the variant and after its last."""
    stream = BEFORE + end + SMUGGLED + END
    for mend in (False, True):
        desk = InMemory(organisation, Limits(normalise_newlines=mend))
        desk.say(b"EHLO client.test\r\n")
        for cut in range(len(BEFORE), len(BEFORE) + len(end) + 1):
            desk.say(b"MAIL FROM:<ann@client.test>\r\nRCPT TO:<support@example.com>\r\n")
            assert desk.say(b"DATA\r\n").startswith(b"354 ")
            reply = desk.say(stream[:cut], stream[cut:])
            assert reply.startswith(b"250 2.0.0" if mend else b"550 5.6.0")
            assert reply.count(b"\r\n") == 1, "one message, one reply"
        kept = [octets for _, octets in desk.keeper.kept]
        if mend:
            assert len(kept) == len(end) + 1
            assert len(set(kept)) == 1, "what is kept does not depend on the segments"
            assert b"Subject: smuggled" in kept[0]
            assert kept[0].count(b"\r") == kept[0].count(b"\n") == kept[0].count(b"\r\n")
            assert b"\0" not in kept[0]
        else:
            assert kept == []
        desk.close()


@pytest.mark.parametrize("end", [b"\n.\n", b"\r\n.\n", b"\r.\r", b"\r\n\0.\r\n"])
@pytest.mark.parametrize("mend", [False, True])
async def test_only_crlf_dot_crlf_ends_data_over_a_socket_too(listen: Listen, end: bytes, *, mend: bool) -> None:
    listener = await listen(normalise_newlines=mend)
    async with listener.client() as client:
        await client.hello()
        reply = await client.message(BEFORE + end + SMUGGLED + END)
        assert reply.startswith("250 2.0.0" if mend else "550 5.6.0")
        assert await client.say("NOOP") == "250 2.0.0 Ok"
    assert len(await listener.kept()) == mend


@pytest.mark.parametrize(
    "end", [b"\r\n..\r\n", b"\r\n. \r\n", b"\r\n.x\r\n", b"\x85.\x85", b"\xe2\x80\xa8.\xe2\x80\xa8", b"\x0b.\x0b", b"\x0c.\x0c"]
)
async def test_what_merely_looks_like_an_end_is_content(listen: Listen, end: bytes) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        assert (await client.message(BEFORE + end + SMUGGLED + END)).startswith("250")
    assert len(await listener.kept()) == 1
    assert await listener.content() == BEFORE + end.replace(b"\r\n.", b"\r\n") + SMUGGLED + b"\r\n"
