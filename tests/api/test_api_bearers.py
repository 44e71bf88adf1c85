"""Who may come in by the API, and what they see: a token is needed, good, of the scope, and shows its departments' alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.api.operation import Operation
from gateway.api.routes import operations
from gateway.domain.api import CONTAINS, Scope
from gateway.web.throttle import Throttle
from storage.engine import sessions
from storage.orphans import find_orphans
from tests.api.site import EVERYTHING, ApiSite, a_call, api_site
from tests.desk.office import Office, written
from tests.desk.values import ORGANISATION

BODIES: dict[str, Any] = {
    "open_ticket": a_call(),
    "change_ticket": {"status": "open"},
    "reply_to_ticket": {"text": "Hi"},
    "note_on_ticket": {"text": "Hi"},
    "merge_ticket": {"into": 2},
    "assign_inbound": {"ids": [1], "new": True},
    "discard_inbound": {"ids": [1]},
    "retry_letters": {"ids": [1]},
    "cancel_letters": {"ids": [1]},
    "hold_sending": {"why": "a test"},
    "add_client": {"addresses": ["bob@other.test"]},
    "change_client": {"name": "Bob"},
}
OPERATIONS = operations()


def path_of(operation: Operation) -> str:
    return operation.path.replace("{number}", "1")


async def test_every_operation_asks_for_a_token_and_for_its_scope(site: ApiSite) -> None:
    nobody = site.with_secret(None)
    for each in OPERATIONS:
        narrower = CONTAINS.get(each.scope)
        others = [str(one) for one in Scope if one is not each.scope and CONTAINS.get(one) is not each.scope]
        assert narrower is None or str(narrower) in others
        without = await nobody.ask(each.method, path_of(each), json=BODIES.get(each.name))
        assert (without.status, without.problem) == (401, "unauthorized"), each.name
        assert without.headers["www-authenticate"] == 'Bearer realm="deskgate"'
        poor = await site.program(*others)
        refused = await poor.ask(each.method, path_of(each), json=BODIES.get(each.name))
        assert (refused.status, refused.problem) == (403, "insufficient-scope"), each.name
        assert f'scope="{each.scope}"' in refused.headers["www-authenticate"]
    assert not await site.rows("SELECT 1 FROM tickets UNION ALL SELECT 1 FROM clients WHERE NOT nobody")


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer x", "Basic ZGFuYTpkYW5h", "Bearer deskgate_" + "a" * 43, "Bearer deskgate_" + "a" * 44, "deskgate_" + "a" * 43, ""],
)
async def test_what_is_no_token_of_ours_is_told_so(site: ApiSite, header: str) -> None:
    answer = await site.with_secret(None).get("/tickets", headers={"Authorization": header})
    assert (answer.status, answer.problem) == (401, "invalid-token")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_neither_a_cookie_nor_the_address_lets_anybody_in(site: ApiSite) -> None:
    good = await site.program()
    nobody = site.with_secret(None)
    assert good.secret is not None
    for name in ("deskgate", "__Host-deskgate", "session", "Authorization"):
        assert (await nobody.get("/tickets", headers={"Cookie": f"{name}={good.secret}"})).status == 401
    assert (await nobody.get("/tickets", access_token=good.secret, token=good.secret)).status == 401


async def test_a_token_ends_when_it_is_revoked_expires_or_loses_its_agent(site: ApiSite) -> None:
    revoked, passing, danas = (
        await site.program("tickets:read"),
        await site.program("tickets:read", expires_at=datetime.now(UTC) + timedelta(days=1)),
        await site.program("tickets:read", agent="dana@staff.test"),
    )
    for each in (revoked, passing, danas):
        assert (await each.get("/tickets")).status == 200
    await site.alter("UPDATE api_tokens SET revoked_at = now() WHERE id = :id", id=revoked.number)
    site.later = timedelta(days=2)
    gone = tuple(replace(each, active=False) if each.address == "dana@staff.test" else each for each in ORGANISATION.agents)
    site.organisation = replace(ORGANISATION, agents=gone)
    for each, why in ((revoked, "revoked"), (passing, "expired"), (danas, "no active agent")):
        answer = await each.get("/tickets")
        assert (answer.status, answer.problem) == (401, "invalid-token")
        assert why in answer.json["detail"]


async def test_the_token_itself_is_kept_nowhere(site: ApiSite) -> None:
    program = await site.program("tickets:write")
    await program.post("/tickets", a_call())
    assert program.secret is not None
    tables = await site.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for (table,) in tables:
        found = await site.rows(f"SELECT 1 FROM {table} t WHERE t::text LIKE '%' || :secret || '%'", secret=program.secret[9:])
        assert not found, table
    [(used,)] = await site.rows("SELECT last_used_at FROM api_tokens WHERE id = :id", id=program.number)
    assert used is not None


async def test_a_token_of_a_department_sees_nothing_of_another_by_any_way(site: ApiSite) -> None:
    """Absent and another's are told alike."""
    whole = await site.program()
    sales = await site.program(*EVERYTHING, departments=("sales",))
    file = {"filename": "a.txt", "content": "aGVsbG8="}
    await whole.post("/tickets", a_call())
    answered = await whole.post("/tickets/1/replies", {"text": "Use water.", "files": [file]})
    number = answered.json["articles"][-1]["attachments"][0]["id"]
    letter = (await whole.get("/outbox")).json["items"][0]["id"]
    client = answered.json["client"]["id"]
    office = Office(site.sessions)
    message = await office.take(written("eve@other.test", "I have another question", "Question"), "eve@other.test")
    seen: dict[str, Any] = {
        f"/tickets/{1}": 404,
        "/tickets/1/articles": 404,
        f"/attachments/{number}": 404,
        f"/inbound/{message}": 404,
        f"/inbound/{message}/raw": 404,
        f"/outbox/{letter}": 404,
        f"/clients/{client}": 404,
    }
    for path, status in seen.items():
        assert (await whole.get(path)).status == 200, path
        hidden, absent = await sales.get(path), await sales.get(path.replace(path.split("/")[2], "999"))
        assert (hidden.status, absent.status) == (status, 404), path
        assert hidden.json["detail"].replace(path.split("/")[2], "999") == absent.json["detail"], "told alike"
    for path in ("/tickets", "/inbound", "/outbox", "/clients"):
        assert await sales.every(path) == [], path
        assert await whole.every(path), path
    for path, body in (
        ("/tickets/1/replies", {"text": "Hi"}),
        ("/tickets/1/notes", {"text": "Hi"}),
        ("/tickets/1/merge", {"into": 2}),
        (f"/inbound/{message}/replay", None),
        (f"/outbox/{letter}/cancel", None),
        ("/inbound/assign", {"ids": [message], "new": True}),
        ("/inbound/discard", {"ids": [message]}),
    ):
        assert (await sales.post(path, body)).status == 404, path
    assert (await sales.patch("/tickets/1", {"status": "closed"})).status == 404
    assert (await sales.patch(f"/clients/{client}", {"name": "Mine"})).status == 404
    assert (await sales.post("/outbox/cancel", {"ids": [letter]})).json["done"] == []
    assert (await sales.post("/outbox/hold", {"why": "mine"})).status == 403
    taken = await sales.post("/clients", {"addresses": ["anna@client.test"]})
    assert (taken.status, str(client) in taken.json["detail"]) == (409, False), "whose it is, is not told"
    assert (await sales.get("/tickets", department="support")).json["items"] == []
    assert (await whole.get("/tickets/1")).json["status"] == "open"


async def test_who_gives_a_ticket_away_hears_that_it_was_done_and_sees_it_no_more(site: ApiSite) -> None:
    sales, whole = await site.program(departments=("sales",)), await site.program()
    number = (await sales.post("/tickets", a_call(gateway="sales@desk.test"))).json["number"]
    given = await sales.patch(f"/tickets/{number}", {"department": "support"}, key="away")
    assert (given.status, given.content, "etag" in given.headers) == (204, b"", False)
    again = await sales.patch(f"/tickets/{number}", {"department": "support"}, key="away")
    assert (again.status, again.headers.get("idempotent-replayed")) == (204, "true")
    assert (await sales.get(f"/tickets/{number}")).status == 404
    assert (await whole.get(f"/tickets/{number}")).json["department"] == "support"
    assert (await sales.patch(f"/tickets/{number}", {"department": "sales"})).status == 404, "nor may it take it back"


async def test_departments_of_an_agent_bound_those_of_a_token_in_their_name(site: ApiSite) -> None:
    whole = await site.program()
    await whole.post("/tickets", a_call(gateway="sales@desk.test"))
    await whole.post("/tickets", a_call())
    dana, oleg = [await site.program("tickets:write", agent=f"{name}@staff.test") for name in ("dana", "oleg")]
    assert [each["number"] for each in await dana.every("/tickets")] == [2]
    assert [each["number"] for each in await oleg.every("/tickets")] == [2, 1]


async def test_tickets_of_a_removed_department_are_the_default_ones(site: ApiSite) -> None:
    whole = await site.program()
    support = await site.program("tickets:read", departments=("support",))
    await whole.post("/tickets", a_call(gateway="sales@desk.test"))
    assert (await support.get("/tickets/1")).status == 404
    site.organisation = replace(
        ORGANISATION,
        departments=ORGANISATION.departments[:1],
        gateways=tuple(each for each in ORGANISATION.gateways if each.department == "support"),
    )
    assert (await support.get("/tickets/1")).json["department"] == "support"
    assert [each["number"] for each in await support.every("/tickets")] == [1], "in lists as well"


async def test_too_many_requests_of_one_token_wait_and_others_do_not(engine: AsyncEngine) -> None:
    async with api_site(sessions(engine), requests=Throttle(3, 60)) as site:
        eager, other = await site.program(), await site.program()
        assert [(await eager.get("/tickets")).status for _ in range(4)] == [200, 200, 200, 429]
        answer = await eager.get("/tickets")
        assert (answer.problem, int(answer.headers["retry-after"]) > 0) == ("too-many-requests", True)
        assert (await other.get("/tickets")).status == 200


async def test_whoever_tries_tokens_is_slowed_down_and_good_ones_are_not(engine: AsyncEngine) -> None:
    async with api_site(sessions(engine), failures=Throttle(2, 60)) as site:
        good, bad = await site.program(), site.with_secret("deskgate_" + "a" * 43)
        assert [(await bad.get("/tickets")).status for _ in range(3)] == [401, 401, 429]
        assert (await good.get("/tickets")).status == 200


async def test_tokens_that_act_for_what_is_no_more_are_told_to_the_operator(site: ApiSite) -> None:
    danas = await site.program("tickets:read", agent="dana@staff.test")
    sales = await site.program("tickets:read", departments=("sales", "support"))
    gone = await site.program("tickets:read", departments=("sales",))
    await site.program("tickets:read")
    await site.alter("UPDATE api_tokens SET revoked_at = now() WHERE id = :id", id=gone.number)

    async def orphans(departments: list[str], agents: list[str]) -> list[tuple[str, str]]:
        async with site.sessions() as session:
            found = await find_orphans(session, departments, agents, [], [])
        return [(each.what, each.name) for each in found if each.what == "token"]

    assert await orphans(["sales", "support"], ["dana@staff.test"]) == []
    assert await orphans(["support"], ["dana@staff.test"]) == [("token", sales.name)]
    assert await orphans(["sales", "support"], ["oleg@staff.test"]) == [("token", danas.name)]
