"""The pages of the console, put together."""

from collections.abc import Sequence

from starlette.routing import BaseRoute

from gateway.console import assets
from gateway.console.console import Console


def routes(console: Console) -> Sequence[BaseRoute]:
    return [*assets.routes()]
