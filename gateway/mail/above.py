"""What a forwarder wrote above the message that they pass on."""

from gateway.mail.reply.attribution import is_attribution, may_begin
from gateway.mail.reply.headers import begins_forward, is_rule, read_block, read_field, separator
from gateway.mail.reply.lines import Lines


def above_forward(text: str) -> tuple[str, str]:
    """The forwarder's own words, and all the rest. `text` is the new text of a mail whose `forwarded` says that it is a forward."""
    lines = Lines(text)
    raw = text.split("\n")
    for index in range(len(lines)):
        if _begins(lines, index):
            return "\n".join(raw[: _end_of_words(lines, index)]).rstrip(), "\n".join(raw[index:])
    return text, ""


def _end_of_words(lines: Lines, index: int) -> int:
    """Outlook draws a rule above the fields of the original, which is no word of the forwarder's."""
    above = next((each for each in range(index - 1, -1, -1) if lines.plain(each)), index)
    return above if above < index and is_rule(lines.plain(above)) else index


def _begins(lines: Lines, index: int) -> bool:
    line = lines.plain(index)
    if not line:
        return False
    if begins_forward(line) is not None or separator(line) is not None:
        return True
    if read_field(line):
        block = read_block(index, len(lines), lines.plain)
        return block is not None and {"author", "date"} <= block.roles
    return may_begin(line) and is_attribution(line, quote_follows=True)
