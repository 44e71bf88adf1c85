"""From bytes to a verdict: parsed and verified in a child, keys and records from a name server."""

import pytest

from gateway.auth.authenticate import authenticate
from gateway.auth.dns import Resolver
from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.domain.organisation import Trust
from gateway.domain.ours import Ours
from gateway.domain.verdict import Verdict
from gateway.parsing.parent import Parser
from tests.auth.nameserver import Zone, name_server
from tests.auth.signing import MAIL, ed25519_record, plain_id, rsa_record, sign_ed25519, sign_rsa

ZONE: Zone = {
    ("client.test", "TXT"): ["v=spf1 ip4:192.0.2.7 -all"],
    ("_dmarc.client.test", "TXT"): ["v=DMARC1; p=reject"],
    ("s1._domainkey.client.test", "TXT"): [rsa_record().decode()],
    ("s2._domainkey.client.test", "TXT"): [ed25519_record().decode()],
}
TRUST = Trust(relays=("10.0.0.0/24",), authserv_id="relay.test")

STAMP = b"Received: from relay.test (relay.test [10.0.0.5])\r\n\tby desk.test with ESMTP id 1;\r\n\tFri, 20 Nov 2026 10:00:02 +0000\r\n"
RELAYED = b"Received: from mx (mx [203.0.113.7])\r\n\tby relay.test with ESMTP id 2;\r\n\tFri, 20 Nov 2026 10:00:01 +0000\r\n"
STATED = b"Authentication-Results: relay.test;\r\n\tdmarc=pass (p=reject; a comment) header.from=client.test\r\n"


async def verdict_on(content: bytes, address: str) -> Verdict:
    envelope = Envelope("anna@client.test", ("support@desk.test",), Peer(Entry.SMTP, address, helo="mx.client.test"))
    async with name_server(ZONE) as server, Parser(spares=0) as parser:
        message = await parser.parse(content, Ours())
        return await authenticate(envelope, message, content, Resolver([server.address]), TRUST, parser.verify)


@pytest.mark.parametrize(
    ("content", "address", "expected"),
    [
        (sign_rsa(sign_ed25519(MAIL)), "203.0.113.7", ("fail", "pass", "pass", True)),
        (sign_ed25519(MAIL), "203.0.113.7", ("fail", "pass", "pass", True)),
        (sign_ed25519(MAIL) + b"more", "203.0.113.7", ("fail", "fail", "fail", False)),
        (MAIL, "192.0.2.7", ("pass", "none", "pass", True)),
        (MAIL.replace(b"From: Anna", b"From: x@client.test, Anna"), "192.0.2.7", ("pass", "none", "none", False)),
        (MAIL.replace(b"From: Anna", b"From: x@client.test\r\nFrom: Anna"), "192.0.2.7", ("pass", "none", "none", False)),
        (STATED + RELAYED + MAIL, "10.0.0.5", ("none", "none", "pass", True)),
        (RELAYED + STATED + MAIL, "10.0.0.5", ("none", "none", "none", False)),
        (STATED + MAIL, "203.0.113.7", ("fail", "none", "fail", False)),
    ],
    ids=plain_id,
)
async def test_bytes_become_a_verdict(content: bytes, address: str, expected: tuple[str, str, str, bool]) -> None:
    verdict = await verdict_on(STAMP + content, address)
    assert (verdict.spf, verdict.dkim, verdict.dmarc, verdict.aligned) == expected, verdict.reason
