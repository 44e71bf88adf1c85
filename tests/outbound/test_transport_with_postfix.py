"""The dialogue as a real Postfix takes it; `test_real_servers` has the sender's side, and smtp-sink."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from gateway.outbound.deliver import Relay, SmtpTransport
from gateway.outbound.delivery import Parcel
from gateway.outbound.retry import Deferred, Delivered, Outcome, Refused
from tests.peers.ports import free_ports
from tests.peers.postfix import Postfix, postfix

TAKEN, REFUSED, GREY, NOBODY = (f"{each}@outside.test" for each in ("silent", "refused", "grey", "nobody.here"))
CONTENT = b"From: d@desk.test\r\nMessage-ID: <x@desk.test>\r\n\r\n.dot\r\nbody\r\n..\r\n"
PARCEL = Parcel("00000007", "", (TAKEN,), CONTENT)


@pytest.fixture(scope="module")
def running() -> Iterator[Postfix]:
    port, desk, rules = free_ports(3)
    with postfix(port, desk, rules) as made:
        yield made


async def deliver(made: Postfix, *parcels: Parcel) -> list[dict[str, Outcome]]:
    transport = SmtpTransport(Relay("127.0.0.1", made.port, hostname="desk.test", timeout=30.0, final_timeout=30.0))
    try:
        return [dict(await transport.deliver(each)) for each in parcels]
    finally:
        await transport.aclose()


async def test_each_recipient_gets_an_answer_of_its_own_and_the_session_goes_on(running: Postfix) -> None:
    everybody = replace(PARCEL, recipients=(TAKEN, REFUSED, GREY, NOBODY))
    refused = replace(PARCEL, recipients=(REFUSED,))
    first, second, third = await deliver(running, everybody, refused, PARCEL)
    taken = first[TAKEN]
    assert isinstance(taken, Delivered)
    assert taken.relay == "127.0.0.1"
    assert isinstance(first[REFUSED], Refused)
    assert "550 5.7.1" in first[REFUSED].reply
    assert first[GREY] == Deferred(first[GREY].reply, 450)
    assert isinstance(first[NOBODY], Refused)
    assert isinstance(second[REFUSED], Refused)
    assert isinstance(third[TAKEN], Delivered)
    async with asyncio.timeout(60):
        while "ehlo=1 mail=3 rcpt=2/6 data=2/3 rset=1 quit=1" not in running.log():
            await asyncio.sleep(0.05)
    log = running.log()
    assert "improper command pipelining" not in log
    assert "non-SMTP command" not in log


async def test_a_large_letter_arrives_in_its_size_and_a_too_large_one_is_not_sent(running: Postfix) -> None:
    lines = b"".join(b".%070d\r\n" % number for number in range(40_000))
    large, larger = await deliver(running, replace(PARCEL, content=CONTENT + lines), replace(PARCEL, content=CONTENT + 4 * lines))
    assert isinstance(large[TAKEN], Delivered)
    assert isinstance(larger[TAKEN], Refused)
    assert "552 5.3.4" in larger[TAKEN].reply
    assert "exceeds" not in running.log()
