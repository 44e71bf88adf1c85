"""Mail that arrived, letters, clients and ratings by the API."""

from typing import Any

from tests.api.site import ApiSite, a_call
from tests.desk.office import Office, written


async def held(site: ApiSite, author: str = "eve@other.test", words: str = "Let me in") -> int:
    """The id of a message that waits for a person."""
    office = Office(site.sessions)
    number = await office.take(written(author, words), author)
    await office.alter(f"UPDATE inbound_messages SET state = 'held', outcome = 'held', ticket = NULL WHERE id = {number}")
    return number


async def states(site: ApiSite, table: str) -> list[Any]:
    return [row[0] for row in await site.rows(f"SELECT state FROM {table} ORDER BY id")]


async def test_a_strangers_mail_is_found_read_and_given_to_a_client(site: ApiSite) -> None:
    program = await site.program()
    client = (await program.post("/clients", {"name": "Bob", "addresses": ["bob@other.test"]})).json
    number = await held(site)
    [waiting] = await program.every("/inbound", state="held")
    assert (waiting["id"], waiting["from"]) == (number, "eve@other.test")
    shown = await program.get(f"/inbound/{number}")
    assert shown.json["decision"], "what was decided, step by step"
    assert shown.json["auth"]["spf"] == "pass"
    raw = await program.get(f"/inbound/{number}/raw")
    assert b"Let me in" in raw.content
    assert (raw.headers["content-type"], raw.headers["x-content-type-options"]) == ("application/octet-stream", "nosniff")
    done = await program.post("/inbound/assign", {"ids": [number], "client_address": "Bob@Other.test"}, key="k")
    assert done.json == {"now": [number], "before": []}
    assert await site.rows("SELECT state, assigned ->> 'client_id' FROM inbound_messages") == [("queued", str(client["id"]))]
    assert "inbound" in site.woken
    assert (await program.post("/inbound/assign", {"ids": [number], "client_address": "Bob@Other.test"}, key="k")).json == done.json


async def test_mail_is_discarded_and_replayed_in_bulk_or_not_at_all(site: ApiSite) -> None:
    program = await site.program()
    first, second = await held(site), await held(site, words="Once more")
    assert (await program.post("/inbound/discard", {"ids": [first, second, 999]})).status == 404
    assert await states(site, "inbound_messages") == ["held", "held"], "all of them or none"
    assert (await program.post("/inbound/discard", {"ids": [first, second]})).json["now"] == [first, second]
    assert (await program.post("/inbound/discard", {"ids": [first]})).json == {"now": [], "before": [first]}
    assert (await program.post(f"/inbound/{first}/replay")).json["state"] == "queued"
    late = await program.post("/inbound/discard", {"ids": [first]})
    assert (late.problem, late.headers["retry-after"]) == ("refused", "1"), "it is being decided on"


async def test_whose_mail_is_must_be_said_once(site: ApiSite) -> None:
    program = await site.program()
    number = await held(site)
    for body in ({}, {"new": True, "client": 1}, {"client": 1, "client_address": "a@b.test"}):
        assert (await program.post("/inbound/assign", {"ids": [number]} | body)).status == 422
    assert (await program.post("/inbound/assign", {"ids": [number], "client": 999})).status == 422
    assert (await program.post("/inbound/assign", {"ids": [number], "new": True, "department": "moon"})).problem == "refused"
    assert await states(site, "inbound_messages") == ["held"]


async def test_letters_are_seen_cancelled_and_tried_again(site: ApiSite) -> None:
    program = await site.program()
    await program.post("/tickets", a_call())
    await program.post("/tickets/1/replies", {"text": "Use water."})
    letter = (await program.every("/outbox", kind="agent_reply"))[0]
    assert (letter["state"], letter["ticket"], letter["recipients"][0]["address"]) == ("queued", 1, "anna@client.test")
    assert "Use water." not in str(letter), "a letter is shown without its words"
    cancelled = await program.post(f"/outbox/{letter['id']}/cancel")
    assert (cancelled.status, cancelled.json["state"]) == (200, "cancelled")
    assert (await program.post(f"/outbox/{letter['id']}/cancel")).problem == "refused"
    assert (await program.post(f"/outbox/{letter['id']}/retry")).json["state"] == "queued"
    many = (await program.post("/outbox/cancel", {"ids": [letter["id"], 999]})).json
    assert (many["done"], [each["id"] for each in many["refused"]]) == ([letter["id"]], [999])
    assert [each["id"] for each in await program.every("/outbox", to="ANNA@client.test", limit=1)][-1] <= letter["id"]
    await site.alter(
        "UPDATE outbox_messages SET state = 'leased', leased_by = 'w', lease_until = now() + interval '1 minute' WHERE id = :id",
        id=letter["id"],
    )
    under_way = await program.post(f"/outbox/{letter['id']}/cancel")
    assert (under_way.problem, under_way.headers["retry-after"]) == ("refused", "1")


async def test_sending_is_held_and_released_by_who_may(site: ApiSite) -> None:
    program, mender = await site.program("outbox:hold"), await site.program("outbox:write")
    assert (await mender.post("/outbox/hold", {"why": "no"})).status == 403
    assert (await program.get("/outbox/sending")).json == {"held": False, "why": None, "since": None}
    done = (await program.post("/outbox/hold", {"why": "the relay is mad"})).json
    assert (done["held"], done["why"]) == (True, "the relay is mad")
    assert "outbox_control" in site.woken
    assert (await mender.get("/outbox/sending")).json == done
    assert (await program.post("/outbox/release")).json["held"] is False


async def test_clients_are_made_known_found_and_put_right(site: ApiSite) -> None:
    program = await site.program()
    made = await program.post("/clients", {"name": "Anna", "addresses": ["Anna@Client.test", "anna@home.test"]})
    assert (made.status, made.headers["location"]) == (201, f"clients/{made.json['id']}")
    number = made.json["id"]
    assert (await program.post("/tickets", a_call("anna@home.test"))).json["client"]["id"] == number
    await program.post("/clients", {"name": "Bob", "addresses": ["bob@other.test"]})
    assert [each["name"] for each in await program.every("/clients", limit=1)] == ["Anna", "Bob"]
    assert [each["id"] for each in await program.every("/clients", address="ANNA@client.test")] == [number]
    assert [each["name"] for each in await program.every("/clients", name="bO")] == ["Bob"]
    seen = (await program.get(f"/clients/{number}")).headers["etag"]
    changed = await program.patch(
        f"/clients/{number}",
        {"name": "Anna K.", "add_addresses": ["anna@new.test"], "remove_addresses": ["ANNA@home.test"]},
        If_Match=seen,
    )
    assert (changed.json["name"], changed.json["addresses"], changed.json["tickets"]) == (
        "Anna K.",
        ["Anna@Client.test", "anna@new.test"],
        1,
    )
    assert (await program.patch(f"/clients/{number}", {"name": "Late"}, If_Match=seen)).status == 412
    for body, why in (
        ({"add_addresses": ["bob@other.test"]}, "belongs to client"),
        ({"add_addresses": ["support@desk.test"]}, "address of our own"),
        ({"remove_addresses": ["anna@client.test", "anna@new.test"]}, "no address left"),
    ):
        refused = await program.patch(f"/clients/{number}", body)
        assert (refused.problem, why in refused.json["detail"]) == ("refused", True), refused.content
    assert (await program.get(f"/clients/{number}")).json == changed.json
    assert (await program.patch("/clients/999", {"name": "x"})).status == 404


async def test_ratings_are_summed_for_the_departments_of_the_token(site: ApiSite) -> None:
    program, sales = await site.program(), await site.program("ratings:read", departments=("sales",))
    await program.post("/tickets", a_call())
    await program.post("/tickets", a_call(gateway="sales@desk.test"))
    for ticket, department, score in ((1, "support", 5), (1, "support", 2), (2, "sales", 4)):
        await site.alter(
            "INSERT INTO ratings (ticket, score, level, comment, link_expires_at, department, agent, created_at) "
            "VALUES (:ticket, :score, 'fine', '', now(), :department, NULL, '2026-10-05T12:00Z')",
            ticket=ticket,
            score=score,
            department=department,
        )
    whole = (await program.get("/ratings")).json
    assert (whole["count"], whole["mean"]) == (3, 3.67)
    assert [(each["department"], each["count"]) for each in whole["by_department"]] == [("sales", 1), ("support", 2)]
    assert whole["by_month"][0]["month"] == "2026-10"
    assert (await sales.get("/ratings")).json["count"] == 1
    assert (await program.get("/ratings", since="2026-11-01T00:00:00Z")).json["count"] == 0


async def test_what_was_read_and_changed_is_in_the_audit_log_with_the_token(site: ApiSite) -> None:
    program = await site.program()
    dana = await site.program(agent="dana@staff.test")
    await program.post("/tickets", a_call(), key="k")
    await program.post("/tickets", a_call(), key="k")
    await dana.patch("/tickets/1", {"status": "closed"})
    await program.get("/tickets/1")
    await program.patch("/tickets/1", {"department": "moon"})
    log = await site.rows("SELECT action, access, result, actor, account, about, details, origin FROM audit_log ORDER BY id")
    told = [(action, result) for action, _, result, *_ in log]
    assert told == [
        ("tickets.new", "done"),
        ("tickets.new", "done"),
        ("tickets.set", "done"),
        ("tickets.show", "done"),
        ("tickets.set", "refused"),
    ]
    assert {each[7] for each in log} == {"api"}
    assert log[1][6] == {"repeated": True}
    assert (log[2][3], log[2][5]) == ("dana@staff.test", {"ticket": [1]})
    assert f"token {program.number} (program" in log[0][4]
    assert log[0][4].endswith("from 127.0.0.1")
    assert "anna@client.test" not in str(log)
