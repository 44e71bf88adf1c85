"""The HTML of a mail as a document of its own, for a frame: it runs nothing, and loads nothing but the mail's own pictures until somebody
asks.

What is shown went through `gateway.mail.html` when it came in. This page does not rely on it: its policy allows no script, no form, no
frame and no connection, and its sandbox takes its origin away, so that it could reach nothing of the console's even if it ran.
"""

import re
from collections.abc import Mapping
from html import escape, unescape
from typing import Final
from urllib.parse import unquote

from starlette.responses import HTMLResponse, Response

SANDBOX: Final = "allow-popups allow-popups-to-escape-sandbox"
"""A link may be opened in a tab of its own, when a person clicks it."""
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:{more}; form-action 'none'; base-uri 'none'; "
    f"frame-ancestors 'self'; sandbox {SANDBOX}"
)
FROM_ELSEWHERE: Final = " https: http:"
HEADERS: Final = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "X-DNS-Prefetch-Control": "off",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
# Mails are written for white paper.
STYLE: Final = (
    ":root { color-scheme: light } body { margin: .75rem; background: #fff; color: #111; font: 1rem/1.45 system-ui, sans-serif; "
    "overflow-wrap: anywhere } img { max-width: 100%; height: auto } img.remote-image:not([src]) { display: inline-block; min-width: 3rem; "
    "min-height: 1.5rem; border: 1px dashed #777 }"
)
# As `gateway.mail.html` writes them.
_REMOTE: Final = re.compile(r'<img class="remote-image" data-src="([^"]*)"')
_WITHIN: Final = re.compile(r'<img src="cid:([^"]*)"', re.IGNORECASE)


def has_remote_images(html: str) -> bool:
    return _REMOTE.search(html) is not None


def mail_frame(html: str, title: str, parts: Mapping[str, str], *, images: bool) -> Response:
    """`parts` are the addresses of the mail's own pictures by `content_key`. With `images`, the browser also loads those from elsewhere;
    we never do."""
    body = shown(html, parts, images=images)
    # Its links lead out of the frame.
    head = f'<meta charset="utf-8"><base target="_blank"><title>{escape(title)}</title><style>{STYLE}</style>'
    headers = HEADERS | {"Content-Security-Policy": POLICY.format(more=FROM_ELSEWHERE if images else "")}
    return HTMLResponse(f"<!doctype html><html><head>{head}</head><body>{body}</body></html>", headers=headers)


def shown(html: str, parts: Mapping[str, str], *, images: bool) -> str:
    def within(found: re.Match[str]) -> str:
        address = parts.get(content_key(unescape(found[1])))
        return f'<img src="{escape(address)}"' if address is not None else "<img"

    html = _WITHIN.sub(within, html)
    return _REMOTE.sub(r'<img class="remote-image" src="\1"', html) if images else html


def content_key(content_id: str) -> str:
    """By which a part is found that an image names: RFC 2392 §2 encodes the id's own characters, and some forget its brackets' absence."""
    return unquote(content_id).strip().strip("<>").casefold()
