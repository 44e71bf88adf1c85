"""What every section's model shares."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo


class Section(BaseModel):
    """One table of the file. A key's meaning is the docstring under it, which docs/configuration.md repeats."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, serialize_by_alias=True)

    @classmethod
    def file_keys(cls) -> dict[str, FieldInfo]:
        """By the names that they have in the file, which may be words of Python's."""
        return {field.alias or name: field for name, field in cls.model_fields.items()}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What values of the file may refer to: its directory, the secrets behind `env:` and `file:`, other files.

    `read_secret` takes the whole reference. It and `check_readable` raise ValueError with a sentence.
    """

    base: Path
    read_secret: Callable[[str], str]
    check_readable: Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value is described to people, "expected …"; put among a type's annotations. A `secret` is never shown.

    `show` turns a value back into what the file would have.
    """

    text: str
    secret: bool = False
    show: Callable[[Any], str] = str


def section_of(annotation: Any) -> type[Section] | None:
    """The model behind a section's annotation: `Desk`, or the element of `tuple[Gateway, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((found for each in get_args(annotation) if (found := section_of(each)) is not None), None)
