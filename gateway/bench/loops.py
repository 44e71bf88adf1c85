"""The event loop that children of `serve` run on: uvloop's where it is installed. Whatever is compared runs on the same."""

import asyncio
from collections.abc import Callable


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
