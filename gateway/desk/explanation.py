"""A message and what would happen to it, in CONTRACT's `explain` shape. PURE."""

from dataclasses import replace
from typing import Any, assert_never

from gateway.desk.articles import own_words
from gateway.desk.authority import carried_tokens, thread_ticket
from gateway.desk.case import Case
from gateway.desk.forwarding.forwarders import hidden_author
from gateway.desk.identify import FromOutside, identify
from gateway.desk.orders import Orders, parsed, read_orders
from gateway.desk.route import Route, Unrouted, route
from gateway.desk.rules import evaluate
from gateway.desk.ruling import seen_by_rules
from gateway.desk.suppose import suppose_the_ticket
from gateway.domain.commands import Command, Problem, Refusal
from gateway.domain.decision import Decision
from gateway.domain.facts import Facts
from gateway.domain.organisation import Organisation
from gateway.domain.steps import (
    AddArticle,
    AddCc,
    AddTags,
    Assign,
    Join,
    Lift,
    Mark,
    MarkAnswered,
    MarkArrived,
    MarkBounced,
    MarkDelayed,
    Merge,
    Note,
    OpenTicket,
    Remember,
    RemoveCc,
    RemoveTags,
    Send,
    SetCategory,
    SetDepartment,
    SetPriority,
    SetStatus,
    SetSubject,
    Setting,
    Step,
    Suppress,
)
from gateway.domain.verdict import Verdict
from gateway.letters.problems import problem_in_words
from gateway.mail.message import Attachment, Bounce, Calendar, Confirmation, Forwarded, Mailbox, Message

Document = dict[str, Any]


def explanation(
    file: str,
    message: Message,
    recipients: tuple[str, ...],
    decision: Decision,
    facts: Facts,
    verdict: Verdict,
    organisation: Organisation,
    assumed: tuple[str, ...],
    size: int = 0,
) -> Document:
    """Commands are told of as they are written, whether or not this mail would be obeyed: `decision` says that."""
    routed = route(message, recipients, organisation)
    orders = orders_in(message, recipients, decision, facts, organisation)
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
        "commands": [{"name": each.name, "value": each.value, "line": each.line} for each in orders.obeyed],
        "ignored_commands": [ignored(each) for each in orders.refused],
        "reply_body": orders.reply,
        "rules": rules_weighed(Case(message, recipients, "", verdict, facts, organisation, size), decision),
        "forwarded": forwarded(message.forwarded) if message.forwarded is not None else None,
        "bounce": bounce(message.bounce) if message.bounce is not None else None,
        "list": message.list_mail,
        "calendar": calendar(message.calendar) if message.calendar is not None else None,
        "confirmation": confirmation(message.confirmation) if message.confirmation is not None else None,
        "gateway": routed.address if isinstance(routed, Route) else None,
        "route_reason": routed.reason,
        "outcome": decision.outcome,
        "decision": [*assumed, *decision.reasons, *(line for step in decision.steps for line in in_words(step))],
        "auth": {
            "spf": verdict.spf,
            "dkim": verdict.dkim,
            "dmarc": verdict.dmarc,
            "arc": verdict.arc,
            "aligned": verdict.aligned,
            "reason": verdict.reason,
        },
        "warnings": [*message.warnings, *filter(None, (hidden_author(message, organisation),))],
    }


def orders_in(message: Message, recipients: tuple[str, ...], decision: Decision, facts: Facts, organisation: Organisation) -> Orders:
    """What stands in the mail as commands: of an agent's to be obeyed, of anybody else's as text."""
    routed = route(message, recipients, organisation)
    author = organisation.agent(message.author.key) if message.author is not None and message.author.key else None
    number = thread_ticket(carried_tokens(message, recipients, organisation), organisation) or decision.ticket
    ticket = facts.ticket(number) if number is not None else None
    text = message.body.new_text
    if author is None:
        found = parsed(text, organisation)
        named: tuple[Command | Refusal, ...] = (*found.commands, *found.ignored)
        return Orders(reply=text, refused=tuple(Refusal(each.name, each.value, each.line, Problem.NOT_STAFF) for each in named))
    if ticket is not None:
        department = ticket.department
    elif isinstance(routed, Route):
        department = routed.gateway.department
    else:
        ticket, facts, organisation = suppose_the_ticket(message, author, organisation)
        department = ticket.department
    words, passed_on = own_words(message)
    orders = read_orders(replace(message.body, new_text=words), author, department, ticket, facts, organisation)
    return replace(orders, reply="\n\n".join(filter(None, (orders.reply, passed_on))))


def rules_weighed(case: Case, decision: Decision) -> list[Document]:
    """Each rule on mail that is taken in, in order, with why it applies or does not."""
    writer = identify(case.message, case.recipients, case.reverse_path, case.organisation)
    routed = route(case.message, case.recipients, case.organisation)
    if not case.organisation.rules or not isinstance(writer, FromOutside) or isinstance(routed, Unrouted) or case.message.kind == "empty":
        return []
    ticket = case.facts.ticket(decision.ticket) if decision.ticket is not None else None
    outcome = evaluate(case.organisation.rules, seen_by_rules(case, writer, routed, ticket))
    weighed = {each.rule: {"name": each.rule, "applies": True, "why": each.why} for each in outcome.matched}
    weighed |= {each.rule: {"name": each.rule, "applies": False, "why": each.why} for each in outcome.passed_over}
    return [weighed[each.name] for each in case.organisation.rules if each.name in weighed]


def ignored(refusal: Refusal) -> Document:
    why = problem_in_words(refusal.problem, refusal.details, "en")
    return {"name": refusal.name, "value": refusal.value, "line": refusal.line, "why": why}


def failed(file: str, error: str) -> Document:
    """For a file that cannot be read: the shape with nothing in it."""
    lists = (
        "reply_to", "to", "cc", "in_reply_to", "references", "attachments", "commands", "ignored_commands", "rules", "decision", "warnings",
    )  # fmt: skip
    nothing = (
        "kind", "reason", "message_id", "subject", "date", "from", "language", "text", "new_text", "quoted_text", "signature", "html",
        "reply_body", "forwarded", "bounce", "calendar", "confirmation", "gateway", "route_reason", "outcome", "auth",
    )  # fmt: skip
    return {"file": file, "error": error} | dict.fromkeys(nothing) | {name: [] for name in lists} | {"list": False}


def in_words(step: Step) -> tuple[str, ...]:
    """What the step would do, for a person; steps without a visible effect say nothing."""
    match step:
        case OpenTicket():
            return (f"opens a ticket in the department {step.department!r}, in {step.language}, from {step.gateway}",)
        case AddArticle():
            files = f" with {len(step.files)} attachment(s)" if step.files else ""
            what = "an unverified" if not step.verified else "a private" if step.private else "an"
            return (f"adds {what} article ({step.kind}){files}",)
        case SetStatus() | SetCategory() | SetPriority() | SetDepartment() | SetSubject() | Assign():
            return (setting_in_words(step),)
        case AddTags() | RemoveTags() | AddCc() | RemoveCc() | Merge():
            return (hung_in_words(step),)
        case Join():
            return (f"remembers {', '.join(each.address for each in step.people)} as {step.people[0].part}",) if step.people else ()
        case Note():
            return (f"notes the event {step.kind}",)
        case MarkBounced() | MarkDelayed() | Suppress() | Lift() | MarkArrived() | MarkAnswered():
            return (mark_in_words(step),)
        case Send():
            to = ", ".join(each.address for each in (*step.to, *step.cc, *step.bcc))
            return (f"sends the letter '{step.kind}' in {step.language} to {to}",)
        case Remember():
            return ()
        case _:
            assert_never(step)


def hung_in_words(step: AddTags | RemoveTags | AddCc | RemoveCc | Merge) -> str:
    match step:
        case AddTags():
            return f"tags it {', '.join(step.tags)}"
        case RemoveTags():
            return f"takes the tags {', '.join(step.tags)} off it"
        case AddCc():
            return f"puts {', '.join(each.address for each in step.people)} into its Cc"
        case RemoveCc():
            return f"takes {', '.join(each.address for each in step.people)} out of its Cc"
        case Merge():
            return f"merges ticket #{step.source} into it"


def mark_in_words(step: Mark) -> str:
    match step:
        case MarkBounced():
            return f"marks our letter {step.outbox_id} as bounced"
        case MarkDelayed():
            return f"marks our letter {step.outbox_id} as late"
        case Suppress():
            return f"sends no automatic letters to {step.address} {f'for {step.days} days' if step.days else 'any more'}"
        case Lift():
            return f"sends automatic letters to {step.address} again"
        case MarkArrived():
            return f"marks our probe {step.probe} as arrived"
        case MarkAnswered():
            return f"notes that our probe {step.probe} was answered"


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
