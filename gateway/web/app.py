"""The web application: routes put together, and what is said when one of them fails."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

Failed = Callable[[Request, Exception], Awaitable[Response]]


def create_app(routes: Sequence[BaseRoute], failed: Failed | None = None, absent: Failed | None = None) -> Starlette:
    """`failed` answers for a defect of ours with 500; the defect itself goes to the log all the same. `absent` answers where no route does,
    or not by the method asked for."""
    handlers: dict[int | type[Exception], Failed | None] = {Exception: failed, 404: absent, 405: absent}
    return Starlette(routes=list(routes), exception_handlers={what: each for what, each in handlers.items() if each is not None})
