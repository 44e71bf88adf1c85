"""What the console says, by language: `words/LANG/PAGE.toml`. Adding a language: a folder there.

A text is a string with names in braces, or a table of plural forms (`one`, `few`, `many`, `other`) chosen by `n`, as CLDR has them.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final, get_args

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from gateway.domain.language import Language

FOLDER: Final = Path(__file__).parent / "words"
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
LANGUAGE_NAMES: Final[Mapping[Language, str]] = {each: Locale(each).display_name.capitalize() for each in LANGUAGES}
"""Each in itself."""

Text = str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Words:
    """Of one language. Called with a key, `page.name`, and the values of its names; raises KeyError for a key that no file has."""

    language: Language
    texts: Mapping[str, Text]

    def __call__(self, key: str, **values: object) -> str:
        text = self.texts[key]
        if not isinstance(text, str):
            n = values["n"]
            assert isinstance(n, int)
            text = text[Locale(self.language).plural_form(n)]
        return text.format_map({name: self._written(value) for name, value in values.items()})

    def of(self, group: str, name: str) -> str:
        """What a value of ours is called, such as a status; as it is where nothing calls it otherwise."""
        text = self.texts.get(f"{group}.{name}", name)
        return text if isinstance(text, str) else name

    def number(self, value: float) -> str:
        return format_decimal(value, locale=self.language)

    def moment(self, at: datetime) -> str:
        """`22 Nov 2026, 13:05`, in the moment's own time zone."""
        return format_datetime(at, "d MMM y, HH:mm", locale=self.language)

    def day(self, at: date) -> str:
        return format_date(at, "d MMM y", locale=self.language)

    def _written(self, value: object) -> str:
        match value:
            case bool():
                return str(value)
            case int() | float():
                return self.number(value)
            case datetime():
                return self.moment(value)
            case _:
                return str(value)


@cache
def words_of(language: Language) -> Words:
    texts: dict[str, Text] = {}
    for file in sorted((FOLDER / language).glob("*.toml")):
        for group, entries in tomllib.loads(file.read_text("utf-8")).items():
            texts |= {f"{group}.{name}": text for name, text in entries.items()}
    return Words(language, texts)
