"""A guess at the language of a text, by alphabet and by stop words, so that a letter can be written in it."""

import re
from collections import Counter

from gateway.mail.phrases import LANGUAGES

_SAMPLE = 4_000
_FEWEST_LETTERS = 3
_WORD = re.compile(r"[^\W\d_]+")
_LINKS = re.compile(r"\b(?:https?://|www\.)\S+|\S+@\S+")

# Scripts that one language uses, by the range of their letters.
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u3400-\u9fff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("ka", re.compile("[\u10a0-\u10ff]")),
    ("hy", re.compile("[\u0530-\u058f]")),
)
_BEYOND_LATIN_AND_CYRILLIC = re.compile("[\u0370-\u03ff\u0530-\ud7af]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")

# Letters that point at some languages among those of the same alphabet; each of them is worth a stop word.
_TELLING = {
    "ru": "ыэё",
    "uk": "іїєґ",
    "bg": "",
    "pl": "ąćęłńśźż",
    "de": "äöüß",
    "fr": "àâçèêëîïôœù",
    "es": "ñ¿¡",
    "pt": "ãõ",
    "cs": "ěřů",
    "sk": "ľĺŕôä",
    "sv": "å",
    "no": "åø",
    "da": "åøæ",
    "fi": "äö",
    "hu": "őű",
    "ro": "ățșţş",
    "tr": "ğışİ",
    "hr": "čćđ",
    "vi": "đơưạảấầẩậắằẳặẹẻẽếềểễệọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
}
_CYRILLIC_LANGUAGES = frozenset({"ru", "uk", "bg"})
_STOP_WORDS = {phrases.code: frozenset(phrases.words.split()) for phrases in LANGUAGES if phrases.words}
_TELLING_LETTERS = {code: frozenset(_TELLING.get(code, "")) for code in _STOP_WORDS}
_ALPHABETS = {
    cyrillic: {code: letters for code, letters in _TELLING_LETTERS.items() if (code in _CYRILLIC_LANGUAGES) == cyrillic and code != "el"}
    for cyrillic in (False, True)
}
_LANGUAGES_OF: dict[str, tuple[str, ...]] = {
    word: tuple(code for code, words in _STOP_WORDS.items() if word in words) for word in frozenset().union(*_STOP_WORDS.values())
}


def guess_language(text: str) -> str | None:
    """The language's ISO 639-1 code, or None when the text is too short, or fits none better than another."""
    sample = text[:_SAMPLE]
    if "@" in sample or "://" in sample or "www." in sample:
        sample = _LINKS.sub(" ", sample)
    letters = sum(map(len, _WORD.findall(sample)))
    if letters < _FEWEST_LETTERS:
        return None
    if _BEYOND_LATIN_AND_CYRILLIC.search(sample):
        for code, script in _SCRIPTS:
            if 3 * len(script.findall(sample)) > letters:
                return code
    return _by_words(sample.casefold(), cyrillic=2 * len(_CYRILLIC.findall(sample)) > letters)


def _by_words(sample: str, *, cyrillic: bool) -> str | None:
    alphabet = set(sample)
    scores = {code: 1.5 * min(len(alphabet & telling), 3) for code, telling in _ALPHABETS[cyrillic].items()}
    for word, times in Counter(_WORD.findall(sample)).items():
        for code in _LANGUAGES_OF.get(word, ()):
            if code in scores:
                scores[code] += min(times, 3)
    if cyrillic and not any(letter in sample for letter in _TELLING["uk"]):
        scores["ru"] += 0.5
    (best, most), (_, second) = sorted(scores.items(), key=lambda item: -item[1])[:2]
    if (most >= 1.5 and most > second) or (most >= 1 and second == 0):
        return best
    return "ru" if cyrillic and scores["ru"] == most else None
