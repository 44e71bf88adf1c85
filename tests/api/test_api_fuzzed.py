"""The API against its own description: requests made of the schema, good ones and bad ones, to the running application over HTTP.

Bounded and the same in every run: `EXAMPLES` of either kind to each operation.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.api.routes import operations
from tests.api.site import ApiSite, Program, a_call
from tests.api.test_api_desk import held

EXAMPLES = 8
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
KNOWN = 4
"""Numbers that something has, of each kind."""
keys = count(1)
KNOWN_IN_BODY: dict[str, Callable[[int], Any]] = {
    "ids": lambda number: [number % KNOWN + 1],
    "addresses": lambda number: [f"client{number}@other.test"],
    "add_addresses": lambda number: [f"client{number}@other.test"],
    "client": lambda number: {"address": f"client{number}@other.test"},
    "into": lambda number: number % KNOWN + 1,
    "department": lambda _: "support",
    "assignee": lambda _: "dana@staff.test",
    "gateway": lambda _: "support@desk.test",
    "from": lambda _: "support@desk.test",
    "add_cc": lambda number: [f"colleague{number}@other.test"],
    "remove_cc": lambda _: [],
    "to": lambda _: [],
    "cc": lambda _: [],
    "bcc": lambda _: [],
    "seen": lambda _: None,
    "set": lambda _: {"status": "open"},
}
"""What no schema can tell: values by which there is something to be done."""


async def furnished(site: ApiSite) -> Program:
    """A desk with some of everything, so that requests find it."""
    program = await site.program()
    for number in range(KNOWN):
        await program.post("/tickets", a_call(subject=f"Ticket {number}"))
        await held(site, words=f"Message {number}")
    await program.post("/tickets/1/replies", {"text": "See.", "files": [{"filename": "a.txt", "content": "aGVsbG8="}]})
    for name in ("bob", "cleo", "dan"):
        await program.post("/clients", {"addresses": [f"{name}@other.test"]})
    return program


def config() -> SchemathesisConfig:
    # 4xx is what the desk says of a good request to what is not there, or of a wish that it does not grant.
    return SchemathesisConfig.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": ["4xx"]}}})


def to_something_known(case: Any) -> None:
    """A good request is most often of something that is there, and its first attempt."""
    path, query, headers = case.path_parameters or {}, case.query or {}, case.headers or {}
    if isinstance(path.get("number"), int):
        path["number"] = path["number"] % (1 if "attachment" in case.path else KNOWN) + 1
    query.pop("cursor", None)
    headers.pop("If-Match", None)
    headers["Idempotency-Key"] = f"fuzz-{next(keys)}"
    if isinstance(case.body, dict):
        case.body |= {name: known(next(keys)) for name, known in KNOWN_IN_BODY.items() if name in case.body}
        if "client_address" in case.body or ("new" in case.body and case.body.get("client") is not None):
            case.body = {"ids": case.body["ids"], "new": True}


def fuzzed(url: str, secret: str, name: str, mode: schemathesis.GenerationMode) -> Counter[int]:
    """How many requests were answered with which status, all of them as the description has it."""
    schema = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json", config=config())
    operation = schema.find_operation_by_id(name)
    checks = [*CHECKS, *([negative_data_rejection] if mode.is_negative else [])]
    answered = Counter[int]()

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def answers_as_described(case: Any) -> None:
        if mode.is_positive:
            to_something_known(case)
        response = case.call_and_validate(headers={"Authorization": f"Bearer {secret}"}, checks=checks)
        answered[response.status_code] += 1

    answers_as_described()
    return answered


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
async def test_whatever_is_sent_is_answered_as_the_description_says(site: ApiSite, mode: schemathesis.GenerationMode) -> None:
    program = await furnished(site)
    assert program.secret is not None
    answered: dict[str, Counter[int]] = {}
    for each in operations():
        if mode.is_negative and each.body is None and "{number}" not in each.path and each.act is not None:
            continue  # it takes nothing that could be wrong
        await site.alter("UPDATE inbound_messages SET state = 'held', outcome = 'held', assigned = NULL")
        answered[each.name] = await asyncio.to_thread(fuzzed, site.url, program.secret, each.name, mode)
    fine = {name for name, statuses in answered.items() if any(status < 300 for status in statuses)}
    assert mode.is_negative or fine == {each.name for each in operations()}, "each of them has worked, too"
