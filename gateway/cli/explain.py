"""`deskgate explain`: how messages would be understood, and what would happen."""

import argparse
import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.cli.configured import configured
from gateway.cli.exits import Exit
from gateway.cli.output import block, json_line, print_fields, print_json, say, shown
from gateway.config.convert import organisation, ours
from gateway.desk.explanation import failed
from gateway.desk.offline import supposed
from gateway.domain.organisation import Organisation
from gateway.domain.ours import Ours
from gateway.mail.parse import parse_message


def explain(options: argparse.Namespace) -> int:
    if options.database:
        return asyncio.run(with_database(options))
    settings = configured(options, leave_no_trace=True)
    desk, known = organisation(settings), ours(settings)
    return show(options, (one(name, desk, known) for name in options.files))


async def with_database(options: argparse.Namespace) -> int:
    """On real facts; every transaction is rolled back."""
    from gateway.cli.work import work

    async with work(options) as opened:
        known = ours(opened.settings)
        documents = [await one_with_database(name, opened.sessions, opened.organisation, known) for name in options.files]
        opened.deed.note(messages=len(documents))
    return show(options, iter(documents))


async def one_with_database(name: str, sessions: Any, desk: Organisation, known: Ours) -> dict[str, Any]:
    from gateway.deeds.explaining import on_facts

    try:
        content = read(name)
    except OSError as error:
        return failed(name, f"cannot be read: {error.strerror or error}")
    message = parse_message(content, known)
    async with sessions() as session:
        document = await on_facts(session, name, message, len(content), desk)
        await session.rollback()
    return document


def show(options: argparse.Namespace, documents: Iterator[dict[str, Any]]) -> int:
    """Each as it comes; the status is 1 when one of them could not be read."""
    status = Exit.DONE
    kept = []
    for document in documents:
        if document["error"] is not None:
            status = Exit.WRONG
            say(f"deskgate: {document['file']}: {document['error']}")
        if options.jsonl:
            print(json_line(document), flush=True)
        elif options.json:
            kept.append(document)
        elif document["error"] is None:
            print_explanation(document)
    if options.json:
        print_json(kept[0] if len(kept) == 1 else kept)
    return status


def one(name: str, desk: Organisation, known: Ours) -> dict[str, Any]:
    try:
        content = read(name)
    except OSError as error:
        return failed(name, f"cannot be read: {error.strerror or error}")
    try:
        return supposed(name, parse_message(content, known), len(content), desk, datetime.now(UTC))
    except Exception as error:  # noqa: BLE001  the edge: one bad file must not end the run; the defect is named in its object
        return failed(name, f"{type(error).__name__}: {error}")


def read(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()


def print_explanation(document: dict[str, Any]) -> None:
    author = document["from"]
    print(document["file"])
    print_fields(
        {
            "From": f"{author['name']} <{author['address']}>" if author else "nobody",
            "To": [each["address"] for each in document["to"]],
            "Cc": [each["address"] for each in document["cc"]],
            "Subject": document["subject"],
            "Kind": f"{document['kind'].replace('_', ' ')}: {document['reason']}",
            "Language": document["language"],
            "Gateway": f"{document['gateway'] or 'none'}: {document['route_reason']}",
            "Attachments": [f"{each['filename']} ({each['size']} bytes)" for each in document["attachments"]],
            "Warnings": document["warnings"],
        }
    )
    for heading, field in (("New text", "new_text"), ("Signature", "signature"), ("Quoted", "quoted_text")):
        if document[field]:
            print(f"\n  {heading}:\n{block(document[field])}")
    for heading, field in (("Commands", "commands"), ("Commands that are ignored", "ignored_commands")):
        if document[field]:
            print(f"\n  {heading}:")
            for each in document[field]:
                print(f"    {shown(each['line'])}" + (f"\n      {shown(each['why'])}" if "why" in each else ""))
    if document["rules"]:
        print("\n  Rules:")
        for each in document["rules"]:
            print(f"    {'applies' if each['applies'] else 'does not'}  {shown(each['name'])}: {shown(each['why'])}")
    print("\n  What would happen:")
    for line in document["decision"]:
        print(f"    - {shown(line)}")
    print()
