"""One message after another against a real database: what becomes of tickets, articles, events and letters."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.desk.process import Arrived, Busy, Processed, lock_keys, process, readings
from gateway.domain.envelope import Envelope
from gateway.domain.organisation import Organisation
from gateway.domain.verdict import Verdict
from gateway.mail.message import Message
from tests.desk.values import ALIGNED, NOTHING, ORGANISATION, agent_letter_id, box, client_letter_id, envelope, mail, token_address

Sessions = async_sessionmaker[AsyncSession]


class Desk:
    """Processes messages as intake does, with made-up ids of inbound rows."""

    def __init__(self, sessions: Sessions, organisation: Organisation = ORGANISATION) -> None:
        self.sessions = sessions
        self.organisation = organisation
        self.next_id = 1

    async def take(
        self,
        message: Message,
        sent: Envelope | None = None,
        verdict: Verdict = NOTHING,
        key: bytes | None = None,
        inbound_id: int | None = None,
    ) -> Processed:
        sent = sent or envelope(message.author.address if message.author else "")
        number = inbound_id or self.next_id
        self.next_id = max(self.next_id, number) + 1
        async with self.sessions.begin() as session:
            done = await process(session, Arrived(number, sent, key or str(number).encode()), message, verdict, self.organisation)
        assert isinstance(done, Processed)
        return done

    async def rows(self, query: str) -> list[tuple[object, ...]]:
        async with self.sessions() as session:
            return [tuple(row) for row in (await session.execute(text(query))).all()]


@pytest.fixture
def desk(sessions: Sessions) -> Desk:
    return Desk(sessions)


def reply_of_dana(ticket: int, words: str = "We are on our way.", **changes: object) -> Message:
    address = token_address(ticket)
    return mail(words, author=box("dana@staff.test", "Dana"), to=(box(address),), in_reply_to=(agent_letter_id(ticket),), **changes)


async def test_a_clients_mail_becomes_a_ticket_with_two_letters(desk: Desk) -> None:
    done = await desk.take(mail("Help!"))
    assert (done.ticket, done.letters, done.decision.outcome) == (1, True, "ticket")
    assert await desk.rows("SELECT status, department, gateway, language FROM tickets") == [("new", "support", "support@desk.test", "en")]
    assert await desk.rows("SELECT kind, author_role, text FROM articles") == [("client_message", "client", "Help!")]
    letters = await desk.rows(
        "SELECT kind, subject, r.address, r.reply_to FROM outbox_messages o JOIN outbox_recipients r ON outbox_id = o.id"
    )
    assert set(letters) == {
        ("registered", "Printer on fire [#1]", "anna@client.test", None),
        ("new_ticket", "New ticket: Printer on fire [#1]", "dana@staff.test", token_address(1)),
        ("new_ticket", "Новое обращение: Printer on fire [#1]", "oleg@staff.test", token_address(1, "oleg@staff.test")),
    }


async def test_an_agents_reply_goes_to_the_client_once_and_opens_the_ticket(desk: Desk) -> None:
    first = mail("Help!")
    await desk.take(first)
    answer = reply_of_dana(1)
    done = await desk.take(answer, envelope("dana@staff.test", token_address(1)))
    again = await desk.take(answer, envelope("dana@staff.test", token_address(1)))
    assert (done.decision.outcome, again.decision.outcome) == ("agent_reply", "duplicate")
    assert await desk.rows("SELECT status FROM tickets") == [("open",)]
    [(address, headers, words)] = await desk.rows(
        "SELECT r.address, headers::text, text FROM outbox_messages o JOIN outbox_recipients r ON outbox_id = o.id "
        "WHERE kind = 'agent_reply'"
    )
    assert address == "anna@client.test"
    assert '["From", [["Dana Agent", "support@desk.test"]]]' in str(headers)
    assert f"<{first.message_id}>" in str(headers)
    assert "We are on our way." in str(words)
    assert "Auto-Submitted" not in str(headers)


async def test_a_clients_reply_reopens_a_closed_ticket_and_tells_the_assignee(desk: Desk) -> None:
    await desk.take(mail("Help!"))
    async with desk.sessions.begin() as session:
        await session.execute(text("UPDATE tickets SET status = 'closed', assignee = 'oleg@staff.test'"))
    done = await desk.take(mail("Again!", in_reply_to=(client_letter_id(1),)))
    assert (done.ticket, done.decision.outcome) == (1, "client_reply")
    assert await desk.rows("SELECT status, closed_at FROM tickets") == [("open", None)]
    told = "SELECT r.address FROM outbox_messages o JOIN outbox_recipients r ON outbox_id = o.id WHERE kind = 'client_reply'"
    assert await desk.rows(told) == [("oleg@staff.test",)]
    kinds = [kind for (kind,) in await desk.rows("SELECT kind FROM ticket_events ORDER BY id")]
    assert kinds == ["created", "client_replied", "status_changed", "reopened"]


async def test_two_siblings_of_an_unseen_mail_join_where_the_participants_overlap(desk: Desk) -> None:
    await desk.take(mail("One", references=("unseen@client.test",), cc=(box("boris@client.test"),)))
    done = await desk.take(mail("Two", author=box("boris@client.test"), references=("unseen@client.test",)))
    assert (done.ticket, done.decision.outcome) == (1, "stranger_reply")
    outsider = await desk.take(mail("Three", author=box("eve@evil.test"), references=("unseen@client.test",)))
    assert outsider.ticket == 2


async def test_the_unseen_ancestor_itself_joins_when_it_comes_late(desk: Desk) -> None:
    await desk.take(mail("The answer came first", in_reply_to=("late@client.test",)))
    done = await desk.take(mail("The question", message_id="late@client.test"))
    assert done.ticket == 1


@pytest.mark.parametrize(
    ("author", "verdict", "joins"),
    [("anna@client.test", ALIGNED, True), ("anna@client.test", NOTHING, False), ("eve@evil.test", ALIGNED, False)],
)
async def test_a_subject_tag_joins_only_an_authenticated_participant(desk: Desk, author: str, verdict: Verdict, joins: bool) -> None:
    await desk.take(mail("Help!"))
    done = await desk.take(mail("More", subject="Re: Printer on fire [#1]", author=box(author)), verdict=verdict)
    assert done.ticket == (1 if joins else 2)
    if not joins:
        assert await desk.rows("SELECT related FROM tickets WHERE number = 2") == [(1,)]


async def test_a_stranger_with_a_copied_id_changes_nothing_and_is_sent_nothing(desk: Desk) -> None:
    first = mail("Help!")
    await desk.take(first)
    async with desk.sessions.begin() as session:
        await session.execute(text("UPDATE tickets SET status = 'closed'"))
    done = await desk.take(mail("Tell me all", author=box("eve@evil.test"), in_reply_to=(str(first.message_id),)))
    assert done.decision.outcome == "stranger_reply"
    assert await desk.rows("SELECT status FROM tickets") == [("closed",)]
    assert await desk.rows("SELECT verified FROM articles ORDER BY id") == [(True,), (False,)]
    assert await desk.rows("SELECT count(*) FROM outbox_recipients WHERE address = 'eve@evil.test'") == [(0,)]
    await desk.take(reply_of_dana(1), envelope("dana@staff.test", token_address(1)))
    assert await desk.rows("SELECT count(*) FROM outbox_recipients WHERE address = 'eve@evil.test'") == [(0,)]


HIJACKS: dict[str, dict[str, Any]] = {
    "no token at all": {"to": (box("support@desk.test"),), "subject": "Re: Printer on fire [#1]"},
    "an altered token": {"to": (box(token_address(1).replace("@", "a@")),)},
    "a token of another agent": {"to": (box(token_address(1, "oleg@staff.test")),)},
    "a token of another ticket that is not there": {"to": (box(token_address(77)),)},
    "a client's thread token": {"in_reply_to": (client_letter_id(1),)},
}


@pytest.mark.parametrize("attack", HIJACKS)
async def test_without_the_agents_own_token_nothing_is_executed_and_nothing_sent_outside(desk: Desk, attack: str) -> None:
    await desk.take(mail("Help!"))
    done = await desk.take(mail("@closed", author=box("dana@staff.test"), **HIJACKS[attack]))
    assert done.decision.outcome == "held"
    assert await desk.rows("SELECT status FROM tickets") == [("new",)]
    assert await desk.rows("SELECT count(*) FROM articles") == [(1,)]
    told = "SELECT r.address FROM outbox_messages o JOIN outbox_recipients r ON outbox_id = o.id WHERE kind = 'held'"
    assert await desk.rows(told) == [("dana@staff.test",)]
    await desk.take(mail("@closed again", author=box("dana@staff.test"), **HIJACKS[attack]))
    assert await desk.rows(told) == [("dana@staff.test",)], "once a day at most"


async def test_required_authentication_holds_a_genuine_token_without_an_aligned_pass(sessions: Sessions) -> None:
    strict = Desk(sessions, replace(ORGANISATION, trust=replace(ORGANISATION.trust, agent_authentication="required")))
    await strict.take(mail("Help!"))
    answer = reply_of_dana(1)
    assert (await strict.take(answer)).decision.outcome == "held"
    assert (await strict.take(answer, verdict=ALIGNED)).decision.outcome == "agent_reply"


async def test_a_dmarc_fail_holds_an_agents_mail_under_every_setting(desk: Desk) -> None:
    await desk.take(mail("Help!"))
    assert (await desk.take(reply_of_dana(1), verdict=Verdict(dmarc="fail"))).decision.outcome == "held"


async def test_two_messages_of_one_conversation_wait_for_each_other(desk: Desk) -> None:
    first = mail("Help!")
    async with desk.sessions.begin() as one, desk.sessions.begin() as two:
        await process(one, Arrived(1, envelope(), b"1"), first, NOTHING, ORGANISATION)
        sibling = mail("More", in_reply_to=(str(first.message_id),), author=box("boris@client.test"))
        assert isinstance(await process(two, Arrived(2, envelope(), b"2"), sibling, NOTHING, ORGANISATION), Busy)


async def test_one_mail_to_two_gateways_is_one_ticket_with_an_event(desk: Desk) -> None:
    mailing = mail("Offer", to=(box("list@elsewhere.test"),))
    await desk.take(mailing, envelope("anna@client.test", "support@desk.test"))
    done = await desk.take(mailing, envelope("anna@client.test", "sales@desk.test"))
    assert (done.decision.outcome, done.ticket) == ("duplicate", 1)
    assert await desk.rows("SELECT data->>'gateway' FROM ticket_events WHERE kind = 'also_addressed'") == [("sales@desk.test",)]


async def test_a_message_without_id_and_date_is_one_for_an_hour_only(desk: Desk) -> None:
    bare = mail("Ping", message_id=None, date=None)
    await desk.take(bare)
    assert (await desk.take(bare)).decision.outcome == "duplicate"
    async with desk.sessions.begin() as session:
        await session.execute(text("UPDATE effects SET expires_at = expires_at - interval '61 minutes'"))
    assert (await desk.take(bare)).ticket == 2


async def test_the_same_id_on_a_different_mail_does_not_make_it_disappear(desk: Desk) -> None:
    await desk.take(mail("One", message_id="broken@client.test"))
    done = await desk.take(mail("Quite another", message_id="broken@client.test", date=None))
    assert done.decision.outcome != "duplicate"


async def test_replaying_a_finished_message_has_no_second_effect_by_its_own_keys(desk: Desk) -> None:
    held = mail("Hello", author=None, author_unambiguous=False)
    assert (await desk.take(held, envelope(""), inbound_id=5)).decision.outcome == "held"
    assert (await desk.take(held, envelope(""), inbound_id=5)).decision.outcome == "held"


async def test_the_budget_of_an_address_silences_the_sixth_letter_of_an_hour(desk: Desk) -> None:
    for number in range(7):
        await desk.take(mail(f"Trouble {number}", subject=f"Trouble {number}"))
    assert await desk.rows("SELECT count(*) FROM outbox_messages WHERE kind = 'registered'") == [(5,)]
    reasons = await desk.rows("SELECT data->>'why' FROM ticket_events WHERE kind = 'silenced' ORDER BY id")
    assert reasons == [("the hour's budget of 5 automatic letters for this address is spent",)] * 2


async def test_the_same_subject_of_one_author_is_answered_once_an_hour(desk: Desk) -> None:
    for number in range(3):
        await desk.take(mail(f"Words {number}", subject="I am away"))
    assert await desk.rows("SELECT count(*) FROM outbox_messages WHERE kind = 'registered'") == [(1,)]


@pytest.mark.parametrize(
    ("message", "reverse_path"),
    [
        (mail("Backup done", automatic="Auto-Submitted: auto-generated", subject="Backup"), "robot@client.test"),
        (mail("Hello", subject="Null"), ""),
    ],
)
async def test_nothing_automatic_is_answered(desk: Desk, message: Message, reverse_path: str) -> None:
    done = await desk.take(message, envelope(reverse_path))
    assert done.decision.outcome == "ticket"
    assert await desk.rows("SELECT count(*) FROM outbox_messages WHERE kind = 'registered'") == [(0,)]
    assert await desk.rows("SELECT count(*) FROM outbox_messages WHERE kind = 'new_ticket'") == [(2,)]


async def test_a_closing_that_the_authors_earlier_mail_ends_with_too_is_a_signature(desk: Desk) -> None:
    await desk.take(mail("It does not work.\n\nAnna Petrowa\nExample Ltd, Warsaw"))
    await desk.take(mail("Still not.\n\nAnna Petrowa\nExample Ltd, Warsaw", in_reply_to=(client_letter_id(1),)))
    assert await desk.rows("SELECT text, signature FROM articles ORDER BY id DESC LIMIT 1") == [
        ("Still not.", "Anna Petrowa\nExample Ltd, Warsaw")
    ]


async def test_an_agents_signature_goes_to_the_client_and_a_telephones_line_does_not(desk: Desk) -> None:
    await desk.take(mail("Help!"))
    for signature in ("Dana Agent\n+48 22 000", "Sent from my telephone"):
        answer = reply_of_dana(1, f"Done, says {signature.split()[0]}.")
        signed = replace(answer, body=replace(answer.body, signature=signature))
        await desk.take(signed, envelope("dana@staff.test", token_address(1)))
    [(first,), (second,)] = await desk.rows("SELECT text FROM outbox_messages WHERE kind = 'agent_reply' ORDER BY id")
    assert "Done, says Dana.\n\n-- \nDana Agent\n+48 22 000" in str(first)
    assert "Sent from" not in str(second)


def test_a_mail_that_names_hundreds_of_ids_takes_few_of_the_servers_locks() -> None:
    """PostgreSQL has some ten thousand for everybody; a few such mails at once would leave none."""
    named = tuple(f"{number}@x.test" for number in range(500))
    message = mail("Words.", in_reply_to=named, references=named)
    [read] = readings(Arrived(1, envelope(), b"r"), message, ORGANISATION)
    assert 50 < len(set(lock_keys(message, read))) < 120
