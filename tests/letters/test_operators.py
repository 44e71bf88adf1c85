"""An operator's own templates: which one a letter is written by, and what becomes of it."""

from typing import Any

import pytest

from gateway.domain.letter import has_breaks
from gateway.domain.states import LetterKind
from gateway.domain.steps import Person
from gateway.letters.facts import ArticleFacts, Audience, TicketFacts
from gateway.letters.operators import Templates
from gateway.letters.samples import sample_facts
from gateway.letters.texts import REPLY_ABOVE
from gateway.letters.write import Written, write_letter
from tests.letters.test_write import filled
from tests.letters.values import letter_facts

LINE = REPLY_ABOVE["en"]


def text(words: str, subject: str = "Own") -> str:
    return f"Subject: {subject}\n\n{words}\n"


def letter(files: dict[str, str], kind: LetterKind = LetterKind.REGISTERED, **changes: Any) -> Written:
    return write_letter(letter_facts(kind, **changes), Templates.from_files(files))


@pytest.mark.parametrize(
    ("files", "kind", "audience", "template", "said"),
    [
        (("en/registered",), "registered", "client", None, "en/registered"),
        (("ru/registered",), "registered", "client", None, None),
        (("en/registered.client", "en/registered"), "registered", "client", None, "en/registered.client"),
        (("en/registered.staff", "en/registered"), "registered", "client", None, "en/registered"),
        (("en/registered.staff", "en/registered"), "registered", "staff", None, "en/registered.staff"),
        (("en/registered",), "registered", "staff", None, "en/registered"),
        (("en/registered.client", "en/registered"), "registered", "participant", None, "en/registered.client"),
        (("en/registered.participant", "en/registered.client"), "registered", "participant", None, "en/registered.participant"),
        (("en/vip", "en/registered"), "registered", "client", "vip", "en/vip"),
        (("ru/vip", "en/registered"), "registered", "client", "vip", "ru/vip"),
        (("ru/vip", "pl/vip"), "registered", "client", "vip", "ru/vip"),
        (("en/registered",), "registered", "client", "vip", "en/registered"),
        ((), "registered", "client", "vip", None),
        (("en/vip.staff",), "assigned", "staff", "vip", "en/vip.staff"),
    ],
)
def test_a_letter_is_written_by_the_template_that_fits_most_closely(
    files: tuple[str, ...], kind: LetterKind, audience: Audience, template: str | None, said: str | None
) -> None:
    own = Templates.from_files({f"{each}.txt": text(f"by {each}") for each in files})
    facts = sample_facts(LetterKind(kind), "en", audience, template=template)
    written = write_letter(facts, own)
    if said is None:
        assert (written.subject, written.text) == (write_letter(facts).subject, write_letter(facts).text)
    else:
        assert written.text == f"{REPLY_ABOVE['ru' if said.startswith('ru') else 'en']}\n\nby {said}\n"


def test_a_template_that_is_gone_is_told() -> None:
    [fault] = letter({}, template="vip").faults
    assert str(fault) == "LANG/vip.txt: there is no such file; the event's own template is used"


def test_a_letter_goes_out_by_the_built_in_template_when_the_operators_fails() -> None:
    """Only what no examination can see: it fails with these facts alone."""
    written = letter({"en/registered.txt": text("{{ ticket.number - client.name }}")}, ticket=TicketFacts(17, "Printer"))
    assert written.text == letter({}, ticket=TicketFacts(17, "Printer")).text
    [fault] = written.faults
    assert (fault.file, fault.line) == ("en/registered.txt", 3)


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("{{ ticket.subject }}", "Printer on fire [#17]"),
        ("{{ ticket.subject }} [#{{ ticket.number }}]", "Printer on fire [#17]"),
        ("[#{{ ticket.number }}] {{ ticket.subject }}", "Printer on fire [#17]"),
        ("Case [#Number#]: [#Subject#]", "Case 17: Printer on fire [#17]"),
        ("{{ article.text }}", "one two three [#17]"),
    ],
)
def test_every_subject_is_one_line_and_ends_with_the_tickets_tag(subject: str, shown: str) -> None:
    written = letter({"en/registered.txt": text("x", subject)}, article=ArticleFacts("one\r\ntwo\n\nthree"))
    assert written.subject == shown
    assert not has_breaks(written.subject)


def test_the_reply_above_line_comes_first_once_whether_the_operator_wrote_it_or_not() -> None:
    page = f"<html><body class='a>b'><p>{LINE}</p><p>Hello</p></body></html>"
    for files in (
        {"en/registered.txt": text("Hello")},
        {"en/registered.txt": text(f"{LINE}\n\nHello")},
        {"en/registered.html": "<p>Hello</p>"},
        {"en/registered.html": page},
    ):
        written = letter(files)
        assert written.text == f"{LINE}\n\nHello\n"
        assert written.html.count(LINE) == 1
        assert written.html.index(LINE) < written.html.index("Hello")


def test_a_message_that_holds_the_line_does_not_take_the_letters_own_away() -> None:
    words = f"Look:\n{LINE}\nYours"
    for files in ({"en/client_reply.txt": text("News: {{ article.text }}")}, {"en/client_reply.html": "<p>News: [#Symptoms#]</p>"}):
        written = letter(files, LetterKind.CLIENT_REPLY, article=ArticleFacts(words))
        assert written.text.startswith(f"{LINE}\n\nNews: Look:\n{LINE}\nYours")
        assert written.html.count(LINE) == 2


HOSTILE = ["{{7*7}}", "[#Number#]", "{% for each in notices %}", "<b>bold</b>", "{# #}", "${7*7} #{7*7}"]
EVERYTHING = " | ".join(
    (
        "ticket.subject", "ticket.category", 'ticket.tags | join(", ")', "client.name", "client.named", "agent.named", "assignee.named",
        "author.named", "department.name", "desk.name", "gateway.name", "article.text", 'article.files | join(", ")', "rating.level",
        "rating.comment", "why",
    )
)  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("ending", ["txt", "html"])
def test_what_strangers_write_appears_as_typed_in_an_operators_template(words: str, ending: str) -> None:
    names = EVERYTHING.replace(" | join", "|join").split(" | ")
    body = "\n".join(f"<p>{{{{ {each} }}}}</p>" if ending == "html" else f"{{{{ {each} }}}}" for each in names)
    source = body if ending == "html" else text(body, "{{ ticket.subject }}")
    facts = filled(LetterKind.CLIENT_REPLY, "en", words)
    written = write_letter(facts, Templates.from_files({f"en/client_reply.{ending}": source}))
    assert written.faults == ()
    assert written.text.count(words) == len(names)
    assert words in written.subject
    assert "<b>" not in written.html.replace("</b>", "")
    assert "49" not in written.html


def test_words_of_an_author_whom_nothing_proves_stay_inside() -> None:
    own = {
        "en/registered.txt": text(
            "{{ client.name }}{{ author.named }}{{ article.text }}{{ article.files | join(',') }}", "{{ ticket.subject }}"
        )
    }
    stranger = Person("Buy pills", "anna@client.test")
    said: dict[str, Any] = {"client": stranger, "author": stranger, "article": ArticleFacts("Buy pills", ("pills.pdf",)), "proven": False}
    outside = letter(own, **said)
    assert (outside.subject, outside.text) == ("Printer on fire [#17]", f"{LINE}\n\nanna@client.test\n")
    assert "pills" not in outside.html
    assert letter(own, audience="staff", **said).text.count("Buy pills") == 3


@pytest.mark.parametrize("audience", ["client", "participant"])
def test_no_template_can_tell_a_client_of_a_note(audience: Audience) -> None:
    own = {"en/note.txt": text("Note: {{ article.text }} {{ article.files | join(',') }}")}
    assert (
        letter(own, LetterKind.NOTE, audience=audience, article=ArticleFacts("He never pays", ("bill.pdf",))).text.rstrip()
        == f"{LINE}\n\nNote:"
    )


PAGE = """Subject: {{ ticket.subject }}
<!DOCTYPE html>
<html><head><title>{{ desk.name }}</title>
<style>
  p { color: #123456; margin: 4px }
  .loud { font-weight: bold }
  @media (max-width: 480px) { p { font-size: 18px } }
</style></head>
<body>
<h1 class="loud">[#Number#]</h1>
<p title="{{ client.name }}">{{ article.text | lines }}</p>
<ul>{% for each in article.files %}<li>{{ each }}</li>{% endfor %}</ul>
</body></html>
"""


def test_an_operators_page_has_its_style_on_its_elements_and_says_the_same_as_text() -> None:
    written = letter({"en/registered.html": PAGE}, article=ArticleFacts("One\nTwo https://a.test/ <three>", ("a.png",)))
    assert written.subject == "Printer on fire [#17]"
    assert '<p title="Anna Petrowa" style="color: #123456;margin: 4px;">One<br>\nTwo <a href="https://a.test/">' in written.html
    assert '<h1 class="loud" style="font-weight: bold;">17</h1>' in written.html
    assert "@media (max-width: 480px)" in written.html
    assert written.html.count("color: #123456") == 1, "what stands on the elements has gone from <style>"
    assert written.text == f"{LINE}\n\n17\n\nOne\nTwo https://a.test/ <three>\n\n- a.png\n"


def test_a_text_beside_the_page_is_the_letters_text() -> None:
    written = letter({"en/registered.html": "<p>Page</p>", "en/registered.txt": text("Plain")})
    assert written.text == f"{LINE}\n\nPlain\n"
    assert "Page" in written.html
    assert "Plain" not in written.html
    assert written.subject == "Own [#17]"


def test_a_page_without_a_subject_has_the_events_own() -> None:
    assert letter({"en/closed.html": "<p>x</p>"}, LetterKind.CLOSED).subject == "Re: Printer on fire [#17]"


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 5000 + "deep",
        "<style>" + "p{color:red}" * 6000 + "</style><p>x",
        "<p>" * 200_000,
    ],
)
def test_a_page_beyond_bounds_is_passed_over(page: str) -> None:
    """A tree that is too deep would end the process within the inliner."""
    written = letter({"en/registered.html": page})
    assert len(written.faults) == 1
    assert written.html == letter({}).html


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ('<p title="{{ client.name }}">x</p>', '<p title="&lt;b&gt; a &amp;b">x</p>'),
        ("<style>p{color:red}</style><p class=\"a > b\" title='{{ client.name }}'>{{ client.name }}</p>", '">&lt;b&gt; a &amp;b</p>'),
        ("<a href='https://x.test/?q={{ client.name | urlencode }}'>x</a>", '<a href="https://x.test/?q=%3Cb%3E%20a%20%26b">x</a>'),
        ('<p>1 &lt; 2 &gt; 1 a="<"</p><br>', '<p>1 &lt; 2 &gt; 1 a="&lt;"</p><br>'),
    ],
)
def test_no_tag_stands_in_an_attribute_for_a_careless_mail_program(page: str, said: str) -> None:
    written = letter({"en/registered.html": page}, client=Person("<b> a &b", "anna@client.test"))
    assert written.faults == ()
    assert said in written.html
    assert "<b>" not in written.html


def test_an_empty_subject_is_a_fault() -> None:
    assert [str(each) for each in letter({"en/registered.txt": "Subject: \n\nx\n"}).faults] == [
        "en/registered.txt, line 1: the subject is empty: write one behind `Subject:`"
    ]


def test_no_stylesheet_is_fetched() -> None:
    page = '<link rel="stylesheet" href="http://127.0.0.1:9/a.css"><link rel="stylesheet" href="file:///etc/passwd"><p>x</p>'
    written = letter({"en/registered.html": page})
    assert written.faults == ()
    assert "127.0.0.1" not in written.html
    assert "root:" not in written.html


def test_files_come_with_any_line_ends_and_a_byte_order_mark() -> None:
    assert letter({"en/registered.txt": "\ufeffSubject: A\r\n\r\nOne\r\nTwo\r\n"}).text == f"{LINE}\n\nOne\nTwo\n"


def test_an_article_of_any_length_goes_into_an_operators_letter() -> None:
    words = "<&> " * 500_000
    assert letter({"en/agent_reply.txt": text("{{ article.text }}")}, LetterKind.AGENT_REPLY, article=ArticleFacts(words)).faults == ()


def test_what_no_mail_can_hold_does_not_come_in_by_a_template() -> None:
    written = letter({"en/registered.txt": text('a\0b{{ "c\\0d\\ud800e" }}', '{{ "x\\r\\nBcc: evil@evil.test\\0" }}')})
    assert written.text == f"{LINE}\n\nabcd\ufffde\n"
    assert written.subject == "x Bcc: evil@evil.test [#17]"
