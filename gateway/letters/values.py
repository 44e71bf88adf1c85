"""The macros of `macros.py`, made of the facts of one letter. What a stranger wrote is bounded here, whatever the template does with it."""

import re
from typing import Any

from markupsafe import Markup

from gateway.domain.letter import one_line
from gateway.domain.organisation import Language
from gateway.domain.states import LetterKind
from gateway.domain.steps import Person
from gateway.letters.facts import ArticleFacts, LatestFacts, LetterFacts, NoticeFacts, RatingFacts, ReceiptFacts, ReportFacts
from gateway.letters.filters import Moment
from gateway.letters.lines import as_written
from gateway.letters.scale import as_buttons, as_lines
from gateway.letters.subject import bare_subject
from gateway.letters.texts import HAPPENED, PRIORITY, STATUS, WITHOUT_SUBJECT

LONGEST_NAME = 100
LONGEST_LINE = 200
LONGEST_SAID = 500
LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)


def values(facts: LetterFacts, *, markup: bool) -> dict[str, Any]:
    """`markup`: for a template of HTML."""
    ticket, language = facts.ticket, facts.language
    return {
        "ticket": {
            "number": "" if ticket.number is None else ticket.number,
            "subject": bare_subject(ticket.subject) or WITHOUT_SUBJECT[language],
            "status": STATUS[language][ticket.status] if ticket.status is not None else "",
            "priority": PRIORITY[language][ticket.priority] if ticket.priority is not None else "",
            "category": one_line(ticket.category),
            "tags": [one_line(each) for each in ticket.tags],
            "created": moment(ticket.created, facts),
        },
        "client": person(told(facts.client, facts)),
        "agent": person(facts.agent),
        "assignee": person(facts.assignee),
        "author": person(told(facts.author, facts)),
        "department": {"name": facts.department},
        "desk": {"name": facts.desk},
        "gateway": {"name": facts.gateway.name, "address": facts.gateway.address},
        "article": article(facts.article if may_repeat(facts) else ArticleFacts(verified=facts.article.verified)),
        "latest": latest(facts.latest),
        "rating": rating(facts.rating, markup=markup),
        "event": str(facts.kind),
        "news": str(facts.news or ""),
        "audience": facts.read_by,
        "language": language,
        "link": facts.link,
        "code": facts.code,
        "why": facts.why,
        "report": report(facts.report),
        "receipt": receipt(facts.receipt, facts),
        "notices": [notice(each, facts) for each in facts.notices],
    }


def may_repeat(facts: LetterFacts) -> bool:
    """A note never leaves the desk, whatever a template says. Nor do the words of an author who may be somebody else: the letter could
    be going to a person who never wrote to us (X6)."""
    return facts.read_by == "staff" or (facts.proven and facts.kind is not LetterKind.NOTE)


def told(somebody: Person, facts: LetterFacts) -> Person:
    """A name is its bearer's words too."""
    return somebody if facts.proven or facts.read_by == "staff" else Person("", somebody.address)


def person(somebody: Person) -> dict[str, str]:
    return {"name": short(somebody.name), "address": somebody.address, "named": shown(somebody)}


def shown(somebody: Person) -> str:
    """`Анна <anna@client.test>`, or whichever there is."""
    name = short(somebody.name)
    if not somebody.address:
        return name
    return f"{name} <{somebody.address}>" if name and name != somebody.address else somebody.address


def short(name: str) -> str:
    """On one line, and no longer than a name: a stranger's must not carry a message, or a link, of its own to whoever gets the letter."""
    plain = one_line(name)
    return "" if LINK.search(plain) else plain[:LONGEST_NAME].rstrip()


def article(told: ArticleFacts) -> dict[str, object]:
    return {"text": told.text.strip("\n"), "files": list(told.files), "verified": told.verified}


def latest(told: LatestFacts) -> dict[str, object]:
    return {"text": told.text.strip("\n"), "author": shown(told.author), "files": list(told.files)}


def rating(facts: RatingFacts, *, markup: bool) -> dict[str, object]:
    levels = [{"name": each.name, "symbol": each.symbol, "score": each.score, "url": each.url} for each in facts.levels]
    # `as_buttons` escapes.
    scale = Markup(as_buttons(facts.levels)) if markup else as_lines(facts.levels)  # noqa: S704
    score = "" if facts.score is None else facts.score
    return {"scale": scale, "levels": levels, "level": facts.level, "score": score, "comment": facts.comment.strip("\n")}


def report(facts: ReportFacts) -> dict[str, object]:
    """What a server says is a stranger's word as well."""
    returned = [
        {"address": each.address, "said": as_written(each.said, LONGEST_SAID), "meaning": each.meaning, "advice": each.advice}
        for each in facts.returned
    ]
    return {"what": facts.what, "returned": returned}


def receipt(facts: ReceiptFacts, letter: LetterFacts) -> dict[str, object]:
    return {
        "refused": [{"line": as_written(line, LONGEST_LINE), "why": why} for line, why in facts.refused],
        "done": [as_written(line, LONGEST_LINE) for line in facts.done],
        "help": [{"usage": each.usage, "meaning": each.meaning} for each in facts.help],
        "withheld": facts.withheld,
        "left_out": facts.left_out,
        "passed_on": facts.passed_on,
        "returned": [
            {"address": each.address, "since": moment(each.since, letter), "why": as_written(each.why, LONGEST_SAID)}
            for each in facts.returned
        ],
    }


def notice(facts: NoticeFacts, letter: LetterFacts) -> dict[str, object]:
    language: Language = letter.language
    return {
        "number": facts.number,
        "subject": bare_subject(facts.subject) or WITHOUT_SUBJECT[language],
        "what": HAPPENED[language].get(facts.kind, str(facts.kind)),
        "by": shown(facts.author),
        "at": moment(facts.at, letter),
    }


def moment(at: Any, facts: LetterFacts) -> Moment | str:
    return "" if at is None else Moment(at.astimezone(facts.zone), facts.language)
