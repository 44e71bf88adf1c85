"""Rules, conditions and what they do, in plain English: for `explain`, `rules test` and the reasons on a message."""

from dataclasses import dataclass
from typing import Final, assert_never

from gateway.domain.rules import (
    LEAST_LOADED,
    ROUND_ROBIN,
    Actions,
    AllOf,
    AnyOf,
    AttachmentIs,
    AuthorIs,
    CategoryIs,
    CommonCondition,
    Comparison,
    Condition,
    Contains,
    DepartmentIs,
    GatewayIs,
    Glob,
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
    Regex,
    Rule,
    SizeIs,
    Somebody,
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

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SIZES: Final = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))


@dataclass(frozen=True, slots=True)
class Phrase:
    """A statement, and its contrary."""

    positive: str
    negative: str


def rule_in_words(rule: Rule) -> str:
    """`on received, when the subject contains "offer": discard it`."""
    asked = in_words(rule.when)
    return f"on {rule.on}{f', when {asked}' if asked else ''}: {', '.join(actions_in_words(rule.then))}"


def in_words(condition: Condition) -> str:
    """`""` for one that asks for nothing."""
    return phrase(condition).positive


def phrase(condition: Condition) -> Phrase:
    match condition:
        case AllOf(conditions):
            inner = [phrase(each) for each in conditions]
            return Phrase(_joined([each.positive for each in inner], " and "), _joined([each.negative for each in inner], " or "))
        case AnyOf(conditions):
            inner = [phrase(each) for each in conditions]
            return Phrase(_joined([each.positive for each in inner], " or "), _joined([each.negative for each in inner], " and "))
        case Not(condition):
            found = phrase(condition)
            return Phrase(found.negative, found.positive)
        case _:
            return _of_one(condition)


def _joined(parts: list[str], word: str) -> str:
    """In brackets where a part has an "and" or "or" of its own, which need not be ours."""
    if len(parts) == 1:
        return parts[0]
    return word.join(f"({each})" if " and " in each or " or " in each else each for each in parts)


def _of_one(condition: MailCondition | TicketCondition | CommonCondition) -> Phrase:
    if isinstance(condition, MailCondition):
        return _of_mail(condition)
    return _of_ticket(condition) if isinstance(condition, TicketCondition) else _of_either(condition)


def _of_mail(condition: MailCondition) -> Phrase:
    match condition:
        case RecipientIs(patterns):
            return Phrase(f"a recipient is {_or(patterns)}", f"no recipient is {_or(patterns)}")
        case TextHas(patterns):
            return _has("the text", patterns)
        case HeaderHas(name, patterns):
            return _header(name, patterns)
        case KindIs(kinds):
            return _is("its kind", [each.replace("_", " ") for each in kinds])
        case IsReply(expected):
            return _either("it belongs to a ticket there is", "it belongs to no ticket yet", expected)
        case IsKnownClient(expected):
            return _either("its author is a known client", "its author is no client yet", expected)
        case AttachmentIs():
            told = _attachment(condition)
            return Phrase(f"it has an attachment{told}", f"it has no attachment{told}")
        case SizeIs(comparison):
            return _compared("its size", comparison, size_in_words(comparison.number))
        case VerdictIs("author", results):
            told = _listed([AUTHOR[each] for each in results])
            return Phrase(f"the author's domain {told}", f"it is not so that the author's domain {told}")
        case VerdictIs(method, results):
            return _is(f"the result of {method.upper()}", results)
        case SpamScoreIs(comparison):
            return _compared("its spam score", comparison, f"{comparison.number:g}")
    assert_never(condition)


def _of_ticket(condition: TicketCondition) -> Phrase:
    match condition:
        case StatusIs(statuses):
            return _is("the status", statuses)
        case CategoryIs(categories):
            return _is("the category", [f'"{each}"' for each in categories])
        case PriorityIs(priorities):
            return _is("the priority", priorities)
        case TagIs(tags):
            told = _listed([f'"{each}"' for each in tags])
            return Phrase(f"it is tagged {told}", f"it is not tagged {told}")
        case IsAssigned(expected):
            return _either("it has an assignee", "it has no assignee", expected)
        case Unanswered(hours):
            told = f"{hours:g} hour{'' if hours == 1 else 's'}"
            return Phrase(f"it has waited {told} for an answer", f"it has not waited {told} for an answer")
    assert_never(condition)


def _of_either(condition: CommonCondition) -> Phrase:
    match condition:
        case GatewayIs(patterns):
            return _is("the gateway", [_pattern(each) for each in patterns])
        case AuthorIs(patterns):
            return _is("the author", [_pattern(each) for each in patterns])
        case SubjectHas(patterns):
            return _has("the subject", patterns)
        case LanguageIs(languages):
            return _is("the language", languages)
        case DepartmentIs(keys):
            return _is("the department", keys)
        case Hours(windows):
            told = _listed([window_in_words(each) for each in windows])
            return Phrase(f"it is {told}", f"it is not {told}")
    assert_never(condition)


def actions_in_words(actions: Actions) -> tuple[str, ...]:
    """In the order in which they take effect; empty where nothing is done."""
    told: tuple[tuple[object, str], ...] = (
        (actions.reject is not None, f'refuse it in SMTP: "{actions.reject}"'),
        (actions.discard, "discard it"),
        (actions.hold, "hold it for a person"),
        (actions.department, f"department {actions.department}"),
        (actions.category, f'category "{actions.category}"'),
        (actions.priority, f"priority {actions.priority}"),
        (actions.status, f"status {actions.status}"),
        (actions.tags, f"tags {', '.join(actions.tags)}"),
        (actions.assignee, f"assignee {WISHES.get(actions.assignee or '', actions.assignee)}"),
        (actions.cc, f"cc {', '.join(actions.cc)}"),
        (actions.notify, f"notify {', '.join(actions.notify)} instead of the department"),
        (actions.answer, f'answer with "{actions.answer}"'),
        (actions.stop, "stop"),
    )
    return tuple(words for given, words in told if given)


def window_in_words(window: Window) -> str:
    """`09:00–17:00 on Mon–Fri (Europe/Warsaw)`."""
    return f"{_clock(window.start)}–{_clock(window.end)} on {_days(window.days)} ({window.zone.key})"


def size_in_words(size: float) -> str:
    unit, factor = next(((unit, factor) for unit, factor in SIZES if size >= factor), ("bytes", 1))
    return f"{round(size / factor, 1):g} {unit}"


AUTHOR: Final = {"pass": "is proven", "fail": "denies it", "none": "is not proven"}
WISHES: Final = {ROUND_ROBIN: "by turns", LEAST_LOADED: "whoever has the fewest tickets"}
COMPARED: Final = {"<": ("below", "not below"), "<=": ("at most", "above"), "=": ("exactly", "not exactly"), ">=": ("at least", "below"),
                   ">": ("above", "not above")}  # fmt: skip


def _is(what: str, values: object) -> Phrase:
    assert isinstance(values, list | tuple)
    told = _listed([str(each) for each in values])
    return Phrase(f"{what} is {told}", f"{what} is not {told}")


def _has(what: str, patterns: tuple[Contains | Regex, ...]) -> Phrase:
    plain = _listed([f'"{each.text}"' for each in patterns if isinstance(each, Contains)])
    regular = _listed([f"/{each.source}/" for each in patterns if isinstance(each, Regex)])
    positive = [f"contains {plain}"] * bool(plain) + [f"matches {regular}"] * bool(regular)
    negative = [f"does not contain {plain}"] * bool(plain) + [f"does not match {regular}"] * bool(regular)
    return Phrase(f"{what} {' or '.join(positive)}", f"{what} {' and '.join(negative)}")


def _header(name: str, patterns: tuple[Contains | Regex, ...]) -> Phrase:
    if patterns:
        return _has(f"the header field {name}", patterns)
    return Phrase(f"there is a header field {name}", f"there is no header field {name}")


def _either(positive: str, negative: str, expected: bool) -> Phrase:
    return Phrase(positive, negative) if expected else Phrase(negative, positive)


def _compared(what: str, comparison: Comparison, told: str) -> Phrase:
    positive, negative = COMPARED[comparison.operator]
    return Phrase(f"{what} is {positive} {told}", f"{what} is {negative} {told}")


def _attachment(condition: AttachmentIs) -> str:
    asked = [f"named {_pattern(condition.name)}"] if condition.name is not None else []
    asked += [f"of type {condition.content_type.pattern}"] if condition.content_type is not None else []
    if condition.size is not None:
        asked.append(f"of {COMPARED[condition.size.operator][0]} {size_in_words(condition.size.number)}")
    return f" {', '.join(asked)}" if asked else ""


def _or(patterns: tuple[Glob | Regex, ...]) -> str:
    return _listed([_pattern(each) for each in patterns])


def _pattern(pattern: Glob | Regex | Somebody | Contains) -> str:
    match pattern:
        case Glob(text):
            return text
        case Regex(source):
            return f"/{source}/"
        case Somebody(text) | Contains(text):
            return f'"{text}"'


def _listed(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} or {values[-1]}" if values else ""


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _days(days: tuple[int, ...]) -> str:
    """`(0, 1, 2, 4)` → `Mon–Wed, Fri`."""
    runs: list[list[int]] = []
    for day in sorted(set(days)):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}–{DAYS[run[-1]]}" for run in runs)
