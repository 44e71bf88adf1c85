"""Lines of keys, which tomllib does not tell."""

import tomllib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config.lines import Lines, Location
from gateway.config.load import EXAMPLE

TEXT = '''\
title = "x" # 1
[desk]
name = """
[not.a.header]
key = 3
"""
list = [ # 7
  "a = 1",
  { inner = 1 }, # [[no]]
]
"quoted.key" = 1
dotted.key = 2

[[gateway]] # 14
address = "a@b"
[gateway.fetch]
host = "x"
[[gateway]]
fetch.host = "y"
[[gateway.fetches]]
[[gateway.fetches]]
port = 1
inline = {a = {b = 1}}
'''


def test_every_kind_of_key_has_its_line() -> None:
    lines = Lines(TEXT)
    expected: dict[Location, int | None] = {
        ("title",): 1,
        ("desk",): 2,
        ("desk", "name"): 3,
        ("desk", "key"): 2,
        ("desk", "list"): 7,
        ("desk", "list", 1, "inner"): 7,
        ("desk", "quoted.key"): 11,
        ("desk", "dotted", "key"): 12,
        ("desk", "dotted"): 12,
        ("gateway", 0): 14,
        ("gateway", 0, "address"): 15,
        ("gateway", 0, "fetch"): 16,
        ("gateway", 0, "fetch", "host"): 17,
        ("gateway", 1): 18,
        ("gateway", 1, "address"): 18,
        ("gateway", 1, "fetch", "host"): 19,
        ("gateway", 1, "fetches", 0): 20,
        ("gateway", 1, "fetches", 1, "port"): 22,
        ("gateway", 1, "fetches", 1, "inline", "a", "b"): 23,
        ("nowhere", "at", "all"): None,
    }
    assert {location: lines.of(location) for location in expected} == expected


def leaves(value: Any, location: Location = ()) -> list[Location]:
    match value:
        case dict():
            return [leaf for name, inner in value.items() for leaf in leaves(inner, (*location, name))]
        case list() if value and isinstance(value[0], dict):
            return [leaf for index, inner in enumerate(value) for leaf in leaves(inner, (*location, index))]
        case _:
            return [location]


def test_every_key_of_the_example_is_found_on_a_line_that_names_it() -> None:
    text = EXAMPLE.read_text()
    lines, written = Lines(text), text.splitlines()
    for location in leaves(tomllib.loads(text)):
        number = lines.of(location)
        assert number is not None
        assert written[number - 1].startswith(f"{location[-1]} =")


@settings(deadline=None)
@given(st.text(alphabet="ab.=[]\"'\n# 1,{}", max_size=60))
def test_no_text_is_too_odd(text: str) -> None:
    assert Lines(text).of(("a", 0, "b")) is None or text
