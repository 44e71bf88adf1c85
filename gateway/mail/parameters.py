"""`value; name=value; …` of Content-Type and Content-Disposition, with RFC 2231 in every variant that programs make of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from gateway.mail.charsets import clean, decode_bytes
from gateway.mail.encoded_words import decode_words

_MAX_VALUE = 16 * 1024
_MAX_PARAMETERS = 200

_PARAMETER = re.compile(
    r"""[;\s]*(?P<name>[^\s=;"<>(]{1,80})\s*=\s*
        (?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|(?P<bare>[^;]*+))""",
    re.VERBOSE | re.DOTALL,
)
_SECTION = re.compile(r"(?P<base>[^*]+)(?:\*(?P<number>\d{1,3}))?(?P<extended>\*)?")
_NO_SEMICOLON = re.compile(r"\s*([^\s=]+)\s+([\w*-]+\s*=)")
_PAIR = re.compile(r'\\(["\\])')


@dataclass(frozen=True, slots=True)
class Parametrised:
    """`value` is lower case; names of parameters too. Their values are decoded and complete."""

    value: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        return self.parameters.get(name, "")


def read_parametrised(text: str) -> Parametrised:
    """Read an unfolded field value, of which no more than 16 KiB and 200 parameters count. Never raises."""
    text = text[:_MAX_VALUE]
    head, _, rest = text.partition(";")
    if forgotten := _NO_SEMICOLON.match(head):
        head, rest = forgotten[1], text[forgotten.start(2) :]
    elif "=" in head:
        head, rest = "", text  # nothing but parameters: `filename=a.txt`
    value = head.strip().partition(" ")[0].strip("\"'").lower()
    return Parametrised(clean(value), _join_sections(_raw_parameters(rest)))


def _raw_parameters(rest: str) -> Iterator[tuple[str, str]]:
    position = 0
    for _ in range(_MAX_PARAMETERS):
        match = _PARAMETER.match(rest, position)
        if match is None:
            position = rest.find(";", position) + 1
            if not position:
                return
            continue
        position = match.end()
        if match["quoted"] is not None:
            yield match["name"].lower(), _PAIR.sub(r"\1", match["quoted"])
        else:
            yield match["name"].lower(), match["bare"].strip().strip('"')


@dataclass(slots=True)
class _Sections:
    plain: str | None = None
    extended: str | None = None
    numbered: dict[int, tuple[str, bool]] = field(default_factory=dict)


def _join_sections(parameters: Iterator[tuple[str, str]]) -> dict[str, str]:
    """Put `name*0*=`, `name*1=` … together. The first of a repeated name counts; an extended form outranks the plain one."""
    sections: dict[str, _Sections] = {}
    for name, value in parameters:
        match = _SECTION.fullmatch(name)
        if match is None:
            continue
        entry = sections.setdefault(match["base"], _Sections())
        if match["number"] is not None:
            entry.numbered.setdefault(int(match["number"]), (value, match["extended"] is not None))
        elif match["extended"] is not None:
            entry.extended = entry.extended if entry.extended is not None else value
        else:
            entry.plain = entry.plain if entry.plain is not None else value
    return {name: clean(_whole(entry)) for name, entry in sections.items()}


def _whole(entry: _Sections) -> str:
    if entry.extended is not None:
        return _decode_extended([(entry.extended, True)])
    if entry.numbered:
        return _decode_extended([entry.numbered[number] for number in sorted(entry.numbered)])
    return decode_words(entry.plain or "")


def _decode_extended(sections: list[tuple[str, bool]]) -> str:
    """Charset and language stand before two apostrophes, if anybody wrote them; octets are joined before they are decoded."""
    charset = ""
    first, extended = sections[0]
    if extended and first.count("'") >= 2:
        charset, _, first = first.split("'", 2)
        sections = [(first.strip('"'), True), *sections[1:]]  # some quote what stands behind the charset
    if not any(extended for _, extended in sections):
        joined = "".join(text for text, _ in sections)
        return decode_words(joined)
    raw = b"".join(unquote_to_bytes(text) if extended or charset else text.encode("utf-8", "replace") for text, extended in sections)
    decoded = decode_bytes(raw, charset or None)
    return decode_words(decoded)
