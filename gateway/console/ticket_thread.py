"""A ticket's thread as its page shows it: what people wrote, and between that what happened, told in a line each. PURE."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.console.decisions import in_words
from gateway.console.mail_frame import has_remote_images
from gateway.console.words import Words
from gateway.domain.commands import Problem
from gateway.domain.organisation import Organisation

Document = Mapping[str, Any]

SAID_BY_ARTICLE: Final = ("replied", "client_replied", "note_added")
"""Events that say no more than the article that they stand beside, unless something was amiss with it."""
MOST_IN_SIGHT: Final = 4
"""Lines of events in a row; more are folded."""
CHANGES: Final = {
    "status_changed": "status",
    "priority_changed": "priority",
    "department_changed": "department",
    "assigned": "agent",
    "category_changed": "",
    "subject_changed": "",
}
"""Events with `from` and `to`, and what these name."""


@dataclass(frozen=True, slots=True)
class Happened:
    """`what` and `detail` in the reader's language."""

    what: str
    detail: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Piece:
    """An article, or else events in a row. `look` is the article's kind as it is told apart: a private answer is not an answer."""

    article: Document | None = None
    look: str = ""
    author: str = ""
    remote_images: bool = False
    events: tuple[Happened, ...] = ()

    @property
    def anchor(self) -> str:
        """Automatic letters are numbered apart."""
        assert self.article is not None
        return f"{'l' if self.article['kind'] == 'notice' else 'a'}{self.article['id']}"

    @property
    def folded(self) -> bool:
        return len(self.events) > MOST_IN_SIGHT


def thread_of(ticket: Document, words: Words, desk: Organisation) -> list[Piece]:
    """Oldest first; of the same moment, what was written comes before what followed from it."""
    moments: list[tuple[datetime, int, Document]] = [(each["created_at"], 0, each) for each in ticket["articles"]]
    moments += [(each["at"], 1, each) for each in ticket["events"] if each["kind"] not in SAID_BY_ARTICLE or each["data"].get("warnings")]
    pieces: list[Piece] = []
    waiting: list[Happened] = []
    for _, of_events, each in sorted(moments, key=lambda moment: moment[:2]):
        if of_events:
            waiting.append(happened(each, words, desk))
            continue
        if waiting:
            pieces.append(Piece(events=tuple(waiting)))
            waiting = []
        pieces.append(Piece(each, look_of(each), author_of(each, words, desk), has_remote_images(each["html"] or "")))
    return [*pieces, Piece(events=tuple(waiting))] if waiting else pieces


def look_of(article: Document) -> str:
    return "private_reply" if article["kind"] == "agent_reply" and article["private"] else str(article["kind"])


def author_of(article: Document, words: Words, desk: Organisation) -> str:
    author = article["author"]
    if author["role"] == "system":
        return words("ticket.by_desk")
    agent = desk.agent(author["address"]) if author["role"] == "agent" and author["address"] else None
    return str(agent.name if agent is not None else author["name"] or author["address"] or words("ticket.somebody"))


def happened(event: Document, words: Words, desk: Organisation) -> Happened:
    return Happened(
        words.of("ticket_event", event["kind"]), detail_of(event, words, desk), actor_of(event["actor"], words, desk), event["at"]
    )


def actor_of(actor: str, words: Words, desk: Organisation) -> str:
    agent = desk.agent(actor)
    return agent.name if agent is not None else words.of("ticket_actor", actor)


def detail_of(event: Document, words: Words, desk: Organisation) -> str:
    kind, data = event["kind"], event["data"]
    if kind in CHANGES:
        before, after = (called(CHANGES[kind], data.get(each), words, desk) for each in ("from", "to"))
        return f"{before} → {after}"
    if kind in ("tagged", "cc_changed"):
        return ", ".join((*(f"+ {each}" for each in data.get("added", ())), *(f"− {each}" for each in data.get("removed", ()))))
    if kind == "merged":
        return f"#{data['from']} → ✓" if "from" in data else f"→ #{data['into']}"
    shown = {name: each for name, each in data.items() if name not in ("auth", "outbox", "recipient") and each not in (None, "", [])}
    return ", ".join(reason(each, words) if name == "why" else spoken(each) for name, each in shown.items())


def reason(why: Any, words: Words) -> str:
    """Of a command that was not obeyed it is a name of ours."""
    recorded = str(why)
    return in_words(recorded.replace("_", " ") if recorded in set(Problem) else recorded, words.language).text


def called(group: str, value: Any, words: Words, desk: Organisation) -> str:
    if value is None:
        return "—"
    if group == "agent":
        agent = desk.agent(value)
        return agent.name if agent is not None else str(value)
    if group == "department":
        department = desk.department(value)
        return department.name if department is not None else str(value)
    return words.of(group, value) if group else str(value)


def spoken(value: Any) -> str:
    match value:
        case Mapping():
            return ", ".join(f"{name}: {spoken(each)}" for name, each in value.items())
        case str():
            return value
        case Sequence():
            return ", ".join(map(spoken, value))
        case _:
            return str(value)


def newest_words(ticket: Document) -> int:
    """The id of the newest article by which client and agents speak to each other: what an answer is written upon."""
    return max((each["id"] for each in ticket["articles"] if each["kind"] in ("client_message", "agent_reply")), default=0)
