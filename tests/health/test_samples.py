"""A row a minute of how the desk fares, counted once each, and addresses that were heard of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from gateway.domain.health import RoleAtWork, Sample, Seen
from gateway.domain.organisation import FromAddress
from gateway.workers.health import sample, seen_of
from storage import health
from tests.desk.values import ORGANISATION
from tests.health.kept import Sessions, age_samples, letter, mail

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def all_samples(sessions: Sessions) -> list[Sample]:
    async with sessions() as session:
        return await health.samples(session, LONG_AGO)


async def taken(sessions: Sessions) -> Sample | None:
    async with sessions.begin() as session:
        return await health.take_sample(session)


async def test_an_empty_desk_is_sampled_too(sessions: Sessions) -> None:
    await sample(sessions, ORGANISATION)
    [found] = await all_samples(sessions)
    assert replace(found, at=LONG_AGO) == Sample(LONG_AGO)


async def test_what_happened_within_the_minute_is_counted_and_what_waits_is_as_old_as_it_is(sessions: Sessions) -> None:
    for ago in (30, 40, 70, 3600):
        await mail(sessions, ago)
    await mail(sessions, 600, "queued", outcome=None)
    await mail(sessions, 50, "buried")
    await mail(sessions, 9000, "held")
    await letter(sessions, written=45, sent=40)
    await letter(sessions, written=7200, sent=40)
    await letter(sessions, written=7200, sent=7000)
    await letter(sessions, written=300, state="queued")
    await letter(sessions, written=7200, state="failed", ended=30)
    await letter(sessions, written=7200, state="bounced", ended=300)
    found = await taken(sessions)
    assert found is not None
    assert (found.arrived, found.buried, found.sent, found.failed) == (4, 1, 2, 1), "what is buried came as well"
    assert (found.inbound_waiting, found.outbox_waiting, found.held) == (1, 1, 1)
    assert 600 <= found.inbound_seconds < 660
    assert 300 <= found.outbox_seconds < 360


async def test_mail_between_two_samples_is_in_one_of_them(sessions: Sessions) -> None:
    assert await taken(sessions) is not None
    # Too late for that one, which ends 20 s behind the present; and what comes now.
    await mail(sessions, 10)
    await mail(sessions, 0)
    assert await taken(sessions) is None, "half a minute has not passed"
    await a_minute_passes(sessions)
    second = await taken(sessions)
    assert second is not None and second.arrived == 2
    await a_minute_passes(sessions)
    third = await taken(sessions)
    assert third is not None and third.arrived == 0


async def a_minute_passes(sessions: Sessions) -> None:
    await age_samples(sessions, 60)
    async with sessions.begin() as session:
        await session.execute(text("UPDATE inbound_messages SET received_at = received_at - interval '60 seconds'"))


async def test_a_service_that_stood_still_counts_what_came_meanwhile(sessions: Sessions) -> None:
    assert await taken(sessions) is not None
    await age_samples(sessions, 7200)
    for ago in (7000, 3600, 100):
        await mail(sessions, ago)
    after = await taken(sessions)
    assert after is not None and after.arrived == 3


async def test_samples_and_nodes_are_kept_for_two_weeks(sessions: Sessions) -> None:
    await taken(sessions)
    async with sessions.begin() as session:
        await health.hear_of_node(session, "mx1", "1.0", [RoleAtWork("listener", 2, 1, 3)], stopping=False)
        await health.hear_of_node(session, "mx1", "1.1", [RoleAtWork("listener", 2, 2, 3)], stopping=True)
        [node] = await health.nodes(session)
        assert (node.name, node.version, node.roles, node.stopping) == ("mx1", "1.1", (RoleAtWork("listener", 2, 2, 3),), True)
        assert await health.forget(session) == 0
    await age_samples(sessions, timedelta(days=15).total_seconds())
    async with sessions.begin() as session:
        assert await health.forget(session) == 1
        assert len(await health.nodes(session)) == 1


async def test_each_address_of_ours_is_known_by_its_last_mail_and_letter(sessions: Sessions) -> None:
    desk = replace(ORGANISATION, from_addresses=(FromAddress("boss@company.test", "Boss"),))
    await mail(sessions, 500, to="Support+vip@desk.test")
    await mail(sessions, 300, to="support@desk.test")
    await mail(sessions, 100, to="support@desk.test", outcome="probe")
    await mail(sessions, 200, to="anybody@any.test")
    await mail(sessions, 50, to="r+token@desk.test", outcome="agent_reply")
    await letter(sessions, written=90, sent=80, author="Boss@company.test")
    await letter(sessions, written=90, sent=70, author="stranger@client.test")
    await sample(sessions, desk)
    async with sessions() as session:
        found = await health.seen(session, ["support@desk.test", "*@any.test", "boss@company.test", "stranger@client.test", "r@desk.test"])
    assert found.keys() == {"support@desk.test", "*@any.test", "boss@company.test"}
    now = datetime.now(UTC)
    seconds = {each: ((now - one.mail_at).total_seconds() if one.mail_at else None) for each, one in found.items()}
    assert seconds["boss@company.test"] is None and found["boss@company.test"].letter_at is not None
    assert 300 <= (seconds["support@desk.test"] or 0) < 360, "a probe of ours is no mail"
    assert 200 <= (seconds["*@any.test"] or 0) < 260


async def test_what_is_known_of_later_holds(sessions: Sessions) -> None:
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    async with sessions.begin() as session:
        await health.remember_seen(session, {"a@desk.test": Seen(mail_at=late)})
        await health.remember_seen(session, {"a@desk.test": Seen(mail_at=early, letter_at=early)})
        assert await health.seen(session, ["a@desk.test"]) == {"a@desk.test": Seen(late, early)}


def test_mail_that_belongs_to_another_gateway_than_its_envelope_counts_for_both() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    found = seen_of([("support@desk.test", at), ("sales@desk.test", at), ("gone@elsewhere.test", at)], [], ORGANISATION)
    assert found == {"support@desk.test": Seen(at), "sales@desk.test": Seen(at)}
