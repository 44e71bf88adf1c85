"""A real Dovecot on loopback, run without privileges in a directory of its own: IMAP and POP3, in the clear, by STARTTLS and by TLS.

Every user exists, with the password `PASSWORD`; access tokens are JSON Web Tokens that `token` signs. Tests write mail into Maildirs.
"""

import base64
import contextlib
import hashlib
import hmac
import imaplib
import json
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
from itertools import count
from pathlib import Path

import pytest

from tests.peers.certificates import self_signed
from tests.peers.ports import free_ports

PASSWORD = "open-sesame"
KEY = b"a key that only tests and their Dovecot know"
PORTS = ("imap", "imaps", "pop3", "pop3s")
NOBODY = 65534
START_SECONDS = 20.0

CONFIG = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
protocols = imap pop3
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
ssl = yes
ssl_cert = <{root}/certificate.pem
ssl_key = <{root}/certificate.pem
disable_plaintext_auth = no
auth_mechanisms = plain xoauth2
auth_failure_delay = 0
mail_location = maildir:{root}/mail/%u
mail_max_userip_connections = 50
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {root}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={root}/home/%u
}}
namespace inbox {{
  inbox = yes
  separator = .
}}
service anvil {{
  chroot =
  # Without this, who fails to log in waits longer each time.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
"""
OAUTH2 = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={root}/keys/
username_attribute = sub
"""

numbers = count(1)


@dataclass(frozen=True, slots=True)
class Dovecot:
    """`ports` by protocol; `ca` verifies the certificate."""

    root: Path
    ports: dict[str, int]

    @property
    def ca(self) -> Path:
        return self.root / "ca.pem"

    def maildir(self, user: str, folder: str = "") -> Path:
        """The directory of a folder as Maildir++ names it; made where it is missing."""
        made = self.root / "mail" / user / (f".{folder}" if folder else "")
        for each in ("new", "cur", "tmp"):
            (made / each).mkdir(parents=True, exist_ok=True)
            (made / each).chmod(0o777)
        for directory in (made, self.root / "mail" / user):
            directory.chmod(0o777)
        return made

    def deliver(self, user: str, *messages: bytes, folder: str = "") -> None:
        """As a delivery agent does it: complete at once."""
        directory = self.maildir(user, folder)
        for each in messages:
            name = f"{time.time():.0f}.{next(numbers):06d}.tests"
            (directory / "tmp" / name).write_bytes(each)
            (directory / "tmp" / name).chmod(0o666)
            (directory / "tmp" / name).rename(directory / "new" / name)

    @contextmanager
    def session(self, user: str, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """Another mail program of the user's. `folder` is as IMAP encodes it."""
        with imaplib.IMAP4("127.0.0.1", self.ports["imap"], timeout=20) as client:
            client.login(user, PASSWORD)
            client.select(f'"{folder}"')
            yield client

    def flags(self, user: str, folder: str = "INBOX") -> list[str]:
        """Of each message, in order, as one string."""
        with self.session(user, folder) as client:
            found = client.uid("FETCH", "1:*", "(FLAGS)")[1]
        return [
            each.decode().partition("FLAGS (")[2].partition(")")[0].replace("\\Recent", "").strip()
            for each in found
            if isinstance(each, bytes)
        ]

    def log(self) -> str:
        return (self.root / "log").read_text("utf-8", "replace")


def token(user: str, *, lifetime: float = 3600) -> str:
    """An access token for this user (RFC 7519), signed with the key that Dovecot was given."""
    now = time.time()
    parts = (
        {"alg": "HS256", "typ": "JWT", "kid": "default"},
        {"sub": user, "iat": int(now - 10), "exp": int(now + lifetime), "iss": "tests"},
    )
    signed = ".".join(_base64(json.dumps(each).encode()) for each in parts)
    return f"{signed}.{_base64(hmac.new(KEY, signed.encode(), hashlib.sha256).digest())}"


@contextmanager
def dovecot() -> Iterator[Dovecot]:
    """Skips the test where Dovecot is not installed, except in continuous integration, which installs it."""
    program = shutil.which("dovecot", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))
    if program is None:
        told = "Dovecot is not installed: apt-get install dovecot-imapd dovecot-pop3d"
        assert "CI" not in os.environ, told
        pytest.skip(told)
    # Paths of sockets have a hundred octets.
    with tempfile.TemporaryDirectory(prefix="dc-", dir="/tmp") as made:
        root = Path(made)
        running = Dovecot(root, dict(zip(PORTS, free_ports(len(PORTS)), strict=True)))
        uid = NOBODY if os.getuid() == 0 else os.getuid()
        write_files(running, uid)
        own = {"user": uid, "group": pwd.getpwuid(uid).pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
        process = subprocess.Popen([program, "-F", "-c", root / "dovecot.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, **own)  # type: ignore[call-overload]
        try:
            wait_until_it_answers(running, process)
            yield running
        finally:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


def write_files(made: Dovecot, uid: int) -> None:
    root, user = made.root, pwd.getpwuid(uid)
    group = str(user.pw_gid)
    certificate = self_signed(root / "certificate.pem", "127.0.0.1")
    pem = certificate.read_bytes()
    made.ca.write_bytes(pem[pem.index(b"-----BEGIN CERTIFICATE") :])
    key = root / "keys" / "default" / "HS256" / "default"
    key.parent.mkdir(parents=True)
    key.write_text(base64.b64encode(KEY).decode())
    (root / "oauth2.conf").write_text(OAUTH2.format(root=root))
    import grp

    names = {"user": user.pw_name, "group": grp.getgrgid(user.pw_gid).gr_name}
    (root / "dovecot.conf").write_text(CONFIG.format(root=root, password=PASSWORD, **names, **made.ports))
    for name in ("run", "state", "mail", "home"):
        (root / name).mkdir()
    if os.getuid() == 0:
        for path in (root, *root.rglob("*")):
            os.chown(path, uid, int(group))
    root.chmod(0o755)
    (root / "mail").chmod(0o777)


def wait_until_it_answers(made: Dovecot, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    for port in made.ports.values():
        while True:
            assert process.poll() is None, f"Dovecot ended: {made.log()}"
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                    if port in (made.ports["imaps"], made.ports["pop3s"]) or connection.recv(1):
                        break
            except OSError:
                assert time.monotonic() < deadline, made.log()
                time.sleep(0.05)


def _base64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")
