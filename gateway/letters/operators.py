"""Templates that an operator keeps in a directory: `LANG/NAME.txt`, `LANG/NAME.html`, and `LANG/NAME.AUDIENCE.txt` for one audience alone.

Reading the directory is `gateway.app.templates`'s.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Self, get_args

from gateway.domain.organisation import Language
from gateway.letters.facts import Audience
from gateway.letters.faults import Fault
from gateway.mail.charsets import clean

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
FILE: Final = re.compile(rf"({'|'.join(LANGUAGES)})/([\w-]{{1,64}})(?:\.({'|'.join(get_args(Audience))}))?\.(txt|html)")
SUBJECT: Final = "Subject:"

Form = Literal["txt", "html"]

UNKNOWN_FILE: Final = (
    f"not the name of a template: LANG/NAME.txt or LANG/NAME.html is, with one of {', '.join(LANGUAGES)} for LANG, and letters, digits, "
    "- and _ in NAME"
)


@dataclass(frozen=True, slots=True)
class Source:
    """The template of one letter. Either of `text` and `html` is there; the files as in `Fault`."""

    language: Language
    stem: str
    text: str | None
    html: str | None

    @property
    def text_file(self) -> str:
        return f"{self.stem}.txt"

    @property
    def html_file(self) -> str:
        return f"{self.stem}.html"


@dataclass(frozen=True, slots=True)
class Templates:
    """`files`: path under the directory, and source with LF line ends. `unread`: what could not be read of the directory."""

    files: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[Fault, ...] = ()

    @classmethod
    def from_files(cls, files: Mapping[str, str], unread: tuple[Fault, ...] = ()) -> Self:
        """Files of any name: those that cannot be a template are faults."""
        known = {path: plain(source) for path, source in files.items() if FILE.fullmatch(path)}
        strange = tuple(Fault(path, 0, "", UNKNOWN_FILE) for path in sorted(files) if path not in known)
        return cls(known, (*unread, *strange))

    def find(self, name: str, audience: Audience, *languages: Language) -> Source | None:
        """In the first of the languages that has it: the audience's own, else everyone's. Participants are clients where they have none."""
        for language in languages:
            for stem in stems(name, audience):
                path = f"{language}/{stem}"
                text, html = self.files.get(f"{path}.txt"), self.files.get(f"{path}.html")
                if text is not None or html is not None:
                    return Source(language, path, text, html)
        return None

    def has(self, name: str) -> bool:
        return name in self.names()

    def names(self) -> frozenset[str]:
        return frozenset(name_of(each) for each in self.files)


def stems(name: str, audience: Audience) -> Iterator[str]:
    yield f"{name}.{audience}"
    if audience == "participant":
        yield f"{name}.client"
    yield name


def name_of(path: str) -> str:
    """`ru/resolved.staff.txt` → `resolved`."""
    found = FILE.fullmatch(path)
    assert found is not None
    return found[2]


def form_of(path: str) -> Form:
    return "html" if path.endswith(".html") else "txt"


def plain(source: str) -> str:
    return clean(source.removeprefix("\ufeff")).replace("\r\n", "\n").replace("\r", "\n")


NONE: Final = Templates()
