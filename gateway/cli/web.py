"""`deskgate web`: operators of the console."""

import argparse
import getpass
import sys
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.cli.exits import Exit, Fail
from gateway.cli.output import moment, print_json, print_table, say
from gateway.cli.work import Work, piped, work
from gateway.config import convert_web
from gateway.deeds.passwords import hashed, why_short, why_weak
from storage import web_sessions
from storage.web_sessions import Session, Span


def password(options: argparse.Namespace) -> None:
    del options
    typed = asked() if sys.stdin.isatty() else piped().removesuffix("\n").removesuffix("\r")
    weak = why_weak(typed)
    if weak is not None:
        raise Fail(weak, Exit.USAGE)
    short = why_short(typed)
    if short is not None:
        say(f"warning: {short}")
    print(hashed(typed))
    say('put it into the configuration, as password = "…" of a [[web.operator]], in quotes; SIGHUP applies it')


def asked() -> str:
    typed = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != typed:
        raise Fail("the two are not the same", Exit.USAGE)
    return typed


async def list_sessions(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        found = await in_force(session, opened, options.operator)
    if options.json:
        print_json([document(each) for each in found])
        return
    rows = [(each.id, each.operator, each.way, each.network, each.created_at, each.used_at, each.browser) for each in found]
    print_table(("id", "operator", "by", "from", "since", "last used", "browser"), rows, "nobody is logged in")


async def in_force(session: AsyncSession, opened: Work, name: str | None) -> list[Session]:
    """Without those that a change of the configuration ended, whose rows go when they are next used."""
    entry = convert_web.entry(opened.settings)
    operator = None if name is None else entry.operator(name)
    if name is not None and operator is None:
        known = ", ".join(each.name for each in entry.operators) or "none"
        raise Fail(f"--operator {name}: no such operator; the configuration has {known}")
    span = Span(datetime.now(UTC), entry.idle, entry.longest)
    found = await web_sessions.listed(session, span, None if operator is None else operator.name)
    whose = {each.name: each.fingerprint for each in entry.operators}
    return [each for each in found if whose.get(each.operator) == each.fingerprint]


async def revoke_sessions(options: argparse.Namespace) -> None:
    if sum(map(bool, (options.ids, options.operator, options.all))) != 1:
        raise Fail("say which sessions: their ids, --operator NAME or --all", Exit.USAGE)
    async with work(options) as opened, opened.changing() as session:
        ended = await ended_of(session, options)
        if options.ids and not ended:
            raise Fail("there are no such sessions; `deskgate web sessions list` shows those that there are")
        opened.deed.about("session", *ended)
    print(f"{len(ended)} session{'' if len(ended) == 1 else 's'} ended")


async def ended_of(session: AsyncSession, options: argparse.Namespace) -> list[int]:
    """Also those of operators whom the configuration has no longer."""
    if options.all:
        return await web_sessions.end_all(session)
    return await web_sessions.end(session, ids=options.ids or None, operator=options.operator)


def document(found: Session) -> dict[str, Any]:
    return {
        "id": found.id,
        "operator": found.operator,
        "by": found.way,
        "from": found.network,
        "since": moment(found.created_at),
        "used_at": moment(found.used_at),
        "browser": found.browser,
    }
