"""ValiMail's public test suite of ARC: each message's chain, verified as the parse child does it. See data/NOTICE.

It was written for a draft: where RFC 8617 says otherwise, the RFC counts.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.auth.verify import verify_content
from gateway.auth.written import read_written

SUITE = json.loads((Path(__file__).parent / "data" / "arc.json").read_bytes())
CASES = 170
NOW = 1_700_000_000.0

RESULTS = {"Pass": "pass", "Fail": "fail", "None": "none", "": "fail"}
"""The suite has no result for a chain that says itself that it failed; RFC 8617 §5.2, steps 2 and 3C: it has failed."""

EXCEPTIONS = {
    "ams_fields_a_sha1": "RFC 8301 §3.1, to which RFC 8617 §4.1.2 is bound by RFC 6376: nobody may take rsa-sha1 any more",
    "as_fields_a_sha1": "the same, of the seal",
    "ams_fields_h_empty": "RFC 6376 §3.5 and §5.4, whose signatures RFC 8617 §4.1.2 takes over: h= must not be empty, and must name From",
}
"""Chains that pass by the suite and that we fail."""


def cases() -> Iterator[Any]:
    for scenario in SUITE:
        for name, case in scenario["tests"].items():
            yield pytest.param(scenario["txt-records"], case, "fail" if name in EXCEPTIONS else RESULTS[case["cv"]], id=name)


@pytest.mark.parametrize(("published", "case", "expected"), list(cases()))
def test_the_suite(published: Mapping[str, str], case: dict[str, str], expected: str) -> None:
    content = case["message"].replace("\n", "\r\n").encode()
    names = read_written(content).key_names
    keys = {name: published.get(name.rstrip("."), "").encode() for name in names}
    chain = verify_content(content, keys, NOW).chain
    assert (chain.result, bool(chain.why)) == (expected, expected == "fail"), chain.why


def test_the_suite_is_whole() -> None:
    assert sum(len(scenario["tests"]) for scenario in SUITE) == CASES
    assert set(EXCEPTIONS) <= {name for scenario in SUITE for name in scenario["tests"]}
