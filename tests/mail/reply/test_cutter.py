"""The cutter: what it must never cut, our own reply-above line, the shapes of replies, and what it is bound to whatever the text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.ours import Ours
from gateway.mail.reply import Cut, cut_reply, holds_reply_above
from tests.mail.timing import within_seconds

OURS = Ours(
    addresses=("support@example.com", "*@help.example.com"), names=("Support Desk", "Служба поддержки"), domains=("mx.example.com",)
)
LINES = (
    "## Please type your reply above this line ##",
    "## Пожалуйста, пишите ответ выше этой строки ##",
    "## Proszę pisać odpowiedź powyżej tej linii ##",
)


def cut(text: str, html: str | None = None) -> Cut:
    return cut_reply(text, html, OURS)


@pytest.mark.parametrize(
    "text",
    [
        "Hi,\n\nmy colleague Anna <anna@x.test> told me on 3/3/2025 at 14:05 that it works:\n\nit does not.\n\nBye",
        "Mon mari a écrit le 3 mars 2025 à 14:05 :\n\nbonjour\n\nQue faire ?",
        "On Mon, Mar 3, 2025 at 9 AM my boss wrote:\n\nplease call.\n\nWhat does he mean?",
        "On Monday, 3 March 2025 I wrote to you:\n\nThe printer is broken.\n\nPlease help.",
        'On Monday I met Anna and she wrote: "wait".\nNothing has changed since.',
        "Здравствуйте!\n\n12.03.2025 ваш сотрудник написал:\n\nПодождите до пятницы.\n\nЖду.",
        "Hi\n\n12 марта 2025 в 14:05 оператор Анна написала:\n\n«Подождите»\n\nЖду.",
        "Le 12 mars 2025 à 14h05 votre collègue m'a écrit :\n\nAttendez.\n\nQue faire ?",
        "Guten Tag\n\nDer Kunde schrieb am 12.03.2025 um 14:05:\n\nBitte warten.\n\nWas tun?",
        "W dniu 12.03.2025 o 14:05 pojawił się błąd:\n\nError 500\n\nProszę o pomoc.",
        "The supplier wrote:\n\nWe cannot deliver.\n\nPlease advise.",
        "He sent:\n1. one\n2. two\nand that is all",
        "Log:\n2025-03-12 14:05:22 ERROR: a@b.example failed:\n2025-03-12 14:05:23 INFO: ok\n\nWhat now?",
    ],
)
def test_a_person_who_tells_what_was_written_loses_nothing(text: str) -> None:
    assert cut(text).new_text == text


@pytest.mark.parametrize(
    "text",
    [
        "It had:\n\nFrom: robot@example.net\nDate: 12 March 2025\nSubject: Invoice\n\nWhy was it rejected?",
        "Please book.\n\nFrom: London\nTo: Paris\nDate: 12 March 2025\n\nThank you",
        "W formularzu widzę:\n\nOd: 01.03.2025\nDo: 31.03.2025\n\nCo robić?",
        "Новая заявка с сайта\n\nОт: Иван\nE-mail: ivan@example.org\nДата: 12.03.2025\nТема: Заказ\nТелефон: 123\n\nТекст заявки",
        "From now on: use the new form.\nDate: 2025-01-01\n\nBye",
    ],
)
def test_a_person_who_writes_labels_loses_nothing(text: str) -> None:
    assert cut(text).new_text == text


@pytest.mark.parametrize(
    "text",
    [
        "Files fail when\n> 5 MB\nand also when\n< 1 KB",
        "It fails with files\n> 5 MB",
        "> This is a quotation of nobody.\n\nAnd this is what I say to it.",
        "See\n>>> >>>  http://www.example.net <<<\nfor more",
        "It says\nfails 3/3/2025 9:05 >>>\nand stops",
        "Compare\n--- Original ---\nfoo\n--- Copy ---\nbar",
        "Fehler:\n>>> 1 + 1\n2\n>>> print('x')\nx\n\nWarum?",
        "Steps:\n--- forward ---\n1. x\n--- back ---\n2. y",
        "Steps:\n--------\n1. open\n2. click\n\n--------\nResult: fails",
        "Was:\n\n- not this\n- not that\n\n— You promised to call.\n— Nobody called.",
        "-Chrome Browser\n-Firefox Browser",
        "Hello\n\nSent from my desk, which is easier than a telephone.",
        "Отправлено с опозданием, но вот ответ: да.",
    ],
)
def test_marks_that_only_look_like_a_mail_programs_are_kept(text: str) -> None:
    assert cut(text).new_text == text


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(
    "shape",
    [
        "{line}\n\nDear John",
        "> {line}\n>\n> Dear John",
        "&gt; {line}\n&gt; Dear John",
        "\\#\\# {bare} \\#\\#\n\nDear John",
        "*{line}*\n\nDear John",
        "\ufeff{line}\n\nDear John",
    ],
)
def test_our_own_line_is_found_however_it_was_quoted_or_escaped(line: str, shape: str) -> None:
    quoted = shape.format(line=line, bare=line.strip("# "))
    assert cut(f"My answer\n\n{quoted}").new_text == "My answer"


@pytest.mark.parametrize("line", LINES)
def test_our_own_line_is_found_when_it_is_wrapped(line: str) -> None:
    words = line.split()
    for at in range(2, len(words)):
        wrapped = f"> {' '.join(words[:at])}\n> {' '.join(words[at:])}"
        assert cut(f"My answer\n\n{wrapped}\n> Dear John").new_text == "My answer"


@pytest.mark.parametrize(
    "above",
    [
        "Support Desk <support@example.com> ha respondido hoy:",
        "Whoever this is, <anything@help.example.com>, in no known words:",
        "From: Support Desk\nTo: somebody",
        '----------------\nКому: ivan@example.org;\nТема: [#1024] Вход;\n12.03.2025, 14:05, "Служба" <support@example.com>:',
        "On Wed, Mar 12, 2025 at 2:05 PM A Very Long Name of a Support <\nsupport@example.com> wrote:",
    ],
)
def test_the_block_above_our_line_that_names_us_goes_with_it(above: str) -> None:
    assert cut(f"My answer\n\n{above}\n\n{LINES[0]}\n\nDear John").new_text == "My answer"


@pytest.mark.parametrize(
    "last", ["please write to john@example.org.", "my mail to support@example.com bounced.", "thanks to the Support Desk.", "about [#1024]"]
)
def test_a_sentence_above_our_line_that_names_us_stays(last: str) -> None:
    text = f"Hi,\n\n{last}"
    attribution = "On Wed, Mar 12, 2025 at 2:05 PM Support Desk <support@example.com> wrote:"
    assert cut(f"{text}\n\n{attribution}\n\n> {LINES[0]}\n>\n> Dear John").new_text == text
    assert cut(f"{text}\n\n{LINES[0]}\n\nDear John").new_text == text


def test_an_answer_below_our_marked_line_is_kept() -> None:
    assert cut(f"> {LINES[0]}\n> Dear John\n\nMy answer").new_text == "My answer"


def test_a_text_under_our_unmarked_line_alone_is_shown_whole_and_said_to_hold_our_letter() -> None:
    text = f"{LINES[0]}\n\nDear John"
    assert cut(text).new_text == text
    assert holds_reply_above(text)
    assert not holds_reply_above("Dear John")


@pytest.mark.parametrize("marks", ["", "> "])
def test_groupwises_arrows_announce_a_quotation(marks: str) -> None:
    arrows = ">>> Support Desk <support@example.com> 3/3/2025 9:05 AM >>>"
    assert cut(f"Yes\n\n{arrows}\n{marks}Which version?\n{marks}Regards").new_text == "Yes"


def test_answers_between_the_quoted_lines_are_kept_in_order() -> None:
    text = "12.03.2025 14:05, Support пишет:\n> Какая версия?\n\nСто двадцать восьмая.\n\n> Помогло?\n\nНет."
    result = cut(text)
    assert result.new_text == "Сто двадцать восьмая.\n\nНет."
    assert "> Помогло?" in result.quoted_text


def test_an_answer_below_the_quotation_is_kept() -> None:
    assert cut("On 12/03/2025 14:05, Support wrote:\n> Which version?\n\nThe newest.").new_text == "The newest."


def test_words_that_wrapping_pushed_out_of_a_quotation_are_quoted() -> None:
    long = "> this line is as long as a mail program lets lines be before it wraps them"
    assert cut(f"Yes\n\nOn 12/03/2025 14:05, Support wrote:\n{long}\naround\n> to the next").new_text == "Yes"
    assert cut("Yes\n\nOn 12/03/2025 14:05, Support wrote:\n> see\nhttps://example.com/a/long/link\n> there").new_text == "Yes"


def test_a_reply_that_only_quotes_is_empty_and_a_quotation_without_origin_is_shown() -> None:
    assert cut("On 12/03/2025 14:05, Support wrote:\n> Which version?\n").new_text == ""
    assert cut("> I can only write like this.\n> Please help.").new_text == "> I can only write like this.\n> Please help."


def test_a_message_that_is_only_a_signature_or_only_forwards_is_shown_whole() -> None:
    assert cut("-- \nAnna").new_text == "-- \nAnna"
    forward = "> Begin forwarded message:\n>\n> From: Anna <anna@example.org>\n> Date: 12 March 2025\n>\n> It is broken."
    assert cut(forward).new_text == forward


words = st.sampled_from(
    [
        "> ",
        ">",
        "",
        " ",
        "a",
        "Hello there",
        "-- ",
        "--",
        "From: a@b.example",
        "Date: 12.03.2025 14:05",
        "Subject: x",
        "-----Original Message-----",
        "On Wed, Mar 12, 2025 at 2:05 PM Anna <a@b.example> wrote:",
        "wrote:",
        "Sent from my iPhone",
        *LINES,
        "----------",
        "Тема: x",
        "\u200b",
        "\u2028",
        "---------- Forwarded message ---------",
        '12.03.2025, 14:05, "A" <a@b.example>:',
        "&gt; x",
        "reply On Wed, Apr 4, 2012 at 3:59 PM, a@b.example wrote:",
        "<blockquote>",
        "</div>",
        "[#12]",
        "support@example.com",
        "Кому: x",
        "> Begin forwarded message:",
        "----- Original Message -----",
        ">>> A <a@b.example> 3/3/2025 9:05 AM >>>",
        "Von meinem iPhone gesendet",
        "ß",
        "\ud800",
    ]
)
texts = st.one_of(st.text(max_size=300), st.lists(words, max_size=40).map("\n".join), st.lists(words, max_size=12).map("".join))
htmls = st.one_of(
    st.none(),
    texts,
    st.lists(
        st.sampled_from(
            [
                "<div class=gmail_quote>",
                "<blockquote type=cite>",
                "<blockquote>",
                "</blockquote>",
                "</div>",
                "<br>",
                "Hello there",
                "a",
                "<p>",
                "<div id=divRplyFwdMsg>",
                "<div style='border-top:solid #E1E1E1 1.0pt'>",
                "From: a<br>Sent: b",
                "<table><td>",
                "<!--",
                "<script>",
                "-- ",
            ]
        ),
        max_size=30,
    ).map("".join),
)


@given(texts, htmls, st.booleans(), st.booleans())
@settings(max_examples=400, deadline=None)
def test_the_spans_are_the_whole_text_and_no_word_is_lost(text: str, html: str | None, forwards: bool, answers: bool) -> None:
    result = cut_reply(text, html, OURS, forwards=forwards, answers=answers)
    assert "".join(text[span.start : span.end] for span in result.spans) == text
    assert all(before.end == after.start for before, after in zip(result.spans, result.spans[1:], strict=False))
    assert all(span.start < span.end for span in result.spans)
    assert all(before.kind != after.kind for before, after in zip(result.spans, result.spans[1:], strict=False))
    kept = "".join((result.new_text + result.quoted_text + result.signature).split())
    assert sorted(kept) == sorted("".join(text.split()))


def test_a_wrapped_reply_above_line_costs_no_more_than_its_lines() -> None:
    assert not holds_reply_above("Please type your reply\n" * 1000)


MEGABYTE = 1_000_000
HOSTILE = {
    "quote marks": "> \n" * (MEGABYTE // 3),
    "one line of quote marks": ">" * MEGABYTE,
    "blank lines": "\n" * MEGABYTE,
    "one line": "a" * MEGABYTE,
    "one line of words": "a b " * (MEGABYTE // 4),
    "dashes": "-" * MEGABYTE,
    "attributions": "On 1 Mar 2025 x\n" * (MEGABYTE // 16),
    "addresses": "a@b.example\n" * (MEGABYTE // 12),
    "headers": "From: a\n" * (MEGABYTE // 8),
    "header blocks": "From: a@b.example\nDate: 1\nTo: x\n\n" * (MEGABYTE // 33),
    "separators": "----- a -----\n" * (MEGABYTE // 14),
    "run-in attributions": "a On Mon, " * (MEGABYTE // 10),
    "our own line": "Please type your reply\n" * (MEGABYTE // 23),
    "signatures": "Sent from my iPhone\n" * (MEGABYTE // 20),
    "verbs": "wrote:\n" * (MEGABYTE // 7),
    "forwards": "---------- Forwarded message ---------\nFrom: support@example.com\n" * (MEGABYTE // 65),
    "quoted forwards": "x\n> ---------- Forwarded message ---------\n> From: a\n" * (MEGABYTE // 52),
    "arrows": ">>> a 3/3/2025 9:05 AM >>>\n" * (MEGABYTE // 27),
    "signatures of two ends": "Von meinem " * (MEGABYTE // 11),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_megabyte_of_anything_is_cut_in_time(name: str) -> None:
    with within_seconds(5):
        assert cut(HOSTILE[name]).spans
