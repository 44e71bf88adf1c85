"""Somebody's words in a cell: plain, or HTML, which is as hostile here as in mail, for strangers wrote it. PURE."""

from gateway.desk.importing.table import text_of
from gateway.mail.html import sanitise
from gateway.mail.html_bounds import exceeded_bound
from gateway.mail.html_text import html_to_text

_BEGINNINGS = ("<!doctype", "<html", "<div", "<p>", "<p ", "<span", "<table", "<body", "<meta")


def words_of(cell: str, content_type: str) -> tuple[str, str | None]:
    """Text, and sanitised HTML where it came as such. What exceeds a bound stays as it is written."""
    written = text_of(cell)
    head = written.lstrip()[:400].casefold()
    marked = "html" in content_type.casefold()
    looks = head.startswith(_BEGINNINGS) or "<br" in head
    if not (marked or (looks and not content_type)) or exceeded_bound(written) is not None:
        return written, None
    html = sanitise(written)
    if exceeded_bound(html) is not None:
        return written, None
    return html_to_text(html).strip("\n"), html


def squeezed(text: str) -> str:
    """By which a ticket's description is found again among its articles."""
    return "".join(text.split())
