"""The web application: routes put together."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.routing import BaseRoute


def create_app(routes: Sequence[BaseRoute]) -> Starlette:
    return Starlette(routes=list(routes))
