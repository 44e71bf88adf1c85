"""Rules that no mail sets off, against a real database: on events, and on clients who are kept waiting (U8)."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

import gateway.desk.firing as firing
import storage.firing
from gateway.desk.change import change
from gateway.desk.record import Recorded
from gateway.domain.actor import SYSTEM, Actor
from gateway.domain.firing import LastMail
from gateway.domain.organisation import Budget
from gateway.domain.rules import ROUND_ROBIN, Actions, AllOf, DepartmentIs, PriorityIs, Rule, StatusIs, Unanswered
from gateway.domain.states import ArticleKind, EventKind, Priority, Role, Status
from gateway.domain.steps import AddArticle, AddTags, Note, SetCategory, SetPriority, SetStatus, Step
from tests.desk.test_process import Desk, Sessions, reply_of_dana
from tests.desk.values import ORGANISATION, box, client_letter_id, envelope, mail, token_address

DANA = Actor(Role.AGENT, "Dana Agent", "dana@staff.test")
OVERDUE = Rule("overdue", "unanswered", AllOf((Unanswered(4),)), Actions(priority=Priority.HIGH, notify=("oleg@staff.test",)))
LATER = Rule("later", "unanswered", AllOf((Unanswered(24),)), Actions(priority=Priority.URGENT))


class RuledDesk(Desk):
    """A desk with rules, where time can be made to pass and rules to fire."""

    def __init__(self, sessions: Sessions, *rules: Rule) -> None:
        super().__init__(sessions, replace(ORGANISATION, rules=rules))
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1

    async def fire(self) -> int:
        """Until everything that has happened was looked at: others who write on the server at this moment are waited for."""
        done = 0
        for _ in range(200):
            done += await firing.fire_rules(self.sessions, self.organisation, self.wake)
            behind = "SELECT coalesce(max(id), 0) > coalesce((SELECT (value ->> 'done')::bigint FROM controls), 0) FROM ticket_events"
            if await self.rows(f"{behind} WHERE actor_role <> 'system'") == [(False,)]:
                return done
            await asyncio.sleep(0.02)
        raise TimeoutError

    async def pass_hours(self, hours: float) -> None:
        async with self.sessions.begin() as session:
            for table, column in (("tickets", "client_waiting_since"), ("unanswered_rules", "waiting_since")):
                await session.execute(text(f"UPDATE {table} SET {column} = {column} - make_interval(secs => :s)"), {"s": hours * 3600})

    async def change(self, *steps: Step, actor: Actor = DANA, number: int = 1) -> None:
        async with self.sessions.begin() as session:
            effect = f"test {steps}"
            assert isinstance(await change(session, number, actor, steps, self.organisation, effect), Recorded)

    async def applied(self) -> list[object]:
        return [rule for (rule,) in await self.rows("SELECT data ->> 'rule' FROM ticket_events WHERE kind = 'rule_applied' ORDER BY id")]

    async def letters(self, kinds: Sequence[str] = ("note",)) -> list[tuple[object, ...]]:
        found = await self.rows(
            "SELECT o.kind, r.address FROM outbox_messages o JOIN outbox_recipients r ON outbox_id = o.id ORDER BY r.id"
        )
        return [each for each in found if each[0] in kinds]


async def test_a_rule_fires_once_on_a_client_who_waits(sessions: Sessions) -> None:
    desk = RuledDesk(sessions, OVERDUE)
    await desk.take(mail("Help!"))
    assert await desk.fire() == 0
    await desk.pass_hours(3.9)
    assert await desk.fire() == 0
    await desk.pass_hours(0.2)
    assert [await desk.fire(), await desk.fire()] == [1, 0]
    assert await desk.rows("SELECT priority FROM tickets") == [("high",)]
    assert await desk.letters() == [("note", "oleg@staff.test")]
    assert await desk.rows("SELECT actor_role, data FROM ticket_events WHERE kind = 'rule_applied'") == [
        (
            "system",
            {
                "rule": "overdue",
                "why": "it has waited 4 hours for an answer",
                "did": ["priority high", "notify oleg@staff.test instead of the department"],
            },
        )
    ]
    assert desk.woken == 1
    ((words,),) = await desk.rows("SELECT text FROM outbox_messages WHERE kind = 'note'")
    assert "overdue: it has waited 4 hours for an answer" in str(words)
    assert await desk.rows("SELECT r.reply_to FROM outbox_recipients r JOIN outbox_messages o ON o.id = outbox_id WHERE kind = 'note'") == [
        (token_address(1, "oleg@staff.test"),)
    ]


async def test_two_nodes_at_once_fire_a_rule_once(sessions: Sessions) -> None:
    desk = RuledDesk(sessions, OVERDUE, Rule("tagged", EventKind.TAGGED, then=Actions(category="Tagged")))
    await desk.take(mail("Help!"))
    await desk.pass_hours(5)
    await desk.change(AddTags(("vip",)))
    await asyncio.gather(*(desk.fire() for _ in range(4)))
    assert sorted(map(str, await desk.applied())) == ["overdue", "tagged"]


async def test_after_the_agents_answer_a_rule_does_not_fire_and_when_the_client_waits_again_it_does(sessions: Sessions) -> None:
    desk = RuledDesk(sessions, OVERDUE)
    await desk.take(mail("Help!"))
    await desk.take(reply_of_dana(1), envelope("dana@staff.test", token_address(1)))
    await desk.pass_hours(5)
    assert await desk.fire() == 0
    await desk.take(mail("It still burns.", in_reply_to=(client_letter_id(1),)))
    assert await desk.fire() == 0
    await desk.pass_hours(5)
    assert await desk.fire() == 1
    await desk.take(reply_of_dana(1, "And now?"), envelope("dana@staff.test", token_address(1)))
    await desk.take(mail("It burns, I said.", in_reply_to=(client_letter_id(1),)))
    await desk.pass_hours(5)
    assert [await desk.fire(), await desk.fire()] == [1, 0]
    assert await desk.applied() == ["overdue", "overdue"]


async def test_each_rule_has_its_own_time_unless_one_above_stops(sessions: Sessions) -> None:
    desk = RuledDesk(sessions, OVERDUE, LATER)
    await desk.take(mail("Help!"))
    await desk.pass_hours(5)
    await desk.fire()
    await desk.pass_hours(20)
    await desk.fire()
    assert await desk.applied() == ["overdue", "later"]
    assert await desk.rows("SELECT priority FROM tickets") == [("urgent",)]
    desk.organisation = replace(desk.organisation, rules=(replace(OVERDUE, then=Actions(category="Late", stop=True)), LATER))
    await desk.take(mail("Help me too!", author=box("bob@client.test", "Bob")))
    await desk.pass_hours(30)
    await desk.fire()
    assert await desk.applied() == ["overdue", "later", "overdue"]
    assert await desk.fire() == 0


async def test_a_ticket_that_does_not_fit_is_weighed_again_and_keeps_no_other_from_its_turn(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firing, "MOST_WAITING", 2)
    condition = AllOf((Unanswered(4), PriorityIs((Priority.LOW,))))
    desk = RuledDesk(sessions, Rule("low", "unanswered", condition, Actions(category="Late")))
    for number in range(5):
        await desk.take(mail(f"Help {number}!", author=box(f"c{number}@client.test")))
    await desk.change(SetPriority(Priority.LOW), number=5)
    await desk.pass_hours(5)
    assert [await desk.fire() for _ in range(3)] == [0, 0, 1]
    await desk.change(SetPriority(Priority.LOW), number=1)
    assert sum([await desk.fire() for _ in range(3)]) == 1
    assert await desk.rows("SELECT number FROM tickets WHERE category = 'Late' ORDER BY number") == [(1,), (5,)]


async def test_nobody_waits_on_a_ticket_that_has_ended(sessions: Sessions) -> None:
    desk = RuledDesk(sessions, OVERDUE)
    await desk.take(mail("Help!"))
    await desk.change(SetStatus(Status.CLOSED))
    await desk.pass_hours(5)
    assert await desk.fire() == 0


async def test_a_rule_fires_once_on_what_people_do(sessions: Sessions) -> None:
    rule = Rule("closing", EventKind.STATUS_CHANGED, StatusIs((Status.PENDING,)), Actions(tags=("parked",), assignee=ROUND_ROBIN))
    desk = RuledDesk(sessions, rule)
    await desk.take(mail("Help!"))
    await desk.change(SetStatus(Status.OPEN))
    assert await desk.fire() == 0
    await desk.change(SetStatus(Status.PENDING))
    assert [await desk.fire(), await desk.fire()] == [1, 0]
    assert await desk.rows("SELECT assignee, (SELECT tag FROM ticket_tags) FROM tickets") == [("dana@staff.test", "parked")]
    assert await desk.letters(("assigned",)) == [("assigned", "dana@staff.test")]


@pytest.mark.parametrize("kind", [EventKind.CREATED, EventKind.CLIENT_REPLIED])
async def test_a_client_is_answered_with_a_template_and_it_counts(sessions: Sessions, kind: EventKind) -> None:
    desk = RuledDesk(sessions, Rule("soon", kind, then=Actions(answer="soon")))
    desk.organisation = replace(
        desk.organisation, template_files=(("en/soon.txt", "Subject: Soon\n\nWe are on it, {{ client.name }}.\n"),), budget=Budget(3)
    )
    await desk.take(mail("Help!"))
    await desk.take(mail("Please!", in_reply_to=(client_letter_id(1),)))
    assert await desk.fire() == 1
    assert await desk.rows("SELECT subject FROM outbox_messages WHERE text LIKE '%We are on it, Anna.%'") == [("Soon [#1]",)]
    assert await desk.rows("SELECT count(*) FROM automatic_letters") == [(2,)]


@pytest.mark.parametrize(("aligned", "greeted"), [(True, "on it, Anna."), (False, "on it, .")])
async def test_an_answer_repeats_the_name_of_a_proven_client_alone(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, aligned: bool, greeted: str
) -> None:
    async def last_mail(*_given: object) -> LastMail:
        return LastMail("message", "anna@client.test", disowned=False, silenced=None, aligned=aligned)

    monkeypatch.setattr(storage.firing, "last_mail", last_mail)
    desk = RuledDesk(sessions, Rule("soon", EventKind.CREATED, then=Actions(answer="soon")))
    desk.organisation = replace(desk.organisation, template_files=(("en/soon.txt", "Subject: Soon\n\nWe are on it, {{ client.name }}.\n"),))
    await desk.take(mail("Help!"))
    assert await desk.fire() == 1
    [(letter,)] = await desk.rows("SELECT text FROM outbox_messages WHERE subject LIKE 'Soon%'")
    assert greeted in str(letter)


async def test_answers_of_rules_stay_within_the_budgets_and_the_ticket_says_why(sessions: Sessions) -> None:
    desk = RuledDesk(sessions, Rule("soon", EventKind.CLIENT_REPLIED, then=Actions(answer="soon", tags=("seen",))))
    desk.organisation = replace(desk.organisation, template_files=(("en/soon.txt", "Subject: Soon\n\nSoon.\n"),), budget=Budget(3))
    await desk.take(mail("Help!"))
    for number in range(5):
        await desk.take(mail(f"Please {number}!", in_reply_to=(client_letter_id(1),)))
    assert await desk.fire() == 5
    assert await desk.rows("SELECT count(*) FROM outbox_messages WHERE subject LIKE 'Soon%'") == [(2,)]
    assert await desk.rows("SELECT data ->> 'why', count(*) FROM ticket_events WHERE kind = 'silenced' GROUP BY 1") == [
        ("the hour's budget of 3 automatic letters for this address is spent", 3)
    ]


async def test_a_rule_does_not_fire_on_what_a_rule_did(sessions: Sessions) -> None:
    ping = Rule("ping", EventKind.CATEGORY_CHANGED, then=Actions(priority=Priority.HIGH, tags=("ping",)))
    pong = Rule("pong", EventKind.PRIORITY_CHANGED, then=Actions(category="Pong"))
    desk = RuledDesk(sessions, ping, pong)
    await desk.take(mail("Help!"))
    await desk.change(SetCategory("Bugs"))
    await desk.change(AddArticle(ArticleKind.NOTE, "by the desk", private=True), SetPriority(Priority.LOW), actor=SYSTEM)
    assert [await desk.fire(), await desk.fire(), await desk.fire()] == [1, 0, 0]
    assert await desk.applied() == ["ping"]


async def test_what_a_rule_did_to_mail_that_it_took_in_sets_off_none(sessions: Sessions) -> None:
    on_mail = Rule("mail", then=Actions(category="Mail", priority=Priority.HIGH))
    desk = RuledDesk(sessions, on_mail, Rule("pong", EventKind.CATEGORY_CHANGED, then=Actions(category="Pong")))
    await desk.take(mail("Help!"))
    assert await desk.fire() == 0
    assert await desk.applied() == ["mail"]


async def test_a_rule_that_is_added_does_not_fire_on_the_past(sessions: Sessions) -> None:
    rule = Rule("tagged", EventKind.TAGGED, then=Actions(category="Tagged"))
    desk = RuledDesk(sessions)
    await desk.take(mail("Help!"))
    await desk.change(AddTags(("vip",)))
    assert await desk.fire() == 0
    desk.organisation = replace(ORGANISATION, rules=(rule,))
    assert await desk.fire() == 0
    await desk.change(AddTags(("eu",)))
    assert await desk.fire() == 1


async def test_a_desk_that_never_fired_rules_leaves_its_past_alone(sessions: Sessions) -> None:
    desk = RuledDesk(sessions, Rule("tagged", EventKind.TAGGED, then=Actions(category="Tagged")))
    await desk.take(mail("Help!"))
    await desk.change(AddTags(("vip",)))
    async with sessions.begin() as session:
        await session.execute(text("UPDATE ticket_events SET at = at - interval '11 minutes'"))
    assert await desk.fire() == 0


async def test_an_event_that_commits_after_a_later_one_is_not_missed(sessions: Sessions) -> None:
    desk = RuledDesk(sessions, Rule("tagged", EventKind.TAGGED, then=Actions(status=Status.PENDING)))
    await desk.take(mail("Help!"))
    await desk.take(mail("Help me too!", author=box("bob@client.test", "Bob")))
    await desk.fire()
    async with sessions() as slow:
        await change(slow, 1, DANA, [AddTags(("slow",))], desk.organisation, "slow")
        await desk.change(AddTags(("quick",)), number=2)
        for _ in range(3):
            assert await firing.fire_rules(sessions, desk.organisation, desk.wake) == 0
        await slow.commit()
    assert await desk.fire() == 2
    assert await desk.rows("SELECT number FROM tickets WHERE status = 'pending' ORDER BY number") == [(1,), (2,)]


async def test_transactions_that_are_counted_anew_do_not_stop_rules(sessions: Sessions) -> None:
    """As after a restore from a dump into another server."""
    desk = RuledDesk(sessions, Rule("tagged", EventKind.TAGGED, then=Actions(status=Status.PENDING)))
    await desk.take(mail("Help!"))
    await desk.fire()
    async with sessions.begin() as session:
        await session.execute(text("""UPDATE controls SET value = value || '{"noted": 0, "before": 1000000000000}' WHERE name = 'rules'"""))
    await desk.change(AddTags(("vip",)))
    async with sessions() as other:
        await other.execute(text("SELECT pg_current_xact_id()"))
        await firing.fire_rules(sessions, desk.organisation, desk.wake)
    assert await desk.fire() == 1


async def test_an_event_that_fails_keeps_no_other_from_being_seen(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = RuledDesk(sessions, Rule("tagged", EventKind.TAGGED, then=Actions(status=Status.PENDING)))
    await desk.take(mail("Help!"))
    await desk.take(mail("Help me too!", author=box("bob@client.test", "Bob")))
    await desk.change(AddTags(("a",)), number=1)
    await desk.change(AddTags(("b",)), number=2)
    carry_out = firing.carry_out

    async def failing(session: AsyncSession, fired: firing.Firing, *rest: object) -> Recorded | None:
        done = await carry_out(session, fired, *rest)  # type: ignore[arg-type]
        if fired.ticket.number == 1:
            raise ValueError("of its own")
        return done

    monkeypatch.setattr(firing, "carry_out", failing)
    assert [await desk.fire(), await desk.fire()] == [1, 0]
    assert await desk.rows("SELECT number FROM tickets WHERE status = 'pending'") == [(2,)]


async def test_more_events_than_a_run_takes_are_taken_by_the_next(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firing, "MOST_EVENTS", 2)
    desk = RuledDesk(sessions, Rule("tagged", EventKind.TAGGED, DepartmentIs(("support",)), Actions(tags=("seen",))))
    await desk.take(mail("Help!"))
    for number in range(5):
        await desk.change(AddTags((f"t{number}",)))
    assert await desk.fire() == 5
    assert await desk.fire() == 0


async def test_the_last_mail_of_a_client_tells_how_it_came(sessions: async_sessionmaker[AsyncSession]) -> None:
    desk = RuledDesk(sessions)
    await desk.take(mail("Help!"), inbound_id=9)
    async with sessions.begin() as session:
        assert await storage.firing.last_mail(session, 1) is None
        await session.execute(
            text("""
                INSERT INTO inbound_messages (id, reverse_path, recipients, entry, peer, size, redelivery_key, trace_id, kind, dmarc)
                OVERRIDING SYSTEM VALUE VALUES (9, 'anna@client.test', '{}', 'smtp', '{}', 1, '', '', 'auto_reply', 'fail')
            """)
        )
        found = await storage.firing.last_mail(session, 1)
        assert found == LastMail("auto_reply", "anna@client.test", disowned=True, silenced=None, aligned=False)
        await session.execute(text("""UPDATE inbound_messages SET verdict = '{"aligned": true, "source": "arc"}', kind = 'message'"""))
        await session.execute(
            text("""
                INSERT INTO ticket_events (ticket, kind, actor_role, data, inbound_id)
                VALUES (1, 'silenced', 'client', '{"why": "a list sent it"}', 9)
            """)
        )
        found = await storage.firing.last_mail(session, 1)
        assert found == LastMail("message", "anna@client.test", disowned=False, silenced="a list sent it", aligned=True)


async def test_on_what_befalls_a_ticket_a_rule_fires_once_a_day(sessions: Sessions) -> None:
    """Its own letter may be lost as well, and tell of it."""
    desk = RuledDesk(sessions, Rule("lost", EventKind.DELIVERY_FAILED, then=Actions(tags=("lost",), notify=("dana@staff.test",))))
    await desk.take(mail("Help!"))
    for _ in range(3):
        await desk.change(Note(EventKind.DELIVERY_FAILED, {"outbox": 1}), actor=SYSTEM)
        await desk.fire()
    assert await desk.applied() == ["lost"]
    async with sessions.begin() as session:
        await session.execute(text("UPDATE ticket_events SET at = at - interval '25 hours'"))
    await desk.change(Note(EventKind.DELIVERY_FAILED, {"outbox": 1}), actor=SYSTEM)
    await desk.fire()
    assert await desk.applied() == ["lost", "lost"]
