"""The operator's own letter templates, off the disk: at the start, at SIGHUP and for `deskgate check`.

What renders them is imported where there are any: most desks have none, and every command comes by here.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from gateway.domain.organisation import Organisation
from gateway.letters.built_in import built_in
from gateway.letters.faults import Fault
from gateway.letters.operators import NONE, Templates

MOST_FILES: Final = 2000
ENDINGS: Final = (".txt", ".html")


def read_templates(directory: Path) -> Templates:
    """What cannot be read is a fault of the templates, which `faults_of` tells."""
    try:
        found = sorted(candidates(directory))
    except OSError as error:
        return Templates(unread=(Fault(str(directory), 0, "", f"the directory of templates cannot be read: {error.strerror}"),))
    if len(found) > MOST_FILES:
        return Templates(unread=(Fault(str(directory), 0, "", f"it has more than {MOST_FILES:,} templates"),))
    files: dict[str, str] = {}
    unread: list[Fault] = []
    for path in found:
        name = path.relative_to(directory).as_posix()
        source = read(path, name)
        if isinstance(source, Fault):
            unread.append(source)
        else:
            files[name] = source
    return Templates.from_files(files, tuple(unread))


def equipped(organisation: Organisation) -> Organisation:
    """With what stands in its directory of templates now."""
    if organisation.templates is None:
        return organisation
    found = read_templates(Path(organisation.templates))
    return replace(organisation, template_files=tuple(sorted(found.files.items())))


def templates_now(organisation: Organisation) -> Templates:
    """What stands in its directory, checked or not: for previews."""
    return read_templates(Path(organisation.templates)) if organisation.templates is not None else NONE


def candidates(directory: Path) -> Iterator[Path]:
    """`LANG/NAME.txt` and `.html`; and, so that it is not left aside in silence, an event's template that stands beside the languages."""
    events = built_in().names()
    for each in directory.iterdir():
        if each.name.startswith("."):
            continue
        if each.is_dir():
            yield from (inner for inner in each.iterdir() if inner.suffix in ENDINGS and not inner.name.startswith(".") and inner.is_file())
        elif each.suffix in ENDINGS and each.name.partition(".")[0] in events:
            yield each


def read(path: Path, name: str) -> str | Fault:
    from gateway.letters.sandbox import LONGEST_SOURCE

    try:
        with path.open("rb") as file:
            # A character is four bytes at most; what is longer, the sandbox refuses by its length.
            return file.read(4 * LONGEST_SOURCE + 4).decode()
    except UnicodeDecodeError as error:
        return Fault(name, error.object.count(b"\n", 0, error.start) + 1, "", "it is not UTF-8 text: save it in that encoding")
    except OSError as error:
        return Fault(name, 0, "", f"it cannot be read: {error.strerror}")
