"""`deskgate web token`: by which other programs come in."""

import argparse
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.cli.output import print_json, print_table, say
from gateway.cli.work import work
from gateway.deeds import tokens as deeds
from gateway.domain.api import ApiToken, Scope
from storage import api_tokens


async def new(options: argparse.Namespace) -> None:
    now = datetime.now(UTC)
    expires = now + timedelta(days=options.days) if options.days is not None else options.expires
    scopes = tuple(Scope(each) for each in options.scopes)
    departments = tuple(dict.fromkeys(options.departments)) if options.departments else None
    wish = deeds.Wish(options.name, scopes, departments, options.agent, expires)
    async with work(options) as opened, opened.changing() as session:
        made = await deeds.create(session, wish, opened.deed.actor, opened.organisation, now)
        opened.deed.about("token", made.token.id)
    if options.json:
        print_json(document(made.token) | {"token": made.secret})
    else:
        print(made.secret)
        say(f"deskgate: token {made.token.id} ({made.token.name}): keep it now, for it is kept nowhere here")


async def list_tokens(options: argparse.Namespace) -> None:
    now = datetime.now(UTC)
    async with work(options) as opened, opened.sessions() as session:
        found = [each for each in await api_tokens.listed(session) if options.all or each.why_dead(now) is None]
    if options.json:
        print_json([document(each) for each in found])
        return
    rows = [
        (each.id, each.name, sorted(each.scopes), departments_of(each), each.agent, each.expires_at, each.last_used_at, state(each, now))
        for each in found
    ]
    headings = ("id", "name", "scopes", "departments", "as", "expires", "last used", "state")
    print_table(headings, rows, "no tokens: `deskgate web token new NAME --scope tickets:read` makes one")


async def revoke(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.changing() as session:
        found = await deeds.revoke(session, options.token)
        opened.deed.about("token", found.id)
        opened.deed.changed("revoked", found.revoked_at is not None, True)
    print(f"token {found.id} ({found.name}): revoked")


def departments_of(token: ApiToken) -> object:
    return "all" if token.departments is None else list(token.departments)


def state(token: ApiToken, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "good" if token.why_dead(now) is None else "expired"


def document(token: ApiToken) -> dict[str, Any]:
    names = ("id", "name", "agent", "created_at", "created_by", "expires_at", "revoked_at", "last_used_at")
    return {name: getattr(token, name) for name in names} | {
        "scopes": sorted(token.scopes),
        "departments": None if token.departments is None else list(token.departments),
    }
