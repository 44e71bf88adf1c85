import pytest

from gateway.domain.organisation import Organisation
from gateway.ingress.recipients import Recipient, Refusal, acceptable


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("support@example.com", "support@example.com"),
        ("Support@EXAMPLE.com", "Support@EXAMPLE.com"),
        ("support+vip@example.com", "support+vip@example.com"),
        ("support+a+b@example.com", "support+a+b@example.com"),
        ("old@example.com", "old@example.com"),
        ("away@example.com", Refusal.SWITCHED_OFF),
        ("away+x@example.com", Refusal.SWITCHED_OFF),
        ("anyone@all.example", "anyone@all.example"),
        ("postmaster@all.example", "postmaster@all.example"),
        ("anyone@sub.all.example", Refusal.UNKNOWN),
        ("info@bücher.example", "info@bücher.example"),
        ("info@xn--bcher-kva.example", "info@xn--bcher-kva.example"),
        ("r@example.com", "r@example.com"),
        ("r+abcdef@example.com", "r+abcdef@example.com"),
        ("R+ABCDEF@Example.com", "R+ABCDEF@Example.com"),
        ("rr@example.com", Refusal.UNKNOWN),
        ("r-abcdef@example.com", Refusal.UNKNOWN),
        ("r+abcdef@bounces.example.com", Refusal.UNKNOWN),
        ("b+12.abc@bounces.example.com", "b+12.abc@bounces.example.com"),
        ("B+12.ABC@BOUNCES.EXAMPLE.COM", "B+12.ABC@BOUNCES.EXAMPLE.COM"),
        ("x+12@bounces.example.com", Refusal.UNKNOWN),
        ("b+12@example.com", Refusal.UNKNOWN),
        ("postmaster", "postmaster@mx.example.com"),
        ("PostMaster", "postmaster@mx.example.com"),
        ("postmaster@example.com", "postmaster@example.com"),
        ("Postmaster@mx.example.com", "Postmaster@mx.example.com"),
        ("postmaster@bounces.example.com", "postmaster@bounces.example.com"),
        ("postmaster@elsewhere.test", Refusal.UNKNOWN),
        ("nobody@example.com", Refusal.UNKNOWN),
        ("support@example.com.elsewhere.test", Refusal.UNKNOWN),
        ("support@[127.0.0.1]", Refusal.UNKNOWN),
        ('"support@example.com"@elsewhere.test', Refusal.UNKNOWN),
    ],
)
def test_a_recipient_is(organisation: Organisation, address: str, answer: str | Refusal) -> None:
    expected = Recipient(answer) if not isinstance(answer, Refusal) else answer
    assert acceptable(address, organisation) == expected
