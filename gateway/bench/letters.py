"""How many letters a second go from the outbox to a relay, over how many go without Deskgate: the same letters, to the same server, by as
many kept connections, on the same kind of event loop.

There are three to compare with. `bare` is aiosmtplib's `sendmail` and nothing else: the bytes are made, and signed, before the clock
starts. `signing` is the same but that it signs each letter when its turn comes, by the same functions as ours, as whoever signs has to.
`composing` is the program that one would write by hand: it makes each letter with the standard library's `EmailMessage` as well. None of
them has a queue, and whatever ends it has forgotten what it sent.
"""

import asyncio
import contextlib
import json
import statistics
import sys
import uuid
from collections.abc import Sequence
from typing import Any, Final, Literal

from gateway.bench.mails import SENTENCES
from gateway.bench.sink import sink
from gateway.domain.letter import NO_ANSWERS, NewLetter, NewRecipient, Party
from gateway.domain.states import LetterKind
from storage import engine as storage_engine
from storage import outbox

Name = Literal["bare", "signing", "composing", "deskgate"]
DOMAIN: Final = "bench.example.com"
CHUNK: Final = 500
"""Letters that one transaction writes."""
LINE: Final = 4 * 1024 * 1024
"""Of what a process tells, the time of each letter's end in it."""


async def measure(
    database_url: str, *, letters: int = 5000, connections: int = 10, rounds: int = 3, processes: Sequence[int] = (1, 2)
) -> dict[str, Any]:
    """By turns, each in a process of its own; unsigned, then with two signatures each. The letters stay in the database given, which must
    be migrated and should be thrown away afterwards.

    `processes`: how many senders share the queue and the connections, one figure each; the first is what the ratios are of.
    """
    async with sink() as server:
        load = {"url": database_url, "port": server.port, "letters": letters, "connections": connections}
        found: dict[str, Any] = {"sink": server.name, "letters": letters, "connections": connections, "rounds": rounds}
        for signed, suffix in ((False, ""), (True, "_signed")):
            found |= {f"{name}{suffix}": value for name, value in (await _by_turns(load | {"signed": signed}, rounds, processes)).items()}
    return found


async def _by_turns(load: dict[str, Any], rounds: int, processes: Sequence[int]) -> dict[str, Any]:
    names: tuple[Name, ...] = ("bare", "signing", "composing") if load["signed"] else ("bare", "composing")
    others: dict[Name, list[float]] = {name: [] for name in names}
    ours: dict[int, list[float]] = {each: [] for each in processes}
    octets = 0
    for _ in range(rounds):
        for name, rates in others.items():
            [told] = await run(name, load, 1)
            rates.append(_rate(load, [told]))
            octets = told["octets"] if name == "bare" else octets
        for each in processes:
            await write(load["url"], load["letters"])
            ours[each].append(_rate(load, await run("deskgate", load | {"connections": load["connections"] // each}, each)))
    found = {
        **{f"{name}_aiosmtplib_per_second": round(statistics.median(rates), 1) for name, rates in others.items()},
        "letter_octets": octets,
        "not_sent": await _left(load["url"]),
    }
    for number, each in enumerate(processes):
        by = f"_by_{each}_processes" if number else ""
        found[f"letters_per_second{by}"] = round(statistics.median(ours[each]), 1)
        for name, rates in others.items():
            # Of neighbouring runs, for what else the machine does changes from minute to minute.
            found[f"letters_ratio{'' if name == 'bare' else f'_to_{name}'}{by}"] = _ratio(ours[each], rates)
    return found


def _rate(load: dict[str, Any], told: Sequence[dict[str, Any]]) -> float:
    """Of the letters after the first tenth, by the times at which each was done with, in whichever process: what a sender does all day,
    and not how it begins."""
    ends: list[float] = sorted(end for each in told for end in each["ends"])
    first = max(1, int(load["letters"]) // 10)
    return (len(ends) - first) / (ends[-1] - ends[first - 1])


def _ratio(ours: Sequence[float], others: Sequence[float]) -> float:
    return round(statistics.median(mine / other for mine, other in zip(ours, others, strict=True)), 3)


async def run(name: Name, load: dict[str, Any], processes: int) -> list[dict[str, Any]]:
    """What each process tells of its run; they begin together, once all are ready."""
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway.bench.posting", name, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE
        )
        for _ in range(processes)
    ]
    try:
        # Not an argument: the URL may hold a password.
        await asyncio.gather(*(_say(each, json.dumps(load)) for each in started))
        told = await asyncio.gather(*(_say(each, "go") for each in started))
    finally:
        for each in started:
            with contextlib.suppress(ProcessLookupError):
                each.kill()
            await each.wait()
    return [json.loads(each) for each in told]


async def _say(process: asyncio.subprocess.Process, line: str) -> bytes:
    """Its answer, a line as well."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{line}\n".encode())
    answer = await process.stdout.readline()
    if not answer:
        raise RuntimeError("a sender of the benchmark ended before its time; its last words stand above")
    return answer


async def write(database_url: str, letters: int) -> None:
    engine = storage_engine.connect(database_url, pool_size=1)
    try:
        for start in range(0, letters, CHUNK):
            async with storage_engine.sessions(engine).begin() as session:
                await outbox.add(session, [new_letter(number) for number in range(start, min(start + CHUNK, letters))])
    finally:
        await engine.dispose()


async def _left(database_url: str) -> int:
    engine = storage_engine.connect(database_url, pool_size=1)
    try:
        async with storage_engine.sessions(engine)() as session:
            counted = (await outbox.counts(session)).by_state
    finally:
        await engine.dispose()
    return sum(number for state, number in counted.items() if state != "sent")


def new_letter(number: int) -> NewLetter:
    """As the desk tells a client of a ticket: text and HTML in three languages by turns, with a reverse-path of its own."""
    said = SENTENCES[number % len(SENTENCES)]
    own = uuid.uuid4().hex
    return NewLetter(
        kind=LetterKind.REGISTERED,
        headers=(
            ("From", (Party("Support of the bench", f"support@{DOMAIN}"),)),
            ("To", (Party("A Client", f"client{number}@load.test"),)),
            ("Reply-To", (Party("", f"r+{own}@{DOMAIN}"),)),
            ("References", f"<{own}@load.test>"),
            ("Auto-Submitted", "auto-replied"),
            NO_ANSWERS,
            ("X-Deskgate-Ticket", str(number)),
        ),
        subject=f"{said} [#{number}]",
        text="\n".join([said] * 8) + "\n",
        html="<p>" + "</p>\n<p>".join([said] * 8) + "</p>\n",
        message_id=f"<t.{own}@{DOMAIN}>",
        recipients=(NewRecipient(f"client{number}@load.test", verp=f"b+{own}@{DOMAIN}"),),
        effect=own.encode(),
        trace_id=own[:12],
    )
