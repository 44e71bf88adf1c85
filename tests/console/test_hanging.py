"""A database that hangs: whoever waits for a page is told soon."""

import asyncio
import time

import pytest
from starlette.requests import Request

from gateway.console import console
from gateway.console.visit import Seat
from tests.console.site import Sessions, console_site
from tests.waiting import PATIENCE


async def test_whoever_comes_while_the_database_hangs_is_told_that_it_does(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody_answers(_request: Request, *, quiet: bool = False) -> Seat | None:
        await asyncio.Event().wait()
        return None

    monkeypatch.setattr(console, "ASKING_SECONDS", 0.2)
    async with console_site(sessions) as site:
        assert (await site.get("/tickets")).status == 200
        monkeypatch.setattr(site.door, "seat", nobody_answers)
        began = time.monotonic()
        answer = await site.get("/tickets")
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
        assert time.monotonic() - began < PATIENCE
