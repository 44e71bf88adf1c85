"""A gateway in a folder of its own: started as an operator would, spoken to over SMTP, its letters read from the folder they go to."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib

START_SECONDS = 60.0
WAIT_SECONDS = 30.0
LOOK_AGAIN = 0.05


class StageError(Exception):
    """The demonstration cannot go on; the text says why."""


class Stage:
    """`smtp` is where it listens; letters of `outgoing` are read once each."""

    def __init__(self, folder: Path, smtp: str) -> None:
        self.folder = folder
        self.host, _, port = smtp.rpartition(":")
        self.port = int(port)
        self._read: set[Path] = set()

    async def send(self, mail: EmailMessage, author: str, recipient: str) -> str:
        """By SMTP; returns the gateway's answer to the final dot."""
        async with aiosmtplib.SMTP(hostname=self.host, port=self.port, start_tls=False) as client:
            _, reply = await client.sendmail(author, [recipient], mail.as_bytes(policy=policy.SMTP), mail_options=["SMTPUTF8"])
        return reply

    async def letter_to(self, address: str) -> EmailMessage:
        """The next letter that went out to this address."""
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                for path in sorted((self.folder / "outgoing").glob("*.eml")):
                    letter = message_from_bytes(path.read_bytes(), policy=policy.SMTP)
                    if path not in self._read and isinstance(letter, EmailMessage) and address in str(letter["To"]):
                        self._read.add(path)
                        return letter
                await asyncio.sleep(LOOK_AGAIN)


@asynccontextmanager
async def stage(folder: Path, config: Path) -> AsyncIterator[Stage]:
    """Runs `deskgate serve`; its log goes to `deskgate.log` in the folder."""
    with (folder / "deskgate.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "serve", "--config", str(config), stdout=asyncio.subprocess.PIPE, stderr=log
        )
        try:
            yield Stage(folder, await ready(process, folder))
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


async def ready(process: asyncio.subprocess.Process, folder: Path) -> str:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            line = (await process.stdout.readline()).decode()
    except TimeoutError as error:
        raise StageError(f"the gateway was not ready within {START_SECONDS:.0f} s; its log:\n{tail(folder)}") from error
    for word in line.split():
        if word.startswith("smtp="):
            return word.removeprefix("smtp=").split(",")[0]
    raise StageError(f"the gateway did not start; its log:\n{tail(folder)}")


def tail(folder: Path, lines: int = 15) -> str:
    return "\n".join((folder / "deskgate.log").read_text("utf-8", "replace").splitlines()[-lines:])
