"""The way of one message in words, from its connection to the last word about its letters. What rows tell goes in, lines come out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.domain.states import InboundState
from storage.inbound import Inbound
from storage.tracing import TracedArticle, TracedEvent, TracedLetter, TracedRecipient


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


FETCHED = ("imap", "pop3", "maildir")


def steps(way: Way) -> list[Step]:
    """In order of time; what has none of its own stands behind what it belongs to."""
    found = [*(of_inbound(way.inbound, way.articles) if way.inbound is not None else ())]
    for each in way.letters:
        found += of_letter(each)
    found += (of_event(each) for each in way.events)
    last = datetime.min
    timed: list[tuple[datetime, int, Step]] = []
    for number, each in enumerate(found):
        last = each.at.replace(tzinfo=None) if each.at is not None else last
        timed.append((last, number, each))
    return [each for _, _, each in sorted(timed, key=lambda one: one[:2])]


def of_inbound(row: Inbound, articles: Sequence[TracedArticle]) -> Iterator[Step]:
    yield from of_connection(row)
    told = f"{row.size:,} octets from {row.reverse_path or 'the null reverse-path'} for {', '.join(row.recipients) or 'nobody'} were kept"
    answer = f"; the peer read “250 … queued as {row.trace_id}”" if row.entry in ("smtp", "lmtp") else f" as {row.trace_id}"
    yield Step(row.received_at, "kept", f"{told}{answer} (inbound {row.id})")
    for note in (row.screening or {}).get("notes", ()):
        yield Step(None, "screened", note)
    if row.state in (InboundState.QUEUED, InboundState.LEASED):
        yield from of_waiting(row)
        return
    understood = f"understood as {row.kind}" if row.kind else "not understood"
    verdicts = [f"{name} {value}" for name in ("spf", "dkim", "dmarc", "arc") if (value := getattr(row, name))]
    yield Step(row.finished_at, "understood", "; ".join((understood, ", ".join(verdicts) or "no authentication", attempts(row.attempts))))
    outcome = f", {row.outcome}" if row.outcome not in (None, row.state) else ""
    yield Step(row.finished_at, "decided", f"{row.state}{outcome}: {row.why}")
    for reason in row.decision:
        if reason != row.why:
            yield Step(None, "reason", reason)
    if row.ticket is not None or articles:
        tickets = dict.fromkeys((*((row.ticket,) if row.ticket is not None else ()), *(each.ticket for each in articles)))
        made = [f"article {each.id} ({each.kind})" for each in articles]
        yield Step(
            row.finished_at, "ticket", f"on ticket {', '.join(f'#{each}' for each in tickets)}{': ' if made else ''}{', '.join(made)}"
        )
    if row.error:
        yield Step(None, "error", row.error)


def of_connection(row: Inbound) -> Iterator[Step]:
    peer: dict[str, Any] = row.peer or {}
    if row.entry in FETCHED:
        yield Step(None, "fetched", f"fetched by {row.entry.upper()} from the mailbox of {peer.get('mailbox')}")
    elif peer.get("address") is None:
        yield Step(None, "piped", "piped in on this machine")
    else:
        seconds = peer.get("seconds")
        at = row.received_at - timedelta(seconds=seconds) if isinstance(seconds, int | float) else None
        name = f" ({peer['host']})" if peer.get("host") else ""
        greeted = f", greeted as {peer['helo']}" if peer.get("helo") else ""
        tls = peer.get("tls") or "in the clear"
        yield Step(at, "connected", f"{peer['address']}{name} connected by {row.entry.upper()}{greeted}, {tls}")


def of_waiting(row: Inbound) -> Iterator[Step]:
    if row.state is InboundState.LEASED:
        yield Step(None, "in_hand", f"an intake has it in hand; {attempts(row.attempts)}")
    else:
        yield Step(None, "waits", f"waits for an intake, due at {clock(row.due_at)}; {attempts(row.attempts)}")
    if row.error:
        yield Step(None, "error", f"the last attempt: {row.error}")


def of_letter(letter: TracedLetter) -> Iterator[Step]:
    to = ", ".join(each.address for each in letter.recipients) or "nobody"
    yield Step(
        letter.created_at, "written", f"letter {letter.id} ({letter.kind}) to {to} was written, to go by {letter.destination}", letter.id
    )
    if letter.released_at is not None:
        yield Step(letter.released_at, "released", f"letter {letter.id}: its time had come", letter.id)
    if letter.warned_at is not None:
        yield Step(letter.warned_at, "late", f"letter {letter.id}: its ticket was told that it is late", letter.id)
    for each in letter.recipients:
        yield from of_recipient(letter, each)
    yield from of_rest(letter)


def of_recipient(letter: TracedLetter, to: TracedRecipient) -> Iterator[Step]:
    said = f": {to.reply}" if to.reply else ""
    after = f" at attempt {letter.attempts}" if letter.attempts > 1 and to.state == "sent" else ""
    if to.delayed_at is not None:
        yield Step(to.delayed_at, "delayed", f"letter {letter.id}: a report said that it is late for {to.address}", letter.id, to.address)
    if to.state == "queued":
        if said:
            yield Step(
                None, "put_off", f"letter {letter.id}: {to.address} has not got it yet; the last answer{said}", letter.id, to.address
            )
    elif said or to.finished_at is not None:
        yield Step(to.finished_at, to.state, f"letter {letter.id}: {to.address}: {to.state}{after}{said}", letter.id, to.address)


def of_rest(letter: TracedLetter) -> Iterator[Step]:
    """What the letter as a whole still waits for, or ended with."""
    match letter.state:
        case "scheduled":
            yield Step(None, "scheduled", f"letter {letter.id} waits for its time, {clock(letter.due_at)}", letter.id)
        case "queued":
            until = f"given up at {clock(letter.expires_at)}"
            yield Step(
                None, "waits", f"letter {letter.id} waits, due at {clock(letter.due_at)}, {attempts(letter.attempts)}; {until}", letter.id
            )
        case "leased":
            yield Step(None, "in_hand", f"a sender has letter {letter.id} in hand; {attempts(letter.attempts)}", letter.id)
        case "cancelled" | "failed":
            yield Step(None, letter.state, f"letter {letter.id} is {letter.state}: {letter.last_error or 'no reason was given'}", letter.id)
        case _:
            pass
    if letter.possible_duplicates:
        times = letter.possible_duplicates
        yield Step(
            None, "doubtful", f"letter {letter.id} may have arrived {times} more time{'s' * (times > 1)}: an answer was missed", letter.id
        )


def of_event(event: TracedEvent) -> Step:
    letter, address = event.data.get("outbox"), event.data.get("address")
    what = {
        "bounced": "came back",
        "complained": "was complained of",
        "delivery_delayed": "is late",
        "delivery_failed": "could not be delivered",
    }.get(event.kind, event.kind)
    reply = event.data.get("reply") or event.data.get("diagnostic") or event.data.get("text")
    brought = f", as inbound {event.inbound_id} reported" if event.inbound_id is not None else ""
    said = f": {reply}" if reply else ""
    told = f"letter {letter} {what}{f' for {address}' if address else ''}{brought}; ticket #{event.ticket} was told{said}"
    return Step(event.at, event.kind, told, letter if isinstance(letter, int) else None, address if isinstance(address, str) else None)


def attempts(number: int) -> str:
    return "no attempt yet" if not number else f"{number} attempt{'s' * (number > 1)}"


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
