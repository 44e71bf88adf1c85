"""Which letters do not go to addresses that are suppressed, and who is told of it (X7). PURE.

Automatic letters are kept back, from people outside because their servers judge us by it, from agents because a dead mailbox need not be
hammered. What an agent writes goes out all the same, for a person may know better; the agent is warned.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from gateway.desk import audience
from gateway.domain.actor import Actor
from gateway.domain.organisation import Agent, Organisation
from gateway.domain.states import EventKind, LetterKind, Role
from gateway.domain.steps import Addressee, Note, Receipt, Send, Step
from gateway.domain.suppressions import Cause, Suppression
from gateway.mail.address import address_key

Suppressed = Mapping[str, Suppression]
"""By normalised address."""

ALWAYS: Final = frozenset({LetterKind.PROBE, LetterKind.VERIFICATION})
"""Somebody asked for these, to find out whether an address works."""
STAND_IN: Final = frozenset({LetterKind.CLIENT_REPLY, LetterKind.REOPENED, LetterKind.FAILED_DELIVERY})
"""Letters that somebody at the desk has to get: where nobody is left, the others of the department do."""


def addresses_of(steps: Iterable[Step]) -> frozenset[str]:
    """Normalised, of all whom letters are for."""
    sends = (each for each in steps if isinstance(each, Send))
    return frozenset(key for send in sends for key in map(key_of, (*send.to, *send.cc, *send.bcc)) if key)


def kept_back(steps: Sequence[Step], suppressed: Suppressed, department: str, actor: Actor, organisation: Organisation) -> tuple[Step, ...]:
    """The steps without letters to `suppressed` addresses, with events that say so. `department` is the ticket's."""
    if not suppressed:
        return tuple(steps)
    found: list[Step] = []
    told = {(each.kind, key_of(one)) for each in steps if isinstance(each, Send) for one in each.to if key_of(one) not in suppressed}
    for step in warned(steps, suppressed, actor, organisation):
        if not isinstance(step, Send) or not step.automatic or step.kind in ALWAYS:
            found.append(step)
            continue
        going = tuple(each for each in step.to if key_of(each) not in suppressed)
        kept = tuple(each for each in step.to if key_of(each) in suppressed)
        if going:
            found.append(replace(step, to=going, cc=without(step.cc, suppressed), bcc=without(step.bcc, suppressed)))
        instead = stand_ins(step, department, suppressed, actor, told, organisation) if kept else ()
        found += instead
        told |= {(each.kind, key_of(one)) for each in instead for one in each.to}
        found += (event(step, each, suppressed[key_of(each)], instead) for each in kept)
    return tuple(found)


def warnings(steps: Iterable[Step], suppressed: Suppressed) -> tuple[Suppression, ...]:
    """Of what a person wrote and goes to a suppressed address."""
    written = (each for each in steps if isinstance(each, Send) and not each.automatic)
    keys = (key_of(each) for send in written for each in (*send.to, *send.cc, *send.bcc))
    return tuple(suppressed[key] for key in dict.fromkeys(keys) if key in suppressed)


def warned(steps: Sequence[Step], suppressed: Suppressed, actor: Actor, organisation: Organisation) -> tuple[Step, ...]:
    """With the receipt that warns the agent; it is the receipt of their commands where they get one."""
    returned = warnings(steps, suppressed)
    agent = organisation.agent(actor.address) if actor.role is Role.AGENT and actor.address else None
    if not returned or agent is None or organisation.desk.receipts == "never":
        return tuple(steps)
    written = next((each for each in steps if isinstance(each, Send) and each.receipt is not None), None)
    if written is None or written.receipt is None:
        return (*steps, receipt(agent, Receipt(returned=returned), organisation))
    more = replace(written, receipt=replace(written.receipt, returned=returned))
    return tuple(more if each is written else each for each in steps)


def receipt(agent: Agent, told: Receipt, organisation: Organisation) -> Send:
    to = (Addressee(agent.name, agent.address, agent.address),)
    return Send(LetterKind.RECEIPT, to, audience.language_of_agent(agent, organisation), staff=True, about="nothing", receipt=told)


def stand_ins(
    send: Send,
    department: str,
    suppressed: Suppressed,
    actor: Actor,
    told: set[tuple[LetterKind, str]],
    organisation: Organisation,
) -> tuple[Send, ...]:
    """Where nobody else of the desk is told: a client who writes to a dead mailbox' agent must be read by somebody."""
    if not send.staff or send.kind not in STAND_IN or any(kind is send.kind for kind, _ in told):
        return ()
    acting = actor.address if actor.role is Role.AGENT else None
    others = (each for each in audience.staff_of(department, organisation, acting) if address_key(each.address) not in suppressed)
    return tuple(replace(send, to=each.to, language=each.language) for each in audience.to_staff(send.kind, others, organisation))


def event(send: Send, to: Addressee, why: Suppression, instead: Iterable[Send]) -> Note:
    data: dict[str, object] = {"kind": send.kind, "why": in_words(why), "to": [to.address]}
    named = [each.address for one in instead for each in one.to]
    return Note(EventKind.SILENCED, data | ({"instead": named} if named else {}))


def in_words(suppression: Suppression) -> str:
    """For events, lists and errors."""
    day = f"{suppression.created_at:%Y-%m-%d}"
    match suppression.cause:
        case Cause.BOUNCE:
            return f"mail to this address came back on {day}: {suppression.why}"
        case Cause.COMPLAINT:
            return f"whoever reads this address complained of a letter of ours on {day}"
        case Cause.PERSON:
            return f"automatic letters to this address were switched off on {day}: {suppression.why}"


def without(addressees: tuple[Addressee, ...], suppressed: Suppressed) -> tuple[Addressee, ...]:
    return tuple(each for each in addressees if key_of(each) not in suppressed)


def key_of(addressee: Addressee) -> str:
    return address_key(addressee.address)


def unreached(agents: Iterable[Agent], suppressed: Suppressed) -> tuple[Agent, ...]:
    """Agents who would be told, and are not."""
    return tuple(each for each in agents if each.active and address_key(each.address) in suppressed)


def staff_fault(dead: Sequence[Agent], *, in_public: bool) -> str | None:
    """In words; None where everybody is reached. A page that anybody may read shows no addresses."""
    if not dead:
        return None
    if in_public:
        return f"mail to agents comes back, and they are told nothing: {', '.join(each.name for each in dead)} (deskgate suppressions)"
    named = ", ".join(f"{each.name} <{each.address}>" for each in dead)
    return f"mail to agents comes back, and they are told nothing: {named}; `deskgate suppressions lift {dead[0].address}` tries again"
