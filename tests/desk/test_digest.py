"""Agents who are told in one letter of what has happened meanwhile, against a real database (C7)."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

import gateway.desk.digest as digest
from gateway.domain.organisation import Organisation
from tests.desk.test_process import Desk, Sessions
from tests.desk.values import ORGANISATION, box, client_letter_id, mail

OLEG = ORGANISATION.agents[1]


def with_agents(**changes: object) -> Organisation:
    """Where Dana and Oleg are told every hour, and Oleg is changed besides."""
    dana, oleg, ina = (replace(each, digest=timedelta(hours=1)) for each in ORGANISATION.agents)
    return replace(ORGANISATION, agents=(dana, replace(oleg, **changes), ina))  # type: ignore[arg-type]


class Gathering(Desk):
    """Agents there are told by digest."""

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(sessions, with_agents())
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1

    async def write(self) -> int:
        return await digest.write_digests(self.sessions, self.organisation, self.wake)

    async def alter(self, statement: str, **given: object) -> None:
        async with self.sessions.begin() as session:
            await session.execute(text(statement), given)

    async def pass_minutes(self, minutes: float) -> None:
        await self.alter("UPDATE digest_items SET at = at - make_interval(secs => :s)", s=minutes * 60)

    async def digests(self) -> list[tuple[object, ...]]:
        return await self.rows(
            "SELECT r.address, o.subject FROM outbox_messages o JOIN outbox_recipients r ON outbox_id = o.id"
            " WHERE kind = 'digest' ORDER BY o.id, r.id"
        )

    async def left(self) -> list[object]:
        return [agent for (agent,) in await self.rows("SELECT agent FROM digest_items ORDER BY id")]


@pytest.fixture
async def desk(sessions: Sessions) -> Gathering:
    """One message of a new ticket and one that follows; both agents of the department are to be told."""
    made = Gathering(sessions)
    await made.take(mail("Help!"))
    await made.take(mail("Please!", in_reply_to=(client_letter_id(1),)))
    return made


async def test_one_letter_tells_of_all_when_its_time_has_come_and_once(desk: Gathering) -> None:
    assert len(await desk.left()) == 4
    assert await desk.write() == 0
    await desk.pass_minutes(61)
    assert [await desk.write(), await desk.write(), desk.woken] == [2, 0, 2]
    assert await desk.digests() == [
        ("dana@staff.test", "2 notifications: Example Desk"),
        ("oleg@staff.test", "2 уведомления: Example Desk"),
    ]
    assert await desk.left() == []
    ((words, urgency, automatic, ticket, headers),) = await desk.rows(
        "SELECT text, urgency, automatic, ticket, headers FROM outbox_messages WHERE kind = 'digest' ORDER BY id LIMIT 1"
    )
    assert "[#1] Printer on fire\n→ a new ticket · Anna <anna@client.test>" in str(words)
    assert "→ a message from the client · Anna <anna@client.test>" in str(words)
    assert (urgency, automatic, ticket) == (2, True, None)
    assert headers == [
        ["From", [["Support", "support@desk.test"]]],
        ["Reply-To", [["Support", "support@desk.test"]]],
        ["To", [["Dana Agent", "dana@staff.test"]]],
        ["Auto-Submitted", "auto-generated"],
        ["X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply"],
    ]


async def test_a_kind_that_only_a_later_release_knows_is_left_to_it(desk: Gathering) -> None:
    await desk.alter("ALTER TABLE digest_items DROP CONSTRAINT ck_digest_items_kind_known")
    await desk.alter("UPDATE digest_items SET kind = 'invented_later' WHERE id IN (SELECT min(id) FROM digest_items)")
    before = await desk.left()
    await desk.pass_minutes(60)
    assert await desk.write() == 2
    assert await desk.left() == before[:1]


async def test_the_oldest_notification_says_when(desk: Gathering) -> None:
    await desk.pass_minutes(59)
    await desk.take(mail("Once more!", in_reply_to=(client_letter_id(1),)))
    assert await desk.write() == 0
    await desk.pass_minutes(2)
    assert await desk.write() == 2
    assert [subject for _, subject in await desk.digests()] == ["3 notifications: Example Desk", "3 уведомления: Example Desk"]


async def test_two_nodes_at_once_write_one_letter_an_agent(desk: Gathering) -> None:
    await desk.pass_minutes(61)
    assert sum(await asyncio.gather(*(desk.write() for _ in range(4)))) == 2
    assert len(await desk.digests()) == 2


async def test_many_notifications_fill_several_letters(desk: Gathering, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "MOST_NOTICES", 1)
    await desk.pass_minutes(61)
    assert [await desk.write() for _ in range(3)] == [2, 2, 0]


async def test_whoever_wants_no_digest_any_more_is_told_at_once(desk: Gathering) -> None:
    desk.organisation = with_agents(digest=None)
    assert await desk.write() == 1
    assert [address for address, _ in await desk.digests()] == ["oleg@staff.test"]
    assert await desk.left() == ["dana@staff.test"] * 2


@pytest.mark.parametrize("gone", [with_agents(active=False), replace(ORGANISATION, agents=with_agents().agents[:1])])
async def test_whoever_has_gone_is_told_nothing(desk: Gathering, gone: Organisation) -> None:
    desk.organisation = gone
    assert await desk.write() == 0
    assert await desk.left() == ["dana@staff.test"] * 2
    assert (await desk.digests(), desk.woken) == ([], 0)


async def test_a_digest_that_cannot_be_written_keeps_no_other_from_being(desk: Gathering, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.pass_minutes(61)
    whole = digest.digest

    def failing(*given: object) -> object:
        if given[0] != OLEG and getattr(given[0], "address", "") == "dana@staff.test":
            raise ValueError("of its own")
        return whole(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(digest, "digest", failing)
    assert await desk.write() == 1
    assert await desk.left() == ["dana@staff.test"] * 2


async def test_beside_another_desk_digests_are_recorded_and_not_sent(desk: Gathering) -> None:
    await desk.pass_minutes(61)
    desk.organisation = replace(desk.organisation, desk=replace(desk.organisation.desk, shadow=True))
    assert await desk.write() == 2
    assert await desk.rows("SELECT DISTINCT state FROM outbox_messages WHERE kind = 'digest'") == [("cancelled",)]


async def test_a_change_by_the_system_names_nobody(desk: Gathering) -> None:
    async with desk.sessions.begin() as session:
        await session.execute(text("""UPDATE digest_items SET data = '{"subject": "X", "author": "Deskgate", "address": null}'"""))
    await desk.take(mail("Other", author=box("bob@client.test", "Bob")))
    await desk.pass_minutes(61)
    await desk.write()
    ((words,),) = await desk.rows("SELECT text FROM outbox_messages WHERE kind = 'digest' ORDER BY id LIMIT 1")
    assert "Deskgate" not in str(words)
