"""`[satisfaction]`: how clients say whether they are content."""

from pathlib import Path
from typing import Annotated, Final, get_args

from pydantic import Field, PlainValidator, ValidationInfo

from gateway.config.rule import StatusName
from gateway.config.section import Kind, Section
from gateway.config.values import read_line, read_readable_path, text_of
from gateway.domain.organisation import Language

NAME: Final = 'a line of text, or a table of languages, such as { en = "Good", ru = "Хорошо" }'
SYMBOL: Final = 'a symbol of a few characters, such as "🙂" or "4"'
PICTURE: Final = "the path of a picture that can be read: .png, .jpg, .gif, .webp or .svg"
PICTURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg")
LANGUAGES: Final[tuple[str, ...]] = get_args(Language)


def read_names(value: object) -> dict[str, str]:
    """By language; a single name is every language's."""
    if not isinstance(value, dict):
        return dict.fromkeys(LANGUAGES, read_line(value))
    unknown = next((each for each in value if each not in LANGUAGES), None)
    if unknown is not None or not value:
        raise ValueError(f"expected {NAME}" + (f"; letters are in {', '.join(LANGUAGES)}, not in {unknown}" if unknown else ""))
    return {language: read_line(name) for language, name in value.items()}


def read_symbol(value: object) -> str:
    text = text_of(value, SYMBOL).strip()
    # A flag or a family is one symbol of several characters, of which some are not printable by themselves.
    if not text or len(text) > 10 or any(each.isspace() or ord(each) < 32 for each in text):
        raise ValueError(f"expected {SYMBOL}")
    return text


def read_picture(value: object, info: ValidationInfo) -> Path:
    path = read_readable_path(value, info)
    if path.suffix.lower() not in PICTURES:
        raise ValueError(f"expected {PICTURE}")
    return path


class Level(Section):
    """A level of the scale. Without any there are five, from very dissatisfied to very satisfied; with some, there are these alone."""

    name: Annotated[dict[str, str], PlainValidator(read_names), Kind(NAME)]
    """What it is called."""
    symbol: Annotated[str, PlainValidator(read_symbol), Kind(SYMBOL)] | None = None
    """What stands beside the name; the default is the score."""
    score: Annotated[int, Field(ge=0, le=1000)]
    """What it counts: the more, the better. Ratings are kept by it."""
    status: StatusName | None = None
    """The status that the ticket gets; without it the ticket stays as it is."""
    active: bool = True
    """Whether it can be chosen. Switch a level off rather than delete it: old ratings need it for their name."""

    @property
    def shown_symbol(self) -> str:
        return self.symbol or str(self.score)


class Satisfaction(Section):
    """The scale that the letter on a resolved ticket carries, and the page behind its links."""

    logo: Annotated[Path, PlainValidator(read_picture), Kind(PICTURE)] | None = None
    """The company's picture on the page."""
    days: Annotated[int, Field(ge=1, le=3650)] = 30
    """For how many days after the letter its links can be used."""
    replace_days: Annotated[int, Field(ge=0, le=3650)] = 30
    """For how many days after a rating another one takes its place."""
    level: tuple[Level, ...] = ()
    """The levels."""
