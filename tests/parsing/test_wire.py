"""Values over the wire and back."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.auth.signature import Signature
from gateway.domain.ours import Ours
from gateway.domain.states import Status
from gateway.mail.message import Message
from gateway.parsing.wire import codec, pack, unpack

ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=30),
    bytes: st.binary(max_size=100),
    int: st.integers(-(2**63), 2**63),
    bool: st.booleans(),
    NoneType: st.none(),
    datetime: st.datetimes(timezones=ZONES) | st.datetimes(),
}


@cache
def values(hint: Any) -> st.SearchStrategy[Any]:
    """Of any type that a codec takes, every field drawn."""
    if hint in LEAVES:
        return LEAVES[hint]
    arguments = get_args(hint)
    if get_origin(hint) is Literal:
        return st.sampled_from(arguments)
    if isinstance(hint, UnionType):
        return st.one_of([values(each) for each in arguments])
    if get_origin(hint) is tuple:
        if arguments[1:] == (Ellipsis,):
            return st.lists(values(arguments[0]), max_size=3).map(tuple)
        return st.tuples(*[values(each) for each in arguments])
    hints = get_type_hints(hint)
    return st.builds(hint, **{field.name: values(hints[field.name]) for field in fields(hint)})


@pytest.mark.parametrize("kind", [Message, Signature, Ours])
@settings(max_examples=100, deadline=None)
@given(st.data())
def test_what_goes_in_comes_out(kind: Any, data: st.DataObject) -> None:
    value = data.draw(values(kind))
    wire = codec(kind)
    back = wire.from_data(unpack(pack(wire.to_data(value))))
    assert back == value
    assert type(back) is kind


@dataclass(frozen=True, slots=True)
class Single:
    only: Status


@dataclass(frozen=True, slots=True)
class Nested:
    rows: tuple[tuple[str, Single], ...]
    maybe: Single | None
    when: datetime


@pytest.mark.parametrize(
    "value",
    [
        Single(Status.OPEN),
        Nested((), None, datetime(2026, 11, 20, tzinfo=UTC)),
        Nested((("a", Single(Status.NEW)), ("b", Single(Status.SPAM))), Single(Status.TRASH), datetime(2026, 11, 20)),
    ],
)
def test_enums_rows_and_single_fields(value: Any) -> None:
    wire = codec(type(value))
    back = wire.from_data(unpack(pack(wire.to_data(value))))
    assert (back, type(back)) == (value, type(value))


@pytest.mark.parametrize("kind", [object, dict, list[str], tuple, complex, type("Open", (), {})])
def test_a_type_that_cannot_travel_is_refused_when_its_codec_is_made(kind: Any) -> None:
    with pytest.raises(TypeError, match="no codec"):
        codec(kind)


def test_a_lone_surrogate_does_not_travel() -> None:
    with pytest.raises(UnicodeEncodeError):
        pack(codec(Ours).to_data(Ours(("\ud800",))))
