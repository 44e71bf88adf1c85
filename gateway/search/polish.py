"""Stems of Polish words, for PostgreSQL has no Polish dictionary. The words come folded: in ASCII, as half of all people write them.

A stem is no word, and needs not be: all that is asked of it is that the forms of one word share it and other words seldom do. Endings of
cases and persons go, longest first; then what remains is spelt one way, for the consonant before an ending changes with it
(`klient`, `kliencie`; `droga`, `drodze`), and an `e` comes and goes (`przesyłka`, `przesyłek`).
"""

import re
from functools import lru_cache
from typing import Final

SHORTEST: Final = 3
"""Letters that remain of a word."""

# What words are told by whose forms share no stem.
IRREGULAR: Final = {
    form: stem
    for stem, forms in {
        "dzien": "dzien dnia dniu dniem dni dniom dniami dniach",
        "tydzien": "tydzien tygodnia tygodniu tygodniem tygodnie tygodni tygodniom tygodniami tygodniach",
        "miesiac": "miesiac miesiaca miesiacu miesiacem miesiace miesiecy miesiacom miesiacami miesiacach",
        "pieniadz": "pieniadz pieniadza pieniadze pieniedzy pieniadzom pieniedzmi pieniadzach",
        "ksiega": "ksiegi ksiege ksiedze ksiag ksiega",
        "blad": "blad bledu bledem bledzie bledy bledow bledom bledami bledach bledny bledna bledne blednie",
        "przeciag": "przeciag przeciagu",
        "zwiazek": "zwiazek zwiazku zwiazki zwiazkow zwiazkiem",
        "zdjecie": "zdjecie zdjecia zdjec zdjeciu zdjeciem zdjeciom zdjeciami zdjeciach",
    }.items()
    for form in forms.split()
}

# Nothing is told by these, and every text has them. Those that mean something in English are not among them.
EMPTY_WORDS: Final = """
    nie sie jest ze dla jak od po za czy oraz przez juz tylko ich jego jej tego tej ktory ktora ktore ktorych ktorego w z na o u i tym
    byl byla bylo byly bede bedzie sa jestem przy pod nad bez ani albo lub wiec bo gdy gdyz aby zeby moze mnie mi mam ma pani panu
    dobry witam prosze pozdrawiam dziekuje
"""
EMPTY: Final = frozenset(EMPTY_WORDS.split())

# Endings, and the shortest stem that each may leave. Verbs' nouns and infinitives first, for what they are made of ends like nouns.
ENDINGS: Final = tuple(
    sorted(
        (
            (ending, shortest)
            for shortest, endings in (
                (
                    3,
                    """ego emu ymi imi ych ich iego iemu iej ami iami ach iach owi iem ie ia iu ii ej em om iom ym im
                    a e i o u y ze""",
                ),
                (4, "ow ek owa owe owy owego owej owych owym ac ic yc ec uc"),
                (
                    4,
                    """anie ania aniu aniem aniami aniach an enie enia eniu eniem eniami eniach ienie ienia ieniu ieniem ieniami ieniach ien
                    al ala alo ali aly alem alam il ila ilo ili ily ilem ilam yl yla ylo yli yly ylem ylam
                    uje ujesz ujemy uja ujac ajac aja iesz owac owal owala owali owano""",
                ),
                (3, "ece"),
            )
            for ending in endings.split()
        ),
        key=lambda each: -len(each[0]),
    )
)
BY_LAST: Final = {last: tuple(each for each in ENDINGS if each[0][-1] == last) for last in {each[0][-1] for each in ENDINGS}}

# The locative softens the consonant before its ending: `kliencie`, `zakładzie`, `numerze`, `drodze`.
SOFTENED: Final = (("scie", "st"), ("dzie", "d"), ("cie", "t"), ("rze", "r"), ("dze", "g"), ("yce", "yk"), ("nci", "nt"))
# Many words end as others are inflected: `problem`, and then `problemem`.
LIKE_ENDINGS: Final = re.compile(r"(?<=....)(?:em|om|ow|ek)$")
ALIKE: Final = (
    (re.compile(r"(?<=[^aeiouy])[kc]$"), ""),
    (re.compile(r"i?ec$"), ""),
    (re.compile(r"(?<=[^aeiouy])i?e([lnr])$"), r"\1"),
    (re.compile(r"[aeiouy]+$"), ""),
    (re.compile(r"(?<=[drs])z$"), ""),
    (re.compile(r"c$"), "t"),
)
"""What remains, spelt one way."""
LETTERS: Final = re.compile("[a-z]+")
OWN: Final = re.compile("[ąćęłńóśźżĄĆĘŁŃÓŚŹŻ]")
"""Spanish has two of them, whose words take no harm."""
TELLING: Final = re.compile(
    r"\b(?:prosze|dziekuje|pozdrawiam|witam|dzien dobry|faktur\w*|zamowieni\w*|przesyl\w*|paczk\w*|platnosc\w*|reklamacj\w*|drukark\w*)\b",
    re.IGNORECASE,
)
COMMON: Final = re.compile(r"\b(?:nie|sie|jest|dla|czy|oraz|przez|mam|ktory|tylko|jak|od|po|za)\b", re.IGNORECASE)
LOOKED_AT: Final = 5000
"""Characters of a text."""


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Of a folded word."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if len(word) <= SHORTEST or LETTERS.fullmatch(word) is None:
        return word
    return spelt(LIKE_ENDINGS.sub("", without_ending(word)))


def without_ending(word: str) -> str:
    for soft, hard in SOFTENED:
        if word.endswith(soft) and len(word) - len(soft) >= SHORTEST - 1:
            return word.removesuffix(soft) + hard
    for ending, shortest in BY_LAST.get(word[-1], ()):
        if word.endswith(ending) and len(word) - len(ending) >= shortest:
            return word.removesuffix(ending)
    return word


def spelt(rest: str) -> str:
    for pattern, written in ALIKE:
        changed = pattern.sub(written, rest)
        if len(changed) >= SHORTEST:
            rest = changed
    return rest


def sounds_polish(text: str) -> bool:
    """By its letters, by a word that it is known for, or by two that Polish is full of."""
    text = text[:LOOKED_AT]
    if OWN.search(text) is not None or TELLING.search(text) is not None:
        return True
    return len({each.casefold() for each in COMMON.findall(text)}) > 1
