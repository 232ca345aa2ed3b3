"""Reads the files of secrets: anew when they change, and never while somebody is still writing them."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from pathlib import Path

REST_SECONDS = 1.0
"""How long a file without an end must have been left alone before it counts as whole."""
_LOOKS = 5
_MAX_BYTES = 64 * 1024

_Seen = tuple[int, int, int, int]


class SecretFiles:
    """The secrets that lie in files of this user, mode 0600.

    A file that ends with a newline is whole; a key in PEM is whole when its last line is the end. Anything else may be
    half of what somebody is writing, so it is taken only when nobody has touched it for `rest` seconds; a read waits
    for that. What is empty or broken off even then is refused: a wrong secret, sent often enough, locks an account.
    """

    def __init__(self, *, rest: float = REST_SECONDS) -> None:
        self._rest = rest
        self._known: dict[Path, tuple[_Seen, str]] = {}

    async def read(self, path: Path) -> str:
        """Returns the secret of a file; one that has not changed is not read again.

        Raises:
            LookupError: there is no whole secret, or others may read it; the message holds no secret.
        """
        known = self._known.get(path)
        if known is not None and known[0] == _seen(_stat(path)):
            return known[1]
        seen, text, touched = _look(path)
        for _ in range(_LOOKS):
            if _ended(text) or time.time() - touched >= self._rest:
                break
            await asyncio.sleep(self._rest)
            before = seen
            seen, text, touched = _look(path)
            if seen == before:
                break
        else:
            raise LookupError(f"{path} is being written again and again: put the whole file there by renaming it")
        secret = text.strip()
        if not secret:
            raise LookupError(f"{path} is empty: write the secret there")
        if secret.startswith("-----BEGIN") and not _ended(text):
            raise LookupError(f"{path} breaks off before the end of its key: write the whole key there")
        self._known[path] = seen, secret
        return secret

    def forget(self, path: Path) -> None:
        """Reads a file again at the next call, whatever its times say."""
        self._known.pop(path, None)


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise _missing(path, error) from None


def _missing(path: Path, error: OSError) -> LookupError:
    return LookupError(f"no secret in {path} ({type(error).__name__}): write it there, mode 0600")


def _seen(status: os.stat_result) -> _Seen:
    # The times, the inode and the size: an edited, a replaced and a restored file all differ in one of them.
    return status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_size


def _look(path: Path) -> tuple[_Seen, str, float]:
    """Returns what is known about a file, its text, and when it was touched last."""
    try:
        # A pipe that took the file's place would hold the whole process.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise LookupError(f"{path} is no file: write the secret into one, mode 0600")
            if status.st_uid != os.geteuid():
                raise LookupError(f"{path} belongs to another user: run as its owner, or `chown` it")
            if stat.S_IMODE(status.st_mode) & 0o077:
                raise LookupError(f"{path} is open to other users: `chmod 0600 {path}`")
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise _missing(path, error) from None
    if len(content) > _MAX_BYTES:
        raise LookupError(f"{path} is larger than {_MAX_BYTES >> 10} KB: no secret is")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise LookupError(f"{path} is not UTF-8 text: write the secret as text") from None
    return _seen(status), text, max(status.st_mtime, status.st_ctime)


def _ended(text: str) -> bool:
    """Tells whether a text is whole for certain."""
    if text.lstrip().startswith("-----BEGIN"):
        return text.rstrip().rpartition("\n")[2].startswith("-----END") and text.rstrip().endswith("-----")
    return bool(text.strip()) and text.endswith("\n")
