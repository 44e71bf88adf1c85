"""What signatures cover: a message's fields and body in the forms that they hash (RFC 6376 §3.4 and §3.7), each form made once.

The canonical forms are dkimpy's. Which fields are chosen is ours: one look at each name, however many names a hostile h= lists.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from dkim.canonicalization import CanonicalizationPolicy, InvalidCanonicalizationPolicyError, Relaxed, Simple

from gateway.auth.keys import RefusedError, new_digest
from gateway.auth.tags import without_signature
from gateway.auth.written import Field

_BARE_LF = re.compile(rb"(?<!\r)\n")
_WHITE = re.compile(rb"[\t ]{2,}|\t")

RELAXED, SIMPLE = "relaxed", "simple"


def forms(canonicalization: str) -> tuple[str, str]:
    """Of header and body, from c=; raises RefusedError."""
    try:
        policy = CanonicalizationPolicy.from_c_value(canonicalization.encode())
    except InvalidCanonicalizationPolicyError:
        raise RefusedError("permerror", "it is malformed: c= names no known form") from None
    return policy.header_algorithm.name.decode(), policy.body_algorithm.name.decode()


def canonical_field(form: str, name: bytes, value: bytes) -> bytes:
    """With the line end that `value` has or has not."""
    if form == SIMPLE:
        return name + b":" + value
    ((canonical_name, canonical),) = Relaxed.canonicalize_headers([(name, value)])
    return bytes(canonical_name + b":" + (canonical if value.endswith(b"\r\n") else canonical.removesuffix(b"\r\n")))


def own_form(form: str, field: Field) -> bytes:
    """A signing field as it signs itself: without the signature and without a line end."""
    return canonical_field(form, field.raw_name, without_signature(field.value))


def relaxed_body(body: bytes) -> bytes:
    """RFC 6376 §3.4.4, as dkimpy does it and in a fifth of the time, for it touches no single space."""
    canonical: bytes = Simple.canonicalize_body(_WHITE.sub(b" ", body).replace(b" \r\n", b"\r\n"))
    return b"" if canonical == b"\r\n" else canonical


class Covered:
    def __init__(self, fields: Sequence[Field], body: bytes) -> None:
        self._fields = fields
        self._body = body
        self._bodies: dict[str, bytes] = {}
        self._headers: dict[str, dict[bytes, list[bytes]]] = {}

    def body(self, form: str) -> bytes:
        if form not in self._bodies:
            body = self._body
            if body.count(b"\n") != body.count(b"\r\n"):
                body = _BARE_LF.sub(b"\r\n", body)
            self._bodies[form] = relaxed_body(body) if form == RELAXED else Simple.canonicalize_body(body)
        return self._bodies[form]

    def how_many(self, name: bytes) -> int:
        return sum(field.name == name for field in self._fields)

    def header_digest(self, form: str, chosen: Iterable[str], own: Field) -> bytes:
        """§5.4.2: of fields of one name the lowest first; a name more often than there are such fields stands for nothing."""
        header = self._header(form)
        taken: defaultdict[bytes, int] = defaultdict(int)
        digest = new_digest()
        for name in (each.encode() for each in chosen):
            taken[name] += 1
            of_name = header.get(name, ())
            if taken[name] <= len(of_name):
                digest.update(of_name[-taken[name]])
        digest.update(own_form(form, own))
        return digest.digest()

    def _header(self, form: str) -> dict[bytes, list[bytes]]:
        """Canonical fields by name, from the top."""
        if form not in self._headers:
            header: dict[bytes, list[bytes]] = {}
            for field in self._fields:
                header.setdefault(field.name, []).append(canonical_field(form, field.raw_name, field.value))
            self._headers[form] = header
        return self._headers[form]
