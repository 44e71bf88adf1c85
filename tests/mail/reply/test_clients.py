"""Every known mail program's way to announce a quotation: recognised whole, wrapped, marked and unmarked."""

import textwrap

import pytest

from gateway.domain.ours import Ours
from gateway.mail.reply import cut_reply
from tests.mail.reply.clients import ATTRIBUTIONS, HEADER_BLOCKS, MARKED_ATTRIBUTIONS, SEPARATORS

NAME = "Support Desk <support@example.com>"
WRITTEN = "Hello there.\n\nI have a question\nabout 3 things, see below."
QUOTED = "Dear John,\n\nplease restart it.\n\nRegards\nSupport"


def marked(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))


def new_text(text: str) -> str:
    return cut_reply(text, None, Ours()).new_text


def ways_to_wrap(attribution: str) -> list[str]:
    whole = attribution.replace("{X}", NAME)
    return list(dict.fromkeys([whole, "\n".join(textwrap.wrap(whole, 72, break_long_words=False)), whole.replace(" <", " <\n", 1)]))


@pytest.mark.parametrize("attribution", ATTRIBUTIONS + MARKED_ATTRIBUTIONS)
def test_an_attribution_over_marked_lines_is_quoted(attribution: str) -> None:
    for wrapped in ways_to_wrap(attribution):
        assert new_text(f"{WRITTEN}\n\n{wrapped}\n\n{marked(QUOTED)}") == WRITTEN
        assert new_text(f"{WRITTEN}\n{wrapped}\n{marked(QUOTED)}\n") == WRITTEN


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_an_attribution_over_unmarked_lines_is_quoted_with_all_below(attribution: str) -> None:
    for wrapped in ways_to_wrap(attribution):
        assert new_text(f"{WRITTEN}\n\n{wrapped}\n\n{QUOTED}") == WRITTEN


@pytest.mark.parametrize("attribution", ATTRIBUTIONS + MARKED_ATTRIBUTIONS)
def test_an_attribution_that_is_itself_marked_announces_its_quotation(attribution: str) -> None:
    assert new_text(f"{WRITTEN}\n\n{marked(attribution.replace('{X}', NAME))}\n>\n{marked(QUOTED)}") == WRITTEN


@pytest.mark.parametrize("block", HEADER_BLOCKS)
def test_a_header_block_is_quoted_with_all_below(block: str) -> None:
    lines = block.replace("{X}", NAME).replace("|", "\n")
    bold = "\n".join(f"*{line.replace(':', ':*', 1)}" for line in lines.split("\n"))
    rule = "_" * 32
    for written in (lines, bold, f"{rule}\n{lines}"):
        assert new_text(f"{WRITTEN}\n\n{written}\n\n{QUOTED}") == WRITTEN
    assert new_text(f"{WRITTEN}\n\n{marked(lines)}\n>\n{marked(QUOTED)}") == WRITTEN


@pytest.mark.parametrize("line", SEPARATORS)
def test_a_separator_is_quoted_with_all_below(line: str) -> None:
    assert new_text(f"{WRITTEN}\n\n{line}\n{QUOTED}") == WRITTEN
    assert new_text(f"{WRITTEN}\n\n  *{line}*\n\nFrom: {NAME}\nSubject: Printer\n\n{QUOTED}") == WRITTEN
