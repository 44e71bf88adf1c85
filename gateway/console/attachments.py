"""/attachment/TOKEN: a file of a ticket, always as a download; /attachment/TOKEN/image: a picture that stands within a mail.

The token is all it takes: a mail in its sandbox has no cookie to show, and whoever opens a file shows none to what is in it. Pages make
tokens anew each time, good for `HOURS`.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.console.console import AWAY_SECONDS, Console
from gateway.console.visit import Visit
from gateway.tokens.attachment import attachment_token, read_attachment_token
from gateway.tokens.codec import Keyring
from gateway.web.files import Limits, Places, download
from gateway.web.throttle import Throttle, peer_of
from storage.engine import database_away
from storage.files import LinkedFile, attached_file

log = structlog.get_logger()

HOURS: Final = 12
PICTURES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp")
"""What is shown within a mail. SVG is a document that runs scripts, and stays a download."""
IN_SANDBOX: Final = {"Cross-Origin-Resource-Policy": "cross-origin"}
"""A mail's frame is of no origin at all, so nothing would be its own."""


def limits() -> Limits:
    """A mail may hold dozens of pictures, which are asked for at once."""
    return Limits(peer=Throttle(600, 0.1), most=32, most_of_one=16)


class AttachmentPages:
    def __init__(self, console: Console, limits: Limits) -> None:
        self._console = console
        self._limits = limits
        self._places = Places(limits)

    def routes(self) -> list[Route]:
        return [
            Route("/attachment/{token}", self.file, methods=["GET"]),
            Route("/attachment/{token}/image", self.picture, methods=["GET"]),
        ]

    async def file(self, request: Request) -> Response:
        found = await self._found(request)
        return found if isinstance(found, Response) else self._sent(request, found, {})

    async def picture(self, request: Request) -> Response:
        found = await self._found(request)
        if isinstance(found, Response):
            return found
        if found.content_type not in PICTURES:
            return self._told(request, "gone", 404)
        return self._sent(request, found, IN_SANDBOX | {"Content-Type": found.content_type})

    async def _found(self, request: Request) -> LinkedFile | Response:
        if wait := self._limits.peer.wait(peer_of(request)):
            return self._told(request, "busy", 429, wait)
        keyring = Keyring(self._console.organisation().desk.secrets)
        attachment = read_attachment_token(keyring, request.path_params["token"], self._console.now())
        if attachment is None:
            return self._told(request, "over", 404)
        try:
            async with self._console.sessions() as session:
                file = await attached_file(session, attachment)
        except Exception as error:
            if not database_away(error):
                raise
            log.warning("download_without_database", error=f"{type(error).__name__}: {error}")
            return self._told(request, "busy", 503, AWAY_SECONDS)
        return file if file is not None else self._told(request, "gone", 404)

    def _sent(self, request: Request, file: LinkedFile, headers: Mapping[str, str]) -> Response:
        place = self._places.place(peer_of(request))
        busy = self._told(request, "busy", 503, AWAY_SECONDS)
        return download(request, file, self._console.sessions, place, busy, self._limits.seconds, headers)

    def _told(self, request: Request, what: str, status: int, again: int | None = None) -> Response:
        headers = {} if again is None else {"Retry-After": str(again)}
        return self._console.guest(request).page("ticket/no_file.html", status=status, headers=headers, what=what)


def links_of(visit: Visit, attachments: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """The address of each attachment by its id, relative to the page asked for. Files of automatic letters have none, for they are the
    letter's."""
    keyring, until = Keyring(visit.organisation.desk.secrets), visit.now() + timedelta(hours=HOURS)
    return {each["id"]: visit.to(f"attachment/{attachment_token(keyring, each['id'], until)}") for each in attachments if "id" in each}
