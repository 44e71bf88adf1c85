"""What is asked for twice under one key has its effect once, whatever happens in between."""

import asyncio

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage import api_answers
from tests.api.site import ApiSite, a_call


async def test_a_request_sent_twice_under_its_key_opens_one_ticket_and_sends_its_letters_once(site: ApiSite) -> None:
    program = await site.program()
    first = await program.post("/tickets", a_call(), key="call-1")
    letters = await site.rows("SELECT id FROM outbox_messages")
    again = await program.post("/tickets", a_call(), key="call-1")
    assert (again.status, again.json, again.headers["location"]) == (201, first.json, first.headers["location"])
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert len(await program.every("/tickets")) == 1
    assert await site.rows("SELECT id FROM outbox_messages") == letters
    assert (await program.post("/tickets", a_call())).json["number"] == 2, "without a key every request counts"


@pytest.mark.parametrize("quoted", ['"reply 1"', "reply1"])
async def test_a_reply_sent_twice_is_one_reply(site: ApiSite, quoted: str) -> None:
    program = await site.program()
    await program.post("/tickets", a_call())
    key = quoted.replace(" ", "-")
    for status in (False, True):
        answer = await program.post("/tickets/1/replies", {"text": "Use water."}, key=key)
        assert (answer.status, "idempotent-replayed" in answer.headers) == (201, status)
    assert await site.rows("SELECT count(*) FROM articles WHERE kind = 'agent_reply'") == [(1,)]
    assert await site.rows("SELECT count(*) FROM outbox_messages WHERE kind = 'agent_reply'") == [(1,)]


async def test_a_key_is_one_wishs_and_one_tokens(site: ApiSite) -> None:
    program, other = await site.program(), await site.program()
    await program.post("/tickets", a_call(), key="k")
    another = await program.post("/tickets", a_call(subject="Something else"), key="k")
    assert (another.status, another.problem) == (422, "key-reused")
    elsewhere = await program.post("/clients", {"addresses": ["bob@other.test"]}, key="k")
    assert elsewhere.problem == "key-reused"
    assert (await other.post("/tickets", a_call(), key="k")).json["number"] == 2
    assert len(await program.every("/tickets")) == 2


async def test_what_was_refused_may_be_asked_for_again_under_its_key(site: ApiSite) -> None:
    program = await site.program()
    assert (await program.post("/clients", {"addresses": ["support@desk.test"]}, key="k")).status == 409
    assert (await program.post("/clients", {"addresses": ["bob@other.test"]}, key="k")).status == 201


async def test_many_at_the_same_moment_open_one_ticket(site: ApiSite) -> None:
    program = await site.program()
    answers = await asyncio.gather(*(program.post("/tickets", a_call(), key="storm") for _ in range(8)))
    assert {each.status for each in answers} <= {201, 409}
    assert all(each.problem == "in-progress" for each in answers if each.status == 409)
    assert any(each.status == 201 for each in answers)
    assert await site.rows("SELECT count(*) FROM tickets") == [(1,)]


async def test_while_the_first_is_under_way_the_second_is_asked_to_wait(site: ApiSite, engine: AsyncEngine) -> None:
    program = await site.program()
    async with site.sessions.begin() as session:
        assert await api_answers.claim(session, program.number, "slow")
        answer = await program.post("/tickets", a_call(), key="slow")
        assert (answer.status, answer.problem, answer.headers["retry-after"]) == (409, "in-progress", "1")
    assert (await program.post("/tickets", a_call(), key="slow")).status == 201


async def test_who_hung_up_before_the_answer_asks_again_and_is_answered(site: ApiSite) -> None:
    program = await site.program()
    async with httpx.AsyncClient(base_url=site.url, trust_env=False, timeout=60) as client:
        # A ticket's lock keeps the answer back for longer than this client waits.
        await program.post("/tickets", a_call())
        async with site.sessions.begin() as session:
            await session.execute(text("SELECT 1 FROM tickets WHERE number = 1 FOR UPDATE"))
            with pytest.raises(httpx.ReadTimeout):
                await client.post(
                    "/api/v1/tickets/1/notes",
                    json={"text": "once"},
                    headers={"Authorization": f"Bearer {program.secret}", "Idempotency-Key": "gone"},
                    timeout=0.5,
                )
    while (answer := await program.post("/tickets/1/notes", {"text": "once"}, key="gone")).status == 409:
        assert answer.problem == "in-progress"
    assert answer.status == 201
    assert await site.rows("SELECT count(*) FROM articles WHERE kind = 'note'") == [(1,)]


async def test_what_is_kept_of_an_answer_holds_no_words_and_goes_in_time(site: ApiSite) -> None:
    program = await site.program()
    await program.post("/tickets", a_call(), key="k")
    [(made,)] = await site.rows("SELECT made::text FROM api_answers")
    assert made == '{"number": 1}'
    async with site.sessions.begin() as session:
        assert await api_answers.forget_old(session) == 0
        await session.execute(text("UPDATE api_answers SET at = now() - interval '49 hours'"))
        assert await api_answers.forget_old(session) == 1


@pytest.mark.parametrize("key", ["", "a b", "ключ".encode().decode("latin-1"), "k" * 256])
async def test_a_key_that_cannot_be_one_is_refused(site: ApiSite, key: str) -> None:
    program = await site.program()
    answer = await program.ask("POST", "/tickets", json=a_call(), headers=[(b"Idempotency-Key", key.encode("latin-1"))])
    assert (answer.status, answer.problem) == (400, "invalid-parameter")
    assert not await program.every("/tickets")
