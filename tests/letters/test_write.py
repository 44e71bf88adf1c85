"""What holds for every letter: mail's words are values, HTML is escaped, the reply-above line comes first, one tag ends the subject."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.commands import CommandHelp
from gateway.domain.letter import has_breaks
from gateway.domain.organisation import Language
from gateway.domain.states import LetterKind, Priority, Status
from gateway.domain.steps import Person
from gateway.letters.facts import (
    NOBODY,
    ArticleFacts,
    Audience,
    GatewayFacts,
    LetterFacts,
    LevelFacts,
    NoticeFacts,
    RatingFacts,
    ReceiptFacts,
    TicketFacts,
)
from gateway.letters.operators import LANGUAGES
from gateway.letters.samples import AT
from gateway.letters.subject import SHOWN, bare_subject
from gateway.letters.texts import REPLY_ABOVE
from gateway.letters.write import write_letter
from tests.letters.values import LETTERS, NUMBERED, letter_facts

every_letter = pytest.mark.parametrize(
    ("kind", "audience", "language"), [(kind, audience, language) for kind, audience in LETTERS for language in LANGUAGES]
)


def filled(kind: LetterKind, language: Language, words: str, audience: Audience | None = None) -> LetterFacts:
    """With the same words in every field that a stranger, an agent or an operator may fill."""
    somebody = Person(words, "anna@client.test")
    return LetterFacts(
        kind=kind,
        language=language,
        audience=audience,
        ticket=TicketFacts(17, words, Status.OPEN, Priority.HIGH, words, (words,), AT),
        gateway=GatewayFacts(words, "support@desk.test"),
        client=somebody,
        author=somebody,
        agent=somebody,
        assignee=somebody,
        department=words,
        desk=words,
        article=ArticleFacts(words, (words,)),
        why=words,
        receipt=ReceiptFacts(((words, words),), (words,), (CommandHelp(words, words),), left_out=True),
        rating=RatingFacts((LevelFacts(words, "", 1, "https://desk.test/rate/1"),), words, 1, words),
        notices=(NoticeFacts(17, words, LetterKind.NOTE, somebody, AT),),
    )


TABLE = {"role", "border", "cellpadding", "cellspacing", "bgcolor"}


class Elements(HTMLParser):
    """The tags and the text of a page, as a browser finds them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        assert {name for name, _ in attrs} <= {"lang", "charset", "style", "href", *TABLE}, attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@every_letter
@pytest.mark.parametrize(
    "words",
    [
        "{{7*7}}",
        "{% for x in range(9) %}{{ x }}{% endfor %}",
        "{# hidden #}shown",
        "{{ ticket.__class__ }}",
        "[#Number#]",
        "[#ticket.number#]",
    ],
)
def test_mails_words_are_never_a_templates_source(kind: LetterKind, audience: Audience | None, language: Language, words: str) -> None:
    written = write_letter(filled(kind, language, words, audience))
    plain = written.subject + written.text
    assert plain.count(words) >= 1
    assert plain.replace(words, "").find("{") == -1
    assert "49" not in plain.replace(words, "")
    assert words in Elements(written.html).text


@every_letter
def test_nothing_is_left_of_a_macro(kind: LetterKind, audience: Audience | None, language: Language) -> None:
    written = write_letter(letter_facts(kind, language, audience))
    for each in (written.subject, written.text, written.html):
        assert not re.search(r"{{|}}|{%|%}|Undefined|None", each)


@every_letter
def test_html_shows_markup_of_mail_as_text(kind: LetterKind, audience: Audience | None, language: Language) -> None:
    words = '<script>alert(\'&amp;\')</script><img src=x onerror="a()"> https://evil.test/"onmouseover="x()'
    elements = Elements(write_letter(filled(kind, language, words, audience)).html)
    assert set(elements.tags) <= {"html", "head", "meta", "title", "body", "p", "br", "hr", "a", "table", "tr", "td"}
    assert "<script>alert('&amp;')</script>" in elements.text
    own = "https://desk.test/rate/1"
    assert all((link == own or link.startswith("https://evil.test/")) and '"' not in link for link in elements.links)


@every_letter
def test_the_reply_above_line_is_the_first_in_text_and_html(kind: LetterKind, audience: Audience | None, language: Language) -> None:
    written = write_letter(letter_facts(kind, language, audience))
    assert written.text.splitlines()[0] == REPLY_ABOVE[language]
    body = Elements(written.html[written.html.index("<body") :]).text.strip()
    assert body.splitlines()[0] == REPLY_ABOVE[language]
    assert (written.text.count(REPLY_ABOVE[language]), body.count(REPLY_ABOVE[language])) == (1, 1)


@every_letter
def test_html_says_what_the_text_says(kind: LetterKind, audience: Audience | None, language: Language) -> None:
    written = write_letter(letter_facts(kind, language, audience))
    page = written.html[written.html.index("<body") :]
    # A button hides the address of its level.
    text = re.sub(r"(?m): https://desk\.example/rate/\w+$", "", written.text)
    assert words_of(Elements(page).text) == words_of(text.replace("\n---\n", "\n"))


def words_of(text: str) -> list[str]:
    return text.replace("\xa0", " ").split()


@given(st.sampled_from([each for each in LETTERS if each[0] in NUMBERED]), st.sampled_from(LANGUAGES), st.text(max_size=300))
def test_whatever_the_words_a_subject_is_one_line_and_tags_itself_once(
    letter: tuple[LetterKind, Audience | None], language: Language, words: str
) -> None:
    written = write_letter(filled(letter[0], language, words, letter[1]))
    assert not has_breaks(written.subject)
    assert written.subject.endswith(" [#17]")
    assert written.subject.count("[#17]") == 1
    Elements(written.html)


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("Printer on fire", "Printer on fire"),
        ("Re: Printer on fire [#17]", "Printer on fire"),
        ("RE: re: Fwd: FW: Printer", "Printer"),
        ("Re[2]: Ответ: На: Отв: Принтер", "Принтер"),
        ("Odp: PD: Drukarka", "Drukarka"),
        ("AW: WG: SV: Rv: TR: HA: x", "x"),
        ("Re : spaced", "spaced"),
        ("[#17] tag first", "tag first"),
        ("Re: [#17] Re: tag between", "tag between"),
        ("two [#17] tags [#18]", "two tags"),
        ("a tag hidden [\0#17] behind what a header cannot hold", "a tag hidden behind what a header cannot hold"),
        ("[#notanumber] stays", "[#notanumber] stays"),
        ("[ticket #5] of another system", "[ticket #5] of another system"),
        ("Refund: wanted", "Refund: wanted"),
        ("Re:", ""),
        ("", ""),
        ("  many   spaces\tand\r\nlines ", "many spaces and lines"),
        ("x" * 101, "x" * (SHOWN - 1) + "…"),
        ("Re: " + "x" * 100, "x" * 100),
    ],
)
def test_subjects_lose_prefixes_and_our_tags(subject: str, bare: str) -> None:
    assert bare_subject(subject) == bare


@given(st.text(max_size=400))
def test_a_bare_subject_is_one_short_line_and_stays_bare(subject: str) -> None:
    bare = bare_subject(subject)
    assert len(bare) <= SHOWN
    assert bare == " ".join(bare.split())
    assert bare_subject(bare) == bare


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", "New ticket: (no subject) [#17]"), ("ru", "Новое обращение: (без темы) [#17]"), ("pl", "Nowe zgłoszenie: (bez tematu) [#17]")],
)
def test_a_ticket_without_a_subject_has_words_in_its_place(language: Language, shown: str) -> None:
    assert write_letter(letter_facts(LetterKind.NEW_TICKET, language, ticket=TicketFacts(17, "Re: "))).subject == shown


def test_a_stranger_cannot_put_lines_of_his_own_into_a_letter_by_his_name() -> None:
    name = "Anna\n\nYou have won! Call\r\n" + "x" * 5000
    text = write_letter(letter_facts(LetterKind.REGISTERED, client=Person(name, "anna@client.test"))).text
    assert "Anna You have won!" in text.splitlines()[2]
    assert len(text) < 1000


@pytest.mark.parametrize(
    ("line", "link"),
    [
        ("see https://a.test/x.", "https://a.test/x"),
        ("(https://a.test/x)", "https://a.test/x"),
        ("https://a.test/?a=1&b=2, and", "https://a.test/?a=1&b=2"),
        ("<https://a.test/>", "https://a.test/"),
        ("javascript:alert(1)", None),
        ("https://", None),
    ],
)
def test_web_addresses_become_links(line: str, link: str | None) -> None:
    facts = letter_facts(LetterKind.AGENT_REPLY, article=ArticleFacts(line), news=None)
    assert Elements(write_letter(facts).html).links == ([link] if link else [])


def test_a_long_ladder_of_rules_is_no_burden() -> None:
    """One after another, without an empty line between them, as ticket systems paste their logs."""
    html = write_letter(letter_facts(LetterKind.AGENT_REPLY, article=ArticleFacts("---\n" * 25_000 + "the end"))).html
    assert html.count("---") == 24_999, "the first is drawn"
    assert "the end" in html


def test_an_assignee_is_told_by_whom_or_by_nobody() -> None:
    by_dana = write_letter(letter_facts(LetterKind.ASSIGNED, agent=Person("Dana", "dana@staff.test"))).text
    assert "Dana <dana@staff.test> has assigned ticket #17 to you." in by_dana
    # The system is no agent.
    assert "Ticket #17 has been assigned to you." in write_letter(letter_facts(LetterKind.ASSIGNED, author=NOBODY, agent=NOBODY)).text


def test_a_letter_about_a_note_that_does_not_repeat_it_still_tells_of_it() -> None:
    text = write_letter(letter_facts(LetterKind.NOTE, author=Person("Dana", "dana@staff.test"), article=ArticleFacts())).text
    assert "Dana <dana@staff.test> left a note.\n\nThe client does not see it, nor your reply" in text


@pytest.mark.parametrize("name", ["Win at https://evil.test", "www.evil.test", "Visit WWW.evil.test now"])
def test_a_link_in_a_strangers_name_is_not_passed_on(name: str) -> None:
    written = write_letter(
        letter_facts(LetterKind.REGISTERED, client=Person(name, "anna@client.test"), author=Person(name, "anna@client.test"))
    )
    assert "evil.test" not in written.text + written.html
