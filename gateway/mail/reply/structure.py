"""What the structure of the HTML form says of a text: which of its lines are quoted, and which are a signature.

The HTML is walked once; its letters are found again in the text, whichever way that was made (from this HTML, or by the mail program as
text/plain), so that an element's extent becomes a range of the text. Where they cannot be found the structure says nothing.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from gateway.mail.html_bounds import exceeded_bound
from gateway.mail.reply.headers import LABELS
from gateway.mail.reply.lines import Lines, Mark

MAX_HTML = 1_000_000
MAX_NODES = 60_000
"""Beyond these the text alone decides."""

_SILENT = frozenset(["script", "style", "head", "title", "template", "noscript"])
_LAUNDERED = re.compile(r"^(?:x_|ecx|yiv\d+|ydp[0-9a-f]{6,10}|m_-?\d+|v\d)+")
"""What Exchange, Hotmail, Yahoo, Gmail and Roundcube put before the names of foreign HTML."""
_CITED_CLASSES = frozenset(
    [
        "gmail_quote",
        "gmail_quote_container",
        "moz-cite-prefix",
        "yahoo_quoted",
        "protonmail_quote",
        "tutanota_quote",
        "zmail_extra",
        "mail-quote-collapse",
        "clean_bq",
        "airmail_on",
        "front-blockquote",
        "appleoriginalcontents",
        "gmail_attr",
        "gmail_quote_attribution",
        "nylas-quote",
        "ms-outlook-mobile-reference-message",
        "missive_quote",
        "hs_reply",
        "freshdesk_quote",
        "cm_quote",
        "history_container",
        "nh_extra",
        "nh_quote",
    ]
)
_CITED_IDS = re.compile(
    r"olk_src_body_section|mail-editor-reference-message-container|yahoo_quoted|isreplycontent|replycontent|reply-intro|origbody"
    r"|composer_parent_mail|blockquote_zmail|edo-original|aqm-original|nine_original|canaryblockquote|qt$"
)
_CITED_ATTRIBUTES = (("name", "messageReplySection"), ("name", "quote"), ("name", "quoted-content"), ("fairemail", "reference"))
_REST_IDS = re.compile(r"(?:divrplyfwdmsg|appendonsend|stopspelling|zwchr|ms-outlook-mobile-body-separator-line|oldmessageseparator)$")
_REST_ATTRIBUTES = (("data-marker", "__DIVIDER__"), ("data-marker", "__HEADERS__"), ("data-marker", "__QUOTED_TEXT__"))
_SIGNATURE_CLASSES = frozenset(
    ["gmail_signature", "gmail_signature_prefix", "moz-signature", "protonmail_signature_block", "yahoo_signature", "tutanota_signature"]
)
_REST_CLASSES = frozenset(["outlookmessageheader"])
_SIGNATURE_IDS = re.compile(r"(?:signature|ms-outlook-mobile-signature|applemailsignature)")
_MAILRU_BORDER = re.compile(r"border-left:\s*1px solid (?:#0857a6|rgb\(8,\s?87,\s?166\))", re.IGNORECASE)
_GREY = r"(?:#b5c4df|#e1e1e1|windowtext|black|rgb\((?:225,\s?225,\s?225|181,\s?196,\s?223)\))"
_TOP_BORDER = re.compile(rf"border-top:\s*(?:solid\s+{_GREY}\s+1(?:\.0)?p[tx]|1(?:\.0)?p[tx]\s+solid\s+{_GREY})", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W_]+")
_SEARCHED_AHEAD = 4000
_SEARCHED_NEAR = 300
_LONG_NODE = 12
"""Letters."""
_MOST_MISSES = 0.2
_MOST_BORDERED = 30


@dataclass(slots=True)
class _Found:
    """Ranges of letters of the HTML; `letters` are its text nodes in order."""

    letters: list[str] = field(default_factory=list)
    bordered: int = 0
    count: int = 0
    marked: list[tuple[Mark, int, int]] = field(default_factory=list)
    signed: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Structure:
    """Ranges of the text."""

    marked: tuple[tuple[Mark, int, int], ...] = ()
    signed: tuple[tuple[int, int], ...] = ()


def read_structure(html: str, text: str) -> Structure:
    if len(html) > MAX_HTML or len(text) > MAX_HTML or exceeded_bound(html) is not None:
        return Structure()
    found = _walk(html)
    if not (found.marked or found.signed):
        return Structure()
    positions = _align(found.letters, text)
    if positions is None:
        return Structure()
    signed = [(Mark.NONE, start, end) for start, end in found.signed]
    return Structure(tuple(_ranges(positions, found.marked)), tuple((start, end) for _, start, end in _ranges(positions, signed)))


def mark_lines(lines: Lines, structure: Structure) -> None:
    """Give the lines that lie within a marked element its mark. A plain blockquote outweighs the angle brackets it was rendered with."""
    for mark, start, end in structure.marked:
        for index in _lines_within(lines, start, end):
            if mark is Mark.SOFT and lines.marks[index] is Mark.HARD:
                continue
            lines.marks[index] = mark


def signed_lines(lines: Lines, structure: Structure) -> frozenset[int]:
    return frozenset(index for start, end in structure.signed for index in _lines_within(lines, start, end))


def _lines_within(lines: Lines, start: int, end: int) -> Iterator[int]:
    first = max(0, bisect_right(lines.starts, start) - 1)
    lead = lines.raw[first][: max(0, start - lines.starts[first])] if first < len(lines) else ""
    if any(map(str.isalnum, lead)):
        first += 1
    yield from range(first, min(len(lines), bisect_left(lines.starts, end)))


def _walk(html: str) -> _Found:
    """One pass over the tree, without recursion: how deep it nests does not matter."""
    found = _Found()
    node: LexborNode | None = LexborHTMLParser(html).root
    leaving: list[tuple[LexborNode, list[tuple[Mark | None, int]]]] = []
    opened = 0
    rest: int | None = None
    seen = 0
    while node is not None and seen < MAX_NODES:
        seen += 1
        child: LexborNode | None = None
        marks: list[tuple[Mark | None, int]] = []
        tag = node.tag
        if tag == "-text":
            _add_letters(found, node)
        elif tag not in _SILENT and tag != "-comment":
            mark = _mark_of(node, tag, found) if not opened else None
            if mark == "rest":
                rest = found.count if rest is None else rest
            elif mark == "signature":
                marks.append((None, found.count))
            elif isinstance(mark, Mark):
                marks.append((mark, found.count))
                opened += 1
            child = node.child
        if child is not None:
            leaving.append((node, marks))
            node = child
            continue
        opened -= _close(found, marks)
        following = node.next
        while following is None and leaving:
            node, marks = leaving.pop()
            opened -= _close(found, marks)
            following = node.next
        node = following
    for _, marks in leaving:
        _close(found, marks)
    if rest is not None:
        found.marked.append((Mark.HARD, rest, found.count))
    return found


def _close(found: _Found, marks: list[tuple[Mark | None, int]]) -> int:
    closed = 0
    for mark, start in marks:
        if mark is None:
            found.signed.append((start, found.count))
        else:
            found.marked.append((mark, start, found.count))
            closed += 1
    return closed


def _add_letters(found: _Found, node: LexborNode) -> None:
    letters = "".join(_LETTERS.findall(node.text_content or ""))
    if letters:
        found.letters.append(letters)
        found.count += len(letters)


def _mark_of(node: LexborNode, tag: str | None, found: _Found) -> Mark | str | None:
    """HARD or SOFT for a quotation, "rest" where all that follows is one, "signature", or None."""
    attributes = node.attributes
    if not attributes:
        return Mark.SOFT if tag == "blockquote" else None
    classes = {_LAUNDERED.sub("", name) for name in (attributes.get("class") or "").casefold().split()}
    identity = _LAUNDERED.sub("", (attributes.get("id") or "").casefold())
    style = attributes.get("style") or ""
    if tag == "blockquote":
        cited = (
            (attributes.get("type") or "").casefold() == "cite"
            or bool(classes & (_CITED_CLASSES - {"gmail_quote"}))
            or _MAILRU_BORDER.search(style)
            or (identity and _CITED_IDS.match(identity))
        )
        return Mark.HARD if cited else Mark.SOFT
    if classes & _CITED_CLASSES or (identity and _CITED_IDS.match(identity)) or _has(attributes, _CITED_ATTRIBUTES):
        return Mark.HARD
    if classes & _REST_CLASSES or _has(attributes, _REST_ATTRIBUTES):
        return "rest"
    if (identity and _REST_IDS.match(identity)) or (tag == "div" and "border" in style and _is_header_box(node, style, found)):
        return "rest"
    if classes & _SIGNATURE_CLASSES or (identity and _SIGNATURE_IDS.match(identity)) or "data-signature-widget" in attributes:
        return "signature"
    return None


def _has(attributes: Mapping[str, str | None], wanted: tuple[tuple[str, str], ...]) -> bool:
    return any(attributes.get(name) == value for name, value in wanted)


def _is_header_box(node: LexborNode, style: str, found: _Found) -> bool:
    """Outlook's line above a header block."""
    if found.bordered >= _MOST_BORDERED or _TOP_BORDER.search(style) is None:
        return False
    found.bordered += 1
    return _labels_in(node) >= 2


def _labels_in(node: LexborNode) -> int:
    text = (node.text(separator="\n") or "")[:3000].replace("：", ":")
    return sum(
        1
        for line in re.split(r"[\n]", text)
        if line.rstrip(": \u00a0").strip().casefold() in LABELS or line.partition(":")[0].strip().casefold() in LABELS
    )


def _align(nodes: list[str], text: str) -> list[int] | None:
    """The offset in `text` of every letter of the HTML, -1 where it was not found; None when too many were not.

    What the text has more (addresses of links, bullets) is passed over. Short nodes are looked for near by only, since they occur anywhere.
    """
    words = [(found[0], found.start()) for found in _LETTERS.finditer(text)]
    offsets = [at for word, start in words for at in range(start, start + len(word))]
    letters = "".join(word for word, _ in words)
    positions: list[int] = []
    at = missed = 0
    for node in nodes:
        reach = _SEARCHED_AHEAD if len(node) >= _LONG_NODE else _SEARCHED_NEAR
        place = letters.find(node, at, at + reach + len(node))
        if place < 0:
            missed += len(node)
            positions.extend([-1] * len(node))
        else:
            positions.extend(offsets[place : place + len(node)])
            at = place + len(node)
    return positions if missed <= _MOST_MISSES * max(1, len(positions)) else None


def _ranges(positions: list[int], found: list[tuple[Mark, int, int]]) -> Iterator[tuple[Mark, int, int]]:
    """The found ranges in offsets of the text; one whose beginning cannot be told is left out."""
    for mark, start, end in found:
        first = next((at for at in range(start, min(end, start + _LONG_NODE)) if positions[at] >= 0), None)
        last = next((at for at in range(end - 1, start - 1, -1) if positions[at] >= 0), None)
        if first is not None and last is not None:
            yield mark, positions[first], positions[last] + 1
