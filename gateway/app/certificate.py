"""The certificate of the moment: read again whenever its files change, so that a renewal needs neither restart nor signal."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

import structlog

from gateway.config.certificate import CertificateError, server_context
from gateway.config.server import Tls

log = structlog.get_logger()

LOOK_SECONDS = 3.0

_Seen = tuple[tuple[int, int, int] | None, ...]


class Certificate:
    """`context` is None without a certificate, and until there is one that can be used; then the last that could be."""

    def __init__(self, table: Tls) -> None:
        self.context: ssl.SSLContext | None = None
        self._files: tuple[Path, Path] | None = None
        self._seen: _Seen = ()
        self.configure(table)

    def configure(self, table: Tls) -> None:
        """By a configuration's files, read anew."""
        if table.certificate is None or table.key is None:
            self.context = self._files = None
        else:
            self._files = table.certificate, table.key
            self._read()

    def renew(self) -> bool:
        """Whether the files have changed and can be used. One of a pair is replaced before the other: what does not fit is tried again."""
        if self._files is None or tuple(map(_state, self._files)) == self._seen:
            return False
        return self._read()

    async def watch(self, renewed: Callable[[], None], seconds: float = LOOK_SECONDS) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(seconds)
            if self.renew():
                renewed()

    def _read(self) -> bool:
        assert self._files is not None
        # Looked at first: what changes while it is read is read once more.
        self._seen = tuple(map(_state, self._files))
        try:
            self.context = server_context(*self._files)
        except CertificateError as error:
            told = "the one before stays" if self.context is not None else "TLS is not offered"
            log.error("certificate_not_usable", certificate=str(self._files[0]), why=str(error), then=told)  # noqa: TRY400
            return False
        log.info("certificate_read", certificate=str(self._files[0]))
        return True


def _state(path: Path) -> tuple[int, int, int] | None:
    """What differs once a file has been replaced or written to; certbot replaces the target of a symbolic link."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
