"""Commands under a reply, as each mail program sends them: every one is a line of the new text, of its own and whole.

`gateway.desk.commands` reads them from there (O9), above signatures and quotations.
"""

from email.message import EmailMessage
from email.policy import SMTP

import pytest

from gateway.domain.ours import Ours
from gateway.mail.parse import parse_message

OURS = Ours(addresses=("support@example.com",), names=("Support Desk",), domains=("mx.example.com",))
COMMANDS = ["@closed", "@note call him back", "@cc bob@x.test"]
ABOVE = "## Please type your reply above this line ##"
TEXT = "Hello\n\n" + "\n".join(COMMANDS) + "\n"
LINK = '<a href="mailto:bob@x.test">bob@x.test</a>'
LETTER = f"<div>{ABOVE}</div><div>Dear Dana</div>"
QUOTED = f"> {ABOVE}\n>\n> Dear Dana\n"
UNMARKED = f"{ABOVE}\n\nDear Dana\n"
HEADERS = "From: Support Desk <support@example.com>\nSent: Wednesday, March 12, 2025 2:05 PM\nTo: Dana\nSubject: x\n\n"
BORDERED = (
    '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class=MsoNormal>'
    "<b>From:</b> Support Desk<br><b>Sent:</b> Wednesday<br><b>To:</b> Dana<br><b>Subject:</b> x</p></div>"
)

TEXTS = {
    "Gmail": f"{TEXT}\nOn Wed, Mar 12, 2025 at 2:05 PM Support Desk <support@example.com>\nwrote:\n\n{QUOTED}",
    "Outlook": f"{TEXT}\n-----Original Message-----\n{HEADERS}{UNMARKED}",
    "Outlook on the web": f"{TEXT}\n{'_' * 32}\n{HEADERS}{UNMARKED}",
    "iPhone": (f"{TEXT}\n\nSent from my iPhone\n\n> On 12 Mar 2025, at 14:05, Support Desk <support@example.com> wrote:\n> \n{QUOTED}"),
    "Samsung": f"{TEXT}\nSent from my Galaxy\n\n-------- Original message --------\n{HEADERS}{UNMARKED}",
    "Thunderbird": f"{TEXT}\nOn 12/03/2025 14:05, Support Desk wrote:\n{QUOTED}",
    "Yandex": f'{TEXT}\n12.03.2025, 14:05, "Support Desk" <support@example.com>:\n\n{UNMARKED}\n-- \nОтправлено из мобильной почты Яндекса',
    "with a signature": f"{TEXT}\n-- \nDana\nAcme\n\nOn 12/03/2025 14:05, Support Desk wrote:\n{QUOTED}",
    "bottom-posted": f"On 12/03/2025 14:05, Support Desk wrote:\n{QUOTED}\n{TEXT}",
    "nothing but commands": "\n".join(COMMANDS) + f"\n\nOn 12/03/2025 14:05, Support Desk wrote:\n{QUOTED}",
}
HTMLS = {
    "Gmail": (
        f"<div dir=ltr>Hello<div><br></div><div>@closed</div><div>@note call him back</div><div>@cc {LINK}</div></div><br>"
        f'<div class="gmail_quote gmail_quote_container"><div class="gmail_attr">On Wed Support Desk wrote:</div>{LETTER}</div>'
    ),
    "Gmail, line breaks": (
        f"<div dir=ltr>Hello<br><br>@closed<br>@note call&nbsp;him back<br>@cc&nbsp;{LINK}<br></div><div class=gmail_quote>{LETTER}</div>"
    ),
    "Outlook": (
        "<div class=WordSection1><p class=MsoNormal>Hello<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>"
        "<p class=MsoNormal>@closed<o:p></o:p></p><p class=MsoNormal>@note call him back<o:p></o:p></p>"
        f"<p class=MsoNormal>@cc {LINK}<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>{BORDERED}{LETTER}</div>"
    ),
    "Outlook on the web": (
        "<div class=elementToProof>Hello</div><div><br></div><div>@closed</div><div>@note call him back</div>"
        '<div>@cc <a id="OWAAM1" class="OWAAutoLink" href="mailto:bob@x.test">bob@x.test</a></div>'
        f'<div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Support Desk</div>{LETTER}'
    ),
    "Outlook mobile": (
        f"<div dir=auto>Hello</div><div dir=auto>@closed</div><div dir=auto>@note call him back</div><div dir=auto>@cc {LINK}</div>"
        '<div id="ms-outlook-mobile-body-separator-line"><br></div>'
        '<div id="ms-outlook-mobile-signature">Get <a href="https://aka.ms/AAb9ysg">Outlook for Android</a></div>'
        f'<hr><div id="divRplyFwdMsg">From: Support Desk</div>{LETTER}'
    ),
    "Apple Mail": (
        f"Hello<div><br></div><div>@closed</div><div>@note call him back</div><div>@cc&nbsp;{LINK}</div>"
        f'<div><br><blockquote type="cite"><div>On 12 Mar 2025, at 14:05, Support Desk wrote:</div>{LETTER}</blockquote></div>'
    ),
    "iPhone": (
        f"<div dir=ltr>Hello<div>@closed</div><div>@note call him back</div><div>@cc {LINK}</div>"
        '<br id="lineBreakAtBeginningOfSignature"><div dir=ltr>Sent from my iPhone</div>'
        f'<div dir=ltr><br><blockquote type="cite">On 12 Mar 2025, at 14:05, Support Desk wrote:<br>{LETTER}</blockquote></div></div>'
    ),
    "Samsung": (
        f"<div dir=auto>Hello</div><div dir=auto>@closed</div><div dir=auto>@note call him back</div><div dir=auto>@cc {LINK}</div>"
        '<div id="composer_signature"><div dir=auto>Sent from my Galaxy</div></div><div>-------- Original message --------</div>'
        f"<div>From: Support Desk &lt;support@example.com&gt; </div><div>Date: 12/03/2025  14:05 </div>{LETTER}"
    ),
    "Thunderbird": (
        f"<p>Hello</p><p>@closed<br>@note call him back<br>@cc {LINK}</p><div class=moz-cite-prefix>Support Desk wrote:</div>"
        f"<blockquote type=cite>{LETTER}</blockquote>"
    ),
    "paragraphs": f"<p>Hello</p><p>@closed</p><p>@note call him back</p><p>@cc {LINK}</p><div class=gmail_quote>{LETTER}</div>",
    "formatted in pieces": (
        "<div><span>Hello</span></div><div><span>@</span><b>closed</b></div><div><span>@note </span><i>call&nbsp;him </i>back</div>"
        f'<div>@cc <a href="mailto:bob@x.test" title="bob"><span>bob@x.test</span></a></div><div class=gmail_quote>{LETTER}</div>'
    ),
}


def new_lines(text: str | None, html: str | None = None, *, flowed: bool = False) -> list[str]:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "Dana <dana@example.com>", "support@example.com", "Re: [#1024] Printer"
    mail["In-Reply-To"] = "<sent@mx.example.com>"
    if text is not None:
        mail.set_content(text)
        if flowed:
            mail.replace_header("Content-Type", 'text/plain; charset="utf-8"; format=flowed')
        if html is not None:
            mail.add_alternative(html, subtype="html")
    else:
        mail.set_content(html or "", subtype="html")
    return parse_message(mail.as_bytes(), OURS).body.new_text.split("\n")


def written(lines: list[str]) -> list[str]:
    return [line for line in lines if line and line != "Hello"]


@pytest.mark.parametrize("program", TEXTS)
def test_commands_survive_in_text(program: str) -> None:
    assert written(new_lines(TEXTS[program])) == COMMANDS


@pytest.mark.parametrize("program", HTMLS)
def test_commands_survive_in_html(program: str) -> None:
    assert written(new_lines(None, HTMLS[program])) == COMMANDS


@pytest.mark.parametrize("space", ["", " "])
def test_a_flowed_text_joins_its_paragraphs_and_leaves_commands_apart(space: str) -> None:
    paragraph = "This is a paragraph that goes on to the next line, since it is rather \nlong."
    commands = "\n".join(f"{command}{space}" for command in COMMANDS)
    lines = new_lines(f"{paragraph}\n\n{commands}\n\nOn 12/03/2025 14:05, Support Desk wrote:\n{QUOTED}", flowed=True)
    assert lines == [paragraph.replace("\n", ""), "", *COMMANDS]


def test_the_address_that_exchange_puts_behind_an_address_is_taken_away() -> None:
    text = f"{TEXT.replace('bob@x.test', 'bob@x.test<mailto:bob@x.test>')}\n{HEADERS}{UNMARKED}"
    assert written(new_lines(text, HTMLS["Outlook"])) == COMMANDS
