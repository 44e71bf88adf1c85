"""A guess at the charset of 8-bit text that declares none, among those that Cyrillic and Latin mail plausibly has."""

import charset_normalizer

_SAMPLE = 4096
_ENOUGH = 60
"""charset-normalizer is wrong on shorter input."""

_CYRILLIC = ("cp1251", "koi8-r", "cp866", "iso8859-5", "mac_cyrillic")
_LATIN = ("cp1252", "cp1250", "iso8859-2")
_FREQUENT = frozenset("оеаинтсрвлкмдпуяыьзбгчйіїє")
_POLISH_AND_NEIGHBOURS = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽőűŐŰäöüßÄÖÜâăîșțţş")
_WESTERN = frozenset("àâäáãåæçèéêëìíîïñòóôöõøùúûüßœÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØÙÚÛÜ«»°§€£–—’‘“”…№©®")


def guess_charset(raw: bytes) -> str | None:
    """A Python codec, or None where there is nothing to guess from. Pure ASCII gives None."""
    sample = _sample(raw)
    high = sum(byte >= 0x80 for byte in sample)
    if not high:
        return None
    best = max((*_CYRILLIC, *_LATIN), key=lambda codec: _plausibility(sample, codec))
    if _plausibility(sample, best) >= 0.55 or len(sample) < _ENOUGH:
        return best
    found = charset_normalizer.from_bytes(sample, cp_isolation=[*_CYRILLIC, *_LATIN, "gb18030", "cp949", "cp932", "big5"]).best()
    return found.encoding if found is not None else best


def _sample(raw: bytes) -> bytes:
    """The stretch around the first 8-bit byte: mail often begins with pages of ASCII."""
    if len(raw) <= _SAMPLE:
        return raw
    first = next((at for at in range(0, len(raw), _SAMPLE) if not raw[at : at + _SAMPLE].isascii()), 0)
    return raw[first : first + _SAMPLE]


def _plausibility(sample: bytes, codec: str) -> float:
    """From 0 to 1: the share of characters beyond ASCII that text of this charset's languages would have, in a believable order of cases."""
    text = sample.decode(codec, "replace")
    beyond = [each for each in text if not each.isascii()]
    if not beyond:
        return 0.0
    score = _cyrillic_score(text, beyond) if codec in _CYRILLIC else _latin_score(text, beyond, codec)
    return score / len(beyond)


def _cyrillic_score(text: str, beyond: list[str]) -> float:
    score = 0.0
    for each in beyond:
        if each in _FREQUENT:
            score += 1.0
        elif "а" <= each <= "я" or each in "ёґ№«»—–":
            score += 0.7
        elif "А" <= each <= "Я" or each in "ЁІЇЄҐ":
            score += 0.5
        elif not each.isspace():
            score -= 1.0
    return score - _odd_capitals(text)


def _latin_score(text: str, beyond: list[str], codec: str) -> float:
    usual = _WESTERN if codec == "cp1252" else _POLISH_AND_NEIGHBOURS
    score = sum(0.9 if each in usual else 0.1 if each.isspace() else -0.5 for each in beyond)
    # Runs of letters beyond ASCII are another alphabet's words.
    runs = sum(not first.isascii() and not second.isascii() for first, second in zip(text, text[1:], strict=False))
    return score - 0.8 * runs - _odd_capitals(text)


def _odd_capitals(text: str) -> float:
    """Capitals after small letters, which a wrong charset of the same alphabet makes plenty of."""
    return sum(first.islower() and second.isupper() for first, second in zip(text, text[1:], strict=False))
