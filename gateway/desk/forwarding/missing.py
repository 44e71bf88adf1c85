"""Why a probe did not come back, as far as our outbox and servers' answers tell; else the likeliest causes (U7). PURE."""

from collections.abc import Iterator
from typing import Final

from gateway.domain.organisation import Gateway
from gateway.domain.probes import Probe
from gateway.domain.states import OutboxState

GREYLISTED: Final = ("grey", "gray", "try again later", "4.7.1", "4.2.0")
WAITS: Final = (OutboxState.QUEUED, OutboxState.LEASED, OutboxState.SCHEDULED)
OUTBOUND_POLICY: Final = (
    "Microsoft 365 does not let the mailbox forward to other organisations: at security.microsoft.com, Email & collaboration > Policies & "
    "rules > Threat policies > Anti-spam, set “Automatic forwarding rules” of an outbound policy for this mailbox to On"
)
WORDS_OF_REPLIES: Final = (
    (
        ("5.7.520", "does not allow external forwarding"),
        OUTBOUND_POLICY,
    ),
    (
        ("5.4.6", "5.4.14", "routing loop", "too many hops", "mail loop"),
        "mail goes round in a circle: see that our gateway forwards nothing back",
    ),
    (
        ("5.1.1", "5.1.10", "user unknown", "no such user", "does not exist"),
        "look for a typing error, here or where the mailbox forwards to",
    ),
    (
        ("relay access denied", "relaying denied", "relay not permitted", "5.7.54"),
        "the relay (outbound.relay) does not take our mail to there",
    ),
)
"""What servers say, in lower case, and what that comes from."""

SWITCHED_OFF: Final = (
    "forwarding is not switched on in the outside mailbox, or waits for its confirmation: look for an open ticket with the tag "
    "forwarding-confirmation, which has the code and the link"
)
NOT_HANDED_ON: Final = (
    "its server could not hand the probe on to us: look for reports in the outside mailbox, whether it may forward to other domains, and "
    "whether our MX is right (`deskgate check --dns`)"
)
HERE_NOT_YET: Final = (
    SWITCHED_OFF,
    "the probe lies in the spam folder or quarantine of the outside mailbox, which does not forward those",
    "the outside mailbox puts unknown senders off (greylisting): verify again in a quarter of an hour",
    NOT_HANDED_ON,
)
OURS_NOT_YET: Final = (
    "the MX record of its domain leads elsewhere, or nothing that it leads to listens on port 25: `deskgate check --dns`",
    "the relay (outbound.relay) has taken it and keeps it: look into its queue and its log",
)
POLLED: Final = (
    "its mailbox is polled, and was not looked into since: `deskgate status` says when it was; wait longer (--wait)",
    "the probe lies in another folder of the mailbox than the one that is polled, such as spam",
)


def likeliest(own: Gateway | None) -> tuple[str, ...]:
    """`own`: the gateway whose address it went to; None of an outside mailbox."""
    if own is None:
        return HERE_NOT_YET
    return OURS_NOT_YET if own.fetch is None else POLLED


def missing(probe: Probe, own: Gateway | None, *, undecided: int, relay_is_directory: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is known of a probe that did not come, and the likeliest causes."""
    letter = probe.letter
    if letter is None:
        return ("nothing is known of its letter any more",), likeliest(own)
    said = f": {letter.reply}" if letter.reply else ""
    match letter.state:
        case OutboxState.BOUNCED:
            return (f"it bounced, letter {letter.id} came back{said}",), (
                *from_reply(letter.reply),
                f"the outside server does not take mail for {probe.address}, or could not forward it: its answer says why",
            )
        case OutboxState.FAILED:
            return (f"it was refused, letter {letter.id}{said}",), (
                *from_reply(letter.reply),
                "the relay (outbound.relay) or the outside server refuses it for good: correct what the answer names and verify again",
            )
        case OutboxState.CANCELLED:
            return (f"letter {letter.id} was cancelled{said}",), ("nothing was sent: verify again, and not beside `serve --shadow`",)
        case state if state in WAITS:
            return unsent(letter.id, letter.attempts, letter.reply, state)
    if relay_is_directory:
        return (f"letter {letter.id} was written into a directory (outbound.relay), which sends nothing",), (
            "set outbound.relay to a server that delivers mail",
        )
    taken = f" (“{letter.reply}”)" if letter.reply else ""
    waited = f"it left our outbox as letter {letter.id}{taken}, and did not come back"
    answered = ("a program at the address answered it, so the mailbox is there and does not forward it",) if probe.answered else ()
    here = (f"{undecided} messages have come in and are not decided on: is an intake running (`deskgate serve`)?",) if undecided else ()
    return (waited, *answered), (*here, *likeliest(own))


def from_reply(reply: str | None) -> Iterator[str]:
    said = (reply or "").casefold()
    yield from (words for marks, words in WORDS_OF_REPLIES if any(each in said for each in marks))


def unsent(letter: int, attempts: int, reply: str | None, state: OutboxState) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if state is OutboxState.LEASED:
        return (f"it is still in our outbox: letter {letter} is being sent, and the relay is slow",), ("wait, and ask again",)
    if attempts == 0:
        return (f"it is still in our outbox: nobody has taken letter {letter} up",), (
            "run the gateway (`deskgate serve`), with a sender among its roles; `deskgate status` says whether sending is paused",
        )
    found = (f"it is still in our outbox, letter {letter}, and is tried again: {reply or 'no answer'}",)
    if any(each in (reply or "").casefold() for each in GREYLISTED):
        return found, ("the server puts unknown senders off (greylisting): wait for a quarter of an hour, and verify again",)
    return found, ("the relay (outbound.relay) does not take letters at present: mend what its answer names",)
