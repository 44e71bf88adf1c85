"""What DNS says of the desk's addresses, asked by a job and kept for the console."""

from typing import cast

from gateway.auth.dns import Answer, Kind, Resolver
from gateway.dnscheck.report import Address, Names
from gateway.dnscheck.sending import Outlet
from gateway.workers.health import look_up_names
from storage import dns_reports, schedule
from tests.health.kept import Sessions

NAMES = Names((Address("support@desk.test", "gateway"),), Outlet("mx.desk.test", "relay.test", ()))


class Answering:
    """DNS that has one record, and nothing else."""

    def __init__(self, status: str = "absent") -> None:
        self.status = status
        self.asked: list[tuple[str, Kind]] = []

    async def ask(self, name: str, kind: Kind, _deadline: float) -> Answer:
        self.asked.append((name, kind))
        if (name, kind) == ("_dmarc.desk.test", "TXT"):
            return Answer(status="found", records=(b"v=DMARC1; p=reject",))
        return Answer(status=self.status)  # type: ignore[arg-type]


async def looked_up(sessions: Sessions, dns: Answering) -> dict[str, str]:
    """States by subject, of the one address."""
    await look_up_names(sessions, NAMES, cast(Resolver, dns))
    async with sessions() as session:
        found = await dns_reports.latest(session)
    assert found is not None
    [reported] = found.report["addresses"]
    assert reported["address"] == "support@desk.test"
    return {each["subject"]: each["state"] for each in reported["findings"]}


async def test_what_dns_says_is_kept_and_takes_the_place_of_what_it_said(sessions: Sessions) -> None:
    first = await looked_up(sessions, Answering())
    assert (first["mx"], first["dmarc"]) == ("fault", "good")
    assert (await looked_up(sessions, Answering("temperror")))["mx"] == "unknown"


async def test_a_job_that_is_hastened_is_due_until_it_ran(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        assert not await schedule.pending(session, "dns"), "nobody has heard of it"
        await schedule.hasten(session, "dns")
        assert await schedule.pending(session, "dns")
    async with sessions.begin() as session:
        assert await schedule.take(session, "dns", "one", 20)
        await schedule.hasten(session, "dns")
        assert await schedule.pending(session, "dns"), "it is under way"
        await schedule.finish(session, "dns", "one", 3600)
        assert not await schedule.pending(session, "dns"), "being under way was enough"
        assert not await schedule.take(session, "dns", "two", 20)


async def test_a_job_that_nobody_runs_is_not_waited_for(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await schedule.take(session, "dns", "one", 20)
        await schedule.finish(session, "dns", "one", -300)
        assert not await schedule.pending(session, "dns")
