"""Finds the configuration and reads it. All I/O of this room is here.

The built-in example stands at the root of the source tree, beside this package: it is there in an editable install and where the tree is
copied as a whole, which are the two ways to install Deskgate.
"""

import hashlib
import hmac
import os
import re
import secrets
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from gateway.config.certificate import CertificateError, server_context
from gateway.config.examine import examine
from gateway.config.faults import ConfigurationError, Fault
from gateway.config.lines import Lines
from gateway.config.section import Surroundings
from gateway.config.settings import Settings
from gateway.domain.notifications import NOTIFIED

EXAMPLE: Final = Path(__file__).resolve().parents[2] / "config.example.toml"
VARIABLE: Final = "DESKGATE_CONFIG"
SECRET_FILE: Final = "desk.secret"
LARGEST_SECRET: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Found:
    """The file to read, and the directory that its relative paths start from. `notice` is for stderr, where the file is none of yours."""

    path: Path
    base: Path
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A checked configuration. `fingerprint` changes with any value, secrets included, and tells nothing of them. `written` is what the
    file says, secrets in the clear where they stand in it."""

    settings: Settings
    warnings: tuple[str, ...]
    fingerprint: str
    written: Mapping[str, Any] = field(default_factory=dict, repr=False)


def find_config(explicit: str | None = None) -> Found:
    """`explicit` (--config), else $DESKGATE_CONFIG, else ./config.toml, else the built-in example.

    A file that was named need not exist: `load` says so.
    """
    named = explicit or os.environ.get(VARIABLE)
    if named:
        return at(Path(named))
    local = Path("config.toml")
    if local.exists():
        return at(local)
    notice = f"no --config, no ${VARIABLE}, no ./config.toml: using the built-in example, {EXAMPLE}, with its data in {Path.cwd()}"
    return Found(EXAMPLE, Path.cwd(), notice)


def at(path: Path) -> Found:
    return Found(path, path.absolute().parent)


def load(source: Found | Path, *, leave_no_trace: bool = False) -> Loaded:
    """Reads and checks the file; raises ConfigurationError with every fault.

    With the embedded database a `desk.secret` is generated where none is set, and kept in data_dir; to `leave_no_trace` it is made up for
    this process alone, which is for commands that neither write nor verify a token.
    """
    found = source if isinstance(source, Found) else at(source)
    text, document = _parse(found.path)
    examined = examine(document, Surroundings(found.base, _Secrets(found.base), _check_readable))
    settings = examined.settings
    faults = examined.faults if settings is None else (*_pair_at_fault(settings), *_templates_at_fault(settings))
    if settings is None or faults:
        raise ConfigurationError(str(found.path), _in_order_of_lines(text, faults))
    if settings.desk.secret is None:
        kept = settings.database.data_dir / SECRET_FILE
        settings = _with_secret(settings, _keep_secret(found.path, kept, leave_no_trace=leave_no_trace))
    return Loaded(settings, tuple(map(str, _in_order_of_lines(text, examined.warnings))), fingerprint(settings), document)


def fingerprint(settings: Settings) -> str:
    # Keyed by the secret, so that the log's readers cannot try out passwords against it.
    assert settings.desk.secret is not None
    return hmac.new(settings.desk.secret.get_secret_value().encode(), settings.dump(), hashlib.sha256).hexdigest()[:16]


def _parse(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_bytes().decode()
        return text, tomllib.loads(text)
    except OSError as error:
        fault = Fault((), None, f"cannot be read: {error.strerror}; name a file with --config or ${VARIABLE}")
    except UnicodeDecodeError as error:
        fault = Fault((), None, f"expected UTF-8; byte {error.start + 1} is none")
    except tomllib.TOMLDecodeError as error:
        fault = _syntax_fault(str(error))
    raise ConfigurationError(str(path), (fault,))


def _syntax_fault(message: str) -> Fault:
    """`Expected '=' (at line 3, column 9)` → `line 3: this is not TOML, at column 9: expected '='`."""
    what, _, where = message.partition(" (at ")
    place = re.fullmatch(r"line (\d+), (column \d+)\)", where)
    told, line = (f"at {place[2]}", int(place[1])) if place else ("at its end", None)
    return Fault((), None, f"this is not TOML, {told}: {what[:1].lower()}{what[1:]}", line)


def _in_order_of_lines(text: str, faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """As one goes through the file to put them right; what the file does not have comes last."""
    if not faults:
        return ()
    lines = Lines(text)
    placed = (replace(fault, line=lines.of(fault.location)) for fault in faults)
    return tuple(sorted(placed, key=lambda fault: (fault.line is None, fault.line, fault.path)))


class _Secrets:
    """Reads what `env:NAME` and `file:PATH` refer to."""

    def __init__(self, base: Path) -> None:
        self.base = base

    def __call__(self, reference: str) -> str:
        way, _, name = reference.partition(":")
        return self.of_environment(name) if way == "env" else self.of_file(self.base / name)

    def of_environment(self, name: str) -> str:
        value = os.environ.get(name)
        if not value:
            raise ValueError(f"expected a value in the environment variable {name}, which is {'not set' if value is None else 'empty'}")
        return value

    def of_file(self, path: Path) -> str:
        try:
            with path.open("rb") as file:
                raw = file.read(LARGEST_SECRET + 1)
            text = raw.decode().strip("\r\n")
        except OSError as error:
            raise ValueError(f"expected a secret in {path}, which cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ValueError(f"expected a secret in {path}, which is not text in UTF-8") from None
        if not text or len(raw) > LARGEST_SECRET:
            raise ValueError(f"expected a secret in {path}, which is {'too large' if text else 'empty'}")
        return text


def _check_readable(path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise ValueError(f"expected a file that can be read: {error.strerror}") from None


def _pair_at_fault(settings: Settings) -> tuple[Fault, ...]:
    """A certificate and a key that do not belong together, or cannot be used."""
    tls = settings.tls
    if tls.certificate is None or tls.key is None:
        return ()

    try:
        server_context(tls.certificate, tls.key)
    except CertificateError as error:
        return (Fault(("tls", "key"), f'"{tls.key}"', str(error)),)
    return ()


def _templates_at_fault(settings: Settings) -> Iterator[Fault]:
    """A directory that cannot be read, and names that no template has. What stands in the files is not looked at."""
    directory = settings.templates.directory
    known = set(map(str, NOTIFIED))
    try:
        known |= {each.name.partition(".")[0] for each in directory.glob("*/*") if each.is_file()} if directory is not None else set()
        missing = directory is not None and not directory.is_dir()
    except OSError:
        missing = True
    if missing:
        yield Fault(("templates", "directory"), f'"{directory}"', "expected a directory that can be read")
        return
    notified = ((("notification", index, "template"), each.template) for index, each in enumerate(settings.notification))
    answered = ((("rule", index, "then", "answer"), each.then.answer) for index, each in enumerate(settings.rule))
    for location, name in (*notified, *answered):
        if name is not None and name not in known:
            where = f"{directory}/LANGUAGE/{name}.txt" if directory is not None else f"LANGUAGE/{name}.txt in templates.directory"
            yield Fault(location, f'"{name}"', f"expected the name of a template: an event's, or that of a file, {where}")


def _with_secret(settings: Settings, secret: str) -> Settings:
    return settings.model_copy(update={"desk": settings.desk.model_copy(update={"secret": SecretStr(secret)})})


def _keep_secret(source: Path, kept: Path, *, leave_no_trace: bool) -> str:
    """The secret of this data directory; made on first use, by whichever process comes first."""
    try:
        if not kept.exists():
            if leave_no_trace:
                return secrets.token_urlsafe(32)
            _create_secret(kept)
        secret = kept.read_text().strip()
    except OSError as error:
        told = f"missing, and the generated one in {kept} cannot be used: {error.strerror}; run as its owner, or set desk.secret"
        raise ConfigurationError(str(source), (Fault(("desk", "secret"), None, told),)) from error
    if len(secret) < 32:
        told = f"missing, and the generated one in {kept} is damaged; restore that file, or set desk.secret"
        raise ConfigurationError(str(source), (Fault(("desk", "secret"), None, told),))
    return secret


def _create_secret(kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    draft = kept.with_name(f".{kept.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{secrets.token_urlsafe(32)}\n")
            file.flush()
            os.fsync(file.fileno())
        # Complete or absent, and never in the place of one that another process has just made.
        os.link(draft, kept)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
