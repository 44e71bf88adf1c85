"""/healthz, /readyz, /livez, /metrics: for balancers, process managers and Prometheus. None of them tells a secret, none needs a login."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

Probe = Callable[[], Awaitable[str | None]]
"""Says in plain words what is wrong; None when nothing is. Bounded in time, and never raises."""

EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"
_NEVER_STORED = {"Cache-Control": "no-store"}


def routes(
    alive: Sequence[Probe], ready: Sequence[Probe], exposition: Callable[[], Awaitable[bytes]], degraded: Sequence[Probe] = ()
) -> list[Route]:
    """`alive` decides /healthz, and together with `ready` /readyz. What `degraded` finds is told on /healthz, and no reason to restart."""

    async def healthz(_request: Request) -> Response:
        found = await faults(alive)
        told = [] if found else [f"degraded: {each}" for each in await faults(degraded)]
        return answer("\n".join(("alive", *told)), found)

    async def readyz(_request: Request) -> Response:
        return answer("accepting mail", await faults([*alive, *ready]))

    async def livez(_request: Request) -> Response:
        """That somebody answers: for those who restart what does not, and must not while the database is away."""
        return answer("alive", ())

    async def metrics(_request: Request) -> Response:
        return Response(await exposition(), media_type=EXPOSITION, headers=_NEVER_STORED)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/livez", livez), Route("/metrics", metrics)]


async def faults(probes: Sequence[Probe]) -> list[str]:
    """What the probes find wrong, each thing once."""
    found = await asyncio.gather(*(probe() for probe in probes))
    return list(dict.fromkeys(fault for fault in found if fault is not None))


def answer(fine: str, faults: Sequence[str]) -> Response:
    text = "\n".join(faults) or fine
    return PlainTextResponse(f"{text}\n", status_code=503 if faults else 200, headers=_NEVER_STORED)
