"""`deskgate rules test`: what the rules of a configuration would have done with old mail, before they are in force."""

import argparse
import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.cli.configured import configured
from gateway.cli.exits import Exit, Fail
from gateway.cli.explain import read
from gateway.cli.output import print_json, print_table, say, shown
from gateway.config.convert import organisation, ours
from gateway.desk.offline import UNCHECKED, envelope_of
from gateway.desk.rules import Outcome, Seen, evaluate
from gateway.desk.rules.supposed import NotAsked, supposed
from gateway.desk.rules.words import actions_in_words, rule_in_words
from gateway.desk.suppose import suppose
from gateway.domain.organisation import Organisation
from gateway.domain.ours import Ours
from gateway.mail.address import address_key
from gateway.mail.message import Message
from gateway.mail.parse import parse_message

Document = dict[str, Any]
REPLIES = ("client_reply", "stranger_reply", "agent_reply", "commands")


def test(options: argparse.Namespace) -> int:
    if not options.files and options.since is None:
        raise Fail("name files or directories of old mail, or stored mail with --since", Exit.USAGE)
    if options.since is not None:
        return asyncio.run(with_stored(options))
    settings = configured(options, leave_no_trace=True)
    desk = organisation(settings)
    return show(options, desk, of_files(options.files, desk, ours(settings)))


async def with_stored(options: argparse.Namespace) -> int:
    """After the files, what arrived since. Nothing is written."""
    from gateway.cli.work import work

    async with work(options) as opened:
        known = ours(opened.settings)
        documents = [*of_files(options.files, opened.organisation, known)]
        async with opened.sessions() as session:
            documents += await of_stored(session, options.since, opened.organisation, known)
            opened.deed.note(messages=len(documents))
            await session.rollback()
        desk = opened.organisation
    return show(options, desk, documents)


def of_files(names: list[str], desk: Organisation, known: Ours) -> Iterator[Document]:
    for name in names:
        for file in files_of(name):
            yield of_file(file, desk, known)


def files_of(name: str) -> list[str]:
    """Of a directory, the messages in it: `*.eml`."""
    if name == "-" or not Path(name).is_dir():
        return [name]
    return [str(each) for each in sorted(Path(name).rglob("*.eml")) if each.is_file()]


def of_file(name: str, desk: Organisation, known: Ours) -> Document:
    """What is not in the file is supposed: nobody checked who wrote it, its author is new here, and it came when it is dated."""
    try:
        content = read(name)
    except OSError as error:
        return failed(name, f"cannot be read: {error.strerror or error}")
    try:
        message = parse_message(content, known)
        envelope = envelope_of(message)
        facts, _ = suppose(message, (), envelope.reverse_path, desk)
        seen = supposed(
            message,
            (),
            address_key(envelope.reverse_path),
            desk,
            now=message.date or datetime.now(UTC),
            size=len(content),
            verdict=UNCHECKED,
            reply=bool(facts.tickets),
            known_client=facts.client is not None or bool(facts.tickets),
        )
        return document(name, message, seen, desk)
    except Exception as error:  # noqa: BLE001  the edge: one bad file must not end the run; the defect is named in its object
        return failed(name, f"{type(error).__name__}: {error}")


async def of_stored(session: Any, since: datetime, desk: Organisation, known: Ours) -> list[Document]:
    from gateway.deeds.explaining import verdict_kept
    from storage import inbound

    found = []
    async for row in inbound.arrived_since(session, since):
        name = f"inbound {row.id}"
        content = await inbound.content_of(session, row.id)
        if content is None:
            found.append(failed(name, "its bytes are no longer kept"))
            continue
        message = parse_message(content, known)
        author = message.author.key if message.author is not None else ""
        seen = supposed(
            message,
            tuple(map(address_key, row.recipients)),
            address_key(row.reverse_path),
            desk,
            now=row.received_at,
            size=row.size,
            verdict=verdict_kept(row),
            reply=row.outcome in REPLIES,
            known_client=await inbound.was_known(session, author, row.received_at),
        )
        found.append(document(name, message, seen, desk))
    return found


def document(name: str, message: Message, seen: Seen | NotAsked, desk: Organisation) -> Document:
    outcome = Outcome() if isinstance(seen, NotAsked) else evaluate(desk.rules, seen)
    return {
        "file": name,
        "error": None,
        "subject": message.subject,
        "from": message.author.address if message.author is not None else None,
        "gateway": None if isinstance(seen, NotAsked) else seen.gateway,
        "not_asked": seen.why if isinstance(seen, NotAsked) else None,
        "rules": [each.rule for each in outcome.matched],
        "matched": [{"rule": each.rule, "why": each.why, "then": actions_in_words(each.then)} for each in outcome.matched],
        "passed_over": [{"rule": each.rule, "why": each.why} for each in outcome.passed_over],
        "settled_by": outcome.settled_by,
        "outcome": actions_in_words(outcome.actions),
    }


def failed(name: str, why: str) -> Document:
    empty: dict[str, Any] = {"rules": [], "matched": [], "passed_over": [], "outcome": []}
    return {"file": name, "error": why, "subject": None, "from": None, "gateway": None, "not_asked": None, "settled_by": None} | empty


def show(options: argparse.Namespace, desk: Organisation, documents: Iterable[Document]) -> int:
    """The status is 1 when one of them could not be read."""
    told = list(documents)
    for each in told:
        if each["error"] is not None:
            say(f"deskgate: {each['file']}: {each['error']}")
    if options.json:
        print_json(told)
    else:
        print_documents(told, desk)
    return Exit.WRONG if any(each["error"] is not None for each in told) else Exit.DONE


def print_documents(told: list[Document], desk: Organisation) -> None:
    readable = [each for each in told if each["error"] is None]
    rows = [(each["file"], each["subject"], ", ".join(each["rules"]), in_short(each)) for each in readable]
    print_table(("file", "subject", "rules that match", "outcome"), rows, "there is no message to look at")
    if len(readable) == 1:
        print_reasons(readable[0])
    received = [each for each in desk.rules if each.on == "received"]
    if not received:
        say("the configuration has no rule on received mail")
        return
    times = Counter(rule for each in readable for rule in each["rules"])
    print()
    for rule in received:
        print(f"{times[rule.name]:>6} × {shown(rule.name)}: {shown(rule_in_words(rule))}")


def in_short(told: Document) -> str:
    if told["not_asked"] is not None:
        return f"rules are not asked: {told['not_asked']}"
    return ", ".join(told["outcome"]) or "as ever"


def print_reasons(told: Document) -> None:
    print()
    for each in told["matched"]:
        print(f"  + {shown(each['rule'])}: {shown(each['why'])}")
    for each in told["passed_over"]:
        print(f"  - {shown(each['rule'])}: {shown(each['why'])}")
