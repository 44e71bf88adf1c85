"""What a delivery report or a complaint about a letter of ours changes (X7). PURE.

None of them ever makes a ticket or is answered: only the agent whose reply came back is told, for a person wrote it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from gateway.desk.case import Case
from gateway.desk.identify import is_ours
from gateway.desk.lost import told_of_loss
from gateway.desk.reported import return_paths, why_not_believed
from gateway.domain.decision import Decision
from gateway.domain.facts import SentLetter
from gateway.domain.organisation import Organisation
from gateway.domain.states import EventKind, InboundState, LetterKind, RecipientState
from gateway.domain.steps import MarkBounced, MarkDelayed, Note, ReportedAs, Returned, Step, Suppress
from gateway.domain.suppressions import Cause
from gateway.mail.address import address_key
from gateway.mail.message import Bounce, BounceRecipient
from gateway.mail.refusals import is_hard

UNREAD: Final = Bounce((), permanent=True)
"""A mail system's report in words that nobody here can read."""
DAEMONS: Final = frozenset({"mailer-daemon", "mailerdaemon", "postmaster", "mail-daemon", "mdaemon"})
COMPLAINTS: Final = frozenset({"", "abuse", "complaint", "fraud", "opt-out", "opt-out-list", "miscategorized"})
"""Types of feedback by which somebody wants no such letter. `auth-failure` (RFC 6591) is about signatures, `not-spam` (RFC 6430) takes one
back, `virus` and `other` say nothing of the kind."""
ARRIVED: Final = frozenset({"delivered", "relayed", "expanded", "success", "deliverable"})
"""RFC 3464 §2.3.3: actions that are no loss; Postfix's, which looks without delivering, is beside them."""
LATE: Final = frozenset({"delayed", "delay", "deferred"})
FATES: Final[dict[str, Literal["lost", "late", "arrived"]]] = {"2": "arrived", "4": "late", "5": "lost"}
"""Of actions that nobody has specified, by the class of the status (RFC 3463 §2)."""
LOST: Final = frozenset({"failed", "failure", "expired", "undeliverable"})
NEVER_SUPPRESSED: Final = frozenset({LetterKind.PROBE, LetterKind.VERIFICATION})
"""Letters to addresses of our own, written to find out whether they work."""
MOST_SAID: Final = 500


@dataclass(frozen=True, slots=True)
class Said:
    """What a report says of one recipient. `hard`: there is no such mailbox."""

    what: Literal["lost", "late", "arrived"]
    text: str
    status: str | None
    hard: bool


def is_unread_report(case: Case) -> bool:
    """Whether a mail system writes to a reverse-path of ours what the reader of reports does not know for one."""
    author = case.message.author
    local = author.key.rpartition("@")[0] if author is not None else ""
    came_back = any(each.by == "path" for each in case.facts.reported) and not case.reverse_path
    return case.message.kind in ("message", "auto_reply", "empty") and came_back and local in DAEMONS


def decide_on_report(case: Case) -> Decision:
    message, outcome = case.message, "complaint" if case.message.kind == "complaint" else "bounce"
    what = "complaint" if outcome == "complaint" else "delivery report"
    if not case.facts.reported:
        return case.ignored(names_no_letter(case, what))
    paths = return_paths(case.message, case.recipients, case.organisation)
    believed: list[SentLetter] = []
    for each in case.facts.reported:
        why = why_not_believed(message, each, case.verdict, case.facts, case.organisation.desk.token_days, paths)
        if why is None:
            believed.append(each)
        else:
            case.reasons.append(f"a {what} that changes nothing: {why}")
    if not believed:
        return case.ignored(case.reasons.pop())
    told = [complained(each, case) if outcome == "complaint" else bounced(message.bounce or UNREAD, each, case) for each in believed]
    steps = tuple(step for _, mine in told for step in mine)
    why = "; ".join(dict.fromkeys(why for why, _ in told))
    decided: Literal["bounce", "complaint"] = "complaint" if outcome == "complaint" else "bounce"
    return case.settle(InboundState.DONE, decided, why, steps, believed[0].ticket)


def names_no_letter(case: Case, what: str) -> str:
    if return_paths(case.message, case.recipients, case.organisation):
        return f"a {what} to a return address whose token belongs to no letter of ours: it is forged, or the letter is gone"
    return f"a {what} that names no letter of ours"


def bounced(bounce: Bounce, letter: SentLetter, case: Case) -> tuple[str, tuple[Step, ...]]:
    said = said_of(bounce, letter)
    what = f"our letter {letter.outbox_id} to {letter.address}"
    match said.what:
        case "arrived":
            return f"{what} has arrived or was passed on, as far as the report goes", ()
        case "late":
            return f"{what} is late: {said.text}", late(said, letter, case)
        case "lost":
            return lost(said, letter, case, what)


def late(said: Said, letter: SentLetter, case: Case) -> tuple[Step, ...]:
    """Told once, and never of what is lost already."""
    if letter.delayed or letter.state not in (RecipientState.SENT, RecipientState.QUEUED) or letter.recipient_id is None:
        return ()
    mark = MarkDelayed(letter.outbox_id, letter.recipient_id)
    if letter.ticket is None:
        return (mark,)
    return (mark, Note(EventKind.DELIVERY_DELAYED, event_data(said, letter)), *told(letter, said, case, "delayed"))


def lost(said: Said, letter: SentLetter, case: Case, what: str) -> tuple[str, tuple[Step, ...]]:
    if letter.state in (RecipientState.BOUNCED, RecipientState.FAILED):
        return f"{what} came back, as is known already: {said.text}", ()
    steps: list[Step] = [MarkBounced(letter.outbox_id, letter.recipient_id, said.text, permanent=True)]
    if letter.ticket is not None:
        steps.append(Note(EventKind.BOUNCED, event_data(said, letter)))
        steps += told(letter, said, case, "failed")
    if said.hard and letter.address is not None and letter.kind not in NEVER_SUPPRESSED:
        days = case.organisation.desk.suppression_days
        steps += suppressing(letter, Cause.BOUNCE, said.text, days, case.organisation)
    return f"{what} came back: {said.text}", tuple(steps)


def complained(letter: SentLetter, case: Case) -> tuple[str, tuple[Step, ...]]:
    kind = case.message.complaint.feedback_type if case.message.complaint is not None else ""
    what = f"our letter {letter.outbox_id}"
    if kind not in COMPLAINTS:
        return f"a report of the kind {kind!r} about {what}, which is no complaint", ()
    if letter.complained:
        return f"a complaint about {what}, as is known already", ()
    said = Said("lost", f"complaint ({kind})" if kind else "complaint", None, hard=True)
    steps: list[Step] = []
    if letter.ticket is not None:
        data: dict[str, object] = {"outbox": letter.outbox_id, "kind": letter.kind, "address": letter.address, "type": kind or None}
        steps += (Note(EventKind.COMPLAINED, data), *told(letter, said, case, "complained"))
    if letter.address is not None and letter.kind not in NEVER_SUPPRESSED:
        steps += suppressing(letter, Cause.COMPLAINT, said.text, case.organisation.desk.complaint_days, case.organisation)
    return f"a complaint about {what} to {letter.address}", tuple(steps)


def suppressing(letter: SentLetter, cause: Cause, why: str, days: int, organisation: Organisation) -> tuple[Step, ...]:
    key = address_key(letter.address or "")
    if not key or is_ours(key, organisation):
        return ()
    return (Suppress(key, cause, why, days, letter.ticket, letter.outbox_id),)


def told(letter: SentLetter, said: Said, case: Case, reported: ReportedAs) -> Sequence[Step]:
    """Only of what a person wrote: a lost notice that told of itself could be lost in its turn."""
    if letter.agent is None or letter.kind != LetterKind.AGENT_REPLY or letter.ticket is None:
        return ()
    returned = (Returned(letter.address or "", said.text, said.status),)
    return told_of_loss(letter.agent, case.facts.ticket(letter.ticket), returned, case.organisation, reported)


def event_data(said: Said, letter: SentLetter) -> dict[str, object]:
    known: dict[str, object] = {"outbox": letter.outbox_id, "kind": letter.kind, "address": letter.address, "reply": said.text}
    return known | ({"status": said.status} if said.status is not None else {})


def said_of(bounce: Bounce, letter: SentLetter) -> Said:
    """What is said of the recipient itself or, where the report names others, to whom its mail went on, of those."""
    key = address_key(letter.address or "")
    own = tuple(each for each in bounce.recipients if key and address_key(each.address) == key)
    about = own or bounce.recipients
    failed = [each for each in about if fate(each, bounce) == "lost"]
    waiting = [each for each in about if fate(each, bounce) == "late"]
    if about and not failed and not waiting:
        return Said("arrived", "", None, hard=False)
    what: Literal["lost", "late"] = "lost" if failed or (not about and bounce.permanent) else "late"
    those = failed or waiting
    text = "; ".join(filter(None, map(in_words, those)))[:MOST_SAID] or "no reason was given"
    status = next((each.status for each in those if each.status is not None), None)
    # One dead mailbox behind a list or a forwarding address is no reason to leave out the others.
    certain = bool(own) or len(bounce.recipients) == 1
    hard = what == "lost" and certain and any(is_hard(each.diagnostic or "", each.status, named=True) for each in failed)
    return Said(what, text, status, hard)


def fate(recipient: BounceRecipient, bounce: Bounce) -> Literal["lost", "late", "arrived"]:
    if recipient.action in ARRIVED:
        return "arrived"
    if recipient.action in LOST:
        return "lost"
    if recipient.action in LATE or (recipient.action is None and not bounce.permanent):
        return "late"
    return FATES.get((recipient.status or "")[:1], "lost") if recipient.action is not None else "lost"


def in_words(recipient: BounceRecipient) -> str:
    """The server's own words, behind the status where they do not repeat it."""
    said = (recipient.diagnostic or "").partition(";")
    words = " ".join((said[2] if said[0].strip().casefold() in ("smtp", "x-unix", "dns", "lmtp") else recipient.diagnostic or "").split())
    status = recipient.status if recipient.status is not None and recipient.status not in words else None
    return " ".join(filter(None, (status, words)))[:MOST_SAID]
