"""What rules say while a mail can still be refused: reverse-path, recipient and size are all that the dialogue knows of it.

`author` means the reverse-path here. The null one (RFC 5321 §4.5.5) is never refused: it brings the reports on our own letters.
"""

from collections.abc import Iterable

from gateway.desk.rules.conditions import compares
from gateway.desk.rules.view import address_fits, author_fits
from gateway.domain.rules import AllOf, AnyOf, AuthorIs, AuthorPattern, Condition, GatewayIs, Glob, Not, RecipientIs, Rule, SizeIs, Somebody


def rejects_at_smtp(rules: tuple[Rule, ...], reverse_path: str, recipient: str, gateway: str | None, size: int | None) -> str | None:
    """What the peer is told of the rule that certainly refuses the mail; None where none does, or it cannot be known yet.

    Addresses are normalised; `gateway` is the concrete address of ours that the recipient is; `size` is None before it is known. Where a
    rule above stops here, or might by what only the mail itself tells, the mail is let through.
    """
    if not reverse_path:
        return None
    for rule in (each for each in rules if each.on == "received" and each.then.settles):
        met = known_in_smtp(rule.when, reverse_path, (recipient,), gateway, size)
        if rule.then.reject is not None and met:
            return rule.then.reject
        # Of a mail that might be thrown away without a word its peer may as well hear.
        lets_through = rule.then.reject is None and not rule.then.discard
        if met or (lets_through and met is None):
            return None
    return None


def refuses(rule: Rule, reverse_path: str, recipients: tuple[str, ...], gateway: str | None, size: int) -> bool:
    """Whether a rule with `reject` would have refused a mail that is here already: as it stands in SMTP, not by the mail's fields."""
    return bool(reverse_path) and known_in_smtp(rule.when, reverse_path, recipients, gateway, size) is True


def known_in_smtp(
    condition: Condition, reverse_path: str, recipients: tuple[str, ...], gateway: str | None, size: int | None
) -> bool | None:
    """None where the dialogue does not tell."""

    def known(inner: Condition) -> bool | None:
        return known_in_smtp(inner, reverse_path, recipients, gateway, size)

    match condition:
        case AuthorIs(patterns):
            return _author(reverse_path, patterns)
        case RecipientIs(patterns):
            return any(address_fits(each, patterns) for each in recipients)
        case GatewayIs(patterns):
            return address_fits(gateway or "", patterns)
        case SizeIs(comparison):
            return None if size is None else compares(size, comparison)
        case AllOf(conditions):
            return _all(known(each) for each in conditions)
        case AnyOf(conditions):
            return _not(_all(_not(known(each)) for each in conditions))
        case Not(inner):
            return _not(known(inner))
        case _:
            return None


def _author(reverse_path: str, patterns: tuple[AuthorPattern, ...]) -> bool | None:
    """A name stands in the mail alone."""
    if author_fits(reverse_path, "", patterns):
        return True
    return None if any(_may_be_a_name(each) for each in patterns) else False


def _may_be_a_name(pattern: AuthorPattern) -> bool:
    return isinstance(pattern, Somebody) or "@" not in (pattern.pattern if isinstance(pattern, Glob) else pattern.source)


def _all(found: Iterable[bool | None]) -> bool | None:
    """Kleene's "and": false wins over what is not known, that over true."""
    values = list(found)
    return False if False in values else None if None in values else True


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value
