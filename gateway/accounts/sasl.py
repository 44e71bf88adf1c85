"""What is said to log in: PLAIN (RFC 4616) and XOAUTH2, and where access tokens come from. Nothing here is ever logged."""

import asyncio
import contextlib
import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Final

from gateway.domain.login import Login

TOKEN_SECONDS: Final = 30.0
LONGEST_TOKEN: Final = 64 * 1024


class AccountError(Exception):
    """We cannot say who we are, or the server does not prove who it is; the text is for operators and holds no secret."""


def plain(user: str, password: str) -> bytes:
    return b64encode(f"\0{user}\0{password}".encode())


def xoauth2(user: str, token: str) -> bytes:
    """As Google and Microsoft define it; control-A ends the fields."""
    return b64encode(f"user={user}\x01auth=Bearer {token}\x01\x01".encode())


def refusal(challenge: bytes) -> str:
    """What a server says in JSON of a token that it refuses, before the refusal proper; `""` where it says nothing."""
    try:
        said = json.loads(b64decode(challenge, validate=True))
        return f"status {said['status']}"
    except (ValueError, TypeError, KeyError):
        return ""


def without_secrets(text: str, user: str, secret: str) -> str:
    """Servers repeat what they were told; here it goes into a log."""
    for each in (secret, plain(user, secret).decode(), xoauth2(user, secret).decode()):
        text = text.replace(each, "…")
    return text


async def secret_of(login: Login) -> str:
    """The password, or an access token that is valid now. Raises AccountError where there is none."""
    if login.token_file is not None:
        return await asyncio.to_thread(_read_token, Path(login.token_file))
    if login.token_command:
        return await _ask(login.token_command)
    assert login.password is not None, "the configuration is checked"
    return login.password


def _read_token(path: Path) -> str:
    try:
        with path.open("rb") as file:
            found = file.read(LONGEST_TOKEN + 1)
    except OSError as error:
        raise AccountError(f"the access token in {path} cannot be read: {error.strerror}") from None
    return _token(found, str(path))


async def _ask(command: tuple[str, ...]) -> str:
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
    except OSError as error:
        raise AccountError(f"token_command {command[0]} cannot be run: {error.strerror}") from None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(TOKEN_SECONDS):
            found = await _first_octets(process.stdout)
            status = await process.wait()
    except TimeoutError:
        raise AccountError(f"token_command {command[0]} took longer than {TOKEN_SECONDS:.0f} s") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    if status != 0:
        raise AccountError(f"token_command {command[0]} ended with status {status}")
    return _token(found, command[0])


async def _first_octets(stream: asyncio.StreamReader) -> bytes:
    found = b""
    while len(found) <= LONGEST_TOKEN and (piece := await stream.read(LONGEST_TOKEN)):
        found += piece
    return found


def _token(found: bytes, source: str) -> str:
    try:
        token = found.decode("ascii").strip()
    except UnicodeDecodeError:
        token = ""
    if not token or len(found) > LONGEST_TOKEN or not token.isprintable():
        raise AccountError(f"expected an access token from {source}: one line of ASCII")
    return token
