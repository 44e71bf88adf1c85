"""Tickets by the API: found, read and changed, with the letters that mail brings about as well."""

import base64
from typing import Any

import pytest

from gateway.deeds.ticket_lists import STEMS
from gateway.desk.indexing import index_tickets
from tests.api.site import ApiSite, Program, a_call


async def opened(program: Program, **more: Any) -> dict[str, Any]:
    answer = await program.post("/tickets", a_call(**more))
    assert answer.status == 201, answer.content
    found: dict[str, Any] = answer.json
    return found


async def test_a_ticket_is_opened_read_and_answered_and_the_client_gets_the_answer(site: ApiSite) -> None:
    program = await site.program("tickets:write")
    made = await program.post("/tickets", a_call())
    assert made.status == 201
    assert made.headers["location"] == "tickets/1"
    ticket = made.json
    assert (ticket["number"], ticket["status"], ticket["department"]) == (1, "new", "support")
    assert ticket["client"]["addresses"] == ["anna@client.test"]
    assert [each["text"] for each in ticket["articles"] if each["kind"] == "client_message"] == ["It burns."]
    answered = await program.post("/tickets/1/replies", {"text": "Use water.", "set": {"status": "pending"}})
    assert answered.status == 201
    assert answered.headers["location"] == "../../tickets/1", "relative, so that a proxy may put us below any path"
    assert (answered.json["status"], answered.json["articles"][-1]["text"]) == ("pending", "Use water.")
    letters = await site.rows("SELECT kind, text FROM outbox_messages WHERE kind = 'agent_reply'")
    assert len(letters) == 1
    assert "Use water." in letters[0][1]
    assert "outbox" in site.woken
    shown = await program.get("/tickets/1")
    assert shown.json == answered.json
    assert shown.headers["etag"] == answered.headers["etag"]


async def test_a_note_never_reaches_the_client(site: ApiSite) -> None:
    program = await site.program("tickets:write")
    await opened(program)
    before = await site.rows("SELECT count(*) FROM outbox_messages")
    noted = await program.post("/tickets/1/notes", {"text": "She is the director's daughter.", "set": {"priority": "high"}})
    assert noted.status == 201
    note = noted.json["articles"][-1]
    assert (note["kind"], note["private"], noted.json["priority"]) == ("note", True, "high")
    assert not await site.rows("SELECT 1 FROM outbox_messages WHERE text LIKE '%daughter%'")
    assert await site.rows("SELECT count(*) FROM outbox_messages") >= before


async def test_fields_are_set_and_null_takes_away(site: ApiSite) -> None:
    program = await site.program("tickets:write")
    await opened(program)
    wish = {"assignee": "dana@staff.test", "category": "hardware", "add_tags": ["Fire", "printer"], "add_cc": ["bob@other.test"]}
    changed = (await program.patch("/tickets/1", wish)).json
    assert (changed["assignee"], changed["category"]) == ("dana@staff.test", "hardware")
    assert (sorted(changed["tags"]), changed["cc"]) == (["Fire", "printer"], ["bob@other.test"])
    back = await program.patch("/tickets/1", {"assignee": None, "category": None, "remove_tags": ["fire"], "remove_cc": ["bob@other.test"]})
    assert (back.json["assignee"], back.json["category"], back.json["tags"], back.json["cc"]) == (None, None, ["printer"], [])
    assert back.json["subject"] == "Printer on fire", "what is left out stays"


async def test_a_token_acts_in_its_own_name_or_in_an_agents(site: ApiSite) -> None:
    crm = await site.program("tickets:write")
    await opened(crm)
    await crm.patch("/tickets/1", {"status": "open"})
    dana = await site.program("tickets:write", agent="dana@home.test")
    shown = (await dana.patch("/tickets/1", {"status": "closed"})).json
    actors = [each["actor"] for each in shown["events"] if each["kind"] == "status_changed"]
    assert actors[0].startswith("program ")
    assert actors[1] == "dana@staff.test"


async def test_who_was_late_changes_nothing(site: ApiSite) -> None:
    program = await site.program("tickets:write")
    await opened(program)
    seen = (await program.get("/tickets/1")).headers["etag"]
    assert (await program.patch("/tickets/1", {"status": "open"}, If_Match=seen)).status == 200
    late = await program.patch("/tickets/1", {"status": "closed"}, If_Match=seen)
    assert (late.status, late.problem) == (412, "changed-meanwhile")
    late = await program.post("/tickets/1/replies", {"text": "Too late."}, If_Match=seen)
    assert late.problem == "changed-meanwhile"
    ticket = await program.get("/tickets/1")
    assert ticket.json["status"] == "open"
    assert "Too late." not in ticket.content.decode()
    now = ticket.headers["etag"]
    assert (await program.patch("/tickets/1", {"status": "closed"}, If_Match=f'"other", {now}')).status == 200
    assert (await program.patch("/tickets/1", {"status": "open"}, If_Match="*")).status == 200


async def test_an_answer_to_what_one_has_not_read_is_refused(site: ApiSite) -> None:
    program = await site.program("tickets:write")
    first = (await opened(program))["articles"][0]["id"]
    answered = await program.post("/tickets/1/replies", {"text": "One.", "seen": first})
    assert answered.status == 201
    late = await program.post("/tickets/1/replies", {"text": "Two.", "seen": first})
    assert (late.status, late.problem) == (409, "refused")
    assert "read that first" in late.json["detail"]


async def test_files_are_sent_along_and_come_back_octet_for_octet(site: ApiSite) -> None:
    program = await site.program("tickets:write")
    await opened(program)
    content = bytes(range(256)) * 10
    file = {"filename": "счёт<1>.html", "content_type": "text/html", "content": base64.b64encode(content).decode()}
    answered = await program.post("/tickets/1/replies", {"text": "See the file.", "files": [file]})
    [attachment] = answered.json["articles"][-1]["attachments"]
    assert (attachment["filename"], attachment["size"]) == ("счёт<1>.html", 2560)
    got = await program.get(f"/attachments/{attachment['id']}")
    assert (got.status, got.content) == (200, content)
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-security-policy"].startswith("sandbox")
    assert got.headers["content-disposition"].startswith("attachment;")
    part = await program.get(f"/attachments/{attachment['id']}", headers={"Range": "bytes=1-3"})
    assert (part.status, part.content) == (206, content[1:4])
    assert (await program.ask("HEAD", f"/attachments/{attachment['id']}")).headers["content-length"] == "2560"
    again = await program.get(f"/attachments/{attachment['id']}", headers={"If-None-Match": got.headers["etag"]})
    assert (again.status, again.content) == (304, b"")
    beyond = await program.get(f"/attachments/{attachment['id']}", headers={"Range": "bytes=9999-"})
    assert (beyond.status, beyond.headers["content-range"], beyond.problem) == (416, "bytes */2560", "no-such-part")
    assert (await program.get("/attachments/999")).status == 404


async def test_tickets_are_merged_and_the_old_number_leads_on(site: ApiSite) -> None:
    program = await site.program("tickets:write")
    await opened(program)
    await opened(program, subject="The same once more")
    merged = await program.post("/tickets/2/merge", {"into": 1})
    assert (merged.status, merged.json["number"], merged.json["merged"]) == (200, 1, [2])
    assert (await program.get("/tickets/2")).json["number"] == 1
    assert (await program.post("/tickets/1/merge", {"into": 1})).problem == "refused"
    assert (await program.post("/tickets/1/merge", {"into": 77})).status == 404


async def test_a_list_is_filtered_ordered_and_paged_without_gaps_or_repetitions(site: ApiSite) -> None:
    program = await site.program("tickets:write")
    for number in range(1, 8):
        await opened(program, client="anna@client.test" if number % 2 else "bob@other.test", subject=f"Number {number}")
    await program.patch("/tickets/3", {"status": "open", "assignee": "dana@staff.test", "add_tags": ["VIP"]})
    await program.patch("/tickets/2", {"status": "closed"})

    async def numbers(**query: Any) -> list[int]:
        return [each["number"] for each in await program.every("/tickets", **query)]

    assert await numbers() == [7, 6, 5, 4, 3, 2, 1]
    assert await numbers(limit=2) == [7, 6, 5, 4, 3, 2, 1]
    assert await numbers(limit=2, order="number") == [1, 2, 3, 4, 5, 6, 7]
    assert await numbers(limit=3, order="updated_at") == [1, 4, 5, 6, 7, 3, 2]
    assert await numbers(limit=3, order="-updated_at") == [2, 3, 7, 6, 5, 4, 1]
    assert await numbers(status=["open", "closed"], limit=1) == [3, 2]
    assert await numbers(assignee="dana@home.test") == [3], "an agent's other address is theirs"
    assert await numbers(assignee="dana@staff.test") == [3]
    assert await numbers(assignee="nobody", status="closed") == [2]
    assert await numbers(tag="vip") == [3]
    assert await numbers(gateway="SUPPORT@desk.test", status="open") == [3]
    assert await numbers(department="sales") == []
    bob = (await program.get("/tickets/2")).json["client"]["id"]
    assert await numbers(client=bob, limit=1) == [6, 4, 2]
    changed = (await program.get("/tickets/2")).json["updated_at"]
    assert await numbers(updated_since=changed) == [2]
    assert "articles" not in (await program.get("/tickets")).json["items"][0]


async def test_what_is_written_between_two_pages_moves_nothing(site: ApiSite) -> None:
    program = await site.program("tickets:write")
    for _ in range(4):
        await opened(program)
    first = (await program.get("/tickets", limit=2)).json
    await opened(program)
    second = (await program.get("/tickets", limit=2, cursor=first["next"])).json
    assert [each["number"] for each in (*first["items"], *second["items"])] == [4, 3, 2, 1]


@pytest.mark.parametrize("altered", ["x", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"])
async def test_a_cursor_that_is_none_of_ours_or_anothers_is_refused(site: ApiSite, altered: str) -> None:
    program, other = await site.program("tickets:write"), await site.program("tickets:read")
    for _ in range(3):
        await opened(program)
    cursor = (await program.get("/tickets", limit=1)).json["next"]
    assert (await program.get("/tickets", limit=1, cursor=cursor)).status == 200
    assert (await program.get("/tickets", cursor=altered)).problem == "invalid-cursor"
    assert (await program.get("/tickets", cursor=cursor, status="open")).problem == "invalid-cursor"
    assert (await other.get("/tickets", cursor=cursor)).problem == "invalid-cursor"


async def test_articles_come_in_pages_too(site: ApiSite) -> None:
    program = await site.program("tickets:write")
    await opened(program)
    for number in range(4):
        await program.post("/tickets/1/notes", {"text": f"note {number}"})
    whole = (await program.get("/tickets/1")).json["articles"]
    assert len(whole) >= 5
    assert await program.every("/tickets/1/articles", limit=2) == whole
    assert (await program.get("/tickets/9/articles")).status == 404


async def test_what_the_desk_does_not_do_is_said_with_its_reason_and_changes_nothing(site: ApiSite) -> None:
    program = await site.program("tickets:write")
    await opened(program)
    for wish, why in (
        ({"department": "moon"}, "moon"),
        ({"assignee": "nobody@staff.test"}, "nobody@staff.test"),
        ({"add_cc": ["support@desk.test"]}, "address of our own"),
        ({}, "nothing to set"),
    ):
        answer = await program.patch("/tickets/1", wish)
        assert (answer.status, answer.problem) == (409, "refused"), wish
        assert why in answer.json["detail"]
    assert (await program.post("/tickets", a_call("support@desk.test"))).problem == "refused"
    assert (await program.post("/tickets/1/replies", {"text": "Hi", "from": "evil@evil.test"})).problem == "refused"
    assert len(await program.every("/tickets")) == 1


@pytest.mark.parametrize("what", ["replies", "notes"])
async def test_words_that_say_nothing_are_a_request_that_cannot_be(site: ApiSite, what: str) -> None:
    program = await site.program("tickets:write")
    await opened(program)
    for said in ({"text": ""}, {"text": " \n"}, {"text": "", "files": []}):
        answer = await program.post(f"/tickets/1/{what}", said)
        assert (answer.status, answer.problem) == (422, "invalid"), said
        assert answer.json["detail"] == "the body: the text is empty, and there is no file: write what there is to say"
    file = {"filename": "note.txt", "content_type": "text/plain", "content": "SGVsbG8="}
    assert (await program.post(f"/tickets/1/{what}", {"text": "", "files": [file]})).status == 201


async def test_tickets_are_searched_by_their_words_within_what_the_token_sees(site: ApiSite) -> None:
    program, sales = await site.program("tickets:write"), await site.program("tickets:read", departments=("sales",))
    for number in range(3):
        await opened(program, subject=f"Printer {number}", text="The printers are burning.")
    await opened(program, subject="Счёт", text="Где наши счета?", gateway="sales@desk.test")
    await index_tickets(site.sessions, STEMS)
    assert sorted(each["number"] for each in await program.every("/tickets", q="burn printer", limit=1)) == [1, 2, 3]
    assert [each["number"] for each in await program.every("/tickets", q="счета")] == [4]
    assert [each["number"] for each in await sales.every("/tickets", q="счетов")] == [4]
    assert await sales.every("/tickets", q="printer") == []
    assert await program.every("/tickets", q="printer", status="closed") == []
    assert (await program.every("/tickets", q="2"))[0]["number"] == 2, "a number is a ticket's"
    assert await program.every("/tickets", q="!!! (") == []


async def test_a_merged_ticket_is_in_the_feed_of_changes(site: ApiSite) -> None:
    program = await site.program("tickets:write")
    await opened(program)
    second = await opened(program)
    await program.post("/tickets/2/merge", {"into": 1})
    feed = await program.every("/tickets", order="updated_at", updated_since=second["updated_at"])
    assert {each["number"]: each["merged_into"] for each in feed} == {1: None, 2: 1}
