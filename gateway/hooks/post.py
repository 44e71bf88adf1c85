"""One attempt: the name resolved, its addresses looked at, and the message posted to one that was, over no other way.

Between the look and the connection nobody is asked again, so that whoever answers for the name cannot say one thing to each. Redirects are
not followed, and proxies that the environment names are not used: both would lead elsewhere than where was looked.
"""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from gateway import __version__
from gateway.domain.webhooks import Webhook
from gateway.hooks import signing
from gateway.hooks.addresses import why_refused
from gateway.hooks.retry import Answer

if TYPE_CHECKING:
    import httpx

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

ATTEMPT_SECONDS: Final = 15.0
"""Of the whole, name and all: Standard Webhooks asks receivers to answer within so long."""
CONNECT_SECONDS: Final = 5.0
LARGEST_ANSWER: Final = 16 * 1024
QUOTED: Final = 200
"""Characters of a refusal that are kept, for whoever asks what the receiver has against it."""
PORTS: Final = {"https": 443, "http": 80}


class RefusedAddressError(Exception):
    """All that the name stands for is where webhooks must not go; the text says why."""


async def resolve(host: str, port: int) -> list[str]:
    """As this machine resolves names, its hosts file included; raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Post:
    """Posts messages. `clock` is the time that receivers compare with their own."""

    def __init__(self, resolve: Resolve = resolve, clock: Callable[[], float] = time.time, seconds: float = ATTEMPT_SECONDS) -> None:
        self._resolve, self._clock, self._seconds = resolve, clock, seconds

    async def __call__(self, webhook: Webhook, message_id: str, body: bytes) -> Answer:
        """Never raises for what the receiver, its name or the way there does."""
        import httpx

        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(webhook, message_id, body)
        except TimeoutError:
            return Answer(None, f"no answer within {self._seconds:g} s")
        except RefusedAddressError as error:
            return Answer(None, str(error))
        except socket.gaierror as error:
            return Answer(None, f"{webhook.host}: {error.strerror or error}")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            return Answer(None, f"{webhook.host}: {error or type(error).__name__}")

    async def _post(self, webhook: Webhook, message_id: str, body: bytes) -> Answer:
        import httpx

        url = urlsplit(webhook.url)
        port = url.port or PORTS[url.scheme]
        addresses = allowed(webhook, await self._resolve(webhook.host, port))
        headers = {
            "Host": url.netloc,
            "Content-Type": "application/json",
            # Packed answers could be of any size.
            "Accept-Encoding": "identity",
            "User-Agent": f"Deskgate/{__version__}",
        } | signing.headers(webhook.secrets, message_id, int(self._clock()), body)
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        timeout = httpx.Timeout(self._seconds, connect=CONNECT_SECONDS)
        async with httpx.AsyncClient(verify=context(webhook.ca), follow_redirects=False, trust_env=False, timeout=timeout) as client:
            for address in addresses[:-1]:
                try:
                    return await send(client, f"{url.scheme}://{bracketed(address)}:{port}{path}", webhook.host, headers, body)
                except (httpx.ConnectError, httpx.ConnectTimeout):
                    # Nothing was said there: another address of the name may answer.
                    continue
            return await send(client, f"{url.scheme}://{bracketed(addresses[-1])}:{port}{path}", webhook.host, headers, body)


def allowed(webhook: Webhook, addresses: Sequence[str]) -> list[str]:
    """Those that may be connected to; raises `RefusedAddressError` where there is none."""
    refused = {each: why for each in addresses if (why := why_refused(each, allow_private=webhook.allow_private)) is not None}
    kept = [each for each in addresses if each not in refused]
    if kept:
        return kept
    told = "; ".join(f"{each} is {why}" for each, why in refused.items()) or "it has no address"
    raise RefusedAddressError(f"{webhook.host}: {told}")


async def send(client: "httpx.AsyncClient", url: str, host: str, headers: Mapping[str, str], body: bytes) -> Answer:
    # The certificate is to be the name's, though it is an address that is connected to.
    request = client.build_request("POST", url, headers=dict(headers), content=body, extensions={"sni_hostname": host})
    answer = await client.send(request, stream=True)
    try:
        if 200 <= answer.status_code < 300:
            return Answer(answer.status_code)
        error = said(answer, await beginning(answer))
        return Answer(answer.status_code, error, asked(answer.headers.get("retry-after"), datetime.now(UTC)))
    finally:
        await answer.aclose()


async def beginning(answer: "httpx.Response") -> bytes:
    """As much as there is; the status stands, whatever becomes of the rest."""
    import httpx

    found = b""
    with contextlib.suppress(httpx.HTTPError):
        async for piece in answer.aiter_raw():
            found += piece
            if len(found) >= LARGEST_ANSWER:
                break
    return found[:LARGEST_ANSWER]


def said(answer: "httpx.Response", text: bytes) -> str:
    """The status, and what the receiver says of it."""
    if 300 <= answer.status_code < 400:
        return f"it answered {answer.status_code}, and redirects are not followed: give the address that it leads to"
    words = "".join(each if each.isprintable() else " " for each in text.decode("utf-8", "replace"))
    quoted = " ".join(words.split())[:QUOTED]
    return f"it answered {answer.status_code}" + (f": {quoted}" if quoted else "")


def asked(value: str | None, now: datetime) -> float | None:
    """The seconds of a Retry-After, in both of its forms (RFC 9110 §10.2.3)."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value.strip()[:9])
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds())


def bracketed(address: str) -> str:
    # The scope of a link-local address never gets here.
    return f"[{address}]" if ":" in address else address


@lru_cache(16)
def context(ca: str | None) -> ssl.SSLContext:
    """Made once: it reads all authorities of the system."""
    return ssl.create_default_context(cafile=ca)
