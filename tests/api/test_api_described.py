"""The API's description: as OpenAPI, which is made of what requests are checked by, and as a page that needs no script and no token."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import httpx

from gateway.api.openapi import description
from gateway.api.reference import example, kind_of, names_in, reference, sample
from gateway.api.routes import operations
from gateway.domain.api import Scope
from tests.api.site import ApiSite

DOCUMENT = description(operations(), "1.2.3")
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


def each_operation() -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, each) for path, methods in DOCUMENT["paths"].items() for method, each in methods.items()]


def references(value: object) -> set[str]:
    match value:
        case dict():
            found = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return found.union(*map(references, value.values()))
        case list():
            return set().union(*map(references, value))
        case _:
            return set()


def test_every_operation_is_described_once_with_its_scope() -> None:
    told = {each["operationId"]: each for _, _, each in each_operation()}
    assert len(told) == len(operations())
    for each in operations():
        assert f"`{each.scope}`" in told[each.name]["description"]
        assert told[each.name]["summary"]
        assert str(each.status) in told[each.name]["responses"]
    assert {each.scope for each in operations()} == set(Scope), "no scope is good for nothing"


def test_all_that_is_referred_to_is_there() -> None:
    for each in references(DOCUMENT):
        place: Any = DOCUMENT
        for name in each.removeprefix("#/").split("/"):
            place = place[name]
        assert place


def test_whoever_writes_a_name_wrong_hears_so_by_the_schema() -> None:
    for _, _, each in each_operation():
        body = each.get("requestBody")
        if body is not None:
            name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            assert SCHEMAS[name]["additionalProperties"] is False


class Page(HTMLParser):
    """What stands in it: tags with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, attribute: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(attribute)) is not None]


def test_the_page_asks_nobody_for_anything_and_needs_no_script() -> None:
    answer = reference(DOCUMENT)
    html = bytes(answer.body).decode()
    page = Page(html)
    assert not {"script", "iframe", "img", "object", "form"} & {tag for tag, _ in page.tags}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "style"]
    assert {each for each in page.of("href") if not each.startswith("#")} == {"data:,", "openapi.json"}
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_every_link_on_the_page_leads_somewhere_and_every_operation_has_its_place() -> None:
    page = Page(bytes(reference(DOCUMENT).body).decode())
    places = page.of("id")
    assert len(places) == len(set(places))
    assert {each.removeprefix("#") for each in page.of("href") if each.startswith("#")} <= set(places)
    assert {each.name for each in operations()} <= set(places)
    assert set(page.of("aria-labelledby")) <= set(places)


async def test_both_are_served_to_whoever_asks_with_the_address_of_the_desk(site: ApiSite) -> None:
    async with httpx.AsyncClient(base_url=site.url, trust_env=False) as client:
        found = await client.get("/api/v1/openapi.json")
        assert (found.status_code, found.json()["openapi"], found.json()["servers"]) == (200, "3.1.0", [{"url": "/api/v1"}])
        again = await client.get("/api/v1/openapi.json", headers={"If-None-Match": found.headers["etag"]})
        assert again.status_code == 304
        page = await client.get("/api/v1/docs")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_examples_have_what_an_operation_cannot_do_without() -> None:
    schema = DOCUMENT["paths"]["/tickets"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert sample(schema, SCHEMAS) == {"client": {"address": "dana@example.com"}, "subject": "…", "text": "…"}
    shown = example("/tickets/{number}/replies", "POST", None, SCHEMAS)
    assert shown.splitlines()[-1].strip() == '"$DESK/api/v1/tickets/5/replies"'


def test_kinds_are_told_in_words() -> None:
    assert kind_of({"anyOf": [{"type": "integer"}, {"type": "null"}]}) == "number or null"
    assert kind_of({"type": "array", "items": {"type": "string"}}) == "list of text"
    assert kind_of({"type": "string", "enum": ["a", "b"]}) == "a | b"
    assert kind_of({"type": "string", "format": "date-time"}) == "moment"
    assert [each.name for each in names_in({"$ref": "#/components/schemas/TicketClient"}, SCHEMAS)] == ["id", "name", "addresses"]


def test_what_can_be_asked_for_conditionally_says_so() -> None:
    for path, method, each in each_operation():
        names = {one["name"] for one in each["parameters"]}
        assert ("304" in each["responses"]) is ("If-None-Match" in names), path
        assert ("412" in each["responses"]) >= ("If-Match" in names), path
        assert (method == "get") is ("Idempotency-Key" not in names), path
    file = DOCUMENT["paths"]["/attachments/{number}"]["get"]
    assert {"200", "206", "304", "416"} <= file["responses"].keys()
