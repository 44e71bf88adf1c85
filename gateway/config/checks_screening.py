"""What the tables of `[screening]` must agree on."""

from collections.abc import Iterator
from typing import Final

from gateway.config.checks import Check, Problem
from gateway.config.settings import Settings

LONGEST_REPLY: Final = 300
"""Beside the zone and the address, within a reply line of 512 octets (RFC 5321 §4.5.3.1.5)."""


def dns_lists_differ(settings: Settings) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, each in enumerate(settings.screening.dns_list):
        if each.zone in first:
            told = f"screening.dns_list[{first[each.zone]}] has this one; its codes may stand in one table"
            yield ("screening", "dns_list", index, "zone"), f"expected a zone of its own: {told}"
        first.setdefault(each.zone, index)


def replies_can_be_said(settings: Settings) -> Iterator[Problem]:
    for index, each in enumerate(settings.screening.dns_list):
        if each.reply is not None and (not each.reply.isascii() or len(each.reply) > LONGEST_REPLY):
            expected = f"expected ASCII alone and no more than {LONGEST_REPLY} characters: peers read it in a line of SMTP"
            yield ("screening", "dns_list", index, "reply"), expected


def scanners_differ(settings: Settings) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, each in enumerate(settings.screening.scanner):
        place = str(each.at)
        if place in first:
            yield (
                ("screening", "scanner", index, "at"),
                f"expected a scanner of its own: screening.scanner[{first[place]}] is at the same place",
            )
        first.setdefault(place, index)


def who_comes_back_is_awaited(settings: Settings) -> Iterator[Problem]:
    table = settings.screening.greylisting
    if table.delay >= table.window_hours * 3600:
        yield ("screening", "greylisting", "delay"), "expected less than window_hours, or nobody who comes back is let in"
    if table.remembered_days * 24 < table.window_hours:
        yield ("screening", "greylisting", "remembered_days"), "expected no less than window_hours"


SCREENING_CHECKS: Final[tuple[tuple[Check, frozenset[str]], ...]] = (
    (dns_lists_differ, frozenset({"screening.dns_list.zone"})),
    (replies_can_be_said, frozenset({"screening.dns_list.reply"})),
    (scanners_differ, frozenset({"screening.scanner.at"})),
    (who_comes_back_is_awaited, frozenset({f"screening.greylisting.{key}" for key in ("delay", "window_hours", "remembered_days")})),
)
