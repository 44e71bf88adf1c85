"""HTML → text that reads like the mail looked: paragraphs, lists, links, tables.

Block quotes become `> ` lines, so that the reply cutter sees them.
"""

import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from gateway.mail.charsets import clean
from gateway.mail.html import WITHOUT_CONTENT

_SKIPPED = {"head", *WITHOUT_CONTENT}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dir", "div", "dl", "dt",
    "fieldset", "figcaption",
    "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "li", "main", "menu", "nav", "ol", "p", "pre",
    "section", "summary",
    "table", "tbody", "tfoot", "thead", "tr", "ul",
}  # fmt: skip
_SPACED = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "dl", "pre", "table"}
"""Blocks that stand apart from their neighbours by a blank line."""
_TIGHT_CLASS = re.compile(r"\b(?:x_)*(?:MsoNormal|MsoPlainText|MsoListParagraph\w*)\b")
"""Paragraphs that Outlook uses as lines."""
_TIGHT_STYLE = re.compile(r"margin(?:-top|-bottom)?\s*:\s*0(?:px|pt|cm|in|em)?(?:\s|;|!|$)", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad\u034f]")
_RULE = "_" * 32


def html_to_text(html: str) -> str:
    """The text, with LF ends and without blank lines at either end. The caller has seen to the bounds (`html_bounds`)."""
    root = LexborHTMLParser(html).body
    if root is None:
        return ""
    writer = _Writer()
    _walk(root, writer)
    return clean(writer.text())


@dataclass(slots=True)
class _Writer:
    """Lays text out in lines. White space is collapsed as browsers do it, except within `pre`."""

    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    quotes: int = 0
    lists: list[int | None] = field(default_factory=list)
    """Of each open list the next number, or None where items have none."""
    marker: str = ""
    pre: int = 0
    space: bool = False
    blank_wanted: bool = False

    def write(self, text: str) -> None:
        text = _INVISIBLE.sub("", text) if not text.isascii() else text
        if self.pre:
            first, *rest = text.replace("\r\n", "\n").split("\n")
            self._append(first)
            for each in rest:
                self.end_line()
                self._append(each)
            return
        words = _SPACES.sub(" ", text)
        if words.startswith(" "):
            self.space = self.space or bool(self.line)
            words = words[1:]
        if not words:
            return
        trailing = words.endswith(" ")
        self._append((" " if self.space else "") + words.rstrip(" "))
        self.space = trailing

    def _append(self, text: str) -> None:
        if text:
            self.line.append(text.replace("\xa0", " "))

    def end_line(self) -> None:
        """End the line at hand, even an empty one."""
        if self.blank_wanted and self.lines and self.lines[-1].strip("> ") and "".join(self.line).strip():
            self.lines.append(self._prefix(self.quotes).rstrip())
        if "".join(self.line).strip():
            self.blank_wanted = False
        body = "".join(self.line).rstrip()
        if self.marker and body.strip():
            body, self.marker = self.marker + body.lstrip(), ""
        self.lines.append((self._prefix(self.quotes) + body).rstrip())
        self.line, self.space = [], False

    def block(self, spaced: bool) -> None:
        """A block begins or ends here: its text starts on a line of its own."""
        if self.line:  # even if only of a space that does not break, by which programs keep an empty line
            self.end_line()
        self.space = False
        self.blank_wanted = self.blank_wanted or spaced

    @staticmethod
    def _prefix(quotes: int) -> str:
        return "> " * quotes

    def text(self) -> str:
        self.block(spaced=False)
        lines = [re.sub(r"^(?:> )+>?", lambda prefix: prefix[0].replace("> >", ">>").replace("> >", ">>"), line) for line in self.lines]
        return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)).strip("\n")


def _walk(root: LexborNode, writer: _Writer) -> None:
    """Depth first, without recursion."""
    stack: list[tuple[LexborNode, str]] = []
    node: LexborNode | None = root.first_child
    while node is not None or stack:
        if node is None:
            element, tag = stack.pop()
            _leave(element, tag, writer)
            node = element.next
            continue
        tag = node.tag or ""
        if tag == "-text":
            writer.write(node.text_content or "")
        elif tag in _SKIPPED or tag.startswith(("-", "_", "!")) or _hidden(node):
            pass
        else:
            _enter(node, tag, writer)
            child = node.first_child
            if child is not None:
                stack.append((node, tag))
                node = child
                continue
            _leave(node, tag, writer)
        node = node.next


def _hidden(node: LexborNode) -> bool:
    return _HIDDEN.search(node.attributes.get("style") or "") is not None


def _enter(node: LexborNode, tag: str, writer: _Writer) -> None:
    match tag:
        case "br":
            writer.end_line()
        case "hr":
            writer.block(spaced=False)
            writer.write(_RULE)
            writer.block(spaced=False)
        case "img":
            _write_image(node, writer)
        case "td" | "th":
            if writer.line:
                writer.space = False
                writer.write("\xa0")
        case _ if tag in _BLOCKS:
            writer.block(_stands_apart(node, tag))
            _open_block(node, tag, writer)


def _open_block(node: LexborNode, tag: str, writer: _Writer) -> None:
    match tag:
        case "blockquote":
            if writer.blank_wanted and writer.lines and writer.lines[-1].strip("> "):
                writer.lines.append(("> " * writer.quotes).rstrip())
            writer.blank_wanted = False
            writer.quotes += 1
        case "ul" | "dir" | "menu":
            writer.lists.append(None)
        case "ol":
            start = node.attributes.get("start") or "1"
            writer.lists.append(int(start) if start.isascii() and start.isdigit() and len(start) < 8 else 1)
        case "li":
            writer.marker = _next_marker(writer)
        case "pre":
            writer.pre += 1


def _next_marker(writer: _Writer) -> str:
    number = writer.lists[-1] if writer.lists else None
    indent = "  " * max(0, min(len(writer.lists), 20) - 1)
    if number is None:
        return f"{indent}- "
    writer.lists[-1] = number + 1
    return f"{indent}{number}. "


def _leave(node: LexborNode, tag: str, writer: _Writer) -> None:
    if tag == "a":
        _write_target(node, writer)
        return
    if tag not in _BLOCKS:
        return
    writer.block(_stands_apart(node, tag))
    match tag:
        case "blockquote":
            writer.quotes = max(0, writer.quotes - 1)
            writer.blank_wanted = True
        case "ul" | "ol" | "dir" | "menu":
            if writer.lists:
                writer.lists.pop()
        case "li":
            writer.marker = ""
        case "pre":
            writer.pre = max(0, writer.pre - 1)


def _stands_apart(node: LexborNode, tag: str) -> bool:
    if tag not in _SPACED:
        return False
    if tag in ("ul", "ol"):
        return node.parent is None or node.parent.tag != "li"
    if tag != "p":
        return True
    attributes = node.attributes
    return not _TIGHT_CLASS.search(attributes.get("class") or "") and not _TIGHT_STYLE.search(attributes.get("style") or "")


def _write_target(node: LexborNode, writer: _Writer) -> None:
    """The address of a link whose text does not tell it already."""
    target = (node.attributes.get("href") or "").strip()
    scheme, colon, rest = target.partition(":")
    if not colon or scheme.lower() not in ("http", "https", "mailto", "tel", "ftp") or len(target) > 2000:
        return
    shown = target if scheme.lower() in ("http", "https", "ftp") else rest.partition("?")[0]
    text = node.text(deep=True).strip()
    if text and _same_target(text, shown):
        return
    if text or node.css_first("img") is None:
        writer.write(f" <{shown}>" if text else shown)


def _same_target(text: str, target: str) -> bool:
    def bare(value: str) -> str:
        return (
            value.casefold()
            .strip("<>()[] .,;")
            .removeprefix("mailto:")
            .partition("://")[2 if "://" in value else 0]
            .removeprefix("www.")
            .rstrip("/")
        )

    return bare(text) == bare(target) or target.casefold() in text.casefold()


def _write_image(node: LexborNode, writer: _Writer) -> None:
    """Of images only those that stand for a character (emoji) are text."""
    alternative = (node.attributes.get("alt") or "").strip()
    if alternative and len(alternative) <= 8 and not alternative.isascii() and not any(each.isalpha() for each in alternative):
        writer.write(alternative)
