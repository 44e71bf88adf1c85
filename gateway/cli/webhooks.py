"""`deskgate webhooks`: other systems that are told what becomes of tickets."""

import argparse
import secrets
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.cli.exits import Exit, Fail
from gateway.cli.output import moment, print_fields, print_json, print_table, say
from gateway.cli.work import Work, work
from gateway.config.convert_webhooks import webhooks as configured_webhooks
from gateway.domain.webhooks import Webhook, secret_text
from storage import webhooks

SECRET_OCTETS = 32


async def list_webhooks(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        found = await documents(session, opened)
    if options.json:
        print_json(found)
        return
    print_webhooks(found)


def print_webhooks(found: list[dict[str, Any]]) -> None:
    headings = ("name", "state", "host", "queued", "failed", "last taken", "last failure", "why")
    columns = ("name", "state", "host", "queued", "failed", "last_success_at", "last_failure_at")
    rows = [[*(each[name] for name in columns), why(each)] for each in found]
    print_table(headings, rows, "no webhooks: give the configuration a [[webhook]]")


async def documents(session: AsyncSession, opened: Work) -> list[dict[str, Any]]:
    """Those of the configuration in its order, then those that it has no longer and for which something waits."""
    known, wanted = await webhooks.list_webhooks(session), {each.name: each for each in configured_webhooks(opened.settings)}
    left = [each for each in known if each not in wanted and known[each].queued]
    return [document(name, wanted.get(name), known.get(name)) for name in (*wanted, *left)]


def document(name: str, hook: Webhook | None, known: webhooks.Listed | None) -> dict[str, Any]:
    return {
        "name": name,
        "state": state_of(hook, known),
        "host": None if hook is None else hook.host,
        "departments": None if hook is None or hook.departments is None else list(hook.departments),
        "queued": 0 if known is None else known.queued,
        "failed": 0 if known is None else known.failed,
        "oldest_queued_at": told(None if known is None else known.oldest),
        "last_success_at": told(None if known is None else known.last_success_at),
        "last_failure_at": told(None if known is None else known.last_failure_at),
        "last_error": None if known is None else known.last_error,
        "failing_since": told(None if known is None else known.failing_since),
        "disabled_at": told(None if known is None else known.disabled_at),
        "disabled_why": None if known is None else known.disabled_why,
    }


def state_of(hook: Webhook | None, known: webhooks.Listed | None) -> str:
    if hook is None:
        return "removed"
    if known is None or not known.active:
        # No sender has read this configuration yet.
        return "new"
    if known.disabled_at is not None:
        return "disabled"
    return "failing" if known.failing_since is not None else "enabled"


def why(found: dict[str, Any]) -> str | None:
    return found["disabled_why"] or (found["last_error"] if found["state"] == "failing" else None)


def told(value: datetime | None) -> str | None:
    return None if value is None else moment(value)


async def show(options: argparse.Namespace) -> None:
    if options.which.isascii() and options.which.isdecimal():
        await show_delivery(options, int(options.which))
        return
    async with work(options) as opened, opened.sessions() as session:
        await known_name(session, opened, options.which)
        found = await webhooks.list_deliveries(session, options.which, options.state, options.limit)
        opened.deed.about("ticket", *(each["ticket"] for each in found))
    if options.json:
        print_json(found)
        return
    columns = ("id", "ticket", "type", "state", "attempts", "created_at", "next_attempt_at", "last_status", "last_error")
    headings = ("id", "ticket", "event", "state", "attempts", "created", "next attempt", "status", "error")
    print_table(headings, [[each[name] for name in columns] for each in found], "no deliveries: nothing has happened that it wants to know")


async def show_delivery(options: argparse.Namespace, delivery: int) -> None:
    async with work(options) as opened, opened.sessions() as session:
        found = await webhooks.show_delivery(session, delivery)
        if found is None:
            raise Fail(f"there is no delivery {delivery}; `deskgate webhooks show` with a webhook's name lists its deliveries")
        opened.deed.about("ticket", found["ticket"])
    if options.json:
        print_json(found)
        return
    print_fields({name: value for name, value in found.items() if name != "payload"})
    if found["payload"] is not None:
        print()
        print_json(found["payload"])


async def enable(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.changing() as session:
        await known_name(session, opened, options.name)
        since = await webhooks.enable(session, options.name)
        if since is None:
            raise Fail(f"{options.name} is not disabled")
        missed = await webhooks.missed(session, options.name, since)
        opened.deed.note(missed=missed)
    if options.json:
        print_json({"name": options.name, "disabled_at": moment(since), "missed": missed})
        return
    print(f"{options.name}: told again from now on; what waited for it goes out")
    if missed:
        print(f"events since {moment(since)} that it was not told of: {missed}; to tell them:")
        print(f"  deskgate webhooks replay --webhook {options.name} --since {moment(since)}")


async def disable(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.changing() as session:
        await known_name(session, opened, options.name)
        if not await webhooks.disable(session, options.name, options.why):
            raise Fail(f"{options.name} is disabled already")
    if options.json:
        print_json({"name": options.name, "disabled": True})
    else:
        print(f"{options.name}: told nothing until `deskgate webhooks enable {options.name}`")


async def replay(options: argparse.Namespace) -> None:
    if (options.since is None) == (not options.ids):
        raise Fail("give either numbers of deliveries or --since", Exit.USAGE)
    if options.webhook is not None and options.since is None:
        raise Fail("--webhook goes with --since: a delivery's number says which webhook it is of", Exit.USAGE)
    async with work(options) as opened, opened.changing() as session:
        number = await (replayed_since(session, opened, options) if options.since is not None else replayed_ids(session, options.ids))
        opened.deed.note(deliveries=number)
    if options.json:
        print_json({"deliveries": number})
    else:
        print(f"to be told again: {number}")


async def replayed_ids(session: AsyncSession, ids: list[int]) -> int:
    done = await webhooks.replay(session, ids)
    left = sorted(set(ids) - set(done))
    if left:
        raise Fail(f"there is no such delivery, or it is under way at this moment: {', '.join(map(str, left))}")
    return len(done)


async def replayed_since(session: AsyncSession, opened: Work, options: argparse.Namespace) -> int:
    names = [each.name for each in configured_webhooks(opened.settings)]
    if options.webhook is not None:
        names = [await known_name(session, opened, options.webhook)]
    return await webhooks.replay_since(session, options.since, names)


async def known_name(session: AsyncSession, opened: Work, name: str) -> str:
    hooks = configured_webhooks(opened.settings)
    known = await webhooks.list_webhooks(session)
    if name not in known:
        names = ", ".join(sorted({*known, *(each.name for each in hooks)})) or "none"
        if any(each.name == name for each in hooks):
            raise Fail(f"{name} stands in the configuration, but no gateway has begun with it yet: `deskgate serve`, or SIGHUP")
        raise Fail(f"there is no webhook {name!r}; the configuration has {names}")
    return name


async def test(options: argparse.Namespace) -> None:
    from gateway.hooks.post import Post
    from gateway.workers.webhooks import by_name, try_out

    async with work(options) as opened:
        hooks = by_name(configured_webhooks(opened.settings))
        if options.name not in hooks:
            raise Fail(f"there is no webhook {options.name!r}; the configuration has {', '.join(hooks) or 'none'}")
        answer = await try_out(hooks[options.name], Post(), f"msg_{secrets.token_hex(16)}")
        if not answer.taken:
            opened.deed.refuse(answer.error)
    if options.json:
        print_json({"name": options.name, "taken": answer.taken, "status": answer.status, "error": answer.error or None})
    if not answer.taken:
        raise Fail(f"{options.name}: {answer.error}")
    if not options.json:
        print(f"{options.name}: took it ({answer.status})")


def new_secret(_options: argparse.Namespace) -> None:
    print(secret_text(secrets.token_bytes(SECRET_OCTETS)))
    say('keep it out of the configuration file: secret = "env:NAME" or "file:PATH"')
