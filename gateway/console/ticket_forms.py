"""The forms of a ticket's page: what they offer, what they sent, and the wish that it is. PURE but for files, which are hashed."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.console.forms import Form
from gateway.deeds.wishes import Answer, Wished, file_of
from gateway.desk.replies import usual_from
from gateway.domain.operators import Operator
from gateway.domain.organisation import Agent, CannedReply, Organisation
from gateway.domain.states import Priority, Status
from gateway.domain.steps import File

REPLY, PRIVATE, NOTE = "reply", "private", "note"
WAYS: Final = (REPLY, PRIVATE, NOTE)
SETTINGS: Final = ("status", "assignee", "department", "priority", "category", "subject")


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody writes, as the form has it. `effect` names this one answer, so that it is given once however often it is sent; `seen`
    is the newest article that its writer had before them."""

    effect: str
    seen: int
    way: str = REPLY
    text: str = ""
    sender: str = ""
    to: str = ""
    cc: str = ""
    bcc: str = ""
    status: str = ""
    canned: str = ""


def new_draft(seen: int) -> Draft:
    return Draft(secrets.token_hex(16), seen)


def draft_of(form: Form) -> Draft:
    way, seen = form.get("way"), form.numbers("seen")
    return Draft(
        effect=form.get("effect")[:64] or secrets.token_hex(16),
        seen=seen[-1] if seen else 0,
        way=way if way in WAYS else REPLY,
        text=form.get("text"),
        **{name: form.get(name) for name in ("sender", "to", "cc", "bcc", "status", "canned")},
    )


def with_canned(draft: Draft, offered: tuple[CannedReply, ...]) -> Draft:
    """Above what is written already, as `@template` puts it."""
    chosen = next((each for each in offered if each.name == draft.canned), None)
    if chosen is None:
        return draft
    return replace(draft, text="\n\n".join(filter(None, (chosen.text.strip("\n"), draft.text))), canned="")


def answer_of(draft: Draft, files: tuple[File, ...]) -> Answer:
    return Answer(
        draft.text,
        files,
        private=draft.way == PRIVATE,
        from_address=draft.sender or None,
        to=listed(draft.to),
        cc=listed(draft.cc),
        bcc=listed(draft.bcc),
        wished=Wished(status=status_of(draft)),
        seen=draft.seen,
    )


def status_of(draft: Draft) -> Status | None:
    return next((each for each in Status if each == draft.status), None)


def listed(addresses: str) -> tuple[str, ...]:
    return (addresses,) if addresses else ()


async def files_of(form: Form) -> tuple[File, ...]:
    """In a thread: hashing fifty megabytes takes its time."""
    sent = form.uploaded("file")
    return tuple([await asyncio.to_thread(file_of, each.filename, each.content_type, each.content) for each in sent])


def wished_of(form: Form) -> Wished:
    """Only what was changed in the form: what a colleague changed meanwhile stays theirs."""
    changed = {name: form.get(name) for name in SETTINGS if name in form.fields and form.get(name) != form.get(f"was_{name}")}
    status = next((each for each in Status if each == changed.get("status")), None)
    priority = next((each for each in Priority if each == changed.get("priority")), None)
    return Wished(
        status=status,
        priority=priority,
        department=changed.get("department"),
        category=changed.get("category"),
        assignee=changed.get("assignee"),
        subject=changed.get("subject"),
    )


def acting_as(operator: Operator, desk: Organisation) -> Agent:
    """For what depends on who answers: whoever is no agent of the configuration is one of the operator's departments."""
    agent = desk.agent(operator.agent) if operator.agent is not None else None
    return agent or Agent(operator.name, "", operator.departments)


def senders_of(ticket: Mapping[str, Any], desk: Organisation, verified: frozenset[str]) -> tuple[str, list[tuple[str, str]]]:
    """Where a reply comes from by itself, and the addresses that may be chosen instead, each with what it is called."""
    department = ticket["department"]
    usual = usual_from(department, desk, verified) or ticket["gateway"] or desk.default_gateway.address
    choices = [
        (each.address, f"{each.name} <{each.address}>" if each.name else each.address) for each in desk.from_choices(department, verified)
    ]
    return usual, choices


def assignees_of(ticket: Mapping[str, Any], desk: Organisation) -> list[tuple[str, str]]:
    able = [each for each in desk.agents if each.active and ticket["department"] in each.departments]
    there = [each for each in desk.agents if each.address == ticket["assignee"] and each not in able]
    return [(each.address, each.name) for each in (*able, *there)]
