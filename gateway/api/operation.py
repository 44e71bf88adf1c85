"""An operation as it is declared: what it takes and gives, and what it asks of a token. Requests are checked by it, and OpenAPI tells
it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from gateway.api.call import Call
from gateway.deeds.deed import Deed
from gateway.domain.api import Scope

SMALL: Final = 512 * 1024
"""Octets of a body without files."""
WITH_FILES: Final = 48 * 1024 * 1024
"""Files are in base64, which makes them a third larger."""


class Input(BaseModel):
    """What a program sends. Unknown names are refused: a misspelt one would be passed over in silence."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Nothing(Input):
    """No parameters."""


class Paged(Input):
    limit: int = Field(default=50, ge=1, le=200)
    """How many at most."""
    cursor: str | None = Field(default=None, min_length=1, max_length=300)
    """Where to go on: `next` of the page before. All other parameters must be as they were."""

    @property
    def of(self) -> str:
        """The list, whatever of it is shown now."""
        return f"{type(self).__name__} {self.model_dump_json(exclude={'limit', 'cursor'})}"


@dataclass(frozen=True, slots=True)
class Made:
    """What a change came to: `ids` say what it was done to, and are kept under the idempotency key. `wake`: who has work now."""

    ids: Mapping[str, Any] = field(default_factory=dict)
    wake: tuple[str, ...] = ()


Q = TypeVar("Q", bound=Input)
B = TypeVar("B", bound=Input)
Document = dict[str, Any]
Read = Callable[[Call, Q], Awaitable[Document | Response]]
Act = Callable[[Call, AsyncSession, Deed, B], Awaitable[Made]]
Show = Callable[[Call, Mapping[str, Any]], Awaitable[Document]]
"""What is answered of a change once it is committed, or when it is asked for again; by the ids."""
Method = Literal["GET", "POST", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class Operation:
    """`name` is the one in OpenAPI, `action` the audit log's. `answer` None: a file, not a document. `located`: the address of what was
    made, relative to the root of the API, by its ids."""

    method: Method
    path: str
    name: str
    action: str
    scope: Scope
    group: str
    summary: str
    description: str
    answer: type[BaseModel] | None
    query: type[Input] = Nothing
    body: type[Input] | None = None
    status: int = 200
    read: Read[Any] | None = None
    act: Act[Any] | None = None
    show: Show | None = None
    located: str | None = None
    largest: int = SMALL
    may_match: bool = False
    """Whether it heeds `If-Match`."""
    in_parts: bool = False
    """Whether a file's parts can be asked for by `Range`."""


def reads(
    path: str,
    name: str,
    read: Read[Q],
    summary: str,
    *,
    scope: Scope,
    action: str,
    answer: type[BaseModel] | None,
    query: type[Q] | None = None,
    description: str = "",
    in_parts: bool = False,
) -> Operation:
    group = path.strip("/").partition("/")[0]
    return Operation("GET", path, name, action, scope, group, summary, description, answer, query or Nothing, read=read, in_parts=in_parts)


def changes(
    method: Method,
    path: str,
    name: str,
    act: Act[B],
    show: Show,
    summary: str,
    *,
    scope: Scope,
    action: str,
    answer: type[BaseModel],
    body: type[B] | None = None,
    status: int = 200,
    located: str | None = None,
    largest: int = SMALL,
    may_match: bool = False,
    description: str = "",
) -> Operation:
    group = path.strip("/").partition("/")[0]
    return Operation(
        method, path, name, action, scope, group, summary, description, answer, Nothing, body, status,
        act=act, show=show, located=located, largest=largest, may_match=may_match,
    )  # fmt: skip


def page(call: Call, asked: Paged, found: Sequence[Document], place: Callable[[Document], tuple[Any, ...]]) -> Document:
    """`found` is one more than asked for, where there is more; `place` is where a list goes on after one of them."""
    shown = list(found[: asked.limit])
    more = len(found) > asked.limit
    return {"items": shown, "next": call.cursor(place(shown[-1]), asked.of) if more else None}
