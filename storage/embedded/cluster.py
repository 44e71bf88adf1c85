"""PostgreSQL's data directory: made, checked and made ready for a start. Called while the start lock is held and no server lives."""

import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from storage.embedded.account import Account, first_unreachable, name_of, run_as
from storage.embedded.errors import EmbeddedError
from storage.embedded.installation import Installation
from storage.embedded.layout import NAME, Layout
from storage.embedded.processes import works_in

# For a small box with one busy program on it. `log_*`: statements and key values are people's words and addresses, and stay out of the log.
SETTINGS: Mapping[str, str] = {
    # A crash is ours to mend: a startup process that dies while PostgreSQL mends it by itself leaves PostgreSQL 18 in recovery for ever.
    "restart_after_crash": "off",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "effective_cache_size": "512MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "wal_compression": "on",
    "max_wal_size": "512MB",
    "checkpoint_timeout": "10min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}

OPERATORS_FILE = """\
# Your own settings go below the include and win over Deskgate's. Where it listens is not to be changed.
include 'deskgate.conf'
"""

# Who reaches the socket is decided by its directory, which only the server's user and root may enter.
CLIENTS_FILE = "local all all trust\nlocal replication all trust\n"


UNFINISHED = "cluster.new."


def make_home(layout: Layout, account: Account) -> None:
    """The directories that every user of the server needs. A server of another user must be able to pass through to its data."""
    try:
        layout.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        layout.home.mkdir(exist_ok=True, mode=0o700)
        if not account.is_ours:
            for ours in (layout.data_dir, layout.home):
                _let_through(ours)
    except PermissionError as error:
        raise EmbeddedError(
            f"{error.filename}: no permission to keep the database there; choose another database.data_dir or user"
        ) from error
    if not account.is_ours:
        _check_passage(layout, account)


def _let_through(directory: Path) -> None:
    """Others may pass, not look: only on directories that are ours, never on their parents."""
    mode = stat.S_IMODE(directory.stat().st_mode)
    if not mode & stat.S_IXOTH:
        directory.chmod(mode | stat.S_IXOTH)


def _check_passage(layout: Layout, account: Account) -> None:
    if blocked := first_unreachable(account, [*reversed(layout.home.parents), layout.home]):
        raise EmbeddedError(
            f"{blocked}: PostgreSQL does not run as root, so it runs as {account.name}, who may not pass through this directory to"
            f" {layout.home}. Put database.data_dir elsewhere (/var/lib/deskgate), or `chmod o+x {blocked}`, or run Deskgate as an"
            " ordinary user"
        )


def prepare(layout: Layout, installation: Installation, account: Account, *, durable: bool) -> None:
    """Leaves a cluster of this very version, settings written, without the traces of a dead server."""
    if not layout.cluster.exists():
        _create(layout, installation, account, durable=durable)
    _check_version(layout, installation)
    _check_owner(layout, account)
    _clear_traces(layout)
    _make_socket_directory(layout.sockets, account)
    managed = "".join(f"{name} = '{value}'\n" for name, value in SETTINGS.items())
    _place(layout, account, "deskgate.conf", "# Written by Deskgate at every start: change postgresql.conf instead.\n" + managed)


def _create(layout: Layout, installation: Installation, account: Account, *, durable: bool) -> None:
    """Under another name until it is whole, so that a start that was cut short leaves nothing that looks like data.

    The name is a new one each time: the initdb of a killed process may still be at work on the last.
    """
    for left in layout.home.glob(f"{UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)
    unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=layout.home))
    os.chown(unfinished, account.uid, account.gid)
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"] if installation.major >= 17 else ["--locale=C.UTF-8"]
    options = ["--encoding=UTF8", *locale, "--data-checksums", "--auth=trust", f"--username={NAME}"]
    _succeed(account, [installation.program("initdb"), "-D", unfinished, *options, *([] if durable else ["--no-sync"])])
    for name, text in (("postgresql.conf", OPERATORS_FILE), ("deskgate.conf", ""), ("pg_hba.conf", CLIENTS_FILE)):
        _place(layout, account, name, text, cluster=unfinished)
    _succeed(account, [installation.program("postgres"), "--single", "-D", unfinished, "template1"], text=f'CREATE DATABASE "{NAME}"\n')
    unfinished.rename(layout.cluster)
    _flush(layout.home)


def _succeed(account: Account, command: list[str | Path], *, text: str = "") -> None:
    done = run_as(account, command, text=text)
    # A single-user server exits with 0 though its statement failed.
    if done.returncode or "ERROR:" in done.stdout or "FATAL:" in done.stdout:
        raise EmbeddedError(f"{command[0]} could not make a database as {account.name}: {done.stdout.strip()[-1500:]}")


def _place(layout: Layout, account: Account, name: str, text: str, *, cluster: Path | None = None) -> None:
    """Written in our directory and renamed into the server's: as root, nothing is written through names that another user controls."""
    draft = layout.home / f"{name}.new"
    draft.write_text(text)
    draft.chmod(0o600)
    os.chown(draft, account.uid, account.gid)
    draft.rename((cluster or layout.cluster) / name)


def _flush(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_version(layout: Layout, installation: Installation) -> None:
    cluster = layout.cluster
    try:
        found = (cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError as error:
        raise EmbeddedError(
            f"{cluster} is no database of PostgreSQL (it has no PG_VERSION): move it away, and an empty one is made"
        ) from error
    if found != str(installation.major):
        ours = installation.prefix / "bin"
        raise EmbeddedError(
            f"{cluster} holds data of PostgreSQL {found}, and this is PostgreSQL {installation.major} ({ours}). Nothing was changed."
            f" To bring it over, dump it with the programs of PostgreSQL {found} as the owner of the data:"
            f" `pg_ctl -D {cluster} -w -o \"-c listen_addresses='' -k /tmp\" start`,"
            f" `pg_dump -h /tmp -U {NAME} -Fc -f deskgate.dump {NAME}`, `pg_ctl -D {cluster} stop`; move {cluster} away;"
            " run `deskgate migrate`, which makes an empty one, and while `deskgate serve --role web` keeps it up restore with"
            f" `{ours}/psql -h {layout.sockets} -U {NAME} -c 'DROP SCHEMA public CASCADE' -c 'CREATE SCHEMA public' {NAME}` and"
            f" `{ours}/pg_restore -h {layout.sockets} -U {NAME} -d {NAME} --exit-on-error --single-transaction deskgate.dump`"
        )


def _check_owner(layout: Layout, account: Account) -> None:
    owner = layout.cluster.stat().st_uid
    if owner != account.uid:
        raise EmbeddedError(
            f"{layout.cluster} belongs to {name_of(owner)}, but the server is to run as {account.name}:"
            f" `chown -R {account.name} {layout.cluster}`"
        )


def _clear_traces(layout: Layout) -> None:
    """A pid file whose number another process has by now stops PostgreSQL from starting (containers reuse numbers all the time)."""
    pid_file = layout.cluster / "postmaster.pid"
    try:
        first = pid_file.read_text().split("\n", 1)[0].strip()
    except FileNotFoundError:
        pass
    else:
        if first.isdecimal() and works_in(int(first), layout.cluster):
            raise EmbeddedError(
                f"{layout.cluster}: a PostgreSQL that Deskgate did not start runs on this data (process {first}): stop it with"
                f" `pg_ctl -D {layout.cluster} stop`"
            )
        pid_file.unlink()
    for name in (layout.socket, layout.socket.with_name(layout.socket.name + ".lock")):
        name.unlink(missing_ok=True)


def _make_socket_directory(directory: Path, account: Account) -> None:
    """Private to the server's user. In /tmp somebody else may have been there first with that name: then it is not ours to use."""
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        found = os.fstat(descriptor)
        if found.st_uid not in (account.uid, os.geteuid()) or stat.S_IMODE(found.st_mode) & 0o077:
            raise EmbeddedError(
                f"{directory} must belong to {account.name} and be closed to everybody else: remove it, or choose a shorter"
                " database.data_dir"
            )
        os.fchown(descriptor, account.uid, account.gid)
    finally:
        os.close(descriptor)
