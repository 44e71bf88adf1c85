"""Whose Authentication-Results are believed, and how they are read."""

import pytest

from gateway.auth.results import Field, Stated, aligned_pass, believed, first_result, read_field, within
from gateway.domain.envelope import Entry, Peer
from gateway.domain.organisation import Trust
from gateway.mail.message import Trace
from tests.auth.messages import message

RELAY, INNER, CLIENT = "10.0.0.5", "10.0.0.6", "203.0.113.7"
TRUST = Trust(relays=("10.0.0.0/24", "2001:db8::/32"))
NAMED = Trust(relays=("10.0.0.0/24",), authserv_id="relay.our.test")

OURS = f"from relay.our.test (relay.our.test [{RELAY}]) by desk.our.test with ESMTP id 1; Fri, 20 Nov 2026 10:00:00 +0000"
FROM_CLIENT = (
    f"from mx.client.test (mx.client.test [{CLIENT}]) by relay.our.test (Postfix) with ESMTPS id 2; Fri, 20 Nov 2026 10:00:00 +0000"
)
FROM_INNER = f"from inner.our.test (inner.our.test [{INNER}]) by relay.our.test (Postfix) with ESMTP id 3; Fri, 20 Nov 2026 10:00:00 +0000"
PASS = "relay.our.test; dkim=pass header.d=client.test"
FOREIGN = "mx.elsewhere.test; dkim=pass header.d=client.test"
STATED = (Stated("dkim", "pass", "client.test"),)


@pytest.mark.parametrize(
    ("peer", "trust", "received", "results", "counts"),
    [
        # The relay's own field stands above its Received, below ours.
        (RELAY, TRUST, [OURS, FROM_CLIENT], [(1, PASS)], True),
        (RELAY, NAMED, [OURS, FROM_CLIENT], [(1, PASS)], True),
        ("2001:db8::5", TRUST, [OURS, FROM_CLIENT], [(1, PASS)], True),
        ("::ffff:10.0.0.5", TRUST, [OURS, FROM_CLIENT], [(1, PASS)], True),
        # Below the relay's Received: the client brought it along, whatever name it bears.
        (RELAY, TRUST, [OURS, FROM_CLIENT], [(2, PASS)], False),
        (RELAY, NAMED, [OURS, FROM_CLIENT], [(2, PASS)], False),
        (RELAY, TRUST, [OURS, FROM_CLIENT, FROM_INNER], [(3, PASS)], False),
        # Another name than the one that counts.
        (RELAY, NAMED, [OURS, FROM_CLIENT], [(1, FOREIGN)], False),
        (RELAY, NAMED, [OURS, FROM_CLIENT], [(1, PASS.replace("relay.our.test", "relay.our.test.evil.test"))], False),
        (RELAY, NAMED, [OURS, FROM_CLIENT], [(1, PASS.replace("relay.our.test", "Relay.Our.TEST 1"))], True),
        # A peer that is no relay of ours, with and without a forged history.
        (CLIENT, TRUST, [OURS], [(1, PASS)], False),
        (CLIENT, NAMED, [OURS], [(1, PASS)], False),
        (CLIENT, NAMED, [OURS, OURS, FROM_CLIENT], [(1, PASS), (2, PASS)], False),
        (RELAY, Trust(), [OURS], [(1, PASS)], False),
        (RELAY, Trust(authserv_id="relay.our.test"), [OURS], [(1, PASS)], False),
        # Two relays in a row: the outer one took it from the client and wrote the field.
        (RELAY, NAMED, [OURS, FROM_INNER, FROM_CLIENT], [(2, PASS)], True),
        (RELAY, NAMED, [OURS, FROM_INNER, FROM_CLIENT], [(3, PASS)], False),
        # The client says in HELO, or in a second address, that it is a relay of ours.
        (RELAY, NAMED, [OURS, f"from [{INNER}] (mx.evil.test [{CLIENT}]) by relay.our.test"], [(2, PASS)], False),
        (RELAY, NAMED, [OURS, f"from [{INNER}] by x (mx.evil.test [{CLIENT}]) by relay.our.test"], [(2, PASS)], False),
        (RELAY, NAMED, [OURS, f"from mx.evil.test ({CLIENT}) by relay.our.test ([{INNER}])"], [(2, PASS)], False),
        (RELAY, NAMED, [OURS, "from inner.our.test by relay.our.test"], [(2, PASS)], False),
        (RELAY, NAMED, [OURS, f"by relay.our.test ([{INNER}]) id 3"], [(2, PASS)], False),
        (RELAY, NAMED, [OURS, ""], [(2, PASS)], False),
    ],
)
def test_only_what_a_listed_relay_wrote_counts(
    peer: str, trust: Trust, received: list[str], results: list[tuple[int, str]], counts: bool
) -> None:
    mail = message(received=received, results=results)
    assert believed(mail, Peer(Entry.SMTP, peer), trust) == (STATED if counts else ())


@pytest.mark.parametrize(
    ("entry", "trust", "results", "counts"),
    [
        (Entry.LMTP, NAMED, [(1, PASS)], True),
        (Entry.STDIN, NAMED, [(1, PASS)], True),
        (Entry.LMTP, NAMED, [(2, PASS)], False),
        (Entry.LMTP, NAMED, [(1, FOREIGN)], False),
        (Entry.LMTP, TRUST, [(1, PASS)], False),
        # A mailbox: below its provider's own Received fields, and the topmost of that name alone.
        (Entry.IMAP, NAMED, [(3, PASS)], True),
        (Entry.POP3, NAMED, [(1, FOREIGN), (3, PASS)], True),
        (Entry.IMAP, NAMED, [(3, "relay.our.test; dkim=none"), (4, PASS)], False),
        (Entry.IMAP, NAMED, [(3, FOREIGN)], False),
        (Entry.IMAP, TRUST, [(1, PASS)], False),
    ],
)
def test_without_a_peer_the_configured_name_must_say_it(entry: Entry, trust: Trust, results: list[tuple[int, str]], counts: bool) -> None:
    mail = message(received=[OURS, FROM_CLIENT], results=results)
    assert (STATED[0] in believed(mail, Peer(entry), trust)) is counts


def test_several_fields_of_the_relay_are_read_together() -> None:
    mail = message(received=[OURS], results=[(1, "r.test; spf=fail smtp.mailfrom=a@b.test"), (1, PASS), (2, FOREIGN)])
    assert believed(mail, Peer(Entry.SMTP, RELAY), TRUST) == (Stated("spf", "fail", "b.test"), *STATED)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ("mx.test; none", Field("mx.test")),
        ("mx.test", Field("mx.test")),
        ("", Field("")),
        (";", Field("")),
        ("; dkim=pass header.d=a.test", Field("")),
        ("mx.test 1; dkim=pass header.d=A.Test", Field("mx.test", (Stated("dkim", "pass", "a.test"),))),
        ('"mx.test"; dkim = pass header.d = a.test', Field("mx.test", (Stated("dkim", "pass", "a.test"),))),
        ("mx.test; dkim=pass header.i=@a.test", Field("mx.test", (Stated("dkim", "pass", "a.test"),))),
        ("mx.test; dkim=pass header.i=x@b.test header.d=a.test", Field("mx.test", (Stated("dkim", "pass", "a.test"),))),
        ('mx.test; dkim=pass reason="a;b header.d=evil.test" header.d=a.test', Field("mx.test", (Stated("dkim", "pass", "a.test"),))),
        ("mx.test; dkim=fail (dkim=pass header.d=evil.test)", Field("mx.test", (Stated("dkim", "fail"),))),
        ("mx.test (a (nested; one)) ; dkim=pass (x) header.d=a.test", Field("mx.test", (Stated("dkim", "pass", "a.test"),))),
        ("mx.test (never closed; dkim=pass header.d=a.test", Field("mx.test")),
        ("mx.test; spf=pass (ok) smtp.mailfrom=<x@a.test>", Field("mx.test", (Stated("spf", "pass", "a.test"),))),
        ("mx.test; spf=pass smtp.mailfrom=a.test", Field("mx.test", (Stated("spf", "pass", "a.test"),))),
        ("mx.test; spf=pass smtp.helo=a.test", Field("mx.test", (Stated("spf", "pass"),))),
        ("mx.test; spf=hardfail smtp.mailfrom=a.test", Field("mx.test", (Stated("spf", "fail", "a.test"),))),
        ("mx.test; spf=sometimes smtp.mailfrom=a.test", Field("mx.test")),
        ("mx.test; dmarc=pass (p=NONE) header.from=a.test", Field("mx.test", (Stated("dmarc", "pass", "a.test"),))),
        ("mx.test; iprev=pass policy.iprev=192.0.2.1; auth=pass smtp.auth=x", Field("mx.test")),
        ("mx.test; x-dkim=pass header.d=a.test", Field("mx.test")),
        ("mx.test; dkim=pass header.d=привет", Field("mx.test", (Stated("dkim", "pass", "xn--b1agh1afp"),))),
        (
            "mx.test; spf=none smtp.mailfrom=a.test; dkim=pass header.d=b.test; dmarc=fail header.from=a.test",
            Field("mx.test", (Stated("spf", "none", "a.test"), Stated("dkim", "pass", "b.test"), Stated("dmarc", "fail", "a.test"))),
        ),
    ],
)
def test_read_field(value: str, field: Field) -> None:
    assert read_field(Trace(value, 1)) == field


def test_a_hostile_field_is_read_in_linear_time() -> None:
    for value in ("(" * 500_000, '"\\' * 500_000, "a; " + "dkim=" * 300_000, "mx.test; dkim=pass " + "a." * 300_000, ";" * 500_000):
        read_field(Trace(value, 1))


@pytest.mark.parametrize(
    ("stated", "method", "result"),
    [
        ([], "spf", None),
        ([Stated("spf", "fail"), Stated("spf", "pass")], "spf", "fail"),
        ([Stated("dkim", "fail"), Stated("dkim", "pass")], "dkim", "pass"),
    ],
)
def test_first_result(stated: list[Stated], method: str, result: str | None) -> None:
    assert first_result(stated, method) == result


@pytest.mark.parametrize(
    ("stated", "aligned"),
    [
        (Stated("dkim", "pass", "mail.client.test"), True),
        (Stated("spf", "pass", "client.test"), True),
        (Stated("dmarc", "pass", "client.test"), True),
        (Stated("arc", "pass", "client.test"), False),
        (Stated("dkim", "fail", "client.test"), False),
        (Stated("dkim", "pass", "other.test"), False),
        (Stated("dkim", "pass", ""), False),
    ],
)
def test_aligned_pass(stated: Stated, aligned: bool) -> None:
    assert (aligned_pass([stated], "client.test") is stated) is aligned
    assert aligned_pass([stated], "") is None


@pytest.mark.parametrize(
    ("address", "networks", "inside"),
    [
        ("10.0.0.5", ["10.0.0.0/24"], True),
        ("10.0.1.5", ["10.0.0.0/24"], False),
        ("10.0.0.5", ["10.0.0.5"], True),
        ("10.0.0.5", ["10.0.0.9/24"], True),
        ("::1", ["::1/128", "stdin"], True),
        ("10.0.0.5", ["stdin", "not a network"], False),
        ("10.0.0.5", ["::/0"], False),
        ("unix", ["0.0.0.0/0"], False),
    ],
)
def test_within(address: str, networks: list[str], inside: bool) -> None:
    assert within(address, networks) is inside
