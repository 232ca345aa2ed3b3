"""Where a register puts its files: what a folder is, and the folder of this machine."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from upath import UPath

from connectors.errors import BrokenContract, ConnectorError, Denied, Refused, Unavailable

MAX_FILES = 100_000
_LOCAL = ("", "file", "local")


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a folder says about a file; `modified` is in epoch seconds, as exact as the folder knows it."""

    size: int
    modified: float
    regular: bool


class Folder(Protocol):
    """A folder of files that another system writes; all its errors are a ConnectorError."""

    async def files(self) -> dict[str, FileFacts]:
        """Returns what the folder holds, by name."""

    async def facts(self, name: str) -> FileFacts | None:
        """Returns what is known about one file now; None when it is not there."""

    async def read(self, name: str, limit: int) -> bytes:
        """Returns a file's content.

        Raises:
            BrokenContract: it is larger than the limit.
        """

    async def aclose(self) -> None:
        """Closes what is open."""


class LocalFolder:
    """A folder of this machine, by path or `file:` address."""

    def __init__(self, register: str, url: str) -> None:
        self._register = register
        self._url = url

    async def files(self) -> dict[str, FileFacts]:
        """Returns what the folder holds, by name."""
        return await asyncio.to_thread(self._files)

    async def facts(self, name: str) -> FileFacts | None:
        """Returns what is known about one file now; None when it is not there."""

        def look() -> FileFacts | None:
            with self._problems("list"):
                try:
                    return _local_facts(self._path() / name)
                except FileNotFoundError:
                    return None

        return await asyncio.to_thread(look)

    async def read(self, name: str, limit: int) -> bytes:
        """Returns a file's content, or raises BrokenContract when it is larger than the limit."""

        def read() -> bytes:
            with self._problems("read"), open(self._path() / name, "rb", opener=_open_regular) as stream:
                return stream.read(limit + 1)

        return bounded(await asyncio.to_thread(read), limit, self._register, name)

    async def aclose(self) -> None:
        """Nothing stays open."""

    def _files(self) -> dict[str, FileFacts]:
        found: dict[str, FileFacts] = {}
        with self._problems("list"):
            for path in self._path().iterdir():
                found[path.name] = _local_facts(path)
                if len(found) > MAX_FILES:
                    raise BrokenContract(self._register, "list", "oversize", fields=("folder",))
        return found

    def _path(self) -> Path:
        address = UPath(self._url)
        # Another driver would bring its own way to sign in, and trust of its own.
        if address.protocol not in _LOCAL or not address.is_dir():
            raise Refused(self._register, "list", "address_invalid", fields=("url",))
        # As a plain path: UPath's own `stat` follows links (universal_pathlib 0.3 warns that it does).
        return Path(address.path)

    @contextmanager
    def _problems(self, operation: str) -> Iterator[None]:
        try:
            yield
        except ConnectorError:
            raise
        except PermissionError:
            raise Denied(self._register, operation, "forbidden") from None
        except OSError:
            raise Unavailable(self._register, operation, "connection") from None
        except ValueError:
            # fsspec knows no driver of that name.
            raise Refused(self._register, operation, "address_invalid", fields=("url",)) from None


def _open_regular(path: str, flags: int) -> int:
    """Opens a file, and neither follows a link nor waits at a pipe that took the file's place a moment ago."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _local_facts(path: Path) -> FileFacts:
    facts = path.lstat()
    return FileFacts(facts.st_size, facts.st_mtime, stat.S_ISREG(facts.st_mode))


def bounded(content: bytes, limit: int, register: str, name: str) -> bytes:
    """Returns a content that was read one byte past its limit at most; raises BrokenContract when it was."""
    if len(content) > limit:
        raise BrokenContract(register, "read", "oversize", fields=(name,))
    return content
