"""The description of the API as a page: made of the OpenAPI document, without a script and without anything from elsewhere."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from gateway.api.problems import TITLES
from gateway.domain.api import Scope

TEMPLATES: Final = Path(__file__).parent / "templates"
STYLE: Final = (TEMPLATES / "reference.css").read_text("utf-8")
ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False
)
ENVIRONMENT.globals["style"] = Markup(STYLE)  # noqa: S704  it is our own file
HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode("ascii")
HEADERS: Final = {
    # data: is the empty icon, without which browsers ask for /favicon.ico.
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{HASH}'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-cache",
}
MOST_VALUES: Final = 12
"""Of an enumeration, in a table."""

PLACES: Final = {"path": "address", "query": "query", "header": "header"}


@dataclass(frozen=True, slots=True)
class Named:
    """A name of a document and what it holds. `depth` is how far inside it stands."""

    name: str
    kind: str
    required: bool
    text: str
    depth: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An operation, as the page tells it."""

    id: str
    method: str
    path: str
    summary: str
    paragraphs: tuple[str, ...]
    parameters: tuple[Mapping[str, Any], ...]
    body: tuple[Named, ...]
    answer: tuple[Named, ...]
    statuses: tuple[str, ...]
    example: str


def reference(document: Mapping[str, Any]) -> Response:
    schemas = document["components"]["schemas"]
    groups = [
        (tag, [entry(path, method, each, schemas) for path, method, each in operations(document) if each["tags"] == [tag["name"]]])
        for tag in document["tags"]
    ]
    html = ENVIRONMENT.get_template("reference.html").render(
        info=document["info"],
        paragraphs=[each.replace("\n", " ") for each in document["info"]["description"].strip().split("\n\n")],
        groups=groups,
        scopes=list(Scope),
        problems=[(kind, status, title) for kind, (status, title) in TITLES.items()],
        named_kind=kind_of,
        places=PLACES,
    )
    return HTMLResponse(html, headers=HEADERS)


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, each in methods.items():
            yield path, method.upper(), each


def entry(path: str, method: str, each: Mapping[str, Any], schemas: Mapping[str, Any]) -> Entry:
    sent = each.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    fine = next(answer for status, answer in each["responses"].items() if status.startswith("2"))
    got = fine["content"].get("application/json", {}).get("schema")
    return Entry(
        each["operationId"],
        method,
        path,
        each["summary"],
        tuple(each["description"].split("\n\n")),
        tuple(each["parameters"]),
        tuple(names_in(sent, schemas)) if sent else (),
        tuple(names_in(got, schemas)) if got else (),
        tuple(each["responses"]),
        example(path, method, sent, schemas),
    )


def names_in(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int = 0) -> Iterator[Named]:
    """Each name before those that it holds. None of our documents holds itself."""
    found = followed(schema, schemas)
    for name, value in found.get("properties", {}).items():
        inner = within(value, schemas)
        text = value.get("description") or ""
        yield Named(name, kind_of(value, schemas), name in found.get("required", []), text, depth)
        if inner is not None:
            yield from names_in(inner, schemas, depth + 1)


def followed(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    reference_ = schema.get("$ref")
    return schemas[reference_.rpartition("/")[2]] if reference_ else schema


def choices(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]


def within(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The document that a value is, or is a list of."""
    for each in choices(schema):
        found = followed(each, schemas)
        if found.get("type") == "array":
            found = followed(found["items"], schemas)
        if "properties" in found:
            return found
    return None


def kind_of(schema: Mapping[str, Any], schemas: Mapping[str, Any] | None = None) -> str:
    """In words, such as `list of text`, or the values that there are."""
    schemas = schemas or {}
    told = [kind_of_one(followed(each, schemas), schemas) for each in choices(schema)]
    nothing = any(each.get("type") == "null" for each in schema.get("anyOf", []))
    return " or ".join([*told, *(["null"] if nothing else [])])


def kind_of_one(found: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    if "enum" in found:
        values = found["enum"]
        return " | ".join(values[:MOST_VALUES]) + (" | …" if len(values) > MOST_VALUES else "")
    if "const" in found:
        return str(found["const"])
    kind = found.get("type", "anything")
    if kind == "array":
        return f"list of {kind_of(found.get('items', {}), schemas)}"
    if kind == "string":
        return {"date-time": "moment"}.get(found.get("format", ""), "base64" if "contentEncoding" in found else "text")
    return {"integer": "number", "object": "object", "boolean": "true | false"}.get(kind, str(kind))


def example(path: str, method: str, sent: Mapping[str, Any] | None, schemas: Mapping[str, Any]) -> str:
    """For a shell; a change carries a key, as one should."""
    lines = ['curl -H "Authorization: Bearer $TOKEN"']
    if method != "GET":
        lines.append(f'-X {method} -H "Idempotency-Key: $(uuidgen)"')
    if sent is not None:
        lines.append('-H "Content-Type: application/json"')
        lines.append(f"-d '{json.dumps(sample(sent, schemas))}'")
    lines.append(f'"$DESK/api/v1{path.replace("{number}", "5")}"')
    return " \\\n  ".join(lines)


def sample(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """With what it cannot do without."""
    found = followed(schema, schemas)
    required = found.get("required") or list(found["properties"])[:1]
    return {name: sample_of(name, found["properties"][name], schemas) for name in required}


def sample_of(name: str, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    found = followed(choices(schema)[0], schemas)
    if "properties" in found:
        return sample(found, schemas)
    if "enum" in found:
        return found["enum"][1]
    match found.get("type"):
        case "array":
            return [sample_of(name, found["items"], schemas)]
        case "integer":
            return 7
        case _:
            return "dana@example.com" if "address" in name else "…"
