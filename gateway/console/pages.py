"""Pages of HTML: rendered with everything escaped, and sent with headers that allow them our own style, script and pictures alone."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from gateway.console import assets
from gateway.console.decisions import Told, in_words
from gateway.console.words import LANGUAGE_NAMES, LANGUAGES, Words

TEMPLATES: Final = Path(__file__).parent / "templates"
ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False
)
ENVIRONMENT.globals["style"] = assets.style
ENVIRONMENT.globals["script"] = assets.script
ENVIRONMENT.globals["languages"] = LANGUAGES
ENVIRONMENT.globals["language_names"] = LANGUAGE_NAMES
# data: is the empty icon, without which browsers ask for /favicon.ico. Frames are our own pages with a policy of their own (letters).
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "Vary": "Cookie",
}


def page(template: str, words: Words, *, status: int = 200, headers: dict[str, str] | None = None, **values: object) -> HTMLResponse:
    def told(text: str | None) -> Told:
        """A recorded step or reason; some documents have none."""
        return in_words(text or "", words.language)

    html = ENVIRONMENT.get_template(template).render(t=words, moment=lambda at: moment(at, words), retold=told, **values)
    return HTMLResponse(html, status, HEADERS | (headers or {}))


def moment(at: datetime | None, words: Words) -> Markup:
    """In UTC, said so; the script writes the reader's own time in its place."""
    if at is None:
        return Markup("")
    utc = at.astimezone(UTC)
    return Markup('<time datetime="{}">{} UTC</time>').format(utc.isoformat(timespec="seconds"), escape(words.moment(utc)))
