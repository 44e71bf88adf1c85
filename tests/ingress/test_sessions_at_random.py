"""Whole SMTP sessions, made up: a model that knows what each command must be answered, and octets that nobody would send.

What is acknowledged is what was handed to the acceptor, and nothing else; each command has one reply, in order; no failure of ours is
answered by 5xx; and nothing of a session stays behind.
"""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.domain.organisation import Department, Desk, Gateway, Organisation
from gateway.ingress.limits import Limits
from tests.ingress.sessions_in_memory import InMemory
from tests.ingress.test_data_reader import PIECES, read_plainly

DESK = Desk("Example", "mx.example.com", "en", "r@example.com", (b"0123456789abcdef0123456789abcdef",), "bounces.example.com")
ORGANISATION = Organisation(
    DESK,
    (Department("help", "Help"),),
    (
        Gateway("support@example.com", "Support", "help", default=True),
        Gateway("away@example.com", "Away", "help", enabled=False, when_disabled="defer"),
    ),
)
RECIPIENTS = 5
BAD_COMMANDS = 8
LIMITS = Limits(recipients=RECIPIENTS, bad_commands=BAD_COMMANDS, noops=1000, max_message_size=60, content_line=20, received_fields=3)
REPLY = re.compile(rb"(?:(\d{3})-[\x20-\x7e]*\r\n)*(\d{3}) [\x20-\x7e]*\r\n")


def codes(said: bytes) -> list[int]:
    """Of whole replies; whatever is none fails."""
    found, at = [], 0
    while at < len(said):
        reply = REPLY.match(said, at)
        assert reply, said[at : at + 200]
        found.append(int(reply[2]))
        at = reply.end()
    return found


class Dialogue(RuleBasedStateMachine):
    """A peer that says sensible things in any order, and a model of what it must be told."""

    @initialize()
    def connect(self) -> None:
        self.desk = InMemory(ORGANISATION, LIMITS)
        self.greeted = False
        self.sender: str | None = None
        self.mail_refused = False
        self.recipients: list[str] = []
        self.some_refused = self.some_refused_for_good = False
        self.faults = 0
        self.acknowledged: list[tuple[str, tuple[str, ...], bytes]] = []
        assert codes(self.desk.say()) == [220]

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            self.desk.close()

    @invariant()
    def what_is_acknowledged_is_what_is_kept(self) -> None:
        if hasattr(self, "desk"):
            kept = [(envelope.reverse_path, envelope.recipients, octets) for envelope, octets in self.desk.keeper.kept]
            assert kept == self.acknowledged

    def expect(self, said: bytes, code: int) -> None:
        assert codes(self.desk.say(said)) == [code]
        assert self.desk.over is (code == 421)

    def expect_fault(self, said: bytes, code: int) -> None:
        self.faults += 1
        self.expect(said, 421 if self.faults > BAD_COMMANDS else code)

    def open(self) -> bool:
        return hasattr(self, "desk") and not self.desk.over

    @precondition(lambda self: hasattr(self, "desk") and self.desk.over)
    @rule()
    def connect_again(self) -> None:
        self.desk.close()
        self.connect()

    @precondition(open)
    @rule(verb=st.sampled_from(["EHLO", "HELO", "ehlo"]))
    def greet(self, verb: str) -> None:
        self.greeted, self.sender, self.recipients = True, None, []
        self.some_refused = self.some_refused_for_good = False
        self.expect(f"{verb} client.test\r\n".encode(), 250)

    @precondition(open)
    @rule(path=st.sampled_from(["", "ann@client.test", '"a b"@client.test']), size=st.sampled_from(["", " SIZE=50"]))
    def mail(self, path: str, size: str) -> None:
        said = f"MAIL FROM:<{path}>\r\n".encode()
        self.mail_refused = True
        if not self.greeted or self.sender is not None:
            self.expect_fault(said, 503)
        else:
            self.sender, self.mail_refused = path, False
            self.expect(said, 250)

    @precondition(open)
    @rule()
    def mail_that_is_too_large(self) -> None:
        if self.greeted and self.sender is None:
            self.mail_refused = True
            extended = self.desk.session._extended
            (self.expect if extended else self.expect_fault)(b"MAIL FROM:<ann@client.test> SIZE=61\r\n", 552 if extended else 555)

    @precondition(open)
    @rule(
        address=st.sampled_from(
            [("support@example.com", 250), ("support+1@example.com", 250), ("nobody@example.com", 550), ("away@example.com", 450)]
        )
    )
    def rcpt(self, address: tuple[str, int]) -> None:
        said = f"RCPT TO:<{address[0]}>\r\n".encode()
        if self.sender is None:
            (self.expect if self.mail_refused else self.expect_fault)(said, 503)
        elif len(self.recipients) >= RECIPIENTS:
            self.some_refused = True
            self.expect(said, 452)
        elif address[1] == 250:
            self.recipients.append(address[0])
            self.expect(said, 250)
        else:
            self.some_refused = True
            self.some_refused_for_good = self.some_refused_for_good or address[1] >= 500
            self.expect(said, address[1])

    @precondition(open)
    @rule(
        pieces=st.lists(st.sampled_from(PIECES), max_size=12),
        failure=st.sampled_from([None, None, None, RuntimeError("550 secret\r\n"), TimeoutError(), OSError(28, "No space left on device")]),
    )
    def data(self, pieces: list[bytes], failure: Exception | None) -> None:
        if self.sender is None:
            (self.expect if self.mail_refused else self.expect_fault)(b"DATA\r\n", 503)
            return
        if not self.recipients:
            # Who were all put off may come again, and so may the message.
            refused = 554 if self.some_refused_for_good else 451
            (self.expect if self.some_refused else self.expect_fault)(b"DATA\r\n", refused if self.some_refused else 503)
            return
        # What follows the end would be commands: the plain reader says where it is.
        stream = b"".join(pieces) + b"\r\n.\r\n"
        found = read_plainly(stream)
        assert found
        content, after = found
        stream = stream[: len(stream) - len(after)]
        self.expect(b"DATA\r\n", 354)
        self.desk.keeper.failure = failure
        [code] = codes(self.desk.say(*(stream[at : at + 3] for at in range(0, len(stream), 3))))
        if not isinstance(content, bytes):
            assert code in (550, 552, 554)
        elif failure is not None:
            assert code == 451, "what fails here is no fault of the message"
        else:
            assert code == 250
            self.acknowledged.append((self.sender, tuple(dict.fromkeys(self.recipients)), content))
        self.sender, self.recipients = None, []
        self.some_refused = self.some_refused_for_good = False

    @precondition(open)
    @rule()
    def rset(self) -> None:
        self.sender, self.recipients, self.mail_refused = None, [], False
        self.some_refused = self.some_refused_for_good = False
        self.expect(b"RSET\r\n", 250)

    @precondition(open)
    @rule(
        said=st.sampled_from([b"XYZZY\r\n", b"\r\n", b"HELP\r\n", b"BDAT 3\r\n", b"NOOP\n", b"\xff\r\n", b"AUTH PLAIN\r\n", b"EXPN a\r\n"])
    )
    def nonsense(self, said: bytes) -> None:
        self.faults += 1
        [code] = codes(self.desk.say(said))
        assert code == 421 if self.faults > BAD_COMMANDS else code in (500, 502)

    @precondition(open)
    @rule()
    def quit(self) -> None:
        assert codes(self.desk.say(b"QUIT\r\n")) == [221]
        assert self.desk.over


TestDialogue = Dialogue.TestCase
TestDialogue.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)

SAID = [
    *(b"EHLO a\r\n", b"LHLO a\r\n", b"MAIL FROM:<a@b.test>\r\n", b"MAIL FROM:<>\r\n", b"RCPT TO:<support@example.com>\r\n", b"DATA\r\n"),
    *(b".\r\n", b"\r\n.\r\n", b"\r\n", b"\n", b"\r", b"\0", b".", b"..", b"x" * 30, b"NOOP\r\n", b"RSET\r\n", b"QUIT\r\n", b"STARTTLS\r\n"),
    *(b"SIZE=\xc2\xb2", b" ", b"<", b">", b":", b"\xff\xfe", b"BDAT 10 LAST\r\n", b"VRFY a\r\n", b"Received: x\r\n", b"PROXY TCP4 "),
]


@given(st.lists(st.one_of(st.sampled_from(SAID), st.binary(max_size=20)), max_size=60), st.integers(1, 40), st.booleans())
@settings(deadline=None)
def test_whatever_octets_come_replies_are_whole_and_nothing_stays_behind(pieces: list[bytes], width: int, mend: bool) -> None:
    stream = b"EHLO a\r\n" + b"".join(pieces)
    answers = []
    for chunks in ([stream], [stream[at : at + width] for at in range(0, len(stream), width)]):
        desk = InMemory(ORGANISATION, Limits(max_message_size=200, content_line=40, normalise_newlines=mend))
        said = desk.say(*chunks)
        kept = [(envelope.reverse_path, envelope.recipients, octets) for envelope, octets in desk.keeper.kept]
        desk.close()
        found = codes(said)
        assert found[0] == 220
        assert len(found) <= 2 + stream.count(b"\n")
        for _, recipients, octets in kept:
            assert recipients
            assert not {b"\0", b"\r", b"\n"} & {bytes([each]) for each in octets.replace(b"\r\n", b"")}
        answers.append((found, kept))
    assert answers[0] == answers[1], "how it was cut made a difference"


@pytest.mark.parametrize("said", [b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<support@example.com>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n"])
def test_the_double_speaks_as_a_real_session_does(said: bytes) -> None:
    desk = InMemory(ORGANISATION, Limits())
    assert codes(desk.say(said)) == [220, 250, 250, 250, 354, 250, 221]
    assert [octets for _, octets in desk.keeper.kept] == [b"x\r\n"]
    desk.close()
