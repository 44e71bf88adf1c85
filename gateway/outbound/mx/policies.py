"""The MTA-STS policies in force: announced by DNS, fetched over HTTPS, kept in the database for as long as they say (RFC 8461 §3, §5)."""

import asyncio
import ssl
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol
from weakref import WeakValueDictionary

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.auth.dns import Resolver
from gateway.outbound.mx.sts import LARGEST, Policy, announced, read_policy
from storage import sts as table

if TYPE_CHECKING:
    import httpx

log = structlog.get_logger()

HTTPS: Final = 443
FETCH_SECONDS: Final = 20.0
"""For a policy altogether; letters to its domain wait for it, the first time."""
REFRESH: Final = 86_400.0
"""A policy in use is fetched anew each day, so that it does not run out behind a TXT record that stays the same (RFC 8461 §3.3)."""
PAUSE: Final = 300.0
"""After a fetch that failed (RFC 8461 §3.3)."""
MOST_ADDRESSES: Final = 4
MOST_FAILURES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Kept:
    """`age` is how many seconds ago it was fetched."""

    identity: str
    policy: Policy
    age: float


class Store(Protocol):
    async def policy(self, domain: str) -> Kept | None:
        """None where there is none, or it has expired."""

    async def keep(self, domain: str, identity: str, policy: Policy) -> None: ...


class Policies:
    """`port` and `trusted` say where policies are fetched, and whom to believe that it is there."""

    def __init__(self, resolver: Resolver, store: Store, trusted: ssl.SSLContext, *, port: int = HTTPS) -> None:
        self._resolver = resolver
        self._store = store
        self._trusted = trusted
        self._port = port
        self._failed: OrderedDict[str, tuple[str, float]] = OrderedDict()
        """By domain, the id that was announced, and until when it is not fetched again."""
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of(self, domain: str) -> Policy | None:
        """The policy in force. Raises for a database that is away: nobody knows then what the domain demands."""
        lock = self._locks.setdefault(domain, asyncio.Lock())
        async with lock:
            kept = await self._store.policy(domain)
            answer = await self._resolver.ask(f"_mta-sts.{domain}", "TXT", self._resolver.deadline())
            identity = announced(answer.texts)
            # RFC 8461 §5.1: what is kept holds, whatever becomes of the record that announced it.
            if identity is None or self._is_fresh(kept, identity) or self._has_failed(domain, identity):
                return None if kept is None else kept.policy
            fetched = await self._fetched(domain, identity)
            if fetched is None:
                return None if kept is None else kept.policy
            await self._store.keep(domain, identity, fetched)
            return fetched

    def _is_fresh(self, kept: Kept | None, identity: str) -> bool:
        return kept is not None and kept.identity == identity and kept.age < REFRESH

    def _has_failed(self, domain: str, identity: str) -> bool:
        failed, until = self._failed.get(domain, ("", 0.0))
        return failed == identity and asyncio.get_running_loop().time() < until

    async def _fetched(self, domain: str, identity: str) -> Policy | None:
        body, why = await self._body(domain)
        policy = None if body is None else read_policy(body)
        if policy is not None:
            self._failed.pop(domain, None)
            return policy
        log.warning("sts_policy_not_fetched", domain=domain, why=why or "what is there is no policy")
        self._failed[domain] = identity, asyncio.get_running_loop().time() + PAUSE
        self._failed.move_to_end(domain)
        while len(self._failed) > MOST_FAILURES:
            self._failed.popitem(last=False)
        return None

    async def _body(self, domain: str) -> tuple[bytes | None, str]:
        """The octets, or None and why there are none."""
        import httpx

        host = f"mta-sts.{domain}"
        addresses = await self._addresses(host)
        why = f"{host} has no address"
        try:
            async with (
                asyncio.timeout(FETCH_SECONDS),
                # No redirects (RFC 8461 §3.3), and no proxy that the environment may name.
                httpx.AsyncClient(verify=self._trusted, follow_redirects=False, trust_env=False, timeout=FETCH_SECONDS / 2) as client,
            ):
                for address in addresses:
                    try:
                        return await self._get(client, host, address)
                    except (httpx.HTTPError, OSError, ssl.SSLError) as error:
                        why = f"{host} ({address}): {error or type(error).__name__}"
        except TimeoutError:
            why = f"{host}: nothing within {FETCH_SECONDS:.0f} s"
        return None, why

    async def _get(self, client: "httpx.AsyncClient", host: str, address: str) -> tuple[bytes | None, str]:
        shown = f"[{address}]" if ":" in address else address
        request = client.build_request(
            "GET",
            f"https://{shown}:{self._port}/.well-known/mta-sts.txt",
            # Packed bodies could be of any size.
            headers={"Host": host, "Accept": "text/plain", "Accept-Encoding": "identity", "User-Agent": "deskgate"},
            # Whose certificate it has to be, and which one is asked for.
            extensions={"sni_hostname": host},
        )
        answer = await client.send(request, stream=True)
        try:
            if answer.status_code != 200:
                return None, f"{host} answers {answer.status_code}"
            # RFC 8461 §3.2: whoever may put pages of another kind there need not be the domain's owner.
            if answer.headers.get("content-type", "text/plain").partition(";")[0].strip().lower() != "text/plain":
                return None, f"{host} gives no text/plain"
            body = b""
            async for piece in answer.aiter_raw():
                body += piece
                if len(body) > LARGEST:
                    return None, f"{host} gives more than {LARGEST} octets"
            return body, ""
        finally:
            await answer.aclose()

    async def _addresses(self, host: str) -> list[str]:
        """By the one resolver, like everything else that is looked up."""
        deadline = self._resolver.deadline()
        found = await asyncio.gather(self._resolver.ask(host, "AAAA", deadline), self._resolver.ask(host, "A", deadline))
        return [str(record) for answer in found for record in answer.records[: MOST_ADDRESSES // 2]]


class Database:
    """The `Store` that all nodes share."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions

    async def policy(self, domain: str) -> Kept | None:
        async with self._sessions() as session:
            found = await table.policy_of(session, domain)
        if found is None:
            return None
        match found.mode:
            case "enforce" | "testing" | "none":
                return Kept(found.policy_id, Policy(found.mode, found.mx), found.age)
            case _:
                raise ValueError(f"the policy of {domain} has the mode {found.mode!r}")

    async def keep(self, domain: str, identity: str, policy: Policy) -> None:
        async with self._sessions.begin() as session:
            await table.keep(session, domain, identity, policy.mode, policy.mx, policy.max_age)
