"""Pages of HTML: rendered with everything escaped, and sent with headers that allow them nothing but themselves."""

import base64
import hashlib
from datetime import datetime
from pathlib import Path

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from gateway.domain.language import Language
from gateway.web.picture import Picture

TEMPLATES = Path(__file__).parent / "templates"
STYLE = (TEMPLATES / "style.css").read_text("utf-8")

ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False
)
ENVIRONMENT.globals["style"] = Markup(STYLE)  # noqa: S704  it is our own file


def policy() -> str:
    """Our own style, our own picture, a form that goes back to us; no script, no frame, nothing from elsewhere."""
    style = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode("ascii")
    # data: is the empty icon, without which browsers ask for /favicon.ico.
    return (
        f"default-src 'none'; style-src 'sha256-{style}'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


HEADERS = {
    "Content-Security-Policy": policy(),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


def page(
    template: str,
    language: Language,
    company: str,
    picture: Picture | None,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **values: object,
) -> HTMLResponse:
    """For addresses of two parts, such as /rate/TOKEN: links are relative, so that a proxy may put us below any path."""
    logo = f"../logo?v={picture.version}" if picture is not None else None
    html = ENVIRONMENT.get_template(template).render(language=language, company=company, logo=logo, **values)
    return HTMLResponse(html, status, HEADERS | (headers or {}))


def bare_page(
    template: str, language: Language, company: str, *, status: int = 200, headers: dict[str, str] = HEADERS, **values: object
) -> HTMLResponse:
    """Without the picture: for addresses of any depth, and for those who keep the desk."""
    return HTMLResponse(ENVIRONMENT.get_template(template).render(language=language, company=company, logo=None, **values), status, headers)


def day(moment: datetime, language: Language) -> str:
    """`21 November 2026`, as the language writes it."""
    return format_date(moment, "d MMMM y", locale=language)
