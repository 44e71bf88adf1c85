"""docs/configuration.md, written from the models: `python -m gateway.config.reference docs/configuration.md [--check]`."""

import ast
import sys
from collections.abc import Iterator, Mapping
from inspect import cleandoc, getsource
from itertools import pairwise
from pathlib import Path
from typing import Final, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from gateway.config.describe import describe_default, describe_field
from gateway.config.load import SECRET_FILE, VARIABLE
from gateway.config.section import Section, section_of
from gateway.config.settings import Settings

INTRODUCTION: Final = f"""\
<!-- Written by `python -m gateway.config.reference`; change the models in gateway/config/ instead. -->

# Configuration

One TOML file holds everything. It is the file that `--config` names, else the one that `${VARIABLE}` names, else `./config.toml`,
else (with a notice) the example that Deskgate brings along, `config.example.toml`. That example explains every key where it stands;
this page lists them all.

- **Every key has a default**, but addresses and, with a PostgreSQL server of yours, `desk.secret`. The smallest file is one
  `[[gateway]]` with its `address`.
- **Secrets** may stand elsewhere: `"env:NAME"` is the value of an environment variable, `"file:PATH"` the content of a file, without
  the line break at its end. They are never shown, in faults neither.
- **Paths** are relative to the directory of the file. Those of the built-in example start from the current directory.
- **Sizes** are bytes, or strings such as `"50 MiB"` (KiB, MiB, GiB are powers of 1024; kB, MB, GB of 1000).
- **Reloading**: SIGHUP makes a running service read the file anew. A file with faults changes nothing.
- **Checking**: `deskgate check` names every fault at once, with its line, its path, its value and what was expected. Unknown keys
  are faults. Tables of one name are counted from 0: `gateway[2].address` is the address of the third `[[gateway]]`.
- **The generated secret**: with the embedded database and no `desk.secret`, one is generated on first use and kept in
  `data_dir/{SECRET_FILE}`, which only its owner may read. Back it up: without it, answers to earlier notifications are held.
  When you move to a server of yours, `secret = "file:data/{SECRET_FILE}"` goes on with it.
"""


def reference() -> str:
    """The whole page."""
    return "\n".join((INTRODUCTION, *_sections(Settings, "")))


def _sections(model: type[Section], prefix: str) -> Iterator[str]:
    for name, field in model.file_keys().items():
        section = section_of(field.annotation)
        if section not in (None, model):
            yield from _section(section, f"{prefix}{name}", is_list=get_origin(field.annotation) is tuple)


def _section(model: type[Section], path: str, *, is_list: bool) -> Iterator[str]:
    yield f"## `[[{path}]]`\n" if is_list else f"## `[{path}]`\n"
    yield f"{cleandoc(model.__doc__ or '')}\n"
    yield "| key | takes | default | |"
    yield "|---|---|---|---|"
    meanings = meanings_of(model)
    for name, field in model.file_keys().items():
        if section_of(field.annotation) in (None, model):
            yield f"| `{name}` | {_cell(describe_field(field))} | {_default(field)} | {_cell(meanings.get(name, ''))} |"
    yield ""
    yield from _sections(model, f"{path}.")


def meanings_of(model: type[Section]) -> Mapping[str, str]:
    """By key, the docstring under it. Read here and not by pydantic, which would go through every model's source at every start."""
    meanings: dict[str, str] = {}
    for each in reversed([above for above in model.__mro__ if issubclass(above, Section)]):
        [definition] = ast.parse(getsource(each)).body
        assert isinstance(definition, ast.ClassDef)
        for key, below in pairwise(definition.body):
            match key, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(meaning))):
                    field = each.model_fields.get(name)
                    meanings[field.alias or name if field is not None else name] = cleandoc(meaning)
    return meanings


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "required"
    return "" if field.default is None else f"`{_cell(describe_default(field))}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main(arguments: list[str]) -> int:
    path, check = Path(arguments[0]), "--check" in arguments[1:]
    page = reference()
    if not check:
        path.write_text(page)
    elif not path.exists() or path.read_text() != page:
        sys.stderr.write(f"{path} is stale: run `python -m gateway.config.reference {path}`\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
