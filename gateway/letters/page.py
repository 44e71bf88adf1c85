"""An operator's HTML as mail programs want it: style on the elements, nothing fetched, the reply-above line first; and its text twin."""

import html
import re
from typing import Final

from css_inline import CSSInliner, InlineError

from gateway.letters.faults import Fault, UnusableError
from gateway.mail.html_bounds import exceeded_bound
from gateway.mail.html_text import html_to_text

MOST_STYLE = 64 * 1024
"""Characters of `<style>`: the work is that times the elements."""

ABOVE: Final = '\n<p style="margin:0 0 16px;color:#6b6b70;font-size:12px">{}</p>\n'
STYLE: Final = re.compile(r"<style\b[^>]*>(.*?)(?:</style\s*>|\Z)", re.IGNORECASE | re.DOTALL)
# As the inliner writes it: values in double quotes, where a > may stand.
TAG: Final = re.compile(r'<[A-Za-z][^\s>"/]*(?:\s+[^\s="<>/]+(?:="[^"]*")?)*\s*/?>')
VALUE: Final = re.compile(r'"[^"]*"')
BODY: Final = re.compile(r'<body(?:[^>"]|"[^"]*")*>')


def as_page(rendered: str, line: str, file: str) -> str:
    """The whole page; raises `UnusableError`. `line` is the reply-above line."""
    refuse(rendered, file)
    try:
        inlined = TAG.sub(without_tags_in_values, inliner().inline(rendered))
    except InlineError as error:
        raise UnusableError((Fault(file, 0, "", f"its style cannot be read: {error}"),)) from error
    if html_to_text(rendered).startswith(line):
        return inlined
    return BODY.sub(lambda body: body[0] + ABOVE.format(html.escape(line)), inlined, count=1)


def without_tags_in_values(tag: re.Match[str]) -> str:
    """HTML lets `<` and `>` stand in a quoted value as they are, and the inliner writes them so; some mail programs take them for a tag."""
    return VALUE.sub(lambda value: value[0].replace("<", "&lt;").replace(">", "&gt;"), tag[0])


def as_text(rendered: str, file: str) -> str:
    """What it says, for a template that has no text of its own."""
    refuse(rendered, file)
    return html_to_text(rendered)


def refuse(rendered: str, file: str) -> None:
    """Before any parser sees it: trees that are too deep end the process in them."""
    bound = exceeded_bound(rendered)
    if bound is None and sum(len(found[1]) for found in STYLE.finditer(rendered)) > MOST_STYLE:
        bound = f"more than {MOST_STYLE:,} characters of style"
    if bound is not None:
        raise UnusableError((Fault(file, 0, "", f"it makes {bound}"),))


def inliner() -> CSSInliner:
    """Rules for screens (`@media`) stay in `<style>`, where the programs that know them look for them."""
    return CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
