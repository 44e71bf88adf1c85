"""Filters of templates: plural forms, dates and numbers as the letter's language has them, and lines of a text in HTML."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from jinja2 import pass_context, pass_eval_context
from jinja2.filters import FILTERS as ALL_OF_JINJA
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from markupsafe import Markup

from gateway.domain.organisation import Language
from gateway.letters.markup import linked

STYLES: Final = ("short", "medium", "long", "full")


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that prints itself as its language writes it. `when` is in the zone that it is to be shown in."""

    when: datetime
    language: Language

    def __str__(self) -> str:
        return f"{self.date('long')}, {self.time()}"

    def date(self, style: str) -> str:
        if style not in STYLES:
            raise ValueError(f"date takes one of {', '.join(STYLES)}")
        return plain_spaces(format_date(self.when, style, locale=self.language))

    def time(self) -> str:
        """With the zone's name: a client may live in another one."""
        return plain_spaces(f"{format_time(self.when, 'short', locale=self.language)} {self.when.tzname() or ''}".rstrip())


def plain_spaces(text: str) -> str:
    """CLDR parts `2:03 PM` by a narrow space that old mail programs show as a box."""
    return text.replace("\u202f", " ").replace("\xa0", " ")


@lru_cache(maxsize=8)
def plural_categories(language: Language) -> tuple[str, ...]:
    """CLDR's, in the order in which the forms are given; Russian and Polish fractions take the second form."""
    known = Locale(language).plural_form.tags
    named = tuple(each for each in ("zero", "one", "two", "few", "many") if each in known)
    return named if "many" in named else (*named, "other")


@pass_context
def plural(context: Context, count: object, *forms: str) -> str:
    categories = plural_categories(context["language"])
    if not isinstance(count, int | float) or len(forms) != len(categories):
        raise ValueError(f"plural takes a number and {len(categories)} forms")
    category = Locale(context["language"]).plural_form(count)
    return str(forms[categories.index(category) if category in categories else 1])


@pass_context
def number(context: Context, value: object) -> str:
    if not isinstance(value, int | float):
        # A number that there is none of, such as that of a letter about no ticket.
        return str(value)
    return format_decimal(value, locale=context["language"])


def date(value: object, style: str = "long") -> str:
    return value.date(style) if isinstance(value, Moment) else str(value)


def time(value: object) -> str:
    return value.time() if isinstance(value, Moment) else str(value)


@pass_eval_context
def lines(evaluation: EvalContext, value: object) -> str:
    """In HTML, a text of several lines as it was written, its web addresses as links; in text, the text."""
    if not evaluation.autoescape or isinstance(value, Markup):
        return str(value)
    # `linked` escapes.
    return Markup("<br>\n".join(linked(each) for each in str(value).split("\n")))  # noqa: S704


OF_JINJA: Final = ("capitalize", "join", "length", "lower", "title", "trim", "truncate", "upper", "urlencode")
FILTERS: Final[dict[str, Callable[..., Any]]] = {
    **{name: ALL_OF_JINJA[name] for name in OF_JINJA},
    "date": date,
    "lines": lines,
    "number": number,
    "plural": plural,
    "time": time,
}
