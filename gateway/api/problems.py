"""What went wrong, as a program can read it (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Fault:
    """One value that cannot be: where it stands, as a JSON pointer into the body (RFC 6901) or as a parameter, and what is expected."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None

    def document(self) -> dict[str, str]:
        places = {"pointer": self.pointer, "parameter": self.parameter}
        return {"detail": self.detail} | {name: value for name, value in places.items() if value is not None}


TITLES: Final[Mapping[str, tuple[int, str]]] = {
    "malformed": (400, "The request cannot be read"),
    "invalid-parameter": (400, "A parameter has a value that it cannot have"),
    "invalid-cursor": (400, "The cursor is none of ours"),
    "unauthorized": (401, "A token is needed"),
    "invalid-token": (401, "The token is not good"),
    "insufficient-scope": (403, "The token is not good for this"),
    "not-found": (404, "There is no such thing"),
    "method-not-allowed": (405, "This address knows no such method"),
    "too-slow": (408, "The request took too long to come"),
    "refused": (409, "The desk does not do this"),
    "in-progress": (409, "The same request is under way"),
    "changed-meanwhile": (412, "It is no longer what you have seen"),
    "too-large": (413, "The request is too large"),
    "unsupported-media-type": (415, "The request is of a kind that is not read here"),
    "no-such-part": (416, "The file has no such part"),
    "invalid": (422, "The request says something that cannot be"),
    "key-reused": (422, "The idempotency key belongs to another request"),
    "too-many-requests": (429, "Too many requests"),
    "defect": (500, "Something of ours went wrong"),
    "unavailable": (503, "The database does not answer now"),
}


class Problem(Exception):  # noqa: N818  it becomes an answer
    """`kind` is a key of TITLES; `detail` a sentence about this very case, which names the thing and the remedy."""

    def __init__(self, kind: str, detail: str, *, faults: Sequence[Fault] = (), headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.faults = tuple(faults)
        self.headers = dict(headers or {})

    @property
    def status(self) -> int:
        return TITLES[self.kind][0]

    def response(self, headers: Mapping[str, str]) -> Response:
        status, title = TITLES[self.kind]
        # RFC 9457 §3.1.1 asks for an absolute type: a relative one would be resolved against whatever address was asked for.
        document: dict[str, object] = {"type": f"urn:deskgate:problem:{self.kind}", "title": title, "status": status, "detail": self.detail}
        if self.faults:
            document["errors"] = [each.document() for each in self.faults]
        content = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
        return Response(content, status, {**headers, **self.headers}, MEDIA_TYPE)


def absent(what: str) -> Problem:
    """Also of what is there, but not for this token to see: both are told alike."""
    return Problem("not-found", f"there is no {what}, or it is not this token's to see")
