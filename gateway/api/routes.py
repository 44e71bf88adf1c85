"""The operations of the API, put together, with their description and what is said where there is none."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from gateway import __version__
from gateway.api import clients, inbound, outbox, ratings, tickets
from gateway.api.api import HEADERS, ROOT, Api, Endpoint, not_allowed, shown
from gateway.api.attachments import Attachments
from gateway.api.openapi import description
from gateway.api.operation import Operation
from gateway.api.problems import Problem
from gateway.api.reference import reference

DESCRIBED: Final = "/openapi.json"
READABLE: Final = "/docs"


def operations() -> list[Operation]:
    return [
        *tickets.operations(),
        *Attachments().operations(),
        *inbound.operations(),
        *outbox.operations(),
        *clients.operations(),
        *ratings.operations(),
    ]


def routes(api: Api) -> Sequence[BaseRoute]:
    """For the site: `/api/v1` and all below it."""
    found = operations()
    paths = dict.fromkeys(each.path for each in found)
    by_path = [api.route(path, [each for each in found if each.path == path]) for path in paths]
    return [*by_path, *described(found, api), Below("/api/", Endpoint(nowhere))]


class Below(Route):
    """Whatever begins with `path`. A pattern would not: `.` matches no line end, and a path may have one."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or not scope["path"].removeprefix(scope.get("root_path", "")).startswith(self.path):
            return Match.NONE, {}
        return Match.FULL, {"endpoint": self.endpoint, "path_params": {}}


def described(found: Sequence[Operation], api: Api) -> list[Route]:
    """Made once, for it is the same until another release. It tells nothing of the desk but its address, so it needs no token."""
    document = description(found, __version__)

    async def as_json(request: Request) -> Response:
        base = api.organisation().desk.base_url or request.scope.get("root_path", "")
        return shown(request, document | {"servers": [{"url": base + ROOT}]})

    async def as_page(request: Request) -> Response:
        return reference(document)

    async def onwards(request: Request) -> Response:
        depth = request.url.path.removeprefix(request.scope.get("root_path", "")).count("/") - 1
        return RedirectResponse("../" * depth + f"{ROOT}{READABLE}".lstrip("/"), 307, headers=HEADERS)

    return [
        to_read(ROOT + DESCRIBED, as_json),
        to_read(ROOT + READABLE, as_page),
        *(to_read(path, onwards) for path in ("/api", "/api/", ROOT, f"{ROOT}/")),
    ]


def to_read(path: str, page: Callable[[Request], Awaitable[Response]]) -> Route:
    async def answer(request: Request) -> Response:
        return await page(request) if request.method in ("GET", "HEAD") else not_allowed(path, "GET, HEAD")

    return Route(path, Endpoint(answer))


async def nowhere(request: Request) -> Response:
    detail = f"there is nothing at {request.url.path}; {ROOT}{READABLE} tells what there is"
    return Problem("not-found", detail).response(HEADERS)
