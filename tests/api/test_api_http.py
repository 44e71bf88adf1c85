"""HTTP as programs rely on it: what has not changed is not sent again, and whatever goes wrong is a problem that says what and where."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.api.api import HEADERS, LARGE_AT_ONCE
from gateway.api.cursors import cursor_of, place_of
from gateway.api.operation import SMALL
from gateway.api.problems import TITLES, Fault, Problem
from gateway.api.written import names, tag_of, written
from storage.engine import connect, sessions
from tests.api.site import ApiSite, a_call, api_site
from tests.desk.values import KEYRING
from tests.waiting import PATIENCE, until


async def test_what_a_program_has_already_is_not_sent_again(site: ApiSite) -> None:
    program = await site.program()
    await program.post("/tickets", a_call())
    for path in ("/tickets/1", "/tickets", "/clients", "/inbound", "/outbox", "/ratings"):
        first = await program.get(path)
        tag = first.headers["etag"]
        again = await program.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
        assert (again.status, again.content, again.headers["etag"]) == (304, b"", tag), path
        assert (await program.get(path, headers={"If-None-Match": '"other"'})).content == first.content
    tag = (await program.get("/tickets/1")).headers["etag"]
    await program.patch("/tickets/1", {"status": "closed"})
    assert (await program.get("/tickets/1", headers={"If-None-Match": tag})).status == 200


async def test_head_is_get_without_the_document(site: ApiSite) -> None:
    program = await site.program()
    head, whole = await program.ask("HEAD", "/tickets"), await program.get("/tickets")
    assert (head.status, head.content, head.headers["etag"]) == (200, b"", whole.headers["etag"])


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/tickets", "GET, POST, HEAD"),
        ("PUT", "/tickets/1", "GET, PATCH, HEAD"),
        ("GET", "/tickets/1/replies", "POST"),
        ("OPTIONS", "/ratings", "GET, HEAD"),
        ("TRACE", "/clients/1", "GET, PATCH, HEAD"),
        ("POST", "/openapi.json", "GET, HEAD"),
        ("DELETE", "/docs", "GET, HEAD"),
        ("POST", "", "GET, HEAD"),
    ],
)
async def test_another_method_is_told_which_there_are(site: ApiSite, method: str, path: str, allowed: str) -> None:
    answer = await (await site.program()).ask(method, path)
    assert (answer.status, answer.problem, answer.headers["allow"]) == (405, "method-not-allowed", allowed)


@pytest.mark.parametrize(
    "path", ["/nothing", "/tickets/x", "/tickets/-1", "/tickets/1/nothing", "/tickets/1.0", "//tickets", "/tickets/1%0A/articles"]
)
async def test_where_nothing_is_a_problem_says_so_and_where_to_look(site: ApiSite, path: str) -> None:
    answer = await (await site.program()).get(path)
    assert (answer.status, answer.problem) == (404, "not-found")
    assert "/api/v1/docs" in answer.json["detail"]


@pytest.mark.parametrize("number", ["0", "5", "9223372036854775807", "9223372036854775808", "9" * 400])
async def test_a_number_that_nothing_has_is_absent(site: ApiSite, number: str) -> None:
    answer = await (await site.program()).get(f"/tickets/{number}")
    assert (answer.status, answer.problem) == (404, "not-found")


BODIES: list[tuple[str, bytes, str, int, str]] = [
    ("no JSON", b"{", "application/json", 400, "malformed"),
    ("nothing", b"", "application/json", 400, "malformed"),
    ("half a character", b'{"client": "\xff"}', "application/json", 400, "malformed"),
    ("deep", b"[" * 100_000, "application/json", 400, "malformed"),
    ("not a number", b'{"client": NaN}', "application/json", 422, "invalid"),
    ("a list", b"[]", "application/json", 422, "invalid"),
    ("null", b"null", "application/json", 422, "invalid"),
    ("a form", b"subject=x", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
    ("text", b"{}", "text/plain", 415, "unsupported-media-type"),
    ("no type", b"{}", "", 415, "unsupported-media-type"),
    ("too large", b'{"subject": "' + b"x" * SMALL + b'"}', "application/json", 413, "too-large"),
]


@pytest.mark.parametrize(("content", "kind", "status", "problem"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
async def test_a_body_that_cannot_be_read_is_told_how(site: ApiSite, content: bytes, kind: str, status: int, problem: str) -> None:
    program = await site.program()
    answer = await program.ask("POST", "/tickets", content=content, headers={"Content-Type": kind} if kind else {})
    assert (answer.status, answer.problem) == (status, problem)
    assert (await program.get("/tickets")).json["items"] == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"subject": None}, "/subject"),
        ({"subject": 5}, "/subject"),
        ({"subject": ""}, "/subject"),
        ({"text": "x" * 500_001}, "/text"),
        ({"client": {"address": "a@b.test", "name": 5}}, "/client/name"),
        ({"client": {}}, "/client/address"),
        ({"subjekt": "x"}, "/subjekt"),
        ({"client": {"address": "a@b.test", "a/b~c": 1}}, "/client/a~1b~0c"),
    ],
)
async def test_a_value_that_cannot_be_is_pointed_at(site: ApiSite, change: dict[str, Any], pointer: str) -> None:
    answer = await (await site.program()).post("/tickets", a_call() | change)
    assert (answer.status, answer.problem) == (422, "invalid")
    assert pointer in [each["pointer"] for each in answer.json["errors"]]
    assert "x" * 1000 not in answer.content.decode(), "what was sent is not sent back"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"limit": ["1", "2"]}, "limit"),
        ({"status": ["open", "ajar"]}, "status"),
        ({"updated_since": "2026-11-22T12:00:00"}, "updated_since"),
        ({"updated_since": "0001-01-01T00:00:00+14:00"}, "updated_since"),
        ({"client": "9223372036854775808"}, "client"),
        ({"page": "2"}, "page"),
        ({"q": "fire", "order": "number"}, "q"),
        ({"q": ""}, "q"),
    ],
)
async def test_a_parameter_that_cannot_be_is_named(site: ApiSite, query: dict[str, Any], parameter: str) -> None:
    answer = await (await site.program()).get("/tickets", **query)
    assert (answer.status, answer.problem) == (400, "invalid-parameter")
    assert answer.json["errors"][0]["parameter"] == parameter


async def test_nul_and_half_characters_are_cleaned_or_refused_never_a_defect(site: ApiSite) -> None:
    program = await site.program()
    body = json.dumps(a_call(subject="Pri\0nter\u202e \ud83d", text="It\0 burns"))
    answer = await program.ask("POST", "/tickets", content=body.encode(), headers={"Content-Type": "application/json"})
    assert answer.status in (201, 400, 422)
    answer = await program.post("/tickets", a_call(subject="Pri\0nter", text="It\0 burns"))
    assert (answer.status, answer.json["subject"]) == (201, "Printer")
    assert (await program.get("/tickets", q="\0a", assignee="\0")).status == 200


async def test_every_answer_says_that_it_is_nobody_elses_and_no_page(site: ApiSite) -> None:
    program = await site.program()
    for path in ("/tickets", "/tickets/77", "/nothing"):
        headers = (await program.get(path)).headers
        assert {name.lower(): value for name, value in HEADERS.items()}.items() <= headers.items()


async def test_only_so_many_send_files_at_once_and_small_requests_go_on(site: ApiSite) -> None:
    program = await site.program()
    await program.post("/tickets", a_call())
    host, port = site.url.removeprefix("http://").split(":")
    head = (
        f"POST /api/v1/tickets/1/replies HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {program.secret}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {SMALL + 1}\r\n\r\n"
    )
    sending = [await asyncio.open_connection(host, int(port)) for _ in range(LARGE_AT_ONCE)]
    try:
        for _, writer in sending:
            writer.write(head.encode() + b"{")
        body = {"text": "x", "files": [{"filename": "f", "content": "A" * SMALL}]}
        # Not by asking until it is refused: whoever asks has a place of their own meanwhile, and one of the four would hear the 429.
        await until(lambda: site.api._large == LARGE_AT_ONCE)
        answer = await program.post("/tickets/1/replies", body)
        assert (answer.status, answer.problem) == (429, "too-many-requests")
        assert (await program.post("/tickets/1/replies", {"text": "without files"})).status == 201
    finally:
        for _, writer in sending:
            writer.close()
    async with asyncio.timeout(PATIENCE):
        while (await program.post("/tickets/1/replies", body)).status != 201:
            await asyncio.sleep(0.05)


async def test_a_database_that_hangs_is_away_as_well(site: ApiSite, monkeypatch: pytest.MonkeyPatch) -> None:
    program = await site.program()
    monkeypatch.setattr("gateway.api.api.ASKING_SECONDS", 0.2)
    async with site.sessions.begin() as session:
        await session.execute(text("LOCK TABLE api_tokens IN ACCESS EXCLUSIVE MODE"))
        answer = await program.post("/tickets", a_call())
        assert (answer.status, answer.problem, answer.headers["retry-after"]) == (503, "unavailable", "10")
    monkeypatch.undo()
    assert (await program.get("/tickets")).json["items"] == []


async def test_while_the_database_is_away_the_answer_is_later(database_url: str) -> None:
    engine = connect(database_url.replace("/test_", "/gone_"), pool_size=1)
    async with api_site(sessions(engine)) as site:
        answer = await site.with_secret("deskgate_" + "a" * 43).get("/tickets")
        assert answer.status in (500, 503)
    away = connect("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1)
    async with api_site(sessions(away)) as site:
        answer = await site.with_secret("deskgate_" + "a" * 43).get("/tickets")
        assert (answer.status, answer.problem, answer.headers["retry-after"]) == (503, "unavailable", "10")
    await engine.dispose()
    await away.dispose()


async def test_a_defect_of_ours_is_told_without_its_words(engine: AsyncEngine, site: ApiSite) -> None:
    program = await site.program()
    await program.post("/tickets", a_call())
    await site.alter("ALTER TABLE articles RENAME COLUMN text TO words")
    answer = await program.get("/tickets/1")
    assert (answer.status, answer.problem) == (500, "defect")
    assert "column" not in answer.content.decode()


async def test_the_root_leads_to_the_description(site: ApiSite) -> None:
    async with httpx.AsyncClient(base_url=site.url, trust_env=False) as client:
        for path in ("/api", "/api/", "/api/v1", "/api/v1/"):
            answer = await client.get(path, follow_redirects=True)
            assert (answer.status_code, answer.url.path) == (200, "/api/v1/docs"), path


def test_every_problem_has_a_title_and_a_status_of_an_error() -> None:
    for kind, (status, title) in TITLES.items():
        assert 400 <= status < 600
        assert title
        answer = Problem(kind, "why", faults=[Fault("wrong", pointer="/a")]).response({})
        found = json.loads(bytes(answer.body))
        assert (found["type"], found["errors"]) == (f"urn:deskgate:problem:{kind}", [{"detail": "wrong", "pointer": "/a"}])


@pytest.mark.parametrize(
    ("header", "weakly", "expected"),
    [
        ('"a"', True, True),
        ('W/"a"', True, True),
        ('W/"a"', False, False),
        ('"b", "a"', False, True),
        ("*", False, True),
        ('"b"', True, False),
        ("a", True, False),
        ("", True, False),
    ],
)
def test_tags_are_compared_as_http_has_it(header: str, weakly: bool, expected: bool) -> None:
    assert names(header, '"a"', weakly=weakly) is expected


def test_the_same_document_has_the_same_tag() -> None:
    assert tag_of(written({"a": 1, "b": [2]})) == tag_of(written({"a": 1, "b": (2,)}))
    assert tag_of(written({"a": 1})) != tag_of(written({"a": 2}))


def test_a_cursor_is_good_for_its_own_list_alone() -> None:
    cursor = cursor_of((5, None), "1 tickets", KEYRING)
    assert place_of(cursor, "1 tickets", KEYRING) == (5, None)
    assert place_of(cursor, "2 tickets", KEYRING) is None
    assert place_of(cursor[:-1] + ("a" if cursor[-1] != "a" else "b"), "1 tickets", KEYRING) is None
    assert len(cursor) < 300
