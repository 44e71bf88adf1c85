"""Whether HTML may be given to a parser at all: size, depth and the work that misnested markup makes, measured in one linear pass.

Both parsers used here are quadratic in the depth of the tree, and as the standard demands they reopen every unclosed formatting element in
every following block, so that a few kilobytes can become gigabytes.
"""

import re

MAX_SIZE = 4 * 1024 * 1024
MAX_DEPTH = 500
MAX_REOPENED = 200_000
MAX_REFERENCES = 100_000
"""Character references; the sanitiser is quadratic in their number."""
_HARMLESS_TAGS = 200
"""So few can neither nest deeply nor multiply."""

# The tokenizer of the HTML standard (§13.2.5), as far as telling tags from attribute values and raw text needs it.
_TAG = re.compile(
    r"""<(?:
        (?P<close>/)?(?P<name>[a-zA-Z][^\s/>]*+)
        (?:[\s/]*+(?:=[^\s/>=]*+|[^\s/>=]++)(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|(?=>)|[^\s>"'][^\s>]*+))?+)*+
        [\s/]*+>
      | (?P<comment>!--)
      | [!?/][^>]*+>
    )""",
    re.VERBOSE,
)
_COMMENT_END = re.compile(r"--!?>")
_START = re.compile(r"<[a-zA-Z]")
_MARKUP = re.compile(r"<(?=[a-zA-Z!?/])")
_RAW_TEXT = {"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"}
_NEVER_NEST = {
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link", "meta", "param", "source",
    "track", "wbr", "html", "head", "body", "p", "li", "dd", "dt", "td", "th", "tr", "tbody", "thead", "tfoot", "option", "optgroup",
}  # fmt: skip
_FORMATTING = {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}


def exceeded_bound(html: str) -> str | None:
    """The bound that the HTML exceeds, in words, or None."""
    if len(html) > MAX_SIZE:
        return f"HTML of more than {MAX_SIZE // 1024 // 1024} MiB"
    if html.count("&") > MAX_REFERENCES:
        return f"HTML with more than {MAX_REFERENCES:,} character references"
    if html.count("<") <= _HARMLESS_TAGS or _few_tags(html):
        return None
    return _measure(html)


def _few_tags(html: str) -> bool:
    return all(count < _HARMLESS_TAGS for count, _ in enumerate(_START.finditer(html)))


def _measure(html: str) -> str | None:
    """Markup that never ends swallows all that follows, so there the measuring ends too."""
    open_tags: dict[str, int] = {}
    depth = formatting = reopened = position = 0
    while (markup := _MARKUP.search(html, position)) and (match := _TAG.match(html, markup.start())):
        position = match.end()
        if match["comment"]:
            end = _COMMENT_END.search(html, position)
            position = end.end() if end is not None else len(html)
            continue
        name = match["name"].lower() if match["name"] else ""
        if not name:
            continue
        if match["close"]:
            if open_tags.get(name):
                open_tags[name] -= 1
                depth -= 1
                formatting -= name in _FORMATTING
            continue
        if name in _RAW_TEXT:
            position = _end_of_raw_text(html, name, position)
            continue
        reopened += formatting
        if name not in _NEVER_NEST:
            open_tags[name] = open_tags.get(name, 0) + 1
            depth += 1
            formatting += name in _FORMATTING
        if depth > MAX_DEPTH:
            return f"HTML nested deeper than {MAX_DEPTH}"
        if reopened > MAX_REOPENED:
            return "HTML with too much unclosed formatting"
    return None


def _end_of_raw_text(html: str, name: str, position: int) -> int:
    end = re.compile(rf"</{name}[\s/>]", re.IGNORECASE).search(html, position)
    return end.start() if end is not None else len(html)
