"""The way of one message in words, from its connection to the last word about its letters. What rows tell goes in, lines come out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from gateway.domain.states import InboundState
from storage.inbound import Inbound
from storage.tracing import TracedArticle, TracedAttempt, TracedEvent, TracedLetter, TracedRecipient


class Say(Protocol):
    """A language: the console's words of `way`. What servers, rules and errors said stays as it is."""

    def __call__(self, key: str, **values: object) -> str: ...

    def of(self, group: str, name: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Way:
    """`inbound` is None of letters that no mail caused: a person's at the terminal, a rule's, a rating's."""

    inbound: Inbound | None
    tickets: tuple[int, ...]
    articles: tuple[TracedArticle, ...]
    letters: tuple[TracedLetter, ...]
    events: tuple[TracedEvent, ...]

    @property
    def trace_id(self) -> str | None:
        if self.inbound is not None:
            return self.inbound.trace_id
        return next((each.trace_id for each in self.letters if each.trace_id), None)


@dataclass(frozen=True, slots=True)
class Step:
    """`what` names it for programs; `outbox` and `address` say which letter's and which recipient's it is. None for `at`: it is still to
    come, or nobody wrote down when."""

    at: datetime | None
    what: str
    text: str
    outbox: int | None = None
    address: str | None = None


FETCHED: Final = ("imap", "pop3", "maildir")


def steps(way: Way, say: Say) -> list[Step]:
    """In order of time; what has none of its own stands behind what it belongs to."""
    found = [*(of_inbound(way.inbound, way.articles, say) if way.inbound is not None else ())]
    for each in way.letters:
        found += of_letter(each, say)
    found += (of_event(each, say) for each in way.events)
    last = datetime.min
    timed: list[tuple[datetime, int, Step]] = []
    for number, each in enumerate(found):
        last = each.at.replace(tzinfo=None) if each.at is not None else last
        timed.append((last, number, each))
    return [each for _, _, each in sorted(timed, key=lambda one: one[:2])]


def of_inbound(row: Inbound, articles: Sequence[TracedArticle], say: Say) -> Iterator[Step]:
    yield of_connection(row, say)
    told = "way.kept_dialogue" if row.entry in ("smtp", "lmtp") else "way.kept"
    came_from = row.reverse_path or say("way.null_path")
    to = ", ".join(row.recipients) or say("way.nobody")
    text = say(told, size=row.size, reverse_path=came_from, recipients=to, trace=row.trace_id, id=str(row.id))
    yield Step(row.received_at, "kept", text)
    for note in (row.screening or {}).get("notes", ()):
        yield Step(None, "screened", note)
    if row.state in (InboundState.QUEUED, InboundState.LEASED):
        yield from of_waiting(row, say)
        return
    yield from of_decision(row, articles, say)


def of_connection(row: Inbound, say: Say) -> Step:
    peer: dict[str, Any] = row.peer or {}
    if row.entry in FETCHED:
        return Step(None, "fetched", say("way.fetched", protocol=row.entry.upper(), mailbox=peer.get("mailbox")))
    if peer.get("address") is None:
        return Step(None, "piped", say("way.piped"))
    seconds = peer.get("seconds")
    at = row.received_at - timedelta(seconds=seconds) if isinstance(seconds, int | float) else None
    name = f" ({peer['host']})" if peer.get("host") else ""
    greeted = say("way.greeted", helo=peer["helo"]) if peer.get("helo") else ""
    tls = peer.get("tls") or say("way.in_the_clear")
    text = say("way.connected", address=peer["address"], name=name, protocol=row.entry.upper(), greeted=greeted, tls=tls)
    return Step(at, "connected", text)


def of_waiting(row: Inbound, say: Say) -> Iterator[Step]:
    tried = attempts(row.attempts, say)
    if row.state is InboundState.LEASED:
        yield Step(None, "in_hand", say("way.in_hand", attempts=tried))
    else:
        yield Step(None, "waits", say("way.waits", due=clock(row.due_at), attempts=tried))
    if row.error:
        yield Step(None, "error", say("way.last_attempt", error=row.error))


def of_decision(row: Inbound, articles: Sequence[TracedArticle], say: Say) -> Iterator[Step]:
    understood = say("way.understood", kind=say.of("mail_kind", row.kind)) if row.kind else say("way.not_understood")
    verdicts = [f"{name} {value}" for name in ("spf", "dkim", "dmarc", "arc") if (value := getattr(row, name))]
    proof = ", ".join(verdicts) or say("way.no_authentication")
    yield Step(row.finished_at, "understood", "; ".join((understood, proof, attempts(row.attempts, say))))
    outcome = f", {say.of('outcome', row.outcome)}" if row.outcome is not None and row.outcome != row.state else ""
    yield Step(row.finished_at, "decided", f"{say.of('inbound_state', row.state)}{outcome}: {row.why}")
    for reason in row.decision:
        if reason != row.why:
            yield Step(None, "reason", reason)
    if row.ticket is not None or articles:
        tickets = dict.fromkeys((*((row.ticket,) if row.ticket is not None else ()), *(each.ticket for each in articles)))
        made = ", ".join(say("way.article", id=str(each.id), kind=say.of("article_kind", each.kind)) for each in articles)
        on = say("way.on_tickets", tickets=", ".join(f"#{each}" for each in tickets))
        yield Step(row.finished_at, "ticket", f"{on}: {made}" if made else on)
    if row.error:
        yield Step(None, "error", row.error)


def of_letter(letter: TracedLetter, say: Say) -> Iterator[Step]:
    number = str(letter.id)
    to = ", ".join(each.address for each in letter.recipients) or say("way.nobody")
    written = say("way.written", id=number, kind=say.of("letter_kind", letter.kind), to=to, destination=letter.destination)
    yield Step(letter.created_at, "written", written, letter.id)
    if letter.released_at is not None:
        yield Step(letter.released_at, "released", say("way.released", id=number), letter.id)
    if letter.warned_at is not None:
        yield Step(letter.warned_at, "late", say("way.late", id=number), letter.id)
    yield from (of_attempt(letter, each, say) for each in letter.earlier)
    for each in letter.recipients:
        yield from of_recipient(letter, each, say)
    yield from of_rest(letter, say)


def of_attempt(letter: TracedLetter, earlier: TracedAttempt, say: Say) -> Step:
    known = {"id": str(letter.id), "attempt": str(earlier.attempt)}
    if earlier.address is None:
        return Step(earlier.at, "vanished", say("way.vanished", **known), letter.id)
    known |= {"address": earlier.address, "said": f": {earlier.reply}" if earlier.reply else ""}
    if earlier.state == "queued":
        return Step(earlier.at, "put_off", say("way.attempt_put_off", **known), letter.id, earlier.address)
    text = say("way.recipient_later", **known, state=say.of("outbox_state", earlier.state))
    return Step(earlier.at, earlier.state, text, letter.id, earlier.address)


def of_recipient(letter: TracedLetter, to: TracedRecipient, say: Say) -> Iterator[Step]:
    said = f": {to.reply}" if to.reply else ""
    known = {"id": str(letter.id), "address": to.address, "said": said}
    if to.delayed_at is not None:
        yield Step(to.delayed_at, "delayed", say("way.delayed", **known), letter.id, to.address)
    if to.state == "queued":
        if said and not any(each.address == to.address for each in letter.earlier):
            yield Step(None, "put_off", say("way.put_off", **known), letter.id, to.address)
    elif said or to.finished_at is not None:
        later = "way.recipient_later" if letter.attempts > 1 and to.state == "sent" else "way.recipient"
        text = say(later, **known, state=say.of("outbox_state", to.state), attempt=str(letter.attempts))
        yield Step(to.finished_at, to.state, text, letter.id, to.address)


def of_rest(letter: TracedLetter, say: Say) -> Iterator[Step]:
    """What the letter as a whole still waits for, or ended with."""
    number, due, tried = str(letter.id), clock(letter.due_at), attempts(letter.attempts, say)
    match letter.state:
        case "scheduled":
            yield Step(None, "scheduled", say("way.scheduled", id=number, due=due), letter.id)
        case "queued":
            text = say("way.letter_waits", id=number, due=due, attempts=tried, expires=clock(letter.expires_at))
            yield Step(None, "waits", text, letter.id)
        case "leased":
            yield Step(None, "in_hand", say("way.letter_in_hand", id=number, attempts=tried), letter.id)
        case "cancelled" | "failed":
            why = letter.last_error or say("way.no_reason")
            text = say("way.ended", id=number, state=say.of("outbox_state", letter.state), why=why)
            yield Step(None, letter.state, text, letter.id)
        case _:
            pass
    if letter.possible_duplicates:
        yield Step(None, "doubtful", say("way.doubtful", id=number, n=letter.possible_duplicates), letter.id)


TOLD: Final = ("bounced", "complained", "delivery_delayed", "delivery_failed")
"""Events about letters that have words of their own."""


def of_event(event: TracedEvent, say: Say) -> Step:
    letter, address = event.data.get("outbox"), event.data.get("address")
    what = say(f"way.event_{event.kind}") if event.kind in TOLD else event.kind
    reply = event.data.get("reply") or event.data.get("diagnostic") or event.data.get("text")
    whom = say("way.event_for", address=address) if address else ""
    brought = say("way.event_reported", inbound=str(event.inbound_id)) if event.inbound_id is not None else ""
    said = f": {reply}" if reply else ""
    told = say("way.event", id=str(letter), what=what, whom=whom, brought=brought, ticket=str(event.ticket), said=said)
    return Step(event.at, event.kind, told, letter if isinstance(letter, int) else None, address if isinstance(address, str) else None)


def attempts(number: int, say: Say) -> str:
    return say("way.attempts", n=number) if number else say("way.no_attempt")


def clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def duration(seconds: float) -> str:
    """From the first step on, as short as it can be read: `+0.012 s`, `+3 min 5 s`, `+2 h 10 min`, `+3 d 4 h`."""
    if seconds < 60:
        return f"+{seconds:.3f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"+{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"+{hours} h {minutes} min"
    return f"+{hours // 24} d {hours % 24} h"
