"""A message and what would happen to it, in CONTRACT's `explain` shape. PURE."""

from typing import Any, assert_never

from gateway.desk.route import Route, route
from gateway.domain.decision import Decision
from gateway.domain.organisation import Organisation
from gateway.domain.steps import (
    AddArticle,
    Assign,
    Join,
    MarkBounced,
    Note,
    OpenTicket,
    Remember,
    Send,
    SetCategory,
    SetDepartment,
    SetPriority,
    SetStatus,
    SetSubject,
    Setting,
    Step,
)
from gateway.mail.message import Attachment, Bounce, Calendar, Confirmation, Forwarded, Mailbox, Message

Document = dict[str, Any]


def explanation(
    file: str, message: Message, recipients: tuple[str, ...], decision: Decision, organisation: Organisation, assumed: tuple[str, ...]
) -> Document:
    routed = route(message, recipients, organisation)
    body = message.body
    return {
        "file": file,
        "error": None,
        "kind": message.kind,
        "reason": message.reason,
        "message_id": message.message_id,
        "subject": message.subject,
        "date": message.date,
        "from": mailbox(message.author) if message.author is not None else None,
        "reply_to": mailboxes(message.reply_to),
        "to": mailboxes(message.to),
        "cc": mailboxes(message.cc),
        "in_reply_to": list(message.in_reply_to),
        "references": list(message.references),
        "language": message.language,
        "text": body.text,
        "new_text": body.new_text,
        "quoted_text": body.quoted_text,
        "signature": body.signature,
        "html": body.html,
        "attachments": [attachment(each) for each in message.attachments],
        "commands": [],
        "ignored_commands": [],
        "reply_body": body.new_text,
        "forwarded": forwarded(message.forwarded) if message.forwarded is not None else None,
        "bounce": bounce(message.bounce) if message.bounce is not None else None,
        "list": message.list_mail,
        "calendar": calendar(message.calendar) if message.calendar is not None else None,
        "confirmation": confirmation(message.confirmation) if message.confirmation is not None else None,
        "gateway": routed.address if isinstance(routed, Route) else None,
        "route_reason": routed.reason,
        "outcome": decision.outcome,
        "decision": [*assumed, *decision.reasons, *(line for step in decision.steps for line in in_words(step))],
        "warnings": list(message.warnings),
    }


def failed(file: str, error: str) -> Document:
    """For a file that cannot be read: the shape with nothing in it."""
    lists = ("reply_to", "to", "cc", "in_reply_to", "references", "attachments", "commands", "ignored_commands", "decision", "warnings")
    nothing = (
        "kind", "reason", "message_id", "subject", "date", "from", "language", "text", "new_text", "quoted_text", "signature", "html",
        "reply_body", "forwarded", "bounce", "calendar", "confirmation", "gateway", "route_reason", "outcome",
    )  # fmt: skip
    return {"file": file, "error": error} | dict.fromkeys(nothing) | {name: [] for name in lists} | {"list": False}


def in_words(step: Step) -> tuple[str, ...]:
    """What the step would do, for a person; steps without a visible effect say nothing."""
    match step:
        case OpenTicket():
            return (f"opens a ticket in the department {step.department!r}, in {step.language}, from {step.gateway}",)
        case AddArticle():
            files = f" with {len(step.files)} attachment(s)" if step.files else ""
            return (f"adds {'an unverified' if not step.verified else 'an'} article ({step.kind}){files}",)
        case SetStatus() | SetCategory() | SetPriority() | SetDepartment() | SetSubject() | Assign():
            return (setting_in_words(step),)
        case Join():
            return (f"remembers {', '.join(each.address for each in step.people)} as {step.people[0].part}",) if step.people else ()
        case Note():
            return (f"notes the event {step.kind}",)
        case MarkBounced():
            return (f"marks our letter {step.outbox_id} as bounced",)
        case Send():
            return (f"sends the letter '{step.kind}' in {step.language} to {', '.join(each.address for each in (*step.to, *step.cc))}",)
        case Remember():
            return ()
        case _:
            assert_never(step)


def setting_in_words(step: Setting) -> str:
    match step:
        case SetStatus():
            return f"sets the status to {step.status}"
        case SetCategory():
            return f"sets the category to {step.category!r}" if step.category else "takes the category away"
        case SetPriority():
            return f"sets the priority to {step.priority}"
        case SetDepartment():
            return f"moves it to the department {step.department!r}"
        case SetSubject():
            return f"sets the subject to {step.subject!r}"
        case Assign():
            return f"assigns it to {step.agent}" if step.agent else "assigns it to nobody"


def mailbox(each: Mailbox) -> Document:
    return {"name": each.name, "address": each.address}


def mailboxes(several: tuple[Mailbox, ...]) -> list[Document]:
    return [mailbox(each) for each in several]


def attachment(each: Attachment) -> Document:
    return {
        "filename": each.filename,
        "content_type": each.content_type,
        "size": each.size,
        "sha256": each.sha256,
        "inline": each.inline,
        "content_id": each.content_id,
    }


def forwarded(original: Forwarded) -> Document:
    return {
        "from": mailbox(original.author) if original.author is not None else None,
        "to": mailboxes(original.to),
        "cc": mailboxes(original.cc),
        "subject": original.subject,
        "date": original.date,
        "text": original.text,
    }


def bounce(report: Bounce) -> Document:
    return {
        "recipients": [
            {"address": each.address, "action": each.action, "status": each.status, "diagnostic": each.diagnostic}
            for each in report.recipients
        ],
        "permanent": report.permanent,
        "original_message_id": report.original_message_id,
    }


def calendar(part: Calendar) -> Document:
    return {
        "method": part.method,
        "summary": part.summary,
        "attendee": part.attendee,
        "status": part.status,
        "organiser": part.organiser,
        "start": part.start,
    }


def confirmation(asked: Confirmation) -> Document:
    return {"code": asked.code, "link": asked.link}
