"""One mail from its connection to the relay's 250, by its trace id alone: in the logs of all processes, and by `deskgate trace`; and what
the pages tell of it meanwhile (X10)."""

import asyncio
import json
import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.journeys.running import POLL, SECONDS, Running, letter, running
from tests.telemetry.known import KNOWN
from tests.waiting import until

SCRAPE = 0.3
ALARMS = """
[alarms]
to = ["ops@operators.test"]
held_hours = 0.00001
"""
REPORT = """\
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.client.test

Final-Recipient: rfc822; anna@client.test
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user
--b--
"""


async def page(gateway: Running, path: str) -> tuple[int, str]:
    def get() -> tuple[int, str]:
        try:
            with urlopen(f"http://{gateway.web}{path}", timeout=SECONDS) as found:
                return found.status, found.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    return await asyncio.to_thread(get)


async def samples(gateway: Running) -> dict[str, float]:
    """By name and labels."""
    _, told = await page(gateway, "/metrics")
    lines = (line.rpartition(" ") for line in told.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


async def sample(gateway: Running, name: str, least: float) -> dict[str, float]:
    """All samples, once this one is as high."""
    while (found := await samples(gateway)).get(name, -1.0) < least:
        await asyncio.sleep(SCRAPE)
    return found


def logged(gateway: Running) -> Iterator[dict[str, Any]]:
    """Every line is one JSON document."""
    for line in gateway.process.log:
        yield json.loads(line)


async def lines_of(gateway: Running, trace: str, events: Sequence[str]) -> list[dict[str, Any]]:
    """Once all of these are there, each as often as it is named."""
    async with asyncio.timeout(SECONDS):
        while True:
            found = [each for each in logged(gateway) if each.get("trace_id") == trace]
            if Counter(events) <= Counter(each["event"] for each in found):
                return found
            await asyncio.sleep(POLL)


async def test_one_mail_is_followed_from_its_connection_to_the_relays_250(database_url: str, tmp_path: Path) -> None:
    async with running(database_url, tmp_path, server='log = "json"', tables=ALARMS) as gateway:
        assert (await page(gateway, "/healthz"))[0] == 200
        before = await samples(gateway)
        assert not any(value for name, value in before.items() if name.startswith("deskgate_alarm"))

        mail = letter("Anna Petrowa <anna@client.test>", "support@desk.test", "Help")
        async with gateway.session() as client:
            await client.mail("anna@client.test")
            await client.rcpt("support@desk.test")
            _, said = await client.data(mail.as_bytes().replace(b"\n", b"\r\n"))
        trace = re.fullmatch(r"2\.0\.0 Ok, queued as (\S+)", said).group(1)  # type: ignore[union-attr]
        [registered] = await gateway.letters_to("anna@client.test")
        await gateway.quiet()

        await in_the_log(gateway, trace)
        way = await by_the_command(gateway, trace, str(mail["Message-ID"]), registered.message_id)
        await what_came_back(gateway, way)
        await refused_is_told(gateway)
        await metrics_tell_of_it(gateway)
        await held_mail_rings(gateway)
        await stopping_is_told(gateway)


async def in_the_log(gateway: Running, trace: str) -> None:
    lines = await lines_of(gateway, trace, ("message accepted", "decided", *3 * ("letter_sent",)))
    by_process = {(each["process"].rpartition("-")[0], each["event"]) for each in lines}
    assert by_process == {("listener", "message accepted"), ("intake", "decided"), ("sender", "letter_sent")}
    assert sum(each["event"] == "letter_sent" for each in lines) == 3
    [accepted] = [each for each in lines if each["event"] == "message accepted"]
    assert (accepted["peer"], accepted["inbound"]) == ("127.0.0.1", 1)
    assert accepted["seconds"] >= 0
    # What is told of the connection before there is a message has the same beginning.
    assert accepted["session"] == trace.partition("-")[0]


async def by_the_command(gateway: Running, trace: str, message_id: str, of_letter: str) -> dict[str, Any]:
    """However it is asked for."""
    way: dict[str, Any] = await gateway.json("trace", message_id)
    assert (way["trace_id"], way["ticket"], way["inbound"]["id"]) == (trace, 1, 1)
    assert [each["what"] for each in way["steps"] if each["what"] != "reason"] == [
        "connected", "kept", "understood", "decided", "ticket", "written", "written", "written", "sent", "sent", "sent",
    ]  # fmt: skip
    assert {each["text"].rpartition(": ")[2] for each in way["steps"] if each["what"] == "sent"} == {"250 2.0.0 taken"}
    assert all(each["at"] is not None for each in way["steps"] if each["what"] != "reason")
    assert way["steps"][0]["seconds"] == 0
    same = {key: value for key, value in way.items() if key != "id"}
    for given in (message_id.strip("<>"), trace, "1", "outbox:1", of_letter):
        found = await gateway.json("trace", given)
        assert {key: value for key, value in found.items() if key != "id"} == same, given
    status, told, _ = await gateway.command("trace", message_id)
    assert status == 0
    assert "127.0.0.1 connected by SMTP" in told
    assert "anna@client.test: sent: 250 2.0.0 taken" in told
    for unknown in ("<nothing@nowhere.test>", "0123456789ab-1", "77", "inbound:x"):
        status, told, why = await gateway.command("trace", unknown)
        assert (status, told) == (1, ""), unknown
        assert "Traceback" not in why
        assert "deskgate inbound list" in why or unknown == "inbound:x"
    return way


async def what_came_back(gateway: Running, way: dict[str, Any]) -> None:
    """A report about one of its letters is told on its way, though it is a message with a way of its own."""
    [registered] = [each for each in way["letters"] if each["kind"] == "registered"]
    report = f"From: mailer-daemon@client.test\r\nTo: support@desk.test\r\nReferences: {registered['message_id']}\r\n".encode()
    original = f"\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {registered['message_id']}\r\n\r\nx\r\n--b--\r\n"
    body = REPORT.replace("\n", "\r\n").removesuffix("\r\n--b--\r\n") + original
    await gateway.take(report + b"MIME-Version: 1.0\r\n" + body.encode(), "support@desk.test", reverse_path="")
    found = await gateway.json("trace", "inbound:1")
    [event] = found["events"]
    assert (event["kind"], event["inbound_id"], event["data"]["outbox"]) == ("bounced", 2, registered["id"])
    assert found["steps"][-1]["what"] == "bounced"
    assert "inbound 2 reported" in found["steps"][-1]["text"]
    of_it = [each["text"] for each in found["steps"] if each["outbox"] == registered["id"]]
    assert [each.rpartition(": ")[2] for each in of_it[1:3]] == ["250 2.0.0 taken", "550 5.1.1 no such user"], "each in its turn"


async def refused_is_told(gateway: Running) -> None:
    async with gateway.session() as client:
        await client.mail("anna@client.test")
        code, _ = await client.execute_command(b"RCPT TO:<nobody@elsewhere.test>")
        assert code == 550
    await sample(gateway, 'deskgate_refusals_total{what="recipient",why="550 5.1.1"}', 1.0)


async def metrics_tell_of_it(gateway: Running) -> None:
    found = await sample(gateway, 'deskgate_messages_total{outcome="accepted"}', 2.0)
    _, told = await page(gateway, "/metrics")
    checked = await asyncio.to_thread(
        subprocess.run, ["promtool", "check", "metrics"], input=told.encode(), capture_output=True, check=False
    )
    assert (checked.returncode, checked.stderr.decode()) == (0, "")
    families = {re.sub(r"_(?:bucket|sum|count)$", "", name.partition("{")[0]) for name in found}
    assert families <= KNOWN, families - KNOWN
    # The rest appear with the first of their kind: checks that are switched off, downloads, and requests of programs.
    assert KNOWN - families <= {"deskgate_screened_total", "deskgate_downloads_total", "deskgate_api_requests_total"}
    for name in ("deskgate_acceptance_seconds_count", "deskgate_ticket_seconds_count"):
        assert found[name] == 2.0, name
    assert found["deskgate_letter_wait_seconds_count"] >= 3
    assert 0 < found["deskgate_ticket_seconds_sum"] < SECONDS * 2
    assert found['deskgate_intakes_total{outcome="ticket"}'] == 1.0
    assert found['deskgate_database_pool{role="intake",state="not opened"}'] > 0
    counted = found["deskgate_ticket_seconds_count"]
    # A dead child's counters are its successor's.
    killed = gateway.process.children()["intake-0"]
    os.kill(killed, signal.SIGKILL)
    await until(lambda: gateway.process.children().get("intake-0", killed) != killed)
    assert (await sample(gateway, 'deskgate_child_restarts_total{role="intake"}', 1.0))["deskgate_ticket_seconds_count"] == counted


async def held_mail_rings(gateway: Running) -> None:
    """An agent's address without any proof: a person has to look."""
    await gateway.take(letter("Dana Agent <dana@staff.test>", "r+nonsense@desk.test", "Re: Help [#1]", "@closed", answers="<x@desk.test>"))
    [told] = await gateway.letters_to("ops@operators.test")
    assert told.subject.startswith("Example Desk: held mail waits for a person: 1 in all")
    assert "deskgate inbound list --state held" in told.text
    assert (await sample(gateway, 'deskgate_alarm{alarm="held_mail"}', 1.0))['deskgate_inbound_messages{state="held"}'] == 1
    assert await page(gateway, "/healthz") == (200, "alive\ndegraded: held_mail (deskgate status)\n")
    status = await gateway.json("status")
    assert [each["name"] for each in status["alarms"]] == ["held_mail"]
    [alarm] = [each for each in logged(gateway) if each["event"] == "alarm"]
    assert (alarm["alarm"], alarm["level"]) == ("held_mail", "error")


async def stopping_is_told(gateway: Running) -> None:
    """While a peer's transaction is waited for, balancers look elsewhere."""
    async with gateway.session() as busy:
        await busy.mail("anna@client.test")
        gateway.process.signal(signal.SIGTERM)
        async with asyncio.timeout(SECONDS):
            while (await page(gateway, "/readyz"))[0] != 503:
                await asyncio.sleep(POLL)
        status, why = await page(gateway, "/readyz")
        assert (status, "the service is stopping" in why) == (503, True)
        assert (await page(gateway, "/healthz"))[0] == 200
    assert await gateway.process.ends() == 0


async def test_a_dead_pipeline_is_told_of_by_those_who_live(database_url: str, tmp_path: Path) -> None:
    alarms = '[alarms]\nto = ["ops@operators.test"]\nstalled_minutes = 0.01'
    roles = ("--role", "listener", "sender", "web")
    async with running(database_url, tmp_path, arguments=roles, server='log = "json"', tables=alarms) as gateway:
        await gateway.send(letter("Anna Petrowa <anna@client.test>", "support@desk.test"))
        [told] = await gateway.letters_to("ops@operators.test")
        assert told.subject.startswith("Example Desk: mail that came in is not worked on: message 1 has been due for")
        assert told.message["Auto-Submitted"] == "auto-generated"
        assert (await page(gateway, "/healthz"))[1] == "alive\ndegraded: pipeline_stalled (deskgate status)\n"
        # The listener is well: mail goes on being taken.
        assert await page(gateway, "/readyz") == (200, "accepting mail\n")
        found = await gateway.json("trace", "1")
        assert found["steps"][-1]["what"] == "waits"
