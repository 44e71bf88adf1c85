"""A guess at the charset of 8-bit text that declares none, among those that Cyrillic and Latin mail plausibly has.

Each codec has a table that turns a byte into the class of its character; counting classes then tells how believable the text is.
"""

import re

_ENOUGH = 60
"""charset-normalizer is wrong on shorter input."""
_SAMPLE = 1024
_SEARCHED = 256 * 1024
_CONVINCING = 0.55

_CYRILLIC = ("cp1251", "koi8-r", "koi8-u", "cp866", "iso8859-5", "mac_cyrillic")
_LATIN = ("cp1252", "cp1250", "iso8859-2")
_ISOLATED = [*_CYRILLIC, *_LATIN, "gb18030", "cp949", "cp932", "euc_jp", "big5"]
_FREQUENT = "оеаинтсрвл"
_COMMON = "кмдпуяыьзбгчйіїє"
_WESTERN = "àâäáãåæçèéêëìíîïñòóôöõøùúûüßœÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØÙÚÛÜ«»°§€£–—’‘“”…©®¿¡ªº"
_EASTERN = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽőűŐŰäöüßÄÖÜâăîşţ"
_EASTERN_SIGNS = "„”’–…§°"

# From a word's beginning alone: every other place within it would be tried in vain, up to its end.
_WORDS = re.compile(rb"(?<![A-Za-z\x80-\xff])[A-Za-z]*+[\x80-\xff][A-Za-z\x80-\xff]*+")
_CAPITAL_WITHIN = re.compile(rb"[fclu](?=[FCLAU])")
_MIXED = re.compile(rb"[fclFCL](?=[aA])|[aA](?=[fclFCL])")
_RUN = re.compile(rb"[uUx](?=[uUx])")

_WEIGHTS = {b"f": 1.0, b"c": 0.6, b"l": 0.1, b"F": 0.95, b"C": 0.55, b"L": 0.1, b"u": 0.9, b"U": 0.6, b"s": 0.3, b"x": -0.8}
"""Of the classes beyond ASCII: frequent, common and rare Cyrillic letters, small and capital; usual Latin letters; signs; and what no text
has."""


def _class_of(byte: int, codec: str) -> str:
    if byte < 0x80:
        return "a" if chr(byte).islower() else "A" if chr(byte).isupper() else " "
    each = bytes((byte,)).decode(codec, "replace")
    if codec in _CYRILLIC:
        if "Ѐ" <= each <= "ѿ":
            kind = "f" if each.lower() in _FREQUENT else "c" if each.lower() in _COMMON else "l"
            return kind.upper() if each.isupper() else kind
        return "s" if each in "№«»–—…„“” " else "x"
    usual = _WESTERN if codec == "cp1252" else _EASTERN
    if each in usual:
        return "U" if each.isupper() else "u"
    return "s" if each == "\xa0" or each in _EASTERN_SIGNS else "x"


_TABLES = {codec: "".join(_class_of(byte, codec) for byte in range(256)).encode() for codec in (*_CYRILLIC, *_LATIN)}


def guess_charset(raw: bytes) -> str | None:
    """A Python codec, or None where there is nothing to guess from: pure ASCII."""
    sample = _sample(raw)
    if not sample:
        return None
    if kana := _japanese(raw):
        return kana
    scores = {codec: _plausibility(sample, table) for codec, table in _TABLES.items()}
    best = max(scores, key=scores.__getitem__)
    if scores[best] >= _CONVINCING or len(sample) < _ENOUGH:
        return best
    import charset_normalizer  # here, because it is seldom needed and takes its time

    found = charset_normalizer.from_bytes(sample, steps=2, chunk_size=256, cp_isolation=_ISOLATED).best()
    return found.encoding if found is not None else best


def _japanese(raw: bytes) -> str | None:
    """Japanese of any length is full of kana, which nothing else is by chance."""
    for codec in ("cp932", "euc_jp"):
        try:
            text = raw[:_SAMPLE].decode(codec, "strict" if len(raw) <= _SAMPLE else "ignore")
        except UnicodeDecodeError:
            continue
        beyond = [each for each in text if not each.isascii()]
        kana = sum("\u3041" <= each <= "\u30fe" for each in beyond)
        if kana * 4 >= len(beyond) and kana >= 3:
            return codec
    return None


def _sample(raw: bytes) -> bytes:
    """The first words with 8-bit letters: mail often begins with pages of ASCII."""
    words: list[bytes] = []
    size = 0
    for word in _WORDS.finditer(raw, 0, _SEARCHED):
        words.append(word[0][:_SAMPLE])
        size += len(words[-1]) + 1
        if size >= _SAMPLE:
            break
    return b" ".join(words)


def _plausibility(sample: bytes, table: bytes) -> float:
    """At most 1: how much the characters beyond ASCII look like those of the codec's languages."""
    classes = sample.translate(table)
    beyond = sum(classes.count(kind) for kind in _WEIGHTS)
    score = sum(weight * classes.count(kind) for kind, weight in _WEIGHTS.items())
    # A wrong charset puts capitals behind small letters, mixes alphabets, and makes runs of letters that Latin text strews singly.
    score -= len(_CAPITAL_WITHIN.findall(classes)) + len(_MIXED.findall(classes)) + 0.8 * len(_RUN.findall(classes))
    return score / max(1, beyond)
