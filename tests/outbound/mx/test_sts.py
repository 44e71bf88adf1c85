"""MTA-STS records and policies, as people write them."""

import pytest

from gateway.outbound.mx.sts import LONGEST, Policy, allows, announced, read_policy

ENFORCED = b"version: STSv1\r\nmode: enforce\r\nmx: mail.client.test\r\nmx: *.client.test\r\nmax_age: 86400\r\n"


@pytest.mark.parametrize(
    ("texts", "identity"),
    [
        ([b"v=STSv1; id=20161101T000000Z;"], "20161101T000000Z"),
        ([b"v=STSv1;id=1"], "1"),
        ([b"v=STSv1 ; id=1 ; future=x"], "1"),
        ([b"v=spf1 -all", b"v=STSv1; id=1;"], "1"),
        ([b"v=STSv1; id=1;", b"v=STSv1; id=2;"], None),
        ([b"v=STSv1; id=;"], None),
        ([b"v=STSv1; id=" + b"x" * 33], None),
        ([b"v=STSv1; id=a-b"], None),
        ([b"v=STSv10; id=1"], None),
        ([b" v=STSv1; id=1"], None),
        ([b"v=STSv1"], None),
        ([b"v=STSv1; id=\xff"], None),
        ([], None),
    ],
)
def test_one_record_announces_a_policy(texts: list[bytes], identity: str | None) -> None:
    assert announced(texts) == identity


@pytest.mark.parametrize(
    ("body", "policy"),
    [
        (ENFORCED, Policy("enforce", ("mail.client.test", "*.client.test"), 86400)),
        (ENFORCED.replace(b"\r\n", b"\n"), Policy("enforce", ("mail.client.test", "*.client.test"), 86400)),
        (ENFORCED.replace(b"enforce", b"testing"), Policy("testing", ("mail.client.test", "*.client.test"), 86400)),
        (b"version: STSv1\nmode: none\nmax_age: 5", Policy("none", (), 5)),
        (b"mode:enforce\nversion:STSv1\nmax_age:5\nmx:Mail.Client.Test\nfuture: x", Policy("enforce", ("mail.client.test",), 5)),
        (ENFORCED.replace(b"86400", b"9999999999"), Policy("enforce", ("mail.client.test", "*.client.test"), LONGEST)),
        (ENFORCED + b"mode: none\r\n", Policy("enforce", ("mail.client.test", "*.client.test"), 86400)),
        (b"version: STSv1\nmode: enforce\nmax_age: 5", None),
        (ENFORCED.replace(b"STSv1", b"STSv2"), None),
        (ENFORCED.replace(b"enforce", b"sometimes"), None),
        (ENFORCED.replace(b"86400", b"-1"), None),
        (ENFORCED.replace(b"86400", b"1e5"), None),
        (ENFORCED.replace(b"max_age: 86400", b""), None),
        (ENFORCED.replace(b"*.client", b"*.*.client"), None),
        (ENFORCED.replace(b"mail.client.test", b"m*.client.test"), None),
        (ENFORCED + b"mx: x\r\n" * 500, None),
        (b"\xff" + ENFORCED, None),
        (b"<html>not found</html>", None),
        (b"", None),
    ],
)
def test_a_policy_is_read_or_is_none(body: bytes, policy: Policy | None) -> None:
    assert read_policy(body) == policy


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("mail.client.test", True),
        ("MAIL.Client.Test.", True),
        ("other.sub.test", True),
        ("sub.test", False),
        ("a.other.sub.test", False),
        ("mail.client.test.evil.test", False),
        ("", False),
    ],
)
def test_a_pattern_stands_for_one_label(host: str, allowed: bool) -> None:
    assert allows(Policy("enforce", ("mail.client.test", "*.sub.test"), 1), host) is allowed
