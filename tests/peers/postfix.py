"""A real Postfix on loopback, with directories of its own: the server of an outside company, whose mailboxes forward to us or do not.

It takes mail for `outside.test` alone. What a mailbox does is in `ALIASES`; forwarding by rules is a mailbox program's, to which it hands
`rules.test` over.
"""

import contextlib
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.peers.ports import free_ports

START_SECONDS = 20.0
PROGRAMS = "/usr/sbin:/usr/local/sbin"

MAIN = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
default_privs = nobody
maillog_file = {root}/log/mail.log
maillog_file_prefixes = {root}
multi_instance_name = postfix-deskgate-tests
syslog_name = postfix
myhostname = mail.outside.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
local_recipient_maps =
alias_maps =
relay_domains = srs.test, rules.test, desk.test, staff.test, client.test
virtual_alias_domains = outside.test
virtual_alias_maps = texthash:{root}/aliases
transport_maps = texthash:{root}/transport
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access texthash:{root}/access, permit
smtp_host_lookup = native
smtp_tls_security_level = none
disable_dns_lookups = yes
smtputf8_enable = no
queue_run_delay = 5s
minimal_backoff_time = 5s
smtpd_peername_lookup = no
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{srs} inet n - n - - smtpd -o cleanup_service_name=cleanup-srs
cleanup unix n - n - 0 cleanup
cleanup-srs unix n - n - 0 cleanup
  -o virtual_alias_maps=texthash:{root}/srs-aliases
  -o sender_canonical_maps=regexp:{root}/srs
  -o sender_canonical_classes=envelope_sender
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
ALIASES = """
redirect@outside.test support@desk.test
srs@outside.test in@srs.test
silent@outside.test nobody@sink.test
gone@outside.test nobody@gone.test
forward@outside.test forward@rules.test
lost@outside.test lost@rules.test
late@outside.test late@rules.test
sealed@outside.test sealed@rules.test
"""
SRS_ALIASES = "in@srs.test support@desk.test\n"
# As postsrsd writes it, with a hash and a day that nobody looks at here.
SRS = "/^([^@]+)@(desk\\.test)$/ SRS0=tEsT=XX=$2=$1@outside.test\n"
TRANSPORT = """
desk.test smtp:[127.0.0.1]:{desk}
bounce.test smtp:[127.0.0.1]:{desk}
srs.test smtp:[127.0.0.1]:{srs}
rules.test smtp:[127.0.0.1]:{rules}
staff.test smtp:[127.0.0.1]:{rules}
client.test smtp:[127.0.0.1]:{rules}
sink.test discard:
gone.test error:5.1.1 the mailbox that this one forwards to has moved away
"""
ACCESS = """
refused@outside.test 550 5.7.1 this mailbox takes mail of its own company alone
grey@outside.test 450 4.7.1 Greylisted, please try again later
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    root: Path
    port: int

    @property
    def url(self) -> str:
        return f"127.0.0.1:{self.port}"

    def log(self) -> str:
        try:
            return (self.root / "log" / "mail.log").read_text("utf-8", "replace")
        except FileNotFoundError:
            return ""


def installed() -> str:
    """The program. Skips the test where Postfix is not installed or cannot be run, for only root may start it; except in continuous
    integration."""
    program = shutil.which("postfix", path=os.pathsep.join((os.environ.get("PATH", ""), PROGRAMS)))
    told = "Postfix is not installed (apt-get install postfix)" if program is None else "Postfix has to be started by root"
    if program is None or os.getuid() != 0:
        assert "CI" not in os.environ, told
        pytest.skip(told)
    return program


@contextmanager
def postfix(port: int, desk: int, rules: int, more: str = "") -> Iterator[Postfix]:
    """At this port. `desk` is that of the gateway under test, `rules` that of the mailbox program; `more` are lines of main.cf."""
    program = installed()
    with tempfile.TemporaryDirectory(prefix="pf-", dir="/tmp") as made:
        root, [srs] = Path(made), free_ports(1)
        running = Postfix(root, port)
        write_files(root, Path("/usr/lib/postfix/sbin"), port=port, srs=srs, desk=desk, rules=rules)
        with (root / "main.cf").open("a") as file:
            file.write(more)
        process = subprocess.Popen([program, "-c", root, "start-fg"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            wait_until_it_answers(running, process)
            yield running
        finally:
            stop_master(root)
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=10)
            process.kill()
            process.wait()


def stop_master(root: Path) -> None:
    """The master has a session of its own, so what started it does not take it along."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
        master = int((root / "queue" / "pid" / "master.pid").read_text())
        os.kill(master, signal.SIGTERM)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            os.kill(master, 0)
            time.sleep(0.02)
        os.killpg(master, signal.SIGKILL)


def write_files(root: Path, daemons: Path, **ports: int) -> None:
    root.chmod(0o755)
    for name, content in {
        "main.cf": MAIN.format(root=root, daemons=daemons),
        "master.cf": MASTER.format(root=root, **ports),
        "aliases": ALIASES,
        "srs-aliases": SRS_ALIASES,
        "srs": SRS,
        "transport": TRANSPORT.format(**ports),
        "access": ACCESS,
    }.items():
        (root / name).write_text(content)
        (root / name).chmod(0o644)
    owner, dropped = pwd.getpwnam("postfix"), grp.getgrnam("postdrop")
    for name in ("queue", "data", "log"):
        (root / name).mkdir(mode=0o755)
    os.chown(root / "data", owner.pw_uid, owner.pw_gid)
    # As `postfix set-permissions` has them.
    for name in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"):
        (root / "queue" / name).mkdir(mode=0o700)
        os.chown(root / "queue" / name, owner.pw_uid, owner.pw_gid)
    for name, mode in (("maildrop", 0o730), ("public", 0o710)):
        (root / "queue" / name).mkdir()
        os.chown(root / "queue" / name, owner.pw_uid, dropped.gr_gid)
        (root / "queue" / name).chmod(mode)
    (root / "queue" / "pid").mkdir(mode=0o755)


def wait_until_it_answers(made: Postfix, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        if process.poll() is not None:
            raise AssertionError(f"Postfix ended: {process.communicate()[1].decode('utf-8', 'replace')}{made.log()}")
        try:
            with socket.create_connection(("127.0.0.1", made.port), timeout=5) as connection:
                if connection.recv(1):
                    return
        except OSError:
            assert time.monotonic() < deadline, made.log()
            time.sleep(0.05)
