"""The one resolver of a process: asynchronous, cached, bounded, and soon silent where there is no DNS."""

import asyncio
import ipaddress
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import structlog

if TYPE_CHECKING:
    import dns.asyncresolver
    import dns.message
    import dns.name
    import dns.resolver

log = structlog.get_logger()

Kind = Literal["A", "AAAA", "MX", "TXT", "PTR", "NS", "TLSA"]
Status = Literal["found", "absent", "temperror"]

MAIL_SECONDS = 5.0
"""What one mail may spend on DNS in all; see `Resolver.deadline`."""

SHORTEST_TTL, LONGEST_TTL, LONGEST_NEGATIVE_TTL = 5.0, 3600.0, 300.0
TEMPERROR_TTL = 5.0
"""So that a domain whose servers are dead costs one wait, and not one for each of its mails."""

PROBE_SECONDS = 1.5
OPEN_SECONDS = 30.0
"""How long nothing is asked after the name server itself has proven silent."""


class Question(NamedTuple):
    """`name` without a final dot."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Tlsa:
    """RFC 6698 §2.1."""

    usage: int
    selector: int
    matching: int
    data: bytes


Record = str | bytes | tuple[int, str] | Tlsa


@dataclass(frozen=True, slots=True)
class Answer:
    """`records`: addresses and host names as str, TXT as bytes with its strings joined, MX as (preference, host).

    `absent`: no such name, or none of that kind; `temperror`: nobody knows for now. `secure`: a name server that is believed has validated
    it by DNSSEC.
    """

    records: tuple[Record, ...] = ()
    status: Status = "absent"
    secure: bool = False

    @property
    def texts(self) -> tuple[bytes, ...]:
        return tuple([record for record in self.records if isinstance(record, bytes)])


Answers = Mapping[Question, Answer]

ABSENT = Answer()
UNKNOWN = Answer(status="temperror")


class Resolver:
    """`nameservers` are (address, port) pairs; None takes the system's. One event loop uses an instance.

    `dnssec` has answers validated. Whose word on that counts: name servers on this machine, and with `"everybody"` all that are asked. What
    others say crosses a network on which anybody may write the bit that says so (RFC 6698 §A.3).
    """

    def __init__(
        self,
        nameservers: Sequence[tuple[str, int]] | None = None,
        *,
        dnssec: Literal["unasked", "on this machine", "everybody"] = "unasked",
        entries: int = 10_000,
        octets: int = 16 << 20,
        concurrency: int = 250,
        seconds: float = MAIL_SECONDS,
    ) -> None:
        self._nameservers = nameservers
        self._dnssec = dnssec
        self._cache = _Cache(entries, octets)
        self._slots = asyncio.Semaphore(concurrency)
        self._seconds = seconds
        self._asking: dict[Question, asyncio.Task[Answer]] = {}
        self._silent_until = 0.0
        self._probing: asyncio.Task[None] | None = None
        self._client: dns.asyncresolver.Resolver | None = None

    def deadline(self) -> float:
        """Of a mail that is begun now, by the event loop's clock; every question of that mail is asked with it."""
        return asyncio.get_running_loop().time() + self._seconds

    async def ask(self, name: str, kind: Kind, deadline: float) -> Answer:
        """Never raises, and never takes longer than `deadline`. A name that DNS cannot carry is absent."""
        loop = asyncio.get_running_loop()
        question = Question(name.rstrip(".").lower(), kind)
        if (cached := self._cache.get(question, loop.time())) is not None:
            return cached
        if self.silent:
            return UNKNOWN
        task = self._asking.get(question)
        if task is None:
            task = self._asking[question] = loop.create_task(self._fetch(question))
            task.add_done_callback(lambda _: self._asking.pop(question, None))
        # Shielded: others may wait for the same answer, and the next mail finds it in the cache.
        done, _ = await asyncio.wait({task}, timeout=max(0.0, deadline - loop.time()))
        return task.result() if done else UNKNOWN

    async def close(self) -> None:
        """Ends what is still being asked."""
        tasks = [*self._asking.values(), *([self._probing] if self._probing else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def silent(self) -> bool:
        """Whether DNS is taken to be away, so that every question not in the cache is answered `temperror` at once."""
        return asyncio.get_running_loop().time() < self._silent_until

    async def _fetch(self, question: Question) -> Answer:
        host = _host(question.name)
        if host is None:
            return ABSENT
        async with self._slots:
            answer, ttl = await self._query(host, question.kind)
        self._cache.put(question, answer, asyncio.get_running_loop().time() + ttl)
        return answer

    async def _query(self, host: "dns.name.Name", kind: Kind) -> tuple[Answer, float]:
        import dns.exception
        import dns.resolver

        try:
            found = await self._resolver().resolve(host, kind, raise_on_no_answer=False, search=False, lifetime=self._seconds)
        except dns.resolver.NXDOMAIN as error:
            return ABSENT, _negative_ttl(*error.responses().values())  # type: ignore[no-untyped-call]
        except dns.resolver.LifetimeTimeout:
            self._suspect()
        except (dns.exception.DNSException, OSError) as error:
            log.info("dns_failed", name=str(host), kind=kind, error=str(error))
        else:
            secure = self._validated(found)
            if found.rrset is None:
                return Answer(secure=secure), _negative_ttl(found.response)
            records = [_record(rdata) for rdata in found.rrset]
            return Answer(tuple(records), "found", secure), min(max(found.chaining_result.minimum_ttl, SHORTEST_TTL), LONGEST_TTL)
        return UNKNOWN, TEMPERROR_TTL

    def _validated(self, found: "dns.resolver.Answer") -> bool:
        import dns.flags

        if self._dnssec == "unasked" or not found.response.flags & dns.flags.AD:
            return False
        return self._dnssec == "everybody" or _is_loopback(found.nameserver)

    def _suspect(self) -> None:
        """A time-out: is it that domain's servers, or is there no DNS? Only the latter may silence us, or mail from dead domains could."""
        if self._probing is None and not self.silent:
            self._probing = asyncio.get_running_loop().create_task(self._probe())

    async def _probe(self) -> None:
        import dns.exception
        import dns.name
        import dns.resolver

        try:
            # Any reply at all shows that a server is there; that it refuses or knows nothing is a reply.
            with suppress(dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.NoNameservers):
                await self._resolver().resolve(dns.name.root, "NS", search=False, lifetime=PROBE_SECONDS)
        except (dns.exception.DNSException, OSError):
            self._silent_until = asyncio.get_running_loop().time() + OPEN_SECONDS
            # As `trust.nameservers` writes them: that, or the server itself, is what has to be mended.
            named = ", ".join(f"{address}:{port}" for address, port in self._nameservers or ()) or "the system's"
            log.warning("dns_silent", nameservers=named, seconds=OPEN_SECONDS)
        finally:
            self._probing = None

    def _resolver(self) -> "dns.asyncresolver.Resolver":
        """Made on first use: reading the system's settings may fail, and many a process never asks."""
        if self._client is None:
            import dns.asyncresolver
            import dns.flags
            import dns.nameserver

            client = dns.asyncresolver.Resolver(configure=self._nameservers is None)
            if self._nameservers is not None:
                client.nameservers = [dns.nameserver.Do53Nameserver(address, port) for address, port in self._nameservers]
            client.timeout = 2.0
            client.cache = None
            client.use_edns(0, 0, 1232)  # large TXT records without a second question by TCP
            if self._dnssec != "unasked":
                # RFC 6840 §5.7: AD in a question asks for AD in the answer; some give it for DO alone.
                client.flags = dns.flags.RD | dns.flags.AD
                client.use_edns(0, dns.flags.DO, 1232)
            self._client = client
        return self._client


class _Cache:
    """Answers until they expire, the least recently used ones dropped first. Bounded in octets too: whoever signs a mail chooses the names
    that we ask for, and may answer with 64 KiB each time."""

    def __init__(self, entries: int, octets: int) -> None:
        self._entries = entries
        self._octets = octets
        self._held = 0
        self._answers: OrderedDict[Question, tuple[Answer, float]] = OrderedDict()

    def get(self, question: Question, now: float) -> Answer | None:
        answer, expires = self._answers.get(question, (None, 0.0))
        if answer is None:
            return None
        if expires <= now:
            self._drop(question)
            return None
        self._answers.move_to_end(question)
        return answer

    def put(self, question: Question, answer: Answer, expires: float) -> None:
        self._drop(question)
        self._answers[question] = (answer, expires)
        self._held += _size(question, answer)
        while len(self._answers) > self._entries or self._held > self._octets:
            self._drop(next(iter(self._answers)))

    def _drop(self, question: Question) -> None:
        if (dropped := self._answers.pop(question, None)) is not None:
            self._held -= _size(question, dropped[0])


def _size(question: Question, answer: Answer) -> int:
    return len(question.name) + sum(map(_octets, answer.records))


def _octets(record: Record) -> int:
    match record:
        case str() | bytes():
            return len(record)
        case (_, host):
            return len(host)
        case Tlsa():
            return len(record.data)


def _is_loopback(address: str | None) -> bool:
    return address is not None and ipaddress.ip_address(address).is_loopback


def _host(name: str) -> "dns.name.Name | None":
    """From labels and not from text, in which a hostile local part could write escapes."""
    import dns.exception
    import dns.name

    try:
        return dns.name.Name([*(label.encode("ascii") for label in name.split(".")), b""])
    except (UnicodeEncodeError, dns.exception.DNSException):
        return None


def _record(rdata: object) -> Record:
    import dns.name
    import dns.rdtypes.ANY.MX
    import dns.rdtypes.ANY.PTR
    import dns.rdtypes.tlsabase
    import dns.rdtypes.txtbase

    match rdata:
        case dns.rdtypes.txtbase.TXTBase():
            return b"".join(rdata.strings)
        case dns.rdtypes.ANY.MX.MX():
            return rdata.preference, rdata.exchange.to_text(omit_final_dot=True)
        case dns.rdtypes.ANY.PTR.PTR():
            return rdata.target.to_text(omit_final_dot=True)
        case dns.rdtypes.tlsabase.TLSABase():
            return Tlsa(rdata.usage, rdata.selector, rdata.mtype, rdata.cert)
        case _:
            return str(rdata)


def _negative_ttl(*responses: "dns.message.Message") -> float:
    """RFC 2308 §5: the smaller of the SOA record's TTL and its last field."""
    import dns.rdatatype

    for rrset in (each for response in responses for each in response.authority):
        if rrset.rdtype == dns.rdatatype.SOA:
            return min(max(float(min(rrset.ttl, rrset[0].minimum)), SHORTEST_TTL), LONGEST_NEGATIVE_TTL)
    return 60.0
