"""The *Addresses* page: each gateway and From address, how mail comes to it, whether letters may bear it, and what DNS says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.console.console import Absent, Console, Forbidden
from gateway.console.forms import Form
from gateway.console.lasting import lasting
from gateway.console.probe_words import advised, seen
from gateway.console.sight import number_in
from gateway.console.visit import Visit
from gateway.deeds import forwarding, senders
from gateway.desk.forwarding.report import in_words, report
from gateway.dnscheck.document import zone_line
from gateway.dnscheck.findings import Publish
from gateway.domain.health import NEVER_SEEN, NamesReport, Seen
from gateway.domain.operators import Right
from gateway.domain.organisation import FromAddress, Gateway
from gateway.domain.probes import ForwardingState, Probe
from gateway.domain.states import OutboxState
from gateway.mail.address import address_key
from storage import dns_reports, health, mailboxes, outbox, probes, schedule

DNS_JOB: Final = "dns"
SENDERS_JOB: Final = "senders"
DNS_STALE: Final = timedelta(hours=6, minutes=30)
"""Beyond the schedule's own time, somebody who looks has it done anew."""
PATIENCE: Final = timedelta(minutes=10)
"""For which the page of a probe looks again by itself."""
TWICE: Final = timedelta(seconds=30)
"""Within which verifying an address again means the probe that is on its way: a form is easily sent twice."""

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of all addresses."""

    probes: Mapping[str, Probe]
    seen: Mapping[str, Seen]
    mailboxes: Mapping[str, mailboxes.Standing]
    senders: Mapping[str, senders.Standing]
    dns: NamesReport | None
    dns_pending: bool
    held: outbox.Hold | None

    def dns_of(self, address: str) -> Document | None:
        """The newest that DNS said of a gateway or From address; of one that came into the configuration since, nothing."""
        listed: Sequence[Document] = self.dns.report["addresses"] if self.dns is not None else ()
        return next((each for each in listed if each["address"] == address and each["role"] in ("gateway", "from_address")), None)

    def of_desk(self) -> list[Document]:
        """What DNS said of addresses that are neither: where agents answer to, and where letters come back."""
        listed: Sequence[Document] = self.dns.report["addresses"] if self.dns is not None else ()
        return [each for each in listed if each["role"] not in ("gateway", "from_address")]


@dataclass(frozen=True, slots=True)
class OfGateway:
    """One gateway, for the page. `mailbox` is the state of the one that it fetches from, None where mail comes by itself."""

    gateway: Gateway
    ways: Sequence[forwarding.Way]
    state: ForwardingState
    last_success: datetime | None
    seen: Seen
    mailbox: str | None
    standing: mailboxes.Standing | None
    dns: Document | None


class AddressesPages:
    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[BaseRoute]:
        get, post = self._console.get, self._console.post
        return [
            get("/addresses", self.listed),
            get("/addresses/show", self.shown),
            get("/addresses/probe/{number:int}", self.probe),
            post("/addresses/verify", self.verify),
            post("/addresses/code", self.send_code),
            post("/addresses/confirm", self.confirm),
            post("/addresses/dns", self.ask_dns),
        ]

    async def listed(self, visit: Visit) -> Response:
        known = await gather(visit)
        return visit.page(
            "addresses/list.html",
            known=known,
            gateways=[of_gateway(each, known, visit) for each in gateways_of(visit)],
            senders=[known.senders[each.address] for each in senders_of(visit)],
            whole=visit.operator.all_departments,
            other=may_verify_any(visit),
            **common(visit, known),
        )

    async def shown(self, visit: Visit) -> Response:
        key = address_key(visit.request.query_params.get("address", ""))
        gateway = next((each for each in gateways_of(visit) if each.address == key), None)
        sender = next((each for each in senders_of(visit) if each.address == key), None)
        if gateway is None and sender is None:
            raise Absent
        known = await gather(visit)
        return visit.page(
            "addresses/show.html",
            address=key,
            of=of_gateway(gateway, known, visit) if gateway is not None else None,
            sender=known.senders[key] if sender is not None else None,
            seen=known.seen.get(key, NEVER_SEEN),
            dns=known.dns_of(key),
            known=known,
            **common(visit, known),
        )

    async def probe(self, visit: Visit) -> Response:
        async with visit.sessions() as session:
            found = await probes.show(session, number_in(visit))
        if found is None or not visit.operator.sees(forwarding.home_of(found, visit.organisation).department):
            raise Absent
        waiting = found.state == "waiting"
        since = visit.now() - found.sent_at
        return visit.page(
            "addresses/probe.html",
            probe=found,
            home=forwarding.home_of(found, visit.organisation),
            waiting=waiting,
            looking=waiting and since < PATIENCE and visit.request.query_params.get("still") is None,
            left=found.letter is not None and found.letter.state is OutboxState.SENT,
            **of_probes(visit),
        )

    async def verify(self, visit: Visit, form: Form) -> Response:
        given = form.get("address").strip()
        async with visit.changing("gateways.verify") as (session, deed):
            deed.about_addresses(given)
            address = forwarding.address_to_verify(given, visit.organisation)
            if not may_verify(address, visit):
                raise Forbidden
            before = (await probes.latest(session, (address,))).get(address)
            if before is not None and before.state == "waiting" and visit.now() - before.sent_at < TWICE:
                number = before.number
            else:
                number = await forwarding.verify(session, address, visit.organisation)
            deed.about("probe", number)
        visit.wake("outbox")
        return visit.back(f"addresses/probe/{number}")

    async def send_code(self, visit: Visit, form: Form) -> Response:
        sender = sender_in(visit, form.get("address"))
        async with visit.changing("senders.verify") as (session, deed):
            deed.about_addresses(sender.address)
            sent = await senders.send_code(session, sender, visit.organisation)
            await schedule.hasten(session, SENDERS_JOB)
        visit.wake("outbox")
        return visit.back("addresses/show", "addresses.done_code" if sent else "addresses.done_nothing", address=sender.address)

    async def confirm(self, visit: Visit, form: Form) -> Response:
        async with visit.changing("senders.confirm") as (session, deed):
            address = await senders.confirm(session, form.get("code"), visit.organisation)
            deed.about_addresses(address)
            sender_in(visit, address)
            # Whether letters may bear it DNS has to say as well: nobody shall wait an hour for that.
            await schedule.hasten(session, SENDERS_JOB)
        return visit.back("addresses/show", "addresses.done_confirmed", address=address)

    async def ask_dns(self, visit: Visit, form: Form) -> Response:
        async with visit.sessions.begin() as session:
            await schedule.hasten(session, DNS_JOB)
        key = address_key(form.get("address"))
        return visit.back("addresses/show" if key else "addresses", address=key or None)


def gateways_of(visit: Visit) -> list[Gateway]:
    return [each for each in visit.organisation.gateways if visit.operator.sees(each.department)]


def senders_of(visit: Visit) -> list[FromAddress]:
    """Those of no department are everybody's to write from."""
    return [each for each in visit.organisation.from_addresses if each.department is None or visit.operator.sees(each.department)]


def sender_in(visit: Visit, address: str) -> FromAddress:
    key = address_key(address)
    found = next((each for each in senders_of(visit) if each.address == key), None)
    if found is None:
        raise Absent
    return found


def may_verify_any(visit: Visit) -> bool:
    """What no table names stands with the default gateway: only who sees that would see what became of the probe."""
    return visit.operator.may(Right.ACT) and visit.operator.sees(visit.organisation.default_gateway.department)


def may_verify(address: str, visit: Visit) -> bool:
    """What is a gateway's is verified by those who see that gateway."""
    of = [each for each in visit.organisation.gateways if address == each.address or address in each.probed]
    return any(visit.operator.sees(each.department) for each in of) if of else may_verify_any(visit)


async def gather(visit: Visit) -> Known:
    desk = visit.organisation
    fetching = [each.address for each in desk.gateways if each.fetch is not None]
    async with visit.sessions.begin() as session:
        dns = await dns_reports.latest(session)
        if is_stale(dns, visit):
            await schedule.hasten(session, DNS_JOB)
        return Known(
            probes=await probes.latest(session),
            seen=await health.seen(session, [*(each.address for each in desk.gateways), *(each.address for each in desk.from_addresses)]),
            mailboxes=await mailboxes.standings(session, fetching) if fetching else {},
            senders=await senders_by_address(session, visit),
            dns=dns,
            dns_pending=await schedule.pending(session, DNS_JOB),
            held=await outbox.held(session),
        )


async def senders_by_address(session: AsyncSession, visit: Visit) -> dict[str, senders.Standing]:
    return {each.sender.address: each for each in await senders.standings(session, visit.organisation)}


def is_stale(dns: NamesReport | None, visit: Visit) -> bool:
    """Also where the configuration has an address that nothing was asked about."""
    if dns is None or visit.now() - dns.checked_at > DNS_STALE:
        return True
    asked = {each["address"] for each in dns.report["addresses"]}
    gateways = (each.address for each in visit.organisation.gateways if each.enabled)
    others = (each.address for each in visit.organisation.from_addresses if each.enabled)
    return any(each not in asked for each in (*gateways, *others))


def of_gateway(gateway: Gateway, known: Known, visit: Visit) -> OfGateway:
    ways = forwarding.ways_of(gateway, known.probes, visit.organisation)
    standing = known.mailboxes.get(gateway.address)
    return OfGateway(
        gateway,
        ways,
        forwarding.forwarding_of(gateway, ways),
        forwarding.last_success(ways),
        known.seen.get(gateway.address, NEVER_SEEN),
        mailbox_state(gateway, standing) if gateway.fetch is not None else None,
        standing,
        known.dns_of(gateway.address),
    )


def mailbox_state(gateway: Gateway, standing: mailboxes.Standing | None) -> str:
    """As `deskgate status` has it."""
    if not gateway.polled:
        return "off"
    if standing is not None and standing.failures:
        return "failing"
    return "ok" if standing is not None and standing.succeeded_at is not None else "waiting"


def common(visit: Visit, known: Known) -> dict[str, Any]:
    """What both pages tell."""
    return of_probes(visit) | {
        "ago": lambda at: lasting((visit.now() - at).total_seconds(), visit.words),
        "department_name": lambda key: department_name(key, visit),
        "record": record,
        "acts": visit.operator.may(Right.ACT),
        "dns_pending": known.dns_pending,
    }


def of_probes(visit: Visit) -> dict[str, Any]:
    words, desk = visit.words, visit.organisation
    return {
        "in_words": lambda probe: probe_in_words(probe, visit),
        "seen_words": lambda probe: [words(f"addresses.{each.key}", **dict(each.values)) for each in seen(probe)],
        "advice_words": lambda probe: [words(f"addresses.{each.key}", **dict(each.values)) for each in advised(probe, desk)],
        "report": lambda probe: report(probe, desk),
    }


def probe_in_words(probe: Probe, visit: Visit) -> str:
    if probe.state == "waiting":
        return visit.words("addresses.waiting")
    waited = timedelta(hours=1) if probe.given_up_at is None else probe.given_up_at - probe.sent_at
    return in_words(probe, visit.words.language, waited)


def department_name(key: str | None, visit: Visit) -> str:
    if key is None:
        return visit.words("addresses.any_department")
    found = visit.organisation.department(key)
    return found.name if found is not None else key


def record(finding: Document) -> str | None:
    """What to publish, as a zone file has it."""
    publish = finding["publish"]
    return zone_line(Publish(**publish)) if publish is not None else None
