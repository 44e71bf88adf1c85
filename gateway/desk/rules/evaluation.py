"""The rules in their order, each weighed against what is seen, to one outcome."""

from dataclasses import dataclass, field, replace

from gateway.desk.rules.conditions import Finding, weigh
from gateway.desk.rules.seen import Seen
from gateway.desk.rules.smtp import refuses
from gateway.desk.rules.view import View
from gateway.desk.rules.words import actions_in_words, in_words
from gateway.domain.rules import Actions, Rule, expressions_of


@dataclass(frozen=True, slots=True)
class Matched:
    """A rule that applies; `then` are its own actions."""

    rule: str
    why: str
    then: Actions

    def __str__(self) -> str:
        return f'rule "{self.rule}": {self.why}: {", ".join(actions_in_words(self.then))}'


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A rule that does not apply; `why` is the first condition that fails."""

    rule: str
    why: str

    def __str__(self) -> str:
        return f'rule "{self.rule}" does not apply: {self.why}'


@dataclass(frozen=True, slots=True)
class Outcome:
    """`actions` are those of all matched rules as one, `settled_by` the rule that had the last word, None where none had."""

    actions: Actions = field(default_factory=Actions)
    matched: tuple[Matched, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    settled_by: str | None = None


def evaluate(rules: tuple[Rule, ...], seen: Seen) -> Outcome:
    """Of the rules that are on this event. A later rule's single values stand instead of an earlier one's, its lists are added.

    `reject` comes out of mail that entered without the dialogue, or before the rule was there: it can be refused no more.
    """
    asked = tuple(each for each in rules if each.on == seen.on)
    view = View(seen, sum(1 for each in asked for _ in expressions_of(each.when)))
    merged, settled_by = Actions(), None
    matched: list[Matched] = []
    passed_over: list[PassedOver] = []
    for rule in asked:
        if settled_by is not None:
            passed_over.append(PassedOver(rule.name, f'rule "{settled_by}" has the last word'))
            continue
        found = _weighed(rule, view)
        if not found.met:
            passed_over.append(PassedOver(rule.name, found.why))
            continue
        matched.append(Matched(rule.name, found.why, rule.then))
        merged = merge(merged, rule.then)
        settled_by = rule.name if rule.then.settles else None
    return Outcome(merged, tuple(matched), tuple(passed_over), settled_by)


def _weighed(rule: Rule, view: View) -> Finding:
    """One that refuses means the envelope, whenever it is asked: what may be forged in the fields changes nothing."""
    if rule.then.reject is None:
        return weigh(rule.when, view)
    seen = view.seen
    if refuses(rule, seen.reverse_path, seen.recipients, seen.gateway, seen.size):
        return Finding(True, f"by its envelope and size, {in_words(rule.when) or 'whatever they are'}")
    return Finding(False, f"by its envelope and size, it is not so that {in_words(rule.when)}")


def merge(earlier: Actions, later: Actions) -> Actions:
    return replace(
        earlier,
        discard=later.discard or earlier.discard,
        hold=later.hold or earlier.hold,
        reject=later.reject if later.reject is not None else earlier.reject,
        department=later.department or earlier.department,
        category=later.category or earlier.category,
        priority=later.priority or earlier.priority,
        status=later.status or earlier.status,
        tags=_together(earlier.tags, later.tags),
        assignee=later.assignee or earlier.assignee,
        cc=_together(earlier.cc, later.cc),
        notify=_together(earlier.notify, later.notify),
        answer=later.answer or earlier.answer,
        stop=later.stop or earlier.stop,
    )


def _together(earlier: tuple[str, ...], later: tuple[str, ...]) -> tuple[str, ...]:
    """Each once, compared without case, in the first spelling."""
    first: dict[str, str] = {}
    for each in (*earlier, *later):
        first.setdefault(each.casefold(), each)
    return tuple(first.values())
