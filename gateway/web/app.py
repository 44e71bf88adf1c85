"""The web application: routes put together, and what is said when one of them fails."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

Failed = Callable[[Request, Exception], Awaitable[Response]]


def create_app(routes: Sequence[BaseRoute], failed: Failed | None = None) -> Starlette:
    """`failed` answers for a defect of ours with 500; the defect itself goes to the log all the same."""
    return Starlette(routes=list(routes), exception_handlers={} if failed is None else {Exception: failed})
