"""The company's picture on pages: read once a configuration, served from memory."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.domain.organisation import Organisation

log = structlog.get_logger()

LARGEST = 1024 * 1024
# By their first octets (file extensions prove nothing); of WebP the four after RIFF are its length.
SIGNATURES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))
# An SVG opened by itself could run scripts; here it cannot.
HEADERS = {
    "Cache-Control": "public, max-age=86400",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """`version` changes with the content."""

    content: bytes
    media_type: str
    version: str


class Pictures:
    """The picture of the moment's organisation; a reload reads it anew."""

    def __init__(self, organisation: Callable[[], Organisation]) -> None:
        self._organisation = organisation
        self._of: Organisation | None = None
        self._picture: Picture | None = None
        self._reading = asyncio.Lock()

    async def now(self) -> Picture | None:
        async with self._reading:
            organisation = self._organisation()
            if organisation is not self._of:
                path = organisation.satisfaction.logo
                self._picture = await asyncio.to_thread(read_picture, Path(path)) if path is not None else None
                self._of = organisation
            return self._picture


def read_picture(path: Path) -> Picture | None:
    """None, with the reason in the log, for what is no picture: pages do without."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        log.warning("logo_not_read", path=str(path), error=str(error))
        return None
    media_type = media_type_of(content)
    if media_type is None or len(content) > LARGEST:
        log.warning("logo_not_shown", path=str(path), why="expected PNG, JPEG, GIF, WebP or SVG, of one MiB at most")
        return None
    return Picture(content, media_type, hashlib.sha256(content).hexdigest()[:16])


def media_type_of(content: bytes) -> str | None:
    known = next((media_type for signature, media_type in SIGNATURES if content.startswith(signature)), None)
    if known is None and content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if known is None and content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and b"<svg" in content[:4096]:
        return "image/svg+xml"
    return known


def routes(pictures: Pictures) -> list[Route]:
    async def logo(_request: Request) -> Response:
        picture = await pictures.now()
        if picture is None:
            return Response(status_code=404, headers=HEADERS | {"Cache-Control": "no-store"})
        return Response(picture.content, media_type=picture.media_type, headers=HEADERS)

    return [Route("/logo", logo)]
