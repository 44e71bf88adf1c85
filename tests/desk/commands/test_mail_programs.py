"""Whole mails as programs send them: the quotation and the marked signature are cut first, in text and in HTML alike."""

from collections.abc import Callable
from email.message import EmailMessage
from html import escape

import pytest

from gateway.desk.commands.grammar import Parsed, parse_commands
from gateway.desk.commands.values import addresses_in
from gateway.desk.commands.vocabulary import TAKE_VALUE, vocabulary
from gateway.domain.commands import CommandName
from gateway.domain.ours import Ours
from gateway.mail.parse import parse_message
from tests.desk.commands.test_vocabulary import EACH

NOTIFICATION = ["## Please type your reply above this line ##", "", "Client wrote:", "It is broken.", "@spam"]


def mail(text: str | None = None, html: str | None = None) -> bytes:
    message = EmailMessage()
    message["From"] = "anna@desk.example"
    message["To"] = "r+token@desk.example"
    message["Subject"] = "Re: Broken [#17]"
    if text is not None:
        message.set_content(text)
    if html is not None and text is not None:
        message.add_alternative(html, subtype="html")
    elif html is not None:
        message.set_content(html, subtype="html")
    return message.as_bytes()


def divs(lines: list[str]) -> str:
    return "".join(f"<div>{escape(line) if line else '<br>'}</div>" for line in lines)


def gmail_text(lines: list[str]) -> bytes:
    quoted = [f"> {line}".rstrip() for line in NOTIFICATION]
    return mail("\n".join([*lines, "", "On Wed, Mar 12, 2025 at 2:05 PM Desk <help@desk.example> wrote:", "", *quoted]))


def gmail_html(lines: list[str]) -> bytes:
    return mail(
        html=f'<div dir="ltr">{divs(lines)}</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
        "On Wed, Mar 12, 2025 at 2:05 PM Desk &lt;<a href='mailto:help@desk.example'>help@desk.example</a>&gt; wrote:<br></div>"
        f'<blockquote class="gmail_quote">{divs(NOTIFICATION)}</blockquote></div>'
    )


def outlook_text(lines: list[str]) -> bytes:
    header = ["________________________________", "From: Desk <help@desk.example>", "Sent: Wednesday, March 12, 2025 2:05 PM"]
    return mail("\n".join([*lines, "", *header, "To: Anna <anna@desk.example>", "Subject: Broken [#17]", "", *NOTIFICATION]))


def outlook_html(lines: list[str]) -> bytes:
    own = "".join(f"<p class=MsoNormal>{escape(line) or '&nbsp;'}<o:p></o:p></p>" for line in lines)
    quoted = "".join(f"<p class=MsoNormal>{escape(line) or '&nbsp;'}</p>" for line in NOTIFICATION)
    return mail(
        html=f"<html><body><div class=WordSection1>{own}<div>"
        "<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in'>"
        "<p class=MsoNormal><b>From:</b> Desk &lt;help@desk.example&gt;<br><b>Sent:</b> Wednesday, March 12, 2025 2:05 PM<br>"
        f"<b>To:</b> Anna &lt;anna@desk.example&gt;<br><b>Subject:</b> Broken [#17]</p></div></div>{quoted}</div></body></html>"
    )


def apple_text(lines: list[str]) -> bytes:
    quoted = [f"> {line}".rstrip() for line in NOTIFICATION]
    return mail("\n".join([*lines, "", "> On 12 Mar 2025, at 14:05, Desk <help@desk.example> wrote:", "> ", *quoted]))


def apple_html(lines: list[str]) -> bytes:
    return mail(
        html=f'<html><body style="overflow-wrap: break-word;">{divs(lines)}<div><br><blockquote type="cite">'
        '<div>On 12 Mar 2025, at 14:05, Desk &lt;help@desk.example&gt; wrote:</div><br class="Apple-interchange-newline">'
        f"<div>{divs(NOTIFICATION)}</div></blockquote></div></body></html>"
    )


def phone_text(lines: list[str]) -> bytes:
    quoted = [f"> {line}".rstrip() for line in NOTIFICATION]
    return mail(
        "\n".join([*lines, "", "Sent from my iPhone", "", "> On 12 Mar 2025, at 14:05, Desk <help@desk.example> wrote:", "> ", *quoted])
    )


def phone_html(lines: list[str]) -> bytes:
    return mail(
        html=f'<html><body dir="auto">{divs(lines)}<br><div dir="ltr">Sent from my iPhone</div><div dir="ltr"><br>'
        "<blockquote type='cite'>On 12 Mar 2025, at 14:05, Desk &lt;help@desk.example&gt; wrote:<br><br></blockquote></div>"
        f"<blockquote type='cite'>{divs(NOTIFICATION)}</blockquote></body></html>"
    )


SHAPES = (gmail_text, gmail_html, outlook_text, outlook_html, apple_text, apple_html, phone_text, phone_html)
Shape = Callable[[list[str]], bytes]


def read(content: bytes) -> Parsed:
    return parse_commands(parse_message(content, Ours(addresses=("help@desk.example",))).body.new_text, vocabulary())


@pytest.mark.parametrize(("key", "word"), EACH)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_command_reaches_us_from_every_program(shape: Shape, key: str, word: str) -> None:
    value = "bob@x.test" if CommandName(key) in TAKE_VALUE else ""
    parsed = read(shape(["Hello,", "", "we have sent another one.", "", f"@{word} {value}".rstrip()]))
    assert [(each.name, addresses_in(each.value)[0]) for each in parsed.commands] == [(key, (value,) if value else ())]
    assert parsed.reply.split() == ["Hello,", "we", "have", "sent", "another", "one."]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_block_of_commands_reaches_us_from_every_program(shape: Shape) -> None:
    parsed = read(shape(["Hello,", "sent again.", "", "@Closed", "@note he was\u00a0upset", "@anna", "@tags vip, new", "@cc", "@me"]))
    assert [(each.name, each.value.replace("\u00a0", " ")) for each in parsed.commands] == [
        ("closed", ""),
        ("note", "he was upset"),
        ("tags", "vip, new"),
        ("me", ""),
    ]
    assert [(each.name, each.problem) for each in parsed.ignored] == [("cc", "missing_value")]
    assert parsed.reply.split() == ["Hello,", "sent", "again.", "@anna"]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "signature", [["Anna Kowalska", "Acme Support", "+48 22 123 45 67"], ["Best regards,", "Anna"], ["С уважением", "Анна"]]
)
def test_a_signature_without_dashes_does_not_disturb(shape: Shape, signature: list[str]) -> None:
    parsed = read(shape(["Sent again.", "", "@closed", "", *signature]))
    assert [each.name for each in parsed.commands] == ["closed"]
    assert parsed.reply == "Sent again."
    assert parsed.stray == ()


@pytest.mark.parametrize("shape", SHAPES)
def test_commands_alone_send_no_reply(shape: Shape) -> None:
    for signature in ([], ["", "Best regards,", "Anna Kowalska"]):
        parsed = read(shape(["@закрытое", *signature]))
        assert [each.name for each in parsed.commands] == ["closed"]
        assert parsed.reply == ""


@pytest.mark.parametrize("shape", SHAPES)
def test_a_command_above_the_text_is_text(shape: Shape) -> None:
    parsed = read(shape(["@closed", "", "We have sent another one, and hope that it comes to you in one piece."]))
    assert (parsed.commands, [each.name for each in parsed.stray]) == ((), ["closed"])
    assert parsed.reply.startswith("@closed")


@pytest.mark.parametrize(
    "html",
    [
        "<div>Hello</div><div><b>@closed</b></div><div><i>@note</i> he was <b>upset</b></div>",
        "<p>Hello</p><ul><li>@closed</li><li>@note he was upset</li></ul>",
        "<p>Hello</p><ol><li>@closed</li><li>@note he was upset</li></ol>",
        "Hello<br>@closed<br>@note he was upset<br><br>",
        '<div>Hello</div><div><a href="mailto:closed@x.test">@closed</a></div><div>@note he was upset</div>',
        "<div>Hello</div><div>&#65279;@closed&nbsp;</div><div><span>@note</span>&nbsp;<span>he was upset</span></div>",
        "<table><tr><td>Hello</td></tr><tr><td>@closed</td></tr><tr><td>@note he was upset</td></tr></table>",
        "<div>Hello</div><div>@clo<span>sed</span></div><div>&#8203;@note he was<span> </span>upset</div>",
    ],
)
def test_commands_are_found_in_html_however_it_is_made(html: str) -> None:
    parsed = read(mail(html=f"<html><body>{html}</body></html>"))
    assert [(each.name, each.value) for each in parsed.commands] == [("closed", ""), ("note", "he was upset")]
    assert parsed.reply == "Hello"


def test_gmail_breaks_a_long_note_in_its_text() -> None:
    lines = [
        "Sent again.",
        "",
        "@note the client rang twice about the broken parcel and wants somebody to call",
        "back before noon",
        "@closed",
    ]
    parsed = read(gmail_text(lines))
    assert [each.value for each in parsed.commands] == [f"{lines[2].removeprefix('@note ')} back before noon", ""]


def test_outlook_writes_links_into_the_text() -> None:
    parsed = read(outlook_text(["Hello", "@cc bob@x.test<mailto:bob@x.test>, Eve <eve@x.test<mailto:eve@x.test>>"]))
    assert addresses_in(parsed.commands[0].value) == (("bob@x.test", "eve@x.test"), ())
