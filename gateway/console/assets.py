"""The console's style and script: the files of `style/` and of `script/`, each put together as one, under a name that changes with them."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

HERE: Final = Path(__file__).parent
FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    name: str
    kind: str
    content: bytes

    @property
    def path(self) -> str:
        return f"assets/{self.name}"


def joined(folder: str, ending: str, kind: str) -> Asset:
    files = sorted((HERE / folder).glob(f"*.{ending}"))
    # Each script in a block of its own: in a module, its names are then nobody else's.
    around = "{{\n{}\n}}" if ending == "js" else "{}"
    content = "\n".join(around.format(each.read_text("utf-8")) for each in files).encode()
    return Asset(f"console.{hashlib.sha256(content).hexdigest()[:12]}.{ending}", kind, content)


@cache
def style() -> Asset:
    return joined("style", "css", "text/css")


@cache
def script() -> Asset:
    return joined("script", "js", "text/javascript")


async def asset(request: Request) -> Response:
    found = next((each for each in (style(), script()) if each.name == request.path_params["name"]), None)
    if found is None:
        return Response(status_code=404)
    return Response(found.content, media_type=found.kind, headers={"Cache-Control": FOR_EVER, "X-Content-Type-Options": "nosniff"})


def routes() -> list[Route]:
    return [Route("/assets/{name}", asset, methods=["GET"])]
