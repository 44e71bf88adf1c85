"""The letters that steps become: whose name and address they bear, what they refer to, and that no token reaches a client."""

import base64
import hashlib
import quopri
from collections.abc import Sequence
from dataclasses import fields, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.desk.decide import decide
from gateway.desk.outgoing import thread_ids, write
from gateway.desk.telling import STAFF_WORDS, Cause, LetterTicket, Subject, signed
from gateway.domain.actor import SYSTEM, Actor
from gateway.domain.facts import Facts, KnownTicket, Participant
from gateway.domain.letter import NewLetter, Recipient
from gateway.domain.states import ArticleKind, LetterKind, Role
from gateway.domain.steps import AddArticle, Addressee, File, Person, Send
from gateway.mail.message import Attachment, Body, Message
from gateway.outbound.assemble import assemble, copies
from gateway.tokens.carriers import letter_id, reply_token
from tests.desk.values import ALIGNED, KEYRING, ORGANISATION, a_ticket, agent_letter_id, box, mail, token_address
from tests.outbound.letters import letter

DANA = Actor(Role.AGENT, "Dana Agent", "dana@staff.test")
ANNA = Actor(Role.CLIENT, "Anna", "anna@client.test")
TICKET = LetterTicket(
    7, "Printer on fire", "support", "sales@desk.test", Person("Anna", "anna@client.test"), ("m1@client.test",), "m1@client.test"
)
TO_ANNA = Send(LetterKind.AGENT_REPLY, (Addressee("Anna", "anna@client.test"),), "en", automatic=False)
TO_DANA = Send(LetterKind.CLIENT_REPLY, (Addressee("Dana", "dana@staff.test", "dana@staff.test"),), "en", staff=True)


def written(send: Send, actor: Actor = DANA, ticket: LetterTicket = TICKET, article: AddArticle | None = None, **desk: Any) -> NewLetter:
    organisation = replace(ORGANISATION, desk=replace(ORGANISATION.desk, **desk))
    said = article or AddArticle(ArticleKind.AGENT_REPLY, "Use water.")
    [made] = write([send], Subject(ticket, said, 3), Cause(b"cause", actor, 5, "trace"), organisation)
    return made


def on_the_wire(made: NewLetter, blobs: dict[str, bytes] | None = None) -> list[EmailMessage]:
    """Every copy as a recipient's program reads it."""
    recipients = tuple(
        Recipient(number, each.address, each.name, each.message_id, each.reply_to, each.verp) for number, each in enumerate(made.recipients)
    )
    shared = {each.name for each in fields(NewLetter)} & {each.name for each in fields(letter())}
    row = replace(letter(), **{name: getattr(made, name) for name in shared - {"recipients"}}, recipients=recipients)
    return [message_from_bytes(assemble(row, copy, blobs or {}), policy=policy.SMTP) for copy in copies(row, recipients)]


@pytest.mark.parametrize(
    ("send", "actor", "desk", "sender"),
    [
        (TO_ANNA, DANA, {}, "Dana Agent <sales@desk.test>"),
        (TO_ANNA, DANA, {"show_agent_name": False}, "Отдел продаж <sales@desk.test>"),
        (replace(TO_ANNA, from_address="support@desk.test"), DANA, {}, "Dana Agent <support@desk.test>"),
        (TO_DANA, ANNA, {}, "Anna via Отдел продаж <sales@desk.test>"),
        (replace(TO_DANA, language="ru"), ANNA, {}, "Anna через Отдел продаж <sales@desk.test>"),
        (TO_DANA, replace(ANNA, name=""), {}, '"anna@client.test via Отдел продаж" <sales@desk.test>'),
        (replace(TO_DANA, about="nothing"), SYSTEM, {}, "Отдел продаж <sales@desk.test>"),
        (replace(TO_ANNA, kind=LetterKind.REGISTERED, automatic=True), ANNA, {}, "Отдел продаж <sales@desk.test>"),
    ],
)
def test_a_letter_comes_from_the_tickets_gateway_in_the_name_that_the_desk_says(
    send: Send, actor: Actor, desk: dict[str, Any], sender: str
) -> None:
    [copy] = on_the_wire(written(send, actor, **desk))
    [found] = copy["From"].addresses
    assert f"{found.display_name} <{found.addr_spec}>" == sender.replace('"', "")


@pytest.mark.parametrize(
    ("send", "auto_submitted"),
    [
        (TO_ANNA, None),
        (replace(TO_ANNA, kind=LetterKind.REGISTERED, automatic=True), "auto-replied"),
        (TO_DANA, "auto-generated"),
    ],
)
def test_what_no_person_wrote_says_so(send: Send, auto_submitted: str | None) -> None:
    [copy] = on_the_wire(written(send))
    assert copy["Auto-Submitted"] == auto_submitted
    assert copy["X-Deskgate-Ticket"] == "7"
    assert str(copy["Subject"]).endswith("[#7]")


@pytest.mark.parametrize(
    ("thread", "last", "references"),
    [
        ((), None, []),
        (("m1@c.test",), "m1@c.test", ["m1@c.test"]),
        (("m1@c.test", "t1@desk.test", "m2@c.test"), "m2@c.test", ["m1@c.test", "t1@desk.test", "m2@c.test"]),
        (("m1@c.test", "m2@c.test", "t1@desk.test"), "m1@c.test", ["m2@c.test", "t1@desk.test", "m1@c.test"]),
        (tuple(f"m{n}@c.test" for n in range(30)), "m29@c.test", [f"m{n}@c.test" for n in range(19, 30)]),
        (("with space@c.test", "кириллица@c.test", "<x@c.test", "x" * 950 + "@c.test"), "a\r\nBcc: b@c.test", []),
        ((agent_letter_id(7), "m1@c.test"), agent_letter_id(7), ["m1@c.test"]),
    ],
)
def test_a_client_is_referred_to_what_they_have_seen_and_answered_last(
    thread: tuple[str, ...], last: str | None, references: list[str]
) -> None:
    made = written(TO_ANNA, ticket=replace(TICKET, thread=thread, last_message=last))
    [copy] = on_the_wire(made)
    assert str(copy["References"] or "").split() == [f"<{each}>" for each in references]
    assert copy["In-Reply-To"] == (f"<{references[-1]}>" if references else None)


def test_staff_letters_of_a_ticket_hang_under_one_id_of_ours() -> None:
    first, second = (on_the_wire(written(TO_DANA, ticket=replace(TICKET, last_message=each)))[0] for each in ("m1@c.test", "m2@c.test"))
    assert first["References"] == second["References"] == "<ticket.7@desk.test>"
    assert thread_ids(TO_DANA, replace(TICKET, number=None), "desk.test") == ()


def test_a_client_answers_to_the_address_that_the_letter_comes_from_by_its_own_name() -> None:
    [copy] = on_the_wire(written(TO_ANNA))
    assert str(copy["Reply-To"]) == "Отдел продаж <sales@desk.test>"


def test_a_gateway_of_an_internationalised_domain_stands_in_words_as_people_read_it() -> None:
    made = written(replace(TO_DANA, kind=LetterKind.NEW_TICKET), ANNA, replace(TICKET, gateway="info@xn--80a1acny.test"))
    assert "wrote to info@почта.test:" in made.text
    assert dict(made.headers)["From"][0].address == "info@xn--80a1acny.test"  # type: ignore[union-attr]


def test_staff_get_letters_that_need_no_smtputf8_and_clients_those_of_their_address() -> None:
    cyrillic = replace(TICKET, gateway="помощь@desk.test")
    [copy] = on_the_wire(written(TO_DANA, ANNA, cyrillic))
    assert copy["From"].addresses[0].addr_spec == "support@desk.test"
    assert str(written(TO_ANNA, ticket=cyrillic).reverse_path) == "помощь@desk.test"


def test_each_agent_gets_a_copy_of_their_own_with_their_own_token() -> None:
    both = replace(TO_DANA, to=(*TO_DANA.to, Addressee("Oleg", "oleg@staff.test", "oleg@staff.test")))
    for copy, agent in zip(on_the_wire(written(both, ANNA)), ("dana@staff.test", "oleg@staff.test"), strict=True):
        token = reply_token(KEYRING, 7, agent)
        assert [each.addr_spec for each in copy["Reply-To"].addresses] == [f"r+{token}@desk.test"]
        assert str(copy["Message-ID"]).startswith(f"<r.{token}.")
        assert [each.addr_spec for each in copy["To"].addresses] == [agent]


def test_the_same_cause_makes_the_same_letters_and_another_makes_others() -> None:
    subject = Subject(TICKET, AddArticle(ArticleKind.AGENT_REPLY, "Use water."), 3)
    once, again, other = (write([TO_ANNA, TO_DANA], subject, Cause(each, DANA), ORGANISATION) for each in (b"1", b"1", b"2"))
    assert once == again
    assert not {each.message_id for each in once} & {each.message_id for each in other}
    assert len({each.effect for each in (*once, *other)}) == 4


def test_no_letter_to_ourselves_and_none_at_all_where_nobody_else_is_left() -> None:
    ours = Addressee("", "support@desk.test")
    subject = Subject(TICKET, AddArticle(ArticleKind.AGENT_REPLY, "x"))
    assert write([replace(TO_ANNA, to=(ours,))], subject, Cause(b"c", DANA), ORGANISATION) == ()
    [made] = write([replace(TO_ANNA, cc=(ours,))], subject, Cause(b"c", DANA), ORGANISATION)
    assert [each.address for each in made.recipients] == ["anna@client.test"]


def test_each_recipient_has_a_reverse_path_of_their_own_where_bounces_are_taken() -> None:
    made = written(replace(TO_ANNA, cc=(Addressee("", "boris@client.test"),)), bounce_domain="bounces.desk.test")
    verps = [str(each.verp) for each in made.recipients]
    assert len(set(verps)) == 2
    assert all(each.startswith("b+") and each.endswith("@bounces.desk.test") and len(each.rpartition("@")[0]) <= 64 for each in verps)


def test_letters_have_the_files_of_what_they_repeat_whatever_their_size() -> None:
    """The sender says which of them fit (`gateway/outbound/lighten.py`)."""
    content = b"x" * (10 * 2**20 + 1)
    article = AddArticle(ArticleKind.CLIENT_MESSAGE, "See!", files=(File("big.bin", "application/x", content, "ab" * 32),))
    assert [each.filename for each in written(TO_DANA, ANNA, article=article).attachments] == ["big.bin"]
    assert "big.bin" in written(TO_DANA, ANNA, article=article).text
    assert written(TO_ANNA, article=article).attachments
    assert not written(replace(TO_ANNA, kind=LetterKind.REGISTERED), article=article).attachments


@pytest.mark.parametrize(
    ("language", "says"), [("en", "The message is longer"), ("ru", "Сообщение длиннее"), ("pl", "Wiadomość jest dłuższa")]
)
def test_staff_are_sent_the_beginning_of_a_very_long_message_and_clients_all(language: Any, says: str) -> None:
    article = AddArticle(ArticleKind.CLIENT_MESSAGE, "x" * (STAFF_WORDS + 1))
    staff, client = written(replace(TO_DANA, language=language), ANNA, article=article), written(TO_ANNA, article=article)
    assert says in staff.text
    assert "x" * STAFF_WORDS in staff.text
    assert "x" * (STAFF_WORDS + 1) not in staff.text
    assert "x" * (STAFF_WORDS + 1) in client.text
    whole = AddArticle(ArticleKind.CLIENT_MESSAGE, "x" * STAFF_WORDS)
    assert says not in written(replace(TO_DANA, language=language), ANNA, article=whole).text


# No token in any client's letter


def carriers_of(token: str) -> list[str]:
    return [
        f"r+{token}@desk.test",
        f"<mailto:r+{token}@desk.test?subject=Re>",
        f"mailto:r%2B{token}%40desk.test",
        f"<r.{token}.0a1b@desk.test>",
        f"R+{token.upper()}@DESK.TEST",
        f"Reply-To: Support <r+{token}@desk.test>\r\nMessage-ID: <r.{token}.0a1b@desk.test>\r\n\r\nWords",
    ]


TOKEN = reply_token(KEYRING, 7, "dana@staff.test")
words = st.lists(st.text(max_size=20) | st.sampled_from(carriers_of(TOKEN)), max_size=8).map(" ".join)
notification = st.sampled_from(
    [
        each
        for carrier in carriers_of(TOKEN)
        for each in (
            carrier.encode(),
            quopri.encodestring(carrier.encode()),
            base64.encodebytes(b"From: support@desk.test\r\n" * 3 + carrier.encode()),
        )
    ]
)
files = st.builds(
    lambda content, kind, name: Attachment(name, kind, content, hashlib.sha256(content).hexdigest()),
    notification,
    st.sampled_from(["message/rfc822", "text/plain", "text/html", "TEXT/rfc822-headers", "application/octet-stream"]),
    st.sampled_from(["quoted.eml", f"r+{TOKEN}@desk.test.eml", "файл.txt"]),
)
some_mail = st.builds(
    lambda new, quoted, signature, html, attached, ids, name, others: mail(
        "x",
        subject=f"Re: {new}",
        author=box("dana@staff.test", name),
        to=(box(token_address(7), quoted), *map(box, others)),
        body=Body(f"{new}\n{quoted}\n{signature}", new or "Words", quoted, signature, html),
        attachments=tuple(attached),
        references=tuple(ids),
        in_reply_to=tuple(ids[-1:]),
    ),
    words,
    words,
    words,
    st.none() | words,
    st.lists(files, max_size=2),
    st.lists(st.sampled_from([agent_letter_id(7), "m1@client.test", letter_id("r", TOKEN, "ffff", "desk.test")]), max_size=3),
    st.sampled_from(["Dana", "Дана", f"r+{TOKEN}@desk.test"]),
    st.lists(st.sampled_from(["anna@client.test", "boris@client.test", f"r+{TOKEN}@desk.test"]), max_size=2),
)


@given(some_mail, st.lists(st.sampled_from(["m1@client.test", agent_letter_id(7)]), max_size=3))
def test_no_octet_of_a_letter_to_anybody_but_its_agent_has_the_agents_token(message: Message, seen: list[str]) -> None:
    boris = Participant("boris@client.test", "boris@client.test", "Boris", "cc")
    ticket = a_ticket(7, participants=(boris,), thread=tuple(seen), last_message=seen[-1] if seen else None)
    for copy in letters_of(message, ticket):
        raw = copy.as_bytes()
        for octets in (raw, *(part.get_payload(decode=True) for part in copy.walk() if not part.is_multipart())):
            assert isinstance(octets, bytes)
            assert_without_token(octets)


def letters_of(message: Message, ticket: KnownTicket) -> list[EmailMessage]:
    decision = decide(message, (), "dana@staff.test", ALIGNED, Facts(tickets=(ticket,)), ORGANISATION)
    article = next((each for each in decision.steps if isinstance(each, AddArticle)), None)
    told = LetterTicket(
        7, ticket.subject, ticket.department, ticket.gateway, Person("Anna", "anna@client.test"), ticket.thread, ticket.last_message
    )
    sends = [each for each in decision.steps if isinstance(each, Send)]
    blobs = {each.sha256: each.content for each in article.files} if article is not None else {}
    return [
        copy
        for made in outside(write(sends, Subject(told, article, 1), Cause(b"c", decision.actor), ORGANISATION))
        for copy in on_the_wire(made, blobs)
    ]


def outside(letters: Sequence[NewLetter]) -> list[NewLetter]:
    return [each for each in letters if any("client.test" in recipient.address for recipient in each.recipients)]


def assert_without_token(octets: bytes) -> None:
    """Neither as they are nor under any coating that a mail program takes off."""
    for readable in (octets, quopri.decodestring(octets), unwrapped(octets)):
        assert TOKEN.encode() not in readable.lower()


def unwrapped(octets: bytes) -> bytes:
    try:
        return base64.b64decode(octets, validate=False)
    except ValueError:
        return b""


def test_such_a_letter_is_really_written() -> None:
    """Lest the property holds of nothing: a reply with all of it goes to the client, and still says what was meant."""
    quoted = " ".join(carriers_of(TOKEN))
    message = mail(
        "x", author=box("dana@staff.test"), to=(box(token_address(7)),), body=Body(quoted, f"Use water, not {quoted}!", quoted, "Dana")
    )
    [copy] = letters_of(message, a_ticket(7, thread=("m1@client.test",)))
    text = copy.get_body(("plain",))
    assert text is not None
    assert "Use water, not r+***@desk.test" in text.get_content()


@pytest.mark.parametrize(
    ("signature", "shown"),
    [
        ("-- \nDana\nExample Desk", "Words.\n\n-- \nDana\nExample Desk"),
        ("--\nDana", "Words.\n\n-- \nDana"),
        ("—\xa0\nDana", "Words.\n\n-- \nDana"),
        ("Dana\nExample Desk", "Words.\n\n-- \nDana\nExample Desk"),
        ("--verbose\nhelps", "Words.\n\n-- \n--verbose\nhelps"),
        ("Sent from my telephone", "Words."),
        ("", "Words."),
    ],
)
def test_an_agents_signature_stands_below_one_mark(signature: str, shown: str) -> None:
    assert signed(AddArticle(ArticleKind.AGENT_REPLY, "Words.", signature=signature)) == shown
