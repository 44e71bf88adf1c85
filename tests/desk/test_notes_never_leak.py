"""X5: the words of a note stand in no octet that goes out, whatever the mail with it looks like.

Whole mails are made as programs make them, read by the real parser and decided on; then the bytes of every letter are searched, as they are
and with every encoding taken off.
"""

import base64
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.desk.outgoing import write
from gateway.desk.telling import Cause, LetterTicket, Subject
from gateway.domain.decision import Decision
from gateway.domain.facts import Participant
from gateway.domain.organisation import CannedReply, CommandPosition, Organisation, Receipts
from gateway.domain.ours import Ours
from gateway.domain.states import ArticleKind, LetterKind
from gateway.domain.steps import AddArticle, Merge, Person, Send
from gateway.mail.message import Message
from gateway.mail.parse import parse_message
from tests.desk.commands.test_vocabulary import SPELLINGS, WORDS
from tests.desk.deciding import decided, of
from tests.desk.test_outgoing import on_the_wire
from tests.desk.values import ALIGNED, ORGANISATION, a_ticket, token_address
from tests.journeys.test_commands_by_program import PROGRAMS

SECRETS = ("xyzzy", "плугх", "żółwik")
DESK = replace(
    ORGANISATION,
    canned_replies=(CannedReply("thanks", "Thank you for writing.", everyone=True),),
    desk=replace(ORGANISATION.desk, merge_across_clients=True),
)
BORIS = Participant("boris@client.test", "boris@client.test", "Boris", "cc")
OTHER = a_ticket(8, client=replace(a_ticket().client, id=2, name="Cecil", keys=("cecil@client.test",), address="cecil@client.test"))
TICKETS = (a_ticket(7, participants=(BORIS,), thread=("m1@client.test",), last_message="m1@client.test"), OTHER)
FORWARD = [
    "",
    "---------- Forwarded message ---------",
    "From: Anna <anna@client.test>",
    "Date: 12 Mar 2025",
    "Subject: Printer",
    "",
    "It burns.",
]


@dataclass(frozen=True)
class Written:
    """What an agent sends, and how their desk is set."""

    lines: list[str]
    program: str
    position: CommandPosition = "end"
    receipts: Receipts = "always"
    private_without_client: bool = False
    files: tuple[tuple[str, str, bytes], ...] = ()

    def desk(self) -> Organisation:
        desk = replace(
            DESK.desk,
            command_position=self.position,
            receipts=self.receipts,
            private_without_client=self.private_without_client,
            requester_from_forward=True,
        )
        return replace(DESK, desk=desk)

    def mail(self, to: str, lines: list[str], subject: str) -> Message:
        mail = PROGRAMS[self.program](lines)
        for name, kind, content in self.files:
            main, _, sub = kind.partition("/")
            mail.add_attachment(content, main, sub, filename=name)
        mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = "Dana <dana@staff.test>", to, subject, "<1@staff.test>"
        return parse_message(mail.as_bytes(), Ours(("support@desk.test",), ("Support",), ("desk.test",)))


secrets = st.sampled_from(SECRETS)
note_words = st.builds(lambda word, spelt: SPELLINGS[spelt](word), st.sampled_from(WORDS["note"]), st.sampled_from(list(SPELLINGS)))
notes = st.builds(
    "{}{}{}{}{}{}".format,
    st.sampled_from(["", "", "", " ", "- ", "• ", "*", "\u200b"]),
    st.sampled_from(["@", "＠", "@ "]),
    note_words,
    st.sampled_from([" ", " ", " ", "\u00a0", "  ", ": ", "\t"]),
    secrets,
    st.sampled_from(["", " and more", " " + "he is not to be trusted with it " * 4]),
)
ORDERS = (
    "@closed", "@Zamknięte", "@me", "@template thanks", "@private", "@to vendor@parts.test", "@cc boss@client.test", "@bcc spy@client.test",
    "@merge 8", "@help", "@assignee Nobody", "@tags vip", "@subject New", "@department sales", "@closed now", "@to bad@@x",
    "@from x@y.test",
)  # fmt: skip
orders = st.sampled_from(ORDERS)
texts = st.sampled_from(["Hello Anna,", "we have sent another one.", "", "", "@anna knows", "The rest stands in the manual. " * 5])
signatures = st.sampled_from(
    [
        [],
        ["-- ", "Dana Agent", "Example Support"],
        ["", "Dana Agent", "Example Support"],
        ["", "С уважением,", "Dana"],
        ["", "Sent from my iPhone"],
    ]
)
signed_notes = st.builds(
    lambda note, above: [*above, note], notes, st.sampled_from([["-- ", "Dana"], ["-- ", "Dana", ""], ["--", "Dana", "Tel. 1"]])
)


@st.composite
def blocks(draw: st.DrawFn) -> list[str]:
    """A reply, perhaps none, with at least one note among its commands, and what may stand below."""
    above = draw(st.lists(texts, max_size=3))
    commands = draw(st.lists(orders | notes, max_size=4))
    commands.insert(draw(st.integers(0, len(commands))), draw(notes))
    spread = [line for each in commands for line in ([each, ""] if draw(st.booleans()) else [each])]
    below = draw(signatures | signed_notes | st.lists(texts, max_size=2))
    return [*above, *spread, *below]


def att_file(line: str) -> tuple[str, str, bytes]:
    return "ATT00001.txt", "text/plain", line.encode()


written = st.builds(
    Written,
    blocks(),
    st.sampled_from(list(PROGRAMS)),
    st.sampled_from(["end", "anywhere"]),
    st.sampled_from(["always", "problems", "never"]),
    st.booleans(),
    st.lists(st.just(("a.pdf", "application/pdf", b"%PDF")) | notes.map(att_file), max_size=2).map(tuple),
)


def letters(decision: Decision, organisation: Organisation) -> Iterator[tuple[Send, EmailMessage]]:
    """As `record` has them written, on the wire."""
    article = next((each for each in of(decision, AddArticle) if each.kind is not ArticleKind.NOTE), None)
    ticket = LetterTicket(7, "Printer", "support", "support@desk.test", Person("Anna", "anna@client.test"), ("m1@client.test",))
    blobs = {each.sha256: each.content for each in article.files} if article is not None else {}
    for send in of(decision, Send):
        for made in write([send], Subject(ticket, article, 1), Cause(b"c", decision.actor), organisation):
            yield from ((send, copy) for copy in on_the_wire(made, blobs))


def octets(copy: EmailMessage) -> str:
    """All that a program, or a person with patience, can read in it."""
    raw = copy.as_bytes()
    decoded = [part.get_payload(decode=True) for part in copy.walk() if not part.is_multipart()]
    bare = [each for each in (raw, *decoded) if isinstance(each, bytes)]
    packed = [base64.b64decode(each[: len(each) // 4 * 4]) for block in bare for each in re.findall(rb"[A-Za-z0-9+/]{8,}", block)]
    readable = b"\n".join([*bare, *map(quopri.decodestring, bare), *packed])
    return "\n".join([readable.decode("utf-8", "replace"), readable.decode("utf-16-le", "replace"), *map(str, copy.values())])


def leaked(copy: EmailMessage) -> list[str]:
    text = octets(copy).casefold()
    return [each for each in SECRETS if each in text]


@settings(deadline=None)
@given(written)
def test_no_letter_of_a_reply_has_the_words_of_a_note(case: Written) -> None:
    message = case.mail(token_address(7), case.lines, "Re: Printer [#7]")
    decision = decided(message, ALIGNED, case.desk(), tickets=TICKETS)
    for send, copy in letters(decision, case.desk()):
        assert not leaked(copy), (send.kind, copy.as_string())
    for article in of(decision, AddArticle):
        shown = f"{article.text}\n{article.html}".casefold()
        assert article.private or not any(each in shown for each in SECRETS), article


@settings(deadline=None)
@given(written)
def test_no_letter_of_a_mail_that_an_agent_passes_on_has_them(case: Written) -> None:
    message = case.mail("support@desk.test", [*case.lines, *FORWARD], "Fwd: Printer")
    decision = decided(message, ALIGNED, case.desk(), tickets=())
    for send, copy in letters(decision, case.desk()):
        assert send.staff or not leaked(copy), (send.kind, copy.as_string())
    for article in of(decision, AddArticle):
        if article.author is not None:
            shown = f"{article.text}\n{article.quoted_text}\n{article.signature}\n{article.html}".casefold()
            assert not any(each in shown for each in SECRETS), article


CONTINUED = [
    ["Hello Anna.", "@note {}", "that {} is all"],
    ["Hello Anna.", "", "@note {}", "", "wait for the {}", "do not pay"],
    ["Hello Anna.", "@closed", "@note {}", "", *["line {}"] * 12],
    ["@note {}", "", "wait for the {}"],
    ["Hello Anna.", "@note", "{} is a liar"],
    ["Hello Anna.", "@note " + "a very long note which the program breaks at its column " * 2 + "{}", "and {}", "@closed"],
]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("lines", CONTINUED)
@pytest.mark.parametrize("secret", SECRETS)
def test_nor_has_any_of_them_the_rest_of_a_note(program: str, lines: list[str], secret: str) -> None:
    """A note is one line; yet who goes on below it meant a note."""
    case = Written([each.replace("{}", secret) for each in lines], program)
    decision = decided(case.mail(token_address(7), case.lines, "Re: Printer [#7]"), ALIGNED, case.desk(), tickets=TICKETS)
    for send, copy in letters(decision, case.desk()):
        assert not leaked(copy), (send.kind, copy.as_string())


@pytest.mark.parametrize("program", PROGRAMS)
def test_such_letters_are_really_written(program: str) -> None:
    """Lest the properties hold of nothing: the reply goes out, the note stays, and the receipt tells of both."""
    lines = ["Hello Anna,", "use water.", "", "@note xyzzy", "@merge 8", "@assignee Nobody", "@bcc spy@client.test", "@template thanks"]
    case = Written(lines, program, files=(("a.pdf", "application/pdf", b"%PDF"),))
    decision = decided(case.mail(token_address(7), case.lines, "Re: Printer [#7]"), ALIGNED, case.desk(), tickets=TICKETS)
    assert AddArticle(ArticleKind.NOTE, "xyzzy", private=True) in decision.steps
    assert of(decision, Merge) == [Merge(7)]
    found = {send.kind: octets(copy) for send, copy in letters(decision, case.desk())}
    assert set(found) == {LetterKind.AGENT_REPLY, LetterKind.RECEIPT}
    assert "use water." in found[LetterKind.AGENT_REPLY]
    assert "Thank you for writing." in found[LetterKind.AGENT_REPLY]
    assert "@note …" in found[LetterKind.RECEIPT]


def test_a_leak_would_be_seen() -> None:
    for words in ("xyzzy", "плугх " * 30, "żółwik = " + "x" * 90):
        article = AddArticle(ArticleKind.AGENT_REPLY, words)
        [send] = of(decided(Written([words], "Gmail").mail(token_address(7), [words], "Re"), ALIGNED, DESK, tickets=TICKETS), Send)
        about = Subject(LetterTicket(7, words, "support", "support@desk.test", Person("Anna", "anna@client.test")), article, 1)
        [made] = write([send], about, Cause(b"c", decided(Written([], "Gmail").mail("x@y.test", [], "")).actor), DESK)
        assert all(leaked(copy) for copy in on_the_wire(made, {}))
