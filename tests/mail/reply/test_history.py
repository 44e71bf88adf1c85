"""The signature that an author's earlier mail gives away."""

from gateway.domain.ours import Ours
from gateway.mail.reply import cut_reply, trim_signature

BLOCK = "Anna Kowalska\nSales, Example Sp. z o.o.\ntel. 22 000 00 00"


def test_a_closing_block_that_was_there_before_is_the_signature() -> None:
    text = f"It works now.\n\n{BLOCK}\n\nOn 12/03/2025 14:05, Support wrote:\n> Which version?"
    cut = cut_reply(text, None, Ours())
    trimmed = trim_signature(text, cut, ["Something else entirely", f"My printer is broken.\nHelp!\n\n{BLOCK}\n"])
    assert (trimmed.new_text, trimmed.signature) == ("It works now.", BLOCK)
    assert "".join(text[span.start : span.end] for span in trimmed.spans) == text


def test_one_repeated_line_or_the_whole_mail_is_no_signature() -> None:
    for text, earlier in (("It works.\nThanks!", "Broken.\nThanks!"), (BLOCK, f"Hello\n{BLOCK}"), ("It works.", "")):
        cut = cut_reply(text, None, Ours())
        assert trim_signature(text, cut, [earlier]) == cut
