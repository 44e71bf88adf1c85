"""`[[rule]]`: the shorter ways to write a condition, and the events that rules may be on."""

import pytest

from gateway.domain.rules import AllOf, AttachmentIs, Contains
from gateway.domain.states import EventKind
from tests.config.reading import rules

SAME = [
    ("gateway = 'jobs'", "gateway = 'jobs@*'"),
    ("recipient = 'client.test'", "recipient = ['client.test@*', '@client.test']"),
    ("header = { X-Priority = 1 }", "header = { X-Priority = '1' }"),
    ("attachment = { filename = '.exe', content_type = 'image/*' }", "attachment = { name = '*.exe', type = 'image/*' }"),
    ("size = '> 10k'", "size = '> 10 KiB'"),
    ("size = '1.5 MiB'", "size = 1572864"),
    ("size = '5MB'", "size = '>= 5000000'"),
    ("spam_score = 5", "spam_score = '>= 5.0'"),
    ("language = 'RU'", "language = ['ru']"),
    ("hours = '9-17'", "hours = { from = '09:00', to = '17:00', zone = 'UTC' }"),
    ("hours = 'Monday-Friday 9:00–17:00 CET'", "hours = { days = ['mon-fri'], from = '09:00', to = '17:00', zone = 'CET' }"),
    ("any = { subject = 'a', text = 'b' }", "any = [{ subject = 'a' }, { text = 'b' }]"),
    ("any = { subject = 'a' }", "any = [{ subject = 'a' }]"),
    ("all = { subject = 'a', text = 'b' }", "all = [{ subject = 'a', text = 'b' }]"),
    ("not = [{ subject = 'a' }, { text = 'b' }]", "not = { any = [{ subject = 'a' }, { text = 'b' }] }"),
]


@pytest.mark.parametrize(("written", "longer"), SAME, ids=[written for written, _ in SAME])
def test_there_is_a_shorter_way_to_write_it(written: str, longer: str) -> None:
    first, second = rules("".join(f"[[rule]]\nname = '{n}'\nwhen.{when}\nthen.hold = true\n" for n, when in enumerate((written, longer))))
    assert first.when == second.when


def test_a_plain_name_of_a_file_is_part_of_it() -> None:
    assert rules("[[rule]]\nname = 'r'\nwhen.attachment = 'invoice'\nthen.hold = true")[0].when == AllOf(
        (AttachmentIs(Contains("invoice")),)
    )


@pytest.mark.parametrize("event", sorted(set(EventKind) - {EventKind.RULE_APPLIED, EventKind.ERASED}))
def test_rules_may_be_on_any_event_but_their_own_and_the_last(event: EventKind) -> None:
    assert rules(f"[[rule]]\nname = 'r'\non = '{event}'\nthen.tags = 't'")[0].on is event
