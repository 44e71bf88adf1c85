"""What a letter says of files that do not fit into it: links in their place, or that they stay on the ticket; and where it says so."""

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from babel.dates import format_date
from babel.numbers import format_decimal

from gateway.domain.language import Language
from gateway.letters.markup import PARAGRAPH, RULE
from gateway.letters.texts import KEPT, LINKED, REPLY_ABOVE, UNITS

LONGEST_NAME: Final = 150
STEP: Final = 1000


@dataclass(frozen=True, slots=True)
class Link:
    """In the place of a file. `size` in octets; without a `url` the file stays on the ticket."""

    name: str
    size: int
    url: str | None = None


def language_of(text: str, otherwise: Language = "en") -> Language:
    """A letter's language, told by the reply-above line that it begins with."""
    return next((language for language, line in REPLY_ABOVE.items() if text.startswith(line)), otherwise)


def with_links(text: str, page: str | None, links: Sequence[Link], last_day: date) -> tuple[str, str | None]:
    """Text and HTML of a letter with the links behind its words: before a signature, which mail programs hide, or what the desk says below
    a rule. `last_day` is when they are good for the last time."""
    language = language_of(text)
    intro = introduction(links, last_day, language)
    signature, rule = last(SIGNATURE, text), last(FOOTER, text)
    place = signature or rule
    said = as_text(intro, links, language)
    shown = as_html(intro, links, language)
    words, rest = (text, "") if place is None else (text[: place.start()], "\n" + text[place.start() :])
    return (
        f"{words.rstrip()}\n\n{said}\n{rest}",
        None if page is None else put_into(page, shown, signature=signature is not None, rule=rule is not None),
    )


def introduction(links: Sequence[Link], last_day: date, language: Language) -> str:
    kept = any(each.url is None for each in links)
    words = (KEPT if kept else LINKED)[language]["one" if len(links) == 1 else "several"]
    return words.format(date=format_date(last_day, "d MMMM y", locale=language))


def as_text(intro: str, links: Sequence[Link], language: Language) -> str:
    lines = (f"{shown_name(each.name)} ({human_size(each.size, language)})" + (f"\n{each.url}" if each.url else "") for each in links)
    return "\n\n".join([intro, *lines])


def as_html(intro: str, links: Sequence[Link], language: Language) -> str:
    """The address is the link's text: filters suspect one that shows `report.zip` and leads elsewhere."""
    lines = (
        f"<bdi>{html.escape(shown_name(each.name))}</bdi> ({html.escape(human_size(each.size, language))})"
        + (f'<br>\n<a href="{html.escape(each.url)}">{html.escape(each.url)}</a>' if each.url else "")
        for each in links
    )
    return "\n".join(PARAGRAPH.format(each) for each in (html.escape(intro), *lines))


def put_into(page: str, block: str, *, signature: bool, rule: bool) -> str:
    """At the place that the text has it at, where the page is the text's twin; else at its end."""
    if signature and (found := last(SIGNATURE_IN_HTML, page)) is not None:
        # In the middle of a paragraph, that one ends, and goes on behind the links.
        before, after = ("</p>\n", PARAGRAPH.partition("{}")[0]) if found[1] is None else ("", found[1])
        return f"{page[: found.start()]}{before}{block}\n{after}{found[2]}{page[found.end() :]}"
    if rule and not signature and (at := page.rfind(RULE)) >= 0:
        return f"{page[:at]}{block}\n{page[at:]}"
    end = last(BODY_END, page)
    return f"{page}\n{block}" if end is None else f"{page[: end.start()]}{block}\n{page[end.start() :]}"


def last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return next(reversed(list(pattern.finditer(text))), None)


def shown_name(name: str) -> str:
    """The name without what could make it read otherwise: controls, and marks that turn the direction of writing."""
    plain = "".join(each for each in name if each in JOINERS or unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    kept = " ".join(plain.split()) or "—"
    if len(kept) <= LONGEST_NAME:
        return kept
    half = LONGEST_NAME // 2
    return f"{kept[:half]}…{kept[-half:]}"


def human_size(octets: int, language: Language) -> str:
    """`2.1 MB`, as the language writes it; decimal units, as mail programs show."""
    size, units = float(octets), list(UNITS[language])
    while len(units) > 1 and round(size) >= STEP:
        size, units = size / STEP, units[1:]
    return f"{format_decimal(round(size, 1) if size < 100 else round(size), locale=language)} {units[0]}"


# RFC 3676 §4.3.
SIGNATURE: Final = re.compile(r"^-- \n", re.MULTILINE)
FOOTER: Final = re.compile(r"^(?=---\n)(?<=\n\n)", re.MULTILINE)
SIGNATURE_IN_HTML: Final = re.compile(rf"(?:({re.escape(PARAGRAPH.partition('{}')[0])})|<br>\n)(-- <br>)")
BODY_END: Final = re.compile(r"</body\s*>", re.IGNORECASE)
# Scripts and emoji are spelt with them.
JOINERS: Final = "\u200c\u200d"
