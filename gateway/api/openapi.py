"""The API as OpenAPI 3.1 has it, out of the declarations that requests are checked by. PURE."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.api import shapes
from gateway.api.operation import Operation
from gateway.api.problems import MEDIA_TYPE, TITLES
from gateway.domain.api import CONTAINS

REFERENCE: Final = "#/components/schemas/{model}"
JSON: Final = "application/json"
DESCRIPTION: Final = """\
The desk for other programs. `deskgate web token new` makes a token; every request carries it as `Authorization: Bearer TOKEN`.

**Lists** are pages: `next` of one is the `cursor` of the following.

**Twice is once**: a change that comes with an `Idempotency-Key` has its effect once, however often it is sent within two days. It is then
answered with what it came to, as that is by now.

**Who was first**: what is shown has an `ETag`. With `If-None-Match` it is sent again only once it has changed; with `If-Match` a change is
made only where nobody else made one meanwhile.

**Problems** are `application/problem+json` (RFC 9457); `type` names the kind, `detail` the case and the remedy.
"""
GROUPS: Final = {
    "tickets": "Tickets, with what is written on them and happens to them.",
    "attachments": "Files that came with what was written.",
    "inbound": "Mail that arrived, and mail that waits for a person.",
    "outbox": "Letters that are to be sent, were, or could not be.",
    "clients": "Who writes to the desk.",
    "ratings": "How content clients are.",
}


def description(operations: Sequence[Operation], version: str) -> dict[str, Any]:
    models = used(operations)
    refs, definitions = models_json_schema(models, by_alias=True, ref_template=REFERENCE)
    schemas = {(model, mode): schema for (model, mode), schema in refs.items()}
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = told(each, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Deskgate", "version": version, "description": DESCRIPTION},
        "security": [{"token": []}],
        "tags": [{"name": name, "description": text} for name, text in GROUPS.items()],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "Of `deskgate web token new`."}},
            "schemas": definitions["$defs"],
            "responses": {kind_of(status): problem(status) for status in sorted({status for status, _ in TITLES.values()})},
        },
    }


def used(operations: Sequence[Operation]) -> list[Any]:
    found: dict[tuple[type[BaseModel], str], None] = {(shapes.Problem, "serialization"): None}
    for each in operations:
        if each.answer is not None:
            found[each.answer, "serialization"] = None
        if each.body is not None:
            found[each.body, "validation"] = None
    return list(found)


def told(each: Operation, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": each.name,
        "tags": [each.group],
        "summary": each.summary,
        "description": f"{each.description}\n\nScope: {scope_of(each)}.".strip(),
        "parameters": [*in_path(each), *in_query(each), *in_header(each)],
        "responses": responses(each, schemas),
    }
    if each.body is not None:
        found["requestBody"] = {"required": True, "content": {JSON: {"schema": schemas[each.body, "validation"]}}}
    return found


def scope_of(each: Operation) -> str:
    more = [f"`{wider}`" for wider, contained in CONTAINS.items() if contained is each.scope]
    return " or ".join([f"`{each.scope}`", *more])


def in_path(each: Operation) -> list[dict[str, Any]]:
    if "{number}" not in each.path:
        return []
    return [{"name": "number", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}}]


def in_query(each: Operation) -> list[dict[str, Any]]:
    schema = each.query.model_json_schema(by_alias=True)
    definitions = schema.get("$defs", {})
    return [parameter(name, value, definitions, name in schema.get("required", [])) for name, value in schema.get("properties", {}).items()]


def parameter(name: str, schema: Mapping[str, Any], definitions: Mapping[str, Any], required: bool) -> dict[str, Any]:
    """In a query nothing is null: what is not wanted is left out."""
    plain = resolved(schema, definitions)
    if "anyOf" in plain:
        first, *_ = [each for each in plain["anyOf"] if each.get("type") != "null"]
        plain = first | {name: value for name, value in plain.items() if name not in ("anyOf", "default")}
    text = plain.pop("description", None)
    plain.pop("title", None)
    found: dict[str, Any] = {"name": name, "in": "query", "required": required, "schema": plain}
    return found | ({"description": text} if text else {})


def resolved(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """With what it refers to in its place."""
    match schema:
        case {"$ref": str(reference)}:
            rest = {name: value for name, value in schema.items() if name != "$ref"}
            return resolved(definitions[reference.rpartition("/")[2]], definitions) | rest
        case dict():
            return {name: resolved(value, definitions) for name, value in schema.items()}
        case list():
            return [resolved(each, definitions) for each in schema]
        case _:
            return schema


def in_header(each: Operation) -> list[dict[str, Any]]:
    if each.method == "GET":
        return [header("If-None-Match", "The `ETag` of what you have: 304 where it still holds.")] if takes_tags(each) else []
    key = header("Idempotency-Key", "A value of your own for this very change: sent again, it has no second effect.")
    key["schema"] |= {"minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$"}
    seen = header("If-Match", "The `ETag` of what you have: 412 where it no longer holds.")
    return [key, seen] if each.may_match and "{number}" in each.path else [key]


def takes_tags(each: Operation) -> bool:
    return each.method == "GET" and (each.answer is not None or each.in_parts)


def header(name: str, text: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": text, "schema": {"type": "string"}}


def responses(each: Operation, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {str(each.status): fine(each, schemas)}
    if each.in_parts:
        found["206"] = fine(each, schemas)
    if takes_tags(each):
        found["304"] = {"description": "It is as you have it"}
    if each.act is not None and "{number}" in each.path:
        found["204"] = {"description": "Done, and what came of it is not the token's to see: it has gone to another department"}
    return found | {str(status): {"$ref": f"#/components/responses/{kind_of(status)}"} for status in problems_of(each)}


def fine(each: Operation, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    if each.answer is None:
        return {"description": "The file", "content": {"application/octet-stream": {"schema": {}}}}
    found: dict[str, Any] = {
        "description": "Done" if each.act else "Found",
        "content": {JSON: {"schema": schemas[each.answer, "serialization"]}},
    }
    headers: dict[str, Any] = {}
    if each.read is not None or each.may_match:
        headers["ETag"] = {"schema": {"type": "string"}}
    if each.located is not None:
        headers["Location"] = {"schema": {"type": "string"}, "description": "Where it is, relative to the address asked for"}
    return found | ({"headers": headers} if headers else {})


def problems_of(each: Operation) -> list[int]:
    always = {400, 401, 403, 429, 500, 503}
    of_one = {404} if "{number}" in each.path or each.act else set()
    of_changes = {408, 409, 413, 415, 422} if each.act else set()
    of_parts = {416} if each.in_parts else set()
    return sorted(always | of_one | of_changes | of_parts | ({412} if each.may_match else set()))


def kind_of(status: int) -> str:
    return f"Problem{status}"


def problem(status: int) -> dict[str, Any]:
    titles = "; ".join(title for one, title in TITLES.values() if one == status)
    return {"description": titles, "content": {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(model="Problem")}}}}
