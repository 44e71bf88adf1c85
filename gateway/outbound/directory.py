"""Delivery into a directory: every recipient's copy becomes an .eml file there, as a mailbox would keep it. Nothing is sent."""

import asyncio
import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gateway.outbound.delivery import Parcel
from gateway.outbound.headers import wire_address
from gateway.outbound.retry import Deferred, Delivered, Outcome


class DirectoryTransport:
    """A file's name comes from the parcel's and the recipient's, so that a second attempt writes the same file."""

    several = False

    def __init__(self, path: Path) -> None:
        self._path = path

    async def deliver(self, parcel: Parcel) -> Mapping[str, Outcome]:
        return await asyncio.to_thread(self._write_all, parcel)

    async def aclose(self) -> None:
        """Nothing is kept open."""

    def _write_all(self, parcel: Parcel) -> dict[str, Outcome]:
        return {address: self._write(parcel, address) for address in parcel.recipients}

    def _write(self, parcel: Parcel, address: str) -> Outcome:
        target = self._path / f"{parcel.name}-{_safe(address)}.eml"
        # RFC 5321 §4.4: final delivery notes the reverse-path; Delivered-To is what mailboxes add.
        trace = f"Return-Path: <{wire_address(parcel.reverse_path)}>\r\nDelivered-To: {wire_address(address)}\r\n"
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            _replace(target, trace.encode() + parcel.content)
        except OSError as error:
            return Deferred(f"{target}: {error.strerror or error}", unreachable=True)
        return Delivered(f"written to {target}")


def _replace(target: Path, content: bytes) -> None:
    """The file is there whole or not at all, and after a power cut too."""
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    _sync_directory(target.parent)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _safe(address: str) -> str:
    """Readable where the address allows it, and never the same for two of them."""
    if _READABLE.fullmatch(address):
        return address
    digest = hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()[:12]
    return f"{_UNSAFE.sub('_', address)[:60]}-{digest}"


_READABLE: Final = re.compile(r"[a-z0-9_+=][a-z0-9_+=.-]{0,99}@[a-z0-9.-]{1,99}")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9@_+=.-]")
