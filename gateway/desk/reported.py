"""Which recipients of which letter of ours a report is about, and whether it may be believed (X7). PURE.

Whoever got a letter knows its Message-ID, and so does whoever they showed it to; the reverse-path of one recipient is known to that one's
mail system alone. So where a recipient has a reverse-path of its own, a report proves itself by it. Without `outbound.bounce_domain` the
id has to do, and it proves no more than that the report comes from somebody who knows the letter.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from gateway.auth.organisational import organisational_domain
from gateway.desk.identify import is_ours
from gateway.domain.facts import Facts, SentLetter
from gateway.domain.organisation import Organisation
from gateway.domain.states import RecipientState
from gateway.domain.verdict import Verdict
from gateway.mail.address import address_key
from gateway.mail.message import Message

MOST_NAMED = 50


def return_paths(message: Message, recipients: Sequence[str], organisation: Organisation) -> tuple[str, ...]:
    """Reverse-paths of ours that the message came to or, of a complaint, that the reported letter had; their tokens are not proven yet."""
    enclosed = message.complaint.reverse_paths if message.complaint is not None else ()
    keys = (*recipients, *map(address_key, enclosed))
    return tuple(dict.fromkeys(each for each in keys if organisation.takes_bounces(each)))[:MOST_NAMED]


def original_id(message: Message) -> str | None:
    """The Message-ID of the letter that a report is about."""
    report = message.bounce or message.complaint
    named = (report.original_message_id if report is not None else None, *message.in_reply_to, *message.references)
    return next((each for each in named if each), None)


def named_in(message: Message, letters: Sequence[SentLetter], organisation: Organisation) -> tuple[SentLetter, ...]:
    """Of all who got a letter under one id, those whom the report names; the only one there is need not be named."""
    outside = [each for each in letters if not is_ours(address_key(each.address or ""), organisation)]
    shared = len(outside) > 1
    keys = addresses_in(message)
    named = [each for each in outside if address_key(each.address or "") in keys]
    return tuple(replace(each, shared=shared) for each in (named or ([] if shared else outside)))[:MOST_NAMED]


def addresses_in(message: Message) -> frozenset[str]:
    bounced = (each.address for each in message.bounce.recipients) if message.bounce is not None else ()
    complained = message.complaint.recipients if message.complaint is not None else ()
    return frozenset(key for key in map(address_key, (*bounced, *complained)) if key)


def why_not_believed(
    message: Message, letter: SentLetter, verdict: Verdict, facts: Facts, token_days: int, paths: Sequence[str] = ()
) -> str | None:
    """Why the report changes nothing; None where it counts. `paths` are the return addresses of ours that it has to show."""
    if letter.state is RecipientState.CANCELLED:
        return f"our letter {letter.outbox_id} to {letter.address} was cancelled and never sent"
    if letter.state is RecipientState.QUEUED and not letter.doubtful:
        return f"our letter {letter.outbox_id} to {letter.address} has not been sent yet"
    if letter.age > timedelta(days=token_days):
        return f"our letter {letter.outbox_id} was sent more than {token_days} days ago: its return address has expired (desk.token_days)"
    if letter.names_another is not None:
        return f"it came to the return address of {letter.address} and names {letter.names_another}, who has another: it may be forged"
    if letter.by != "id":
        return None
    if letter.has_path and paths:
        return f"it names our letter {letter.outbox_id} by its id, and a return address that is not that letter's: it may be forged"
    if letter.has_path and message.kind == "bounce":
        return f"our letter {letter.outbox_id} has a reverse-path with a token, and this report did not come to it: it may be forged"
    if letter.shared and not vouched_for(message, letter, verdict, facts):
        return (
            f"several people got our letter {letter.outbox_id} and know its id, and nothing proves that this comes from the server of "
            f"{letter.address} (outbound.bounce_domain gives each a return address of their own)"
        )
    return None


def vouched_for(message: Message, letter: SentLetter, verdict: Verdict, facts: Facts) -> bool:
    """Whether a relay of ours handed it over, or the recipient's own domain sent it."""
    if facts.from_relay:
        return True
    author = message.author.key if message.author is not None else ""
    domains = [organisational_domain(each.rpartition("@")[2]) for each in (author, address_key(letter.address or ""))]
    return verdict.aligned and not verdict.disowned and message.author_unambiguous and bool(domains[0]) and domains[0] == domains[1]
