"""Landed batches: the files that lie between the steps, each sealed under its batch's own key.

A file is a header (JSON) and payloads (bytes) in one AES-256-GCM message, bound to its batch and its name. When the
batch's retention ends, its key dies and the files with it. The folder is any fsspec address: a local disk or an object
store by one setting.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from upath import UPath

from hub.pipeline.errors import LandedDamaged, LandingFailed
from hub.trust.sealing import SealBroken, seal, unseal

_LENGTH = struct.Struct("<I")


class LandedBatch:
    """The folder of one batch.

    Args:
        uri: address of the folder.
        batch_id: the batch it belongs to.
        key: the batch key (32 bytes).
    """

    def __init__(self, uri: str, batch_id: UUID, key: bytes) -> None:
        self.uri = uri
        self.batch_id = batch_id
        self.key = key
        self._folder = UPath(uri)

    def write(self, name: str, header: Any, payloads: list[bytes]) -> None:
        """Writes one sealed file, whole or not at all.

        Raises:
            LandingFailed: the disk is full, or the folder cannot be written.
        """
        head = orjson.dumps(header)
        plain = b"".join([_LENGTH.pack(len(head)), head, *payloads])
        sealed = seal(self.key, plain, self._aad(name))
        try:
            if self._folder.protocol in ("", "file"):
                _write_durably(Path(self._folder.path), name, sealed)
            else:
                (self._folder / name).write_bytes(sealed)
        except OSError as error:
            raise LandingFailed(_advice(error, self.uri)) from None

    def read(self, name: str) -> tuple[Any, bytes]:
        """Returns header and payloads of one file.

        Raises:
            LandedDamaged: the file is missing, or was changed.
        """
        try:
            plain = unseal(self.key, (self._folder / name).read_bytes(), self._aad(name))
        except (OSError, SealBroken):
            raise LandedDamaged(
                f"batch {self.batch_id}: the landed file {name} is missing or damaged;"
                " discard the batch (`hub batch discard`) and it will be fetched again"
            ) from None
        start = _LENGTH.size + _LENGTH.unpack_from(plain)[0]
        return orjson.loads(memoryview(plain)[_LENGTH.size : start]), plain[start:]

    def names(self, prefix: str) -> list[str]:
        """Returns the names of the files with a prefix, in order."""
        if not self._folder.exists():
            return []
        return sorted(path.name for path in self._folder.iterdir() if path.name.startswith(prefix + "-"))

    def clear(self, prefix: str) -> None:
        """Deletes the files with a prefix: what an interrupted try left behind."""
        for name in self.names(prefix):
            (self._folder / name).unlink()

    def _aad(self, name: str) -> bytes:
        return f"{self.batch_id}|{name}".encode()


def remove_landed(uri: str) -> None:
    """Deletes the files of a batch, and their folder."""
    folder = UPath(uri)
    if folder.exists():
        for path in list(folder.iterdir()):
            path.unlink()
        folder.rmdir()


def slices(lengths: list[int], payload: bytes) -> Iterator[bytes]:
    """Cuts a payload into its records."""
    start = 0
    for length in lengths:
        yield payload[start : start + length]
        start += length


def _write_durably(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = folder / f".{name}.part"
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(folder / name)
        # The name itself must survive a power cut too.
        directory = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def _advice(error: OSError, uri: str) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"no space left for landed batches at {uri}: free some, or set HUB_LANDED_URI elsewhere, and run again"
    name = errno.errorcode.get(error.errno or 0, "unknown error")
    return f"landed batches cannot be written at {uri} ({name}): check the folder and run again"
