"""Every way that a mail may come, with real signatures and seals and a real name server: {SPF} × {DKIM} × {policy}, and what lists do."""

from itertools import product

import pytest

from gateway.domain.organisation import Trust
from gateway.domain.verdict import Verdict
from tests.auth.messages import envelope, message
from tests.auth.nameserver import Zone
from tests.auth.sealing import seal
from tests.auth.signing import MAIL, plain_id, rsa_record, sign_ed25519, sign_rsa
from tests.auth.test_authenticate import NO_SPF, SPF, ZONE, verdict_on

SPF_OUTCOMES = {
    # Reverse-path by outcome; the peer is the same for all.
    "pass": "anna@client.test",
    "fail": "anna@refuses.client.test",
    "softfail": "anna@soft.client.test",
    "neutral": "anna@neutral.client.test",
    "none": "anna@nothing.client.test",
    "permerror": "anna@broken.client.test",
    "temperror": "anna@dead.client.test",
}
DKIM_OUTCOMES = {
    "none": MAIL,
    "pass": sign_rsa(MAIL),
    "fail": sign_ed25519(MAIL) + b"more",
    "policy": sign_rsa(MAIL.removesuffix(b"\r\n\r\n"), length=True) + b"\r\n@closed\r\n",
    "neutral": sign_rsa(MAIL, selector="testing"),
    "permerror": sign_rsa(MAIL, selector="unpublished"),
    "temperror": sign_rsa(MAIL, selector="dead"),
}
POLICIES: dict[str, Zone] = {
    "none": {},
    "reject": {("_dmarc.client.test", "TXT"): ["v=DMARC1; p=reject"]},
    "unknown": {("_dmarc.client.test", "TXT"): "servfail"},
}
RECORDS: Zone = {
    **ZONE,
    ("refuses.client.test", "TXT"): ["v=spf1 -all"],
    ("soft.client.test", "TXT"): ["v=spf1 ~all"],
    ("neutral.client.test", "TXT"): ["v=spf1 ?all"],
    ("broken.client.test", "TXT"): ["v=spf1 nonsense -all"],
    ("dead.client.test", "TXT"): "servfail",
    ("testing._domainkey.client.test", "TXT"): [rsa_record(extra=b"t=y; ").decode()],
    ("s1._domainkey.list.test", "TXT"): [rsa_record().decode()],
    ("s1._domainkey.edge.test", "TXT"): [rsa_record().decode()],
    ("dead._domainkey.list.test", "TXT"): "servfail",
    ("list.test", "TXT"): ["v=spf1 ip4:203.0.113.7 -all"],
}


def expected(spf: str, dkim: str, policy: str) -> tuple[str, str, str, bool, bool]:
    passed, unknown = "pass" in (spf, dkim), "temperror" in (spf, dkim)
    dmarc = {"none": "none", "unknown": "temperror", "reject": "pass" if passed else "temperror" if unknown else "fail"}[policy]
    return spf, dkim, dmarc, passed, not passed and (unknown or policy == "unknown")


@pytest.mark.parametrize("policy", POLICIES)
async def test_every_outcome_of_spf_and_dkim(policy: str) -> None:
    zone = {**RECORDS, **POLICIES[policy]}
    for spf, dkim in product(SPF_OUTCOMES, DKIM_OUTCOMES):
        verdict, _ = await verdict_on(envelope(SPF, reverse_path=SPF_OUTCOMES[spf]), message(), DKIM_OUTCOMES[dkim], zone)
        found = (verdict.spf, verdict.dkim, verdict.dmarc, verdict.aligned, verdict.inconclusive)
        assert found == expected(spf, dkim, policy), (spf, dkim, verdict.reason)
        assert verdict.disowned is (verdict.dmarc == "fail")


def published(host: str, policy: str) -> Zone:
    return {
        ("s1._domainkey." + host, "TXT"): [rsa_record().decode()],
        ("_dmarc." + policy.partition(" ")[0], "TXT"): [policy.partition(" ")[2]],
    }


@pytest.mark.parametrize(
    ("author", "signer", "record", "dmarc", "aligned"),
    [
        # Of one organisation, by the public suffix list.
        ("anna@mail.client.test", "client.test", "client.test v=DMARC1; p=reject", "pass", True),
        ("anna@a.corp.co.uk", "b.corp.co.uk", "corp.co.uk v=DMARC1; p=reject", "pass", True),
        ("anna@corp.co.uk", "other.co.uk", "corp.co.uk v=DMARC1; p=reject", "fail", False),
        ("anna@one.github.io", "two.github.io", "one.github.io v=DMARC1; p=none", "fail", False),
        ("anna@corp.co.uk", "co.uk", "corp.co.uk v=DMARC1; p=reject", "fail", False),
        # Strict: the very domain.
        ("anna@mail.client.test", "client.test", "client.test v=DMARC1; p=none; adkim=s", "fail", False),
        ("anna@mail.client.test", "mail.client.test", "client.test v=DMARC1; p=none; adkim=s", "pass", True),
        ("anna@mail.client.test", "client.test", "client.test v=DMARC1; p=none; aspf=s", "pass", True),
        # What a domain wants done with failures, and for its subdomains, is no matter of alignment.
        ("anna@mail.client.test", "other.test", "client.test v=DMARC1; p=reject; sp=none", "fail", False),
        ("anna@mail.client.test", "other.test", "client.test v=DMARC1; p=none; sp=reject; pct=0", "fail", False),
        # The author's own record outranks its organisation's.
        ("anna@mail.client.test", "client.test", "mail.client.test v=DMARC1; p=none; adkim=s", "fail", False),
        # No policy.
        ("anna@mail.client.test", "client.test", "elsewhere.test v=DMARC1; p=reject", "none", True),
        ("anna@mail.client.test", "other.test", "elsewhere.test v=DMARC1; p=reject", "none", False),
    ],
)
async def test_alignment(author: str, signer: str, record: str, dmarc: str, aligned: bool) -> None:
    content = sign_rsa(MAIL.replace(b"anna@client.test", author.encode()), signer)
    sender = envelope(NO_SPF, reverse_path="", helo="[203.0.113.7]")
    verdict, _ = await verdict_on(sender, message(author), content, published(signer, record))
    assert (verdict.dkim, verdict.dmarc, verdict.aligned) == ("pass", dmarc, aligned), verdict.reason


FORWARDER = envelope(NO_SPF, reverse_path="bounces@list.test")
FOOTER = b"-- \r\nthe list\r\n"
ON_LIST = sign_rsa(MAIL) + FOOTER
BROKEN = "dkim=pass header.d=client.test; spf=pass smtp.mailfrom=client.test; dmarc=pass header.from=client.test"
TRUST = Trust(arc_sealers=("list.test", "edge.test"))


@pytest.mark.parametrize(
    ("content", "trust", "arc", "aligned", "inconclusive"),
    [
        # Forwarded as it was: the signature survives, seals or not.
        (sign_rsa(MAIL), Trust(), "none", True, False),
        (seal(sign_rsa(MAIL), "evil.test"), Trust(), "fail", True, False),
        # A list adds a line.
        (ON_LIST, TRUST, "none", False, False),
        (seal(ON_LIST, stated=BROKEN), TRUST, "pass", True, False),
        (seal(ON_LIST, stated=BROKEN), Trust(), "pass", False, False),
        (seal(ON_LIST, stated=BROKEN), Trust(arc_sealers=("edge.test",)), "pass", False, False),
        (seal(ON_LIST, stated="dkim=fail header.d=client.test"), TRUST, "pass", False, False),
        (seal(ON_LIST, stated="dkim=pass header.d=list.test"), TRUST, "pass", False, False),
        # The list's own relay seals what the list sealed.
        (seal(seal(ON_LIST, stated=BROKEN), "edge.test", stated="arc=pass"), TRUST, "pass", True, False),
        (seal(seal(ON_LIST, "edge.test", stated=BROKEN) + FOOTER, stated="arc=pass; dkim=fail"), TRUST, "pass", True, False),
        # A forger states what he likes, below a seal of somebody trusted who relays anything.
        (seal(seal(ON_LIST, "edge.test", stated=BROKEN), stated="arc=pass"), Trust(arc_sealers=("list.test",)), "pass", False, False),
        # … or above it.
        (seal(seal(ON_LIST, stated=BROKEN) + FOOTER, "edge.test"), Trust(arc_sealers=("list.test",)), "pass", False, False),
        # … or takes a chain from another mail.
        (seal(ON_LIST, stated=BROKEN) + b"@closed\r\n", TRUST, "fail", False, False),
        (seal(ON_LIST, stated="dkim=fail").replace(b"dkim=fail", b"dkim=pass header.d=client.test"), TRUST, "fail", False, False),
        # A key that cannot be had now.
        (seal(ON_LIST, selector="dead", stated=BROKEN), TRUST, "temperror", False, True),
        (seal(ON_LIST, selector="dead", stated=BROKEN), Trust(), "temperror", False, False),
        (seal(ON_LIST, selector="dead", stated="dkim=fail"), TRUST, "temperror", False, False),
    ],
    ids=plain_id,
)
@pytest.mark.parametrize("policy", ["none", "reject"])
async def test_forwarded_mail(content: bytes, trust: Trust, arc: str, aligned: bool, inconclusive: bool, policy: str) -> None:
    verdict, _ = await verdict_on(FORWARDER, message(), content, {**RECORDS, **POLICIES[policy]}, trust)
    assert (verdict.spf, verdict.arc, verdict.aligned, verdict.inconclusive) == ("pass", arc, aligned, inconclusive), verdict.reason
    assert (verdict.source == "arc") is (aligned and "DKIM" not in verdict.reason)
    assert verdict.disowned is (policy == "reject" and not aligned)


async def test_the_reason_names_the_sealer_and_what_it_outweighs() -> None:
    verdict, _ = await verdict_on(FORWARDER, message(), seal(ON_LIST, stated=BROKEN), {**RECORDS, **POLICIES["reject"]}, TRUST)
    assert verdict == Verdict(
        spf="pass",
        spf_domain="list.test",
        dkim="fail",
        dmarc="fail",
        arc="pass",
        aligned=True,
        source="arc",
        reason="the ARC seal of list.test states dkim=pass for client.test; that outweighs the DMARC fail of what arrived here",
    )


async def test_a_relay_of_ours_may_have_been_the_one_whom_dmarc_failed() -> None:
    """The mail came from the list to our relay, which judges as any other receiver would."""
    relays = Trust(relays=("10.0.0.0/24",), arc_sealers=("list.test",))
    stated = [(1, "relay.test; spf=pass smtp.mailfrom=list.test; dmarc=fail header.from=client.test")]
    received = ["from relay.test ([10.0.0.5]) by desk.test", "from list ([203.0.113.7]) by relay.test"]
    mail = message(received=received, results=stated)
    for content, aligned in ((seal(ON_LIST, stated=BROKEN), True), (ON_LIST, False)):
        verdict, _ = await verdict_on(envelope("10.0.0.5"), mail, content, RECORDS, relays)
        assert (verdict.dmarc, verdict.aligned, verdict.disowned) == ("fail", aligned, not aligned), verdict.reason


async def test_every_key_of_one_mail_is_asked_for_once_and_together() -> None:
    content = seal(seal(sign_rsa(sign_ed25519(MAIL)), stated=BROKEN), "edge.test", stated="arc=pass")
    _, server = await verdict_on(FORWARDER, message(), content, RECORDS, TRUST)
    keys = {name: times for (name, _), times in server.asked.items() if "._domainkey." in name}
    assert keys == {
        f"{name}.test": 1 for name in ("s1._domainkey.client", "s2._domainkey.client", "s1._domainkey.list", "s1._domainkey.edge")
    }
