"""Rules, notifications and the scale of satisfaction → the values that the desk takes."""

from datetime import timedelta
from typing import Any

from gateway.config.conditions import MAKERS
from gateway.config.rule import Then, When
from gateway.config.satisfaction import LANGUAGES, Level
from gateway.config.settings import Settings
from gateway.domain import notifications as told
from gateway.domain import rules as domain
from gateway.domain import satisfaction as content
from gateway.domain.states import EventKind, LetterKind, Priority, Status


def rules(settings: Settings) -> tuple[domain.Rule, ...]:
    owners = owners_of(settings)
    return tuple(domain.Rule(each.name, event(each.on), condition(each.when), actions(each.then, owners)) for each in settings.rule)


def event(name: str) -> domain.RuleEvent:
    return "received" if name == "received" else "unanswered" if name == "unanswered" else EventKind(name)


def condition(when: When) -> domain.AllOf:
    """In the order of the table of makers, then what nests."""
    asked: list[domain.Condition] = [make(value) for key, make in MAKERS.items() if (value := getattr(when, key)) is not None]
    if when.any:
        asked.append(domain.AnyOf(tuple(map(condition, when.any))))
    asked.extend(map(condition, when.all or ()))
    if when.not_ is not None:
        asked.append(domain.Not(condition(when.not_)))
    return domain.AllOf(tuple(asked))


def actions(then: Then, owners: dict[str, str]) -> domain.Actions:
    return domain.Actions(
        discard=then.discard or not then.create,
        hold=then.hold,
        reject=then.reject,
        department=then.department,
        category=then.category,
        priority=None if then.priority is None else Priority(then.priority),
        status=None if then.status is None else Status(then.status),
        tags=then.tags or (),
        assignee=None if then.assignee is None else owners.get(then.assignee, then.assignee),
        cc=then.cc or (),
        notify=tuple(owners[each] for each in then.notify or ()),
        answer=then.answer,
        stop=then.stop,
    )


def notifications(settings: Settings) -> tuple[told.Notification, ...]:
    owners = owners_of(settings)
    return tuple(
        told.Notification(
            on=LetterKind(each.on),
            to=tuple(owners.get(to, to) for to in each.to or told.USUAL_AUDIENCE[LetterKind(each.on)]),
            category=each.category,
            department=each.department,
            language=each.language,
            send=each.send,
            delay=timedelta(minutes=each.delay_minutes or 0),
            template=each.template,
            from_address=each.from_,
        )
        for each in settings.notification
    )


def satisfaction(settings: Settings) -> content.Satisfaction:
    table = settings.satisfaction
    return content.Satisfaction(
        levels=tuple(map(level, table.level)) or content.BUILT_IN_FIVE,
        logo=None if table.logo is None else str(table.logo),
        days=table.days,
        replace_days=table.replace_days,
    )


def level(table: Level) -> content.Level:
    names: Any = tuple((language, table.name[language]) for language in LANGUAGES if language in table.name)
    status = None if table.status is None else Status(table.status)
    return content.Level(names, table.shown_symbol, table.score, status, table.active)


def owners_of(settings: Settings) -> dict[str, str]:
    """Every address and alias of an agent, and the address that the agent is known by."""
    return {address: each.address for each in settings.agent for address in (each.address, *each.aliases)}
