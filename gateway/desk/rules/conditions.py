"""Whether a condition is met, and why."""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from gateway.desk.rules.view import File, View, address_fits, author_fits, found
from gateway.desk.rules.words import Phrase, phrase, size_in_words
from gateway.domain.rules import (
    AllOf,
    AnyOf,
    AttachmentIs,
    AuthorIs,
    CategoryIs,
    CommonCondition,
    Comparison,
    Condition,
    DepartmentIs,
    GatewayIs,
    HeaderHas,
    Hours,
    IsAssigned,
    IsKnownClient,
    IsReply,
    KindIs,
    LanguageIs,
    MailCondition,
    Not,
    PriorityIs,
    RecipientIs,
    SizeIs,
    SpamScoreIs,
    StatusIs,
    SubjectHas,
    TagIs,
    TextHas,
    TicketCondition,
    Unanswered,
    VerdictIs,
    Window,
)
from gateway.domain.verdict import Verdict

Simple = MailCondition | TicketCondition | CommonCondition


@dataclass(frozen=True, slots=True)
class Finding:
    """`why` says in words what was found: of a condition that is met why it is, else why it is not."""

    met: bool
    why: str


def weigh(condition: Condition, view: View) -> Finding:
    match condition:
        case AllOf(conditions):
            return _all(conditions, view)
        case AnyOf(conditions):
            return _any(conditions, view)
        case Not(inner):
            found = weigh(inner, view)
            return Finding(not found.met, found.why)
        case _:
            met, actual = _look(condition, view)
            return Finding(met, _told(phrase(_narrowed(condition, view) if met else condition), met, actual))


def _all(conditions: tuple[Condition, ...], view: View) -> Finding:
    reasons = []
    for each in conditions:
        found = weigh(each, view)
        if not found.met:
            return found
        reasons.append(found.why)
    return Finding(True, " and ".join(reasons) or "it asks for nothing")


def _any(conditions: tuple[Condition, ...], view: View) -> Finding:
    reasons = []
    for each in conditions:
        found = weigh(each, view)
        if found.met:
            return found
        reasons.append(found.why)
    return Finding(False, " and ".join(reasons) or "there is nothing that could be so")


def _told(words: Phrase, met: bool, actual: str | None) -> str:
    return words.positive if met else words.negative if actual is None else f"{words.negative} ({actual})"


def _narrowed(condition: Simple, view: View) -> Simple:
    """Of several patterns, to the first that fits: which one it was is what people ask."""
    if not isinstance(condition, GatewayIs | AuthorIs | RecipientIs | SubjectHas | TextHas | HeaderHas) or len(condition.patterns) < 2:
        return condition
    alone: Iterator[Simple] = (replace(condition, patterns=(each,)) for each in condition.patterns)  # type: ignore[arg-type]
    return next((each for each in alone if _look(each, view)[0]), condition)


Found = tuple[bool, str | None]
"""Whether it is met, and what there is instead where that helps."""


def _look(condition: Simple, view: View) -> Found:
    if isinstance(condition, MailCondition):
        return _look_at_mail(condition, view)
    return _look_at_ticket(condition, view) if isinstance(condition, TicketCondition) else _look_at_either(condition, view)


def _look_at_mail(condition: MailCondition, view: View) -> Found:
    seen, message = view.seen, view.seen.message
    if message is None:
        return False, "there is no mail"
    match condition:
        case RecipientIs(patterns):
            return view.has(view.recipients, patterns), None
        case TextHas(patterns):
            return view.has((view.text,), patterns), None
        case HeaderHas(name, patterns):
            fields = view.headers.get(name, [])
            return view.has(fields, patterns) if patterns else bool(fields), None if fields else "there is no such field"
        case KindIs(kinds):
            return message.kind in kinds, message.kind
        case IsReply(expected):
            return seen.reply is expected, None
        case IsKnownClient(expected):
            return seen.known_client is expected, None
        case AttachmentIs():
            return any(_is_attachment(each, condition, view) for each in view.files), None
        case SizeIs(comparison):
            return compares(seen.size, comparison), size_in_words(seen.size)
        case VerdictIs(method, results):
            found = result_of(seen.verdict, method)
            return found in results, found
        case SpamScoreIs(comparison):
            score = seen.spam_score
            return score is not None and compares(score, comparison), "it has none" if score is None else f"{score:g}"
    assert_never(condition)


def _look_at_ticket(condition: TicketCondition, view: View) -> Found:
    seen = view.seen
    match condition:
        case StatusIs(statuses):
            return seen.status in statuses, seen.status
        case CategoryIs(categories):
            return _same(seen.category, categories), seen.category
        case PriorityIs(priorities):
            return seen.priority in priorities, seen.priority
        case TagIs(tags):
            return any(_same(each, tags) for each in seen.tags), None
        case IsAssigned(expected):
            return (seen.assignee is not None) is expected, None
        case Unanswered(hours):
            return seen.unanswered is not None and seen.unanswered >= timedelta(hours=hours), None
    assert_never(condition)


def _look_at_either(condition: CommonCondition, view: View) -> Found:
    seen = view.seen
    match condition:
        case GatewayIs(patterns):
            return address_fits(seen.gateway or "", patterns), seen.gateway or "it names none of ours"
        case AuthorIs(patterns):
            author = f"{seen.author_name} <{seen.author_key}>" if seen.author_name else seen.author_key
            return author_fits(seen.author_key, seen.author_name, patterns), author or "nobody who could be read"
        case SubjectHas(patterns):
            return view.has((view.subject,), patterns), None
        case LanguageIs(languages):
            return seen.language in languages, seen.language or "it could not be told"
        case DepartmentIs(keys):
            return seen.department in keys, seen.department
        case Hours(windows):
            return any(in_window(seen.now, each) for each in windows), None
    assert_never(condition)


def _is_attachment(file: File, condition: AttachmentIs, view: View) -> bool:
    uses = view.uses * len(view.files)
    return (
        (condition.name is None or found(condition.name, (file.name,), uses))
        and (condition.content_type is None or found(condition.content_type, (file.content_type,), uses))
        and (condition.size is None or compares(file.size, condition.size))
    )


def result_of(verdict: Verdict, method: str) -> str:
    """What authentication says by one method; of the author's domain as a whole for `author`."""
    if method == "author":
        return "pass" if verdict.aligned else "fail" if verdict.disowned else "none"
    return str(getattr(verdict, method))


def compares(value: float, comparison: Comparison) -> bool:
    return OPERATORS[comparison.operator](value, comparison.number)


def in_window(now: datetime, window: Window) -> bool:
    """By the clock on the wall there, whatever summer time does to it."""
    local = now.astimezone(window.zone)
    minute, today = local.hour * 60 + local.minute, local.weekday()
    if window.start < window.end:
        return today in window.days and window.start <= minute < window.end
    since_yesterday = minute < window.end and (today - 1) % 7 in window.days
    return since_yesterday or (today in window.days and minute >= window.start)


def _same(value: str | None, wanted: tuple[str, ...]) -> bool:
    return value is not None and value.casefold() in {each.casefold() for each in wanted}


OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}
