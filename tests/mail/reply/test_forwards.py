"""What a mail forwards is new to its reader, unless we wrote it or an answer quotes it."""

import pytest

from gateway.domain.ours import Ours
from gateway.mail.html_text import html_to_text
from gateway.mail.reply import Cut, cut_reply

OURS = Ours(addresses=("support@example.com",), names=("Support Desk",), domains=("mx.example.com",))


def cut(text: str, html: str | None = None) -> Cut:
    return cut_reply(text, html, OURS)


FORWARD = (
    "Please see below.\n\n---------- Forwarded message ----------\nFrom: Vendor <v@vendor.test>\nSubject: Terms\n\nThe terms are these.\n"
)


MARKED_FORWARD = "Please see below.\n\n" + "\n".join(f"> {line}".rstrip() for line in FORWARD.split("\n")[2:-1])
OUTLOOK_FORWARD = (
    "Please see below.\n\n-----Original Message-----\nFrom: Vendor <v@vendor.test>\nSent: Monday, March 3, 2025 9:05 AM\nSubject: Terms\n\n"
    "The terms are these.\n"
)


@pytest.mark.parametrize(
    ("text", "forwards", "answers", "kept"),
    [
        (FORWARD, True, False, True),
        (FORWARD, False, True, True),
        (FORWARD.replace("Vendor <v@vendor.test>", "Support Desk <support@example.com>"), False, True, False),
        (MARKED_FORWARD, True, True, True),
        (MARKED_FORWARD, False, False, True),
        (MARKED_FORWARD, False, True, False),
        (OUTLOOK_FORWARD, True, False, True),
        (OUTLOOK_FORWARD, True, True, True),
        (OUTLOOK_FORWARD, False, True, False),
        (OUTLOOK_FORWARD.replace("v@vendor.test", "support@example.com"), True, True, False),
        (OUTLOOK_FORWARD.replace("-----Original Message-----", "_" * 32), True, False, True),
        (OUTLOOK_FORWARD.replace("-----Original Message-----\n", ""), True, False, True),
    ],
)
def test_what_somebody_forwards_is_theirs_to_say_unless_it_is_ours(text: str, forwards: bool, answers: bool, kept: bool) -> None:
    found = cut_reply(text, None, OURS, forwards=forwards, answers=answers)
    assert found.new_text.startswith("Please see below.")
    assert ("The terms are these." in found.new_text) is kept
    assert ("The terms are these." in found.quoted_text) is not kept


def test_gmails_forward_is_kept_though_its_html_calls_it_a_quotation() -> None:
    lines = FORWARD.strip().replace("<", "&lt;").split("\n")
    html = f'<div dir="ltr">{lines[0]}</div><div class="gmail_quote">{"<br>".join(lines[2:])}</div>'
    assert "The terms are these." in cut(html_to_text(html), html).new_text


@pytest.mark.parametrize("about", ["FW: Terms", "Terms"])
def test_a_forward_below_a_replys_attribution_is_quoted(about: str) -> None:
    quoted = "\n".join(f"> {line}" for line in FORWARD.split("\n"))
    found = cut(f"Thanks.\n\nOn 12/03/2025 14:05, Support Desk wrote:\n{quoted}".replace("Terms", about))
    assert found.new_text == "Thanks."
