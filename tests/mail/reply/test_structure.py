"""What the HTML of each mail program says of its text."""

import pytest

from gateway.domain.ours import Ours
from gateway.mail.html_text import html_to_text
from gateway.mail.reply import Cut, cut_reply
from tests.mail.timing import within_seconds

LETTER = "<div>Dear John,<br><br>please restart it.<br><br>Regards<br>Support</div>"
HEADERS = (
    "<b>От:</b> Служба &lt;support@example.com&gt;<br><b>Отправлено:</b> 12 марта 2025 г. 14:05<br><b>Кому:</b> Иван<br><b>Тема:</b> вход"
)
ATTRIBUTION = "On Wed, Mar 12, 2025 at 2:05 PM Support Desk &lt;support@example.com&gt; wrote:"
UNKNOWN = "Support Desk, in words of no known language"
"""A mail program's own mark must be enough."""


def cut(html: str, text: str | None = None) -> Cut:
    return cut_reply(html_to_text(html) if text is None else text, html, Ours())


@pytest.mark.parametrize(
    "quotation",
    [
        (
            f'<div class="gmail_quote gmail_quote_container"><div class="gmail_attr">{UNKNOWN}</div>'
            f'<blockquote class="gmail_quote">{LETTER}</blockquote></div>'
        ),
        f'<div class="x_gmail_quote">{UNKNOWN}<blockquote>{LETTER}</blockquote></div>',
        f'<blockquote type="cite"><div>{UNKNOWN}</div>{LETTER}</blockquote>',
        f'<div class="moz-cite-prefix">{UNKNOWN}<br></div><blockquote type="cite" cite="mid:1@example.com">{LETTER}</blockquote>',
        f'<div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><font>{UNKNOWN}</font></div>{LETTER}',
        f'<div id="x_divRplyFwdMsg">{UNKNOWN}</div>{LETTER}',
        f'<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p>{HEADERS}</p></div>{LETTER}',
        f'<div style="border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p>{HEADERS}</p></div>{LETTER}',
        f'<div id="mail-editor-reference-message-container"><div>{UNKNOWN}</div>{LETTER}</div>',
        f'<div id="yahoo_quoted_1" class="yahoo_quoted"><div>{UNKNOWN}</div>{LETTER}</div>',
        f'<div class="protonmail_quote">{UNKNOWN}<br><blockquote class="protonmail_quote" type="cite">{LETTER}</blockquote></div>',
        f"<div>{ATTRIBUTION}</div><blockquote>{LETTER}</blockquote>",
        f'<blockquote style="border-left:1px solid #0857A6; margin:10px;">{UNKNOWN}:<br>{LETTER}</blockquote>',
        (
            f"<div>Среда, 12 марта 2025, 14:05 +03:00 от Support &lt;support@example.com&gt;:</div>"
            f'<blockquote class="mail-quote-collapse">{LETTER}</blockquote>'
        ),
        f'<div>12.03.2025, 14:05, "Support" &lt;support@example.com&gt;:</div><blockquote><p>{LETTER}</p></blockquote>',
        (
            f"<div>----------------</div><div>Кому: ivan@example.org;</div><div>Тема: вход;</div>"
            f'<div>12.03.2025, 14:05, "A" &lt;a@example.com&gt;:</div><blockquote>{LETTER}</blockquote>'
        ),
        (
            f'<div style="font-size:100%;color:#000"><div>-------- Исходное сообщение --------</div>'
            f"<div>От: Support &lt;a@example.com&gt; </div><div>Дата: 12.03.2025  14:05 </div></div>{LETTER}"
        ),
        f'<hr id="stopSpelling">{UNKNOWN}<br>{LETTER}',
        f'<hr id="zwchr"><b>{UNKNOWN}</b><br>{LETTER}',
        f'<div name="messageReplySection">{UNKNOWN}<blockquote>{LETTER}</blockquote></div>',
        f'<div class="zmail_extra"><div>{UNKNOWN}</div>{LETTER}</div>',
        f'<span id="OLK_SRC_BODY_SECTION"><div>{UNKNOWN}</div>{LETTER}</span>',
        f'<div class="m_-123456789gmail_quote">{UNKNOWN}{LETTER}</div>',
        f'<div class="yiv1234567890gmail_quote">{UNKNOWN}{LETTER}</div>',
        f'<div id="ydp1a2b3c4dyahoo_quoted_12">{UNKNOWN}{LETTER}</div>',
        f'<div class="ms-outlook-mobile-reference-message skipProofing">{UNKNOWN}{LETTER}</div>',
        f'<div class="OutlookMessageHeader">{UNKNOWN}</div>{LETTER}',
        f'<div style="border:none;border-top:1pt solid rgb(225, 225, 225);padding:3pt 0cm"><p>{HEADERS}</p></div>{LETTER}',
        f'<div style="border:none;border-top:solid windowtext 1.0pt"><p>{HEADERS}</p></div>{LETTER}',
        f'<div id="composer_parent_mail_1">{UNKNOWN}{LETTER}</div>',
        f'<blockquote style="border-left: 1px solid rgb(8, 87, 166); margin: 10px">{UNKNOWN}{LETTER}</blockquote>',
        f'<blockquote id="blockquote_zmail">{UNKNOWN}{LETTER}</blockquote>',
        f'<div data-marker="__HEADERS__">{UNKNOWN}</div><div data-marker="__QUOTED_TEXT__">{LETTER}</div>',
        f'<p id="v1reply-intro">{UNKNOWN}</p><blockquote type="cite">{LETTER}</blockquote>',
        f'<blockquote id="qt">{UNKNOWN}{LETTER}</blockquote>',
        f'<div name="quote" style="border-left:2px solid #C3D9E5"><div>{UNKNOWN}</div><div name="quoted-content">{LETTER}</div></div>',
        f'<div class="gmail_quote_attribution">{UNKNOWN}</div><blockquote class="gmail_quote nylas-quote">{LETTER}</blockquote>',
        f'<div class="missive_quote">{UNKNOWN}<blockquote>{LETTER}</blockquote></div>',
        f'<div class="history_container"><div>{UNKNOWN}</div>{LETTER}</div>',
        f'<div class="nh_extra">{UNKNOWN}<blockquote class="nh_quote">{LETTER}</blockquote></div>',
        f'<div id="CanaryBlockquote"><div>{UNKNOWN}</div>{LETTER}</div>',
        f'<div fairemail="reference"><p>{UNKNOWN}</p><blockquote>{LETTER}</blockquote></div>',
        f'<div>เมื่อ 3/3/2025 09:05 Support &lt;s@example.com&gt; เขียนว่า:</div><blockquote type="cite">{LETTER}</blockquote>',
        f"<hr>From: a@example.com<br>Date: 12 Mar 2025<br>Subject: x<br><br>{LETTER}",
    ],
)
def test_each_programs_quotation_is_cut(quotation: str) -> None:
    written = "<div>Hi,</div><div><br></div><div>It works.</div><br>"
    html = f"<html><head><style>p {{margin:0}}</style></head><body>{written}{quotation}</body></html>"
    assert cut(html).new_text.split() == ["Hi,", "It", "works."]


def test_the_structure_of_the_html_form_cuts_the_plain_form_too() -> None:
    html = f'<p>Hi, see <a href="https://example.com/a">this</a>.</p><div class="gmail_quote">{UNKNOWN}{LETTER}</div>'
    text = f"Hi, see this <https://example.com/a>.\n\n{UNKNOWN}\n\nDear John,\n\nplease restart it.\n\nRegards\nSupport\n"
    assert cut(html, text).new_text == "Hi, see this <https://example.com/a>."


def test_html_that_says_something_else_than_the_text_decides_nothing() -> None:
    html = f'<div class="gmail_quote">{LETTER}</div>'
    assert cut(html, "Quite another text that nobody quoted.").new_text == "Quite another text that nobody quoted."


def test_a_bottom_posted_answer_is_kept() -> None:
    quotation = f'<div class="moz-cite-prefix">{ATTRIBUTION}</div><blockquote type="cite">{LETTER}</blockquote>'
    html = f"{quotation}<p>Hi,</p><p>It works.</p>"
    assert cut(html).new_text.split() == ["Hi,", "It", "works."]


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        (
            "<div>The manual says:</div><blockquote><p>Hold the button.</p></blockquote><div>I did. What next?</div>",
            "The manual says: Hold the button. I did. What next?",
        ),
        ("<div>First problem.</div><hr><div>Second problem.</div>", "First problem. Second problem."),
        ('<div>Message</div><blockquote class="gmail_quote"><div>Indented by Gmail.</div></blockquote>', "Message Indented by Gmail."),
        (
            '<div style="border-top:solid #E1E1E1 1.0pt">A box with a line above it</div><p>and more</p>',
            "A box with a line above it and more",
        ),
    ],
)
def test_what_a_person_indents_or_divides_is_kept(html: str, kept: str) -> None:
    assert cut(html).new_text.replace("> ", "").replace(">", "").replace("_", "").split() == kept.split()


def test_the_signature_that_a_program_marks_is_told_apart() -> None:
    signature = '<div class="gmail_signature">Anna Kowalska<br>Sales</div>'
    html = f'<div>It works.</div><br>{signature}<br><div class="gmail_quote">{UNKNOWN}{LETTER}</div>'
    result = cut(html)
    assert (result.new_text, result.signature) == ("It works.", "Anna Kowalska\nSales")


@pytest.mark.parametrize(
    "html",
    [
        "<blockquote>" * 10_000 + "x",
        "<blockquote type=cite>" * 10_000 + "hello",
        "<div>" * 50_000 + "x",
        "<p>a</p>" * 100_000,
        "a" * 900_000,
        "<" * 900_000,
        "<span>a" * 100_000,
        '<div style="border-top:solid #E1E1E1 1.0pt">a' * 3_000,
    ],
)
def test_hostile_html_takes_no_time(html: str) -> None:
    with within_seconds(5):
        assert cut_reply("a hello\n" * 10_000, html, Ours()).spans
