"""docs/mail.md tells figures that the code has, and the scoreboard's rows."""

import re

import pytest

from gateway.mail import calendars, filenames, headers, html_bounds, mime, rtf, rtf_text, texts, wrapped
from gateway.mail.phrases import LANGUAGES
from gateway.mail.reply import lines
from tests.packaging.tree import ROOT

TEXT = (ROOT / "docs" / "mail.md").read_text()
KIB, MIB = 1024, 1024 * 1024


def section(name: str) -> str:
    """What stands between the mark of that name and the next heading, or the next bold word."""
    return re.split(r"\n(?:## |\*\*)|\nKnown by", TEXT.partition(f"<!-- {name} -->")[2])[0]


def test_it_lists_the_languages() -> None:
    assert re.findall("`([a-z]+)`", section("languages")) == [each.code for each in LANGUAGES]


@pytest.mark.parametrize(
    ("of", "told"),
    [
        ("the header block", f"{headers.MAX_BLOCK // KIB} KiB, {headers.MAX_LINES:,} lines"),
        ("MIME parts", f"{mime.MAX_PARTS:,}, nested {mime.MAX_DEPTH} deep"),
        ("text", f"{texts.MAX_TEXT // MIB} MiB of characters"),
        ("HTML", f"{html_bounds.MAX_SIZE // MIB} MiB, {html_bounds.MAX_DEPTH} levels deep"),
        ("HTML", f"{html_bounds.MAX_REOPENED:,} reopened elements and {html_bounds.MAX_REFERENCES:,} character references"),
        ("files in winmail.dat or in the text", f"{wrapped.MOST_PARTS} a message"),
        ("RTF", f"{rtf.MAX_RTF // MIB} MiB, {rtf_text.MOST_TOKENS:,} words and marks"),
        ("a calendar part", f"{calendars.MAX // KIB} KiB"),
        ("lines that the reply cutter looks at", f"{lines.MAX_LINES:,}"),
        ("an attachment's name", f"{filenames.MAX_BYTES} bytes"),
    ],
)
def test_it_tells_the_bounds(of: str, told: str) -> None:
    rows = dict(re.findall(r"(?m)^\| ([^|]+) \| ([^|]+) \|$", section("bounds")))
    assert told in rows[of]


def test_its_scoreboard_counts_as_the_figures_say() -> None:
    rows = re.findall(r"(?m)^(\S.*?) +(\d+)/(\d+) +([\d.]+)%", section("scoreboard"))
    assert len(rows) >= 30
    assert [name for name, good, total, share in rows if f"{100 * int(good) / int(total):.1f}" != share] == []
