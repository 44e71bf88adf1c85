"""The whole table: each fault at each command, with PIPELINING and without, and what came of it for each of two recipients."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.domain.login import Login
from gateway.outbound.deliver import Relay, SmtpTransport
from gateway.outbound.delivery import Parcel
from gateway.outbound.retry import Deferred, Delivered, Outcome, Refused
from tests.peers.certificates import self_signed
from tests.peers.smtp_peer import Fault, SmtpPeer, close, hang, raw, reply, reset, slow, twice

A, B = "a@client.test", "b@client.test"
CONTENT = b"From: d@desk.test\r\nMessage-ID: <x@desk.test>\r\n\r\n.\r\n.dot\r\nbody\r\n"
PARCEL = Parcel("1", "b@desk.test", (A, B), CONTENT)
TIMEOUT = 4.0
"""Seconds for an answer: far more than any takes here, for hundreds of dialogues share a loop."""

FAULTS: Final[Mapping[str, Fault]] = {
    "250": reply("250 2.0.0 fine"),
    "354": reply("354 go ahead"),
    "421": reply("421 4.3.2 closing"),
    "450": reply("450 4.7.1 greylisted"),
    "452": reply("452 4.5.3 too many"),
    "500": reply("500 5.5.2 what?"),
    "503": reply("503 5.5.1 not now"),
    "550": reply("550 5.7.1 never"),
    "552": reply("552 too much"),
    "555": reply("555 5.5.4 parameters"),
    "650": reply("650 nobody knows"),
    "multiline": reply("550-5.7.1 never\r\n550 5.7.1 ever"),
    "two codes": reply("250-so\r\n550 or so"),
    "web": reply("HTTP/1.1 400 Bad Request"),
    "silence": reply(""),
    "binary": raw(b"\x00\xff\x16\x03\x01\r\n"),
    "endless": raw(b"250-" + b"x" * (1 << 20), then="hang"),
    "many lines": raw(b"250-x\r\n" * 20_000, then="hang"),
    "half": raw(b"250 2.0", then="hang"),
    "half, closed": raw(b"250 2.0", then="close"),
    "said, closed": raw(b"550 5.7.1 never\r\n", then="close"),
    "twice": twice(),
    "hang": hang(),
    "close": close(),
    "reset": reset(),
    "slow": slow(0.02),
}
BROKEN = ("web", "silence", "binary", "endless", "many lines", "half", "half, closed", "hang", "close", "reset", "650", "two codes")
"""After these nobody knows what the server wanted to say."""

# What is told of a and b: `+` delivered, `-` refused, `~` deferred, `?` deferred and perhaps delivered, `!` the server is unreachable.
# `*` is every fault that the row does not name.
TABLE: Final[Mapping[str, Mapping[str, str]]] = {
    "CONNECT": {"*": "!!", "slow": "++"},
    "EHLO": {"*": "!!", "slow": "++", "250": "++", "twice": "++"}
    # Refused for good, it is followed by HELO (RFC 5321 §3.2).
    | dict.fromkeys(("500", "503", "550", "552", "555", "650", "multiline", "two codes"), "++"),
    "MAIL": {"*": "~~", "250": "++", "slow": "++"} | dict.fromkeys(("550", "552", "multiline", "said, closed", "555"), "--"),
    "RCPT a": {"*": "~~", "250": "++", "slow": "++"}
    | dict.fromkeys(("450", "452", "500", "503", "552"), "~+")
    | dict.fromkeys(("550", "555", "multiline"), "-+")
    | {"said, closed": "-~"},
    "RCPT b": {"*": "~~", "250": "++", "slow": "++"}
    | dict.fromkeys(("450", "452", "500", "503", "552"), "+~")
    | dict.fromkeys(("550", "555", "multiline"), "+-")
    | {"said, closed": "~-"},
    "DATA": {"*": "~~", "354": "++", "slow": "++"} | dict.fromkeys(("550", "552", "555", "multiline", "said, closed"), "--"),
    "END": {"*": "~~", "250": "++", "slow": "++", "twice": "++", "354": "??"}
    | dict.fromkeys(("550", "552", "555", "multiline", "said, closed"), "--")
    | dict.fromkeys(BROKEN, "??"),
    # Nobody was refused, so it is not said.
    "RSET": {"*": "++"},
    "QUIT": {"*": "++"},
}
# RSET's answer shows whether what was refused before it was meant so: both were, by 550.
AFTER_REFUSALS: Final[Mapping[str, str]] = {"*": "--"} | dict.fromkeys(
    ("354", "web", "silence", "binary", "endless", "many lines", "650", "two codes"), "~~"
)


@dataclass(frozen=True)
class Cell:
    command: str
    fault: str
    expected: str

    @property
    def name(self) -> str:
        return f"{self.fault} at {self.command}"


def cells(table: Mapping[str, Mapping[str, str]]) -> list[Cell]:
    return [Cell(command, fault, row.get(fault, row["*"])) for command, row in table.items() for fault in FAULTS]


def script(peer: SmtpPeer, cell: Cell) -> None:
    command, _, recipient = cell.command.partition(" ")
    if recipient:
        peer.on(command, FAULTS[cell.fault], matching=lambda address: address.startswith(recipient))
    else:
        peer.on(command, FAULTS[cell.fault])


def sign(outcome: Outcome) -> str:
    match outcome:
        case Delivered():
            return "+"
        case Refused():
            return "-"
        case Deferred(unanswered=True):
            return "?"
        case Deferred(unreachable=True):
            return "!"
    return "~"


async def told(peer: SmtpPeer, **given: Any) -> str:
    """The outcomes' signs; and whoever is told to have the letter has it, once, and nobody else."""
    settings: dict[str, Any] = {"timeout": TIMEOUT, "final_timeout": TIMEOUT, "attempt": 8 * TIMEOUT, "hostname": "desk.test"}
    transport = SmtpTransport(Relay(peer.host, peer.port, **settings | given))
    outcomes = await transport.deliver(PARCEL)
    await transport.aclose()
    assert set(outcomes) == {A, B}
    for address in (A, B):
        outcome = outcomes[address]
        taken = len(peer.to(address))
        perhaps = isinstance(outcome, Deferred) and outcome.unanswered
        assert taken <= 1 if perhaps else taken == isinstance(outcome, Delivered), (outcome, peer.commands)
        assert outcome.reply
        assert len(outcome.reply) < 1100
    assert all(each.content == CONTENT for each in peer.messages)
    return "".join(sign(outcomes[each]) for each in (A, B))


async def try_all(wanted: Sequence[Cell], extensions: Sequence[str], *, both_refused: bool = False) -> None:
    at_once = asyncio.Semaphore(40)

    async def outcome(cell: Cell) -> str:
        async with at_once, SmtpPeer(extensions=extensions) as peer:
            script(peer, cell)
            if both_refused:
                peer.on("RCPT", reply("550 5.1.1 nobody"))
            return await told(peer)

    found = await asyncio.gather(*(outcome(each) for each in wanted))
    wrong = [
        f"{cell.name}: {cell.expected} expected, {sign} found" for cell, sign in zip(wanted, found, strict=True) if cell.expected != sign
    ]
    assert not wrong


@pytest.mark.parametrize("extensions", [("SIZE 1000", "PIPELINING"), ("SIZE 1000",)], ids=" ".join)
async def test_each_fault_at_each_command_has_its_outcome_for_each_recipient(extensions: Sequence[str]) -> None:
    await try_all(cells(TABLE), extensions)


def test_uvloop_changes_none_of_it() -> None:
    """The children of `serve` run on it."""
    uvloop = pytest.importorskip("uvloop", reason="there is none for this platform")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(try_all(cells(TABLE), ("PIPELINING",)))


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()], ids=" ".join)
async def test_an_answer_to_rset_shows_whether_refusals_were_meant(extensions: Sequence[str]) -> None:
    await try_all(cells({"RSET": AFTER_REFUSALS}), extensions, both_refused=True)


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()], ids=" ".join)
@pytest.mark.parametrize("fault", [close, reset])
async def test_a_connection_that_ends_at_any_octet_of_the_content_defers_the_letter(fault: Any, extensions: Sequence[str]) -> None:
    async def outcome(after: int) -> str:
        async with SmtpPeer(extensions=extensions) as peer:
            peer.on("CONTENT", fault(after=after))
            return await told(peer)

    found = await asyncio.gather(*(outcome(after) for after in range(len(CONTENT) + len(b"....\r\n"))))
    # A letter that small leaves in one piece with its final dot, so that nobody knows how far the server came.
    assert set(found) == {"??"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls") / "peer.pem", "peer.test")


# What came in the clear with the consent to STARTTLS is dropped: somebody else may have put it there (RFC 3207 §4.2).
TAKEN: Final = {"STARTTLS": ("slow", "twice"), "AUTH": ("slow", "twice")}


@pytest.mark.parametrize("command", TAKEN)
async def test_before_login_and_tls_are_done_nothing_else_is_told(command: str, certificate: Path) -> None:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=certificate)
    login = Login("desk", password="s3cret")
    at_once = asyncio.Semaphore(30)

    async def outcome(fault: str) -> str:
        async with at_once, SmtpPeer(tls=server, users={"desk": "s3cret"}) as peer:
            peer.on(command, FAULTS[fault])
            signs = await told(peer, security="starttls", tls=trusting, login=login)
            after = {"STARTTLS": ("AUTH", "MAIL"), "AUTH": ("MAIL",)}[command]
            assert (signs == "++") == any(each.startswith(after) for each in peer.commands), peer.commands
            return signs

    found = dict(zip(FAULTS, await asyncio.gather(*map(outcome, FAULTS)), strict=True))
    assert found == {fault: "++" if fault in TAKEN[command] else "!!" for fault in FAULTS}
