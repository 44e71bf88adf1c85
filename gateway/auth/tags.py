"""Tag lists (RFC 6376 §3.2): the values of DKIM-Signature and of the ARC fields, and the key records that they point at."""

import re

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BLANK = " \t\r\n"

Tags = dict[str, str]


def read_tags(value: bytes) -> Tags | None:
    """Tags by name, in order; None where it is no tag list, and where a tag stands twice, for then two readers might see two values.

    Names and values are taken as they stand, letter case included; space around them is none of theirs. Octets that are not UTF-8 become
    U+FFFD, which no domain, number or base64 may hold.
    """
    specs = value.decode("utf-8", "replace").split(";")
    if not specs[-1].strip(_BLANK):
        specs.pop()
    tags: Tags = {}
    for spec in specs:
        name, equals, content = (each.strip(_BLANK) for each in spec.partition("="))
        if not equals or _NAME.fullmatch(name) is None or name in tags or _CONTROL.search(content):
            return None
        tags[name] = content
    return tags or None


def names(value: str) -> tuple[str, ...]:
    """The parts of a list with colons, in lower case."""
    return tuple([each.strip(_BLANK).lower() for each in value.split(":")])


def unfolded(value: str) -> str:
    """Base64 as it may be broken over lines."""
    return "".join(value.split())


def without_signature(value: bytes) -> bytes:
    """With the value of `b=` taken out and all space around it (RFC 6376 §3.7), and no line end: what a field signs of itself."""
    specs = value.split(b";")
    for index, spec in enumerate(specs):
        name, equals, _ = spec.partition(b"=")
        if equals and name.strip(_BLANK.encode()) == b"b":
            specs[index] = name + equals
    return b";".join(specs).removesuffix(b"\r\n")
