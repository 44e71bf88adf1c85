"""Where a signature begins at the end of what was written."""

import re

from gateway.mail.phrases import alternatives
from gateway.mail.reply.lines import Lines

_DASHES = re.compile(r"(?:--|—|–—|—-|__) ?$")
_RULE = re.compile(r"_{5,}\s*$")
_NAME = re.compile(r"-{1,2}[^\W\d_a-z][\w.'’]+(?: [^\W\d_a-z][\w.'’]*){1,3}$")
_WHOLE = "…"
_BEGINNINGS = "|".join(sorted((re.escape(each) for each in alternatives("sent_from") if _WHOLE not in each), key=len, reverse=True))
_WHOLES = "|".join(re.escape(each).replace(_WHOLE, r"[^\n,]{0,60}") for each in alternatives("sent_from") if _WHOLE in each)
_SENT_FROM = re.compile(rf"[\s*_>\[(–—-]*(?:{_BEGINNINGS}|(?:{_WHOLES})[.!\s]*$)", re.IGNORECASE)
# They sign with a sentence or two.
_WORDY = re.compile(r"k-9 mail|gmx|web\.de|fairemail", re.IGNORECASE)
_DEVICE = re.compile(
    r"iphon|ipad|ipod|android|galaxy|samsung|blackberry|outlook|windows|phone|mobil|handy|smartphone|tablet|htc|nokia|xperia"
    r"|huawei|honor|xiaomi|redmi|poco|lenovo"
    r"|lg |motorola|moto |nexus|pixel|oneplus|proton|yahoo|gmail|mail|pocz|почт|пошт|телефон|смартфон|айфон|планшет|устройств"
    r"|пристро|telefon|komór|urządz|device"
    r"|spark|airmail|mailbox|sparrow|typeapp|bluemail|boxer|acompli|newton|nine|aqua|thunderbird|superhuman|front|apple|watch|jolla"
    r"|torch|zariadenia|zařízení|verizon|t-mobile"
    r"|téléphone|teléfono|telefono|telefone|móvil|celular|puhelin|mobiltelefon|matkapuhelin|手机|手機|电话|携帯|스마트폰|virus"
    r"|ios\b|cellulare|mobiel|telefoon|telemóvel|puhelime|készülék|cihaz|мобил|мобіл|ukr\.net|小米|华为|邮箱|郵箱|メール|スマートフォン|スマホ"
    r"|fairemail|hey\b|zoho",
    re.IGNORECASE,
)
# What stands under a rule is a mailing list's footer or a card only if it says where to turn to.
_CONTACT = re.compile(r"@|://|\d{3}[ -]?\d\d")
_LONGEST_FOOTER = 6
_LONGEST_BLOCK = 20
_LONGEST_EXACT_BLOCK = 40
_LONGEST_LINE = 140
_CLOSING_LINES = 4


def signature_start(lines: Lines, written: list[int], signed: frozenset[int]) -> int | None:
    """The index into `written` (the numbers of lines that follow one another) at which the signature begins; None when there is none."""
    filled = [at for at, line in enumerate(written) if not lines.is_blank(line)]
    start = _by_structure(written, filled, signed)
    low = max(0, len(filled) - _LONGEST_EXACT_BLOCK)
    for nth in range(low, len(filled)):
        if start is not None and filled[nth] >= start:
            break
        if _opens_signature(lines, written[filled[nth]], len(filled) - 1 - nth):
            start = filled[nth]
            break
    above = filled if start is None else [at for at in filled[-_LONGEST_EXACT_BLOCK - 4 :] if at < start]
    higher = _by_last_lines(lines, written, above)
    return _with_trackers(lines, written, start if higher is None else higher)


def _with_trackers(lines: Lines, written: list[int], start: int | None) -> int | None:
    """Take in the invisible letters that mail trackers leave at the end of the text."""
    at = last = len(written) if start is None else start
    while at > 0 and lines.is_blank(written[at - 1]):
        at -= 1
        if lines.raw[written[at]].strip():
            last = at
    return last if last < len(written) else None


def _by_structure(written: list[int], filled: list[int], signed: frozenset[int]) -> int | None:
    start = None
    for at in reversed(filled):
        if written[at] not in signed:
            break
        start = at
    return start


def _opens_signature(lines: Lines, line: int, below: int) -> bool:
    raw = lines.raw[line]
    stripped = raw.strip()
    if raw == "-- " or raw == "--\u00a0":
        return below <= _LONGEST_EXACT_BLOCK
    if _DASHES.match(stripped):
        return below <= _LONGEST_BLOCK
    return bool(_RULE.match(stripped)) and 0 < below <= _LONGEST_FOOTER and _CONTACT.search(lines.below(line, _LONGEST_FOOTER)) is not None


def _by_last_lines(lines: Lines, written: list[int], filled: list[int]) -> int | None:
    """A line such as "Sent from my iPhone" or "-Anna Kowalska" as the last thing; the one may stand under the other."""
    start = None
    for at in reversed(filled[-_CLOSING_LINES:]):
        line = lines.plain(written[at])
        if is_sent_from(line) or _is_name(lines, written, at):
            start = at
        elif any(map(str.isalnum, line)):
            break
    return start


def _is_name(lines: Lines, written: list[int], at: int) -> bool:
    """`-Anna Kowalska`, but not the last item of a list."""
    above = next((lines.plain(written[other]) for other in range(at - 1, max(-1, at - 4), -1) if not lines.is_blank(written[other])), "")
    return _NAME.match(lines.plain(written[at])) is not None and not above.startswith("-")


def is_sent_from(line: str) -> bool:
    """A line that a mail program signs with; one that a person began the same way goes on past it, or names no device."""
    if len(line) > _LONGEST_LINE or not _SENT_FROM.match(line) or not _DEVICE.search(line):
        return False
    if _WORDY.search(line):
        return True
    bare = re.sub(r"[<(\[]?(?:https?|mailto):\S*|<[^>]*>", "", line)
    return len(bare.split()) <= 10 and "," not in bare
