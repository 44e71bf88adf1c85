"""The repeat by the schedule (U7): probes that are due, one letter a death and one when it is back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.desk.forwarding.probing import send_probe
from gateway.desk.forwarding.report import gateway_of
from gateway.domain.organisation import Organisation
from gateway.domain.probes import Arrival, Place
from gateway.workers.forwarding import watch_forwarding
from storage import outbox, probes
from tests.desk.values import ORGANISATION

Sessions = async_sessionmaker[AsyncSession]

BOX = "info@company.test"
ARRIVED = Arrival(
    gateway="support@desk.test",
    route_reason="the envelope names support@desk.test",
    to=(BOX,),
    to_survived=True,
    places=(Place("the envelope", "support@desk.test", True),),
    author="support@desk.test",
    author_survived=True,
    answers_to_author=False,
    known_by_reply_to=False,
    reverse_path="support@desk.test",
    path_kept=True,
    spf="pass",
    spf_domain="desk.test",
    dkim="none",
    dmarc="none",
    arc="none",
    aligned=True,
    auth_reason="SPF passed",
    sealers=("google.com",),
)


def watched(hours: float = 24, **changes: Any) -> Organisation:
    support = replace(ORGANISATION.gateways[0], forwarded_from=(BOX,), verify_every=timedelta(hours=hours), **changes)
    return replace(ORGANISATION, gateways=(support, *ORGANISATION.gateways[1:]))


def nothing() -> None:
    """Nobody waits."""


async def kinds(sessions: Sessions) -> list[tuple[str, list[str]]]:
    async with sessions() as session:
        return [(each.kind, [one["address"] for one in each.recipients]) for each in reversed(await outbox.list_outbox(session))]


async def elapse(sessions: Sessions, minutes: float) -> None:
    async with sessions.begin() as session:
        await session.execute(text("UPDATE forwarding_probes SET sent_at = sent_at - make_interval(mins => :m)"), {"m": round(minutes)})


async def comes_back(sessions: Sessions, arrival: Arrival = ARRIVED) -> None:
    async with sessions.begin() as session:
        newest = (await probes.latest(session))[BOX]
        await probes.arrived(session, newest.number, None, arrival)


async def test_a_death_is_told_once_and_the_return_once(sessions: Sessions) -> None:
    desk = watched()
    assert await watch_forwarding(sessions, desk, nothing) == 1
    assert await kinds(sessions) == [("probe", [BOX])]
    assert await watch_forwarding(sessions, desk, nothing) == 0, "a probe is under way"
    await comes_back(sessions)
    assert await watch_forwarding(sessions, desk, nothing) == 0, "it works, and nobody has to be told"
    await elapse(sessions, 24 * 60 + 1)
    assert await watch_forwarding(sessions, desk, nothing) == 1
    await elapse(sessions, 61)
    told = [("forwarding_failed", ["dana@staff.test"]), ("forwarding_failed", ["oleg@staff.test"])]
    assert await watch_forwarding(sessions, desk, nothing) == 3, "a letter a language, and the next probe"
    assert await kinds(sessions) == [("probe", [BOX])] * 2 + told + [("probe", [BOX])]
    await elapse(sessions, 61)
    assert await watch_forwarding(sessions, desk, nothing) == 1, "while it is dead it is tried hourly, and told no more"
    await comes_back(sessions)
    assert await watch_forwarding(sessions, desk, nothing) == 2
    assert [kind for kind, _ in await kinds(sessions)][-2:] == ["forwarding_restored"] * 2
    assert await watch_forwarding(sessions, desk, nothing) == 0


async def test_the_letters_say_what_the_probe_showed(sessions: Sessions) -> None:
    desk = watched()
    await watch_forwarding(sessions, desk, nothing)
    await comes_back(sessions, replace(ARRIVED, author=BOX, author_survived=False))
    await watch_forwarding(sessions, desk, nothing)
    async with sessions() as session:
        rows = (await session.execute(text("SELECT subject, text FROM outbox_messages WHERE kind = 'forwarding_failed' ORDER BY id"))).all()
    (subject, english), (_, russian) = rows
    assert BOX in subject
    assert f"{BOX} stands in From" in english and f"deskgate gateways verify {BOX}" in english
    assert f"в поле From стоит {BOX}" in russian


async def test_the_letter_names_the_time_that_was_waited(sessions: Sessions) -> None:
    desk = watched(hours=0.5)
    await watch_forwarding(sessions, desk, nothing)
    async with sessions.begin() as session:
        await session.execute(text("UPDATE outbox_messages SET state = 'sent', sent_at = now()"))
    await elapse(sessions, 16)
    await watch_forwarding(sessions, desk, nothing)
    async with sessions() as session:
        english = await session.scalar(text("SELECT text FROM outbox_messages WHERE kind = 'forwarding_failed' ORDER BY id LIMIT 1"))
    assert "has not come back within 15 minutes" in english


@pytest.mark.parametrize(
    "desk",
    [
        watched(enabled=False),
        replace(ORGANISATION, gateways=(replace(ORGANISATION.gateways[0], forwarded_from=(BOX,)), *ORGANISATION.gateways[1:])),
    ],
    ids=["switched off", "without verify_hours"],
)
async def test_what_is_switched_off_or_not_asked_for_is_left_alone(sessions: Sessions, desk: Organisation) -> None:
    assert await watch_forwarding(sessions, desk, nothing) == 0
    assert await kinds(sessions) == []


async def test_while_sending_is_paused_nobody_is_told_of_a_death(sessions: Sessions) -> None:
    desk = watched()
    await watch_forwarding(sessions, desk, nothing)
    async with sessions.begin() as session:
        await outbox.hold(session, "tests")
    await elapse(sessions, 61)
    assert await watch_forwarding(sessions, desk, nothing) == 0


async def test_a_gateway_without_outside_mailboxes_is_probed_itself(sessions: Sessions) -> None:
    own = replace(ORGANISATION.gateways[0], verify_every=timedelta(hours=1))
    await watch_forwarding(sessions, replace(ORGANISATION, gateways=(own, *ORGANISATION.gateways[1:])), nothing)
    assert await kinds(sessions) == [("probe", ["support@desk.test"])]


async def test_a_probe_that_somebody_gave_up_counts_when_it_comes_late(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        number = await send_probe(session, BOX, ORGANISATION)
    async with sessions.begin() as session:
        await probes.give_up(session, number)
        assert (await probes.latest(session, (BOX,)))[BOX].state == "dead"
    await comes_back(sessions)
    async with sessions() as session:
        probe = (await probes.latest(session))[BOX]
    assert (probe.state, probe.arrival) == ("working", ARRIVED)
    assert probe.last_success_at == probe.arrived_at


async def test_nobody_is_alarmed_because_somebody_waited_for_seconds_only(sessions: Sessions) -> None:
    desk = watched()
    async with sessions.begin() as session:
        await probes.give_up(session, await send_probe(session, BOX, desk))
    assert await watch_forwarding(sessions, desk, nothing) == 0
    await elapse(sessions, 61)
    assert await watch_forwarding(sessions, desk, nothing) == 3


async def test_the_first_arrival_counts(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        number = await send_probe(session, BOX, ORGANISATION)
        await probes.arrived(session, number, None, ARRIVED)
        await probes.arrived(session, number, None, replace(ARRIVED, gateway=None))
        found = await probes.known(session, number)
        probe = await probes.show(session, number)
    assert found is not None and found.seen
    assert probe is not None and probe.arrival == ARRIVED


async def test_where_an_address_leads_is_known_after_it_has_died(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await send_probe(session, BOX, ORGANISATION)
    await comes_back(sessions, replace(ARRIVED, gateway="sales@desk.test"))
    async with sessions.begin() as session:
        await send_probe(session, BOX, ORGANISATION)
        probe = (await probes.latest(session))[BOX]
    assert (probe.arrival, probe.last_gateway) == (None, "sales@desk.test")
    gateway = gateway_of(probe, ORGANISATION)
    assert gateway is not None and gateway.address == "sales@desk.test"


async def test_an_address_that_never_worked_is_forgotten_altogether(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await send_probe(session, "typo@company.test", ORGANISATION)
    await elapse(sessions, 100 * 24 * 60)
    async with sessions.begin() as session:
        assert await probes.forget(session) == 1
        assert await probes.latest(session) == {}


async def test_old_probes_are_forgotten_but_for_the_last_ones(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        first, second, third = [await send_probe(session, BOX, ORGANISATION) for _ in range(3)]
        await probes.arrived(session, second, None, ARRIVED)
    await elapse(sessions, 100 * 24 * 60)
    async with sessions.begin() as session:
        assert await probes.forget(session) == 1
        left = [number for number in (first, second, third) if await probes.show(session, number) is not None]
    assert left == [second, third]


def test_a_job_of_the_schedule_does_it() -> None:
    from gateway.app.intake import jobs

    made: Callable[..., Any] = jobs
    assert "forwarding" in {each.name for each in made(None, None, None)}
