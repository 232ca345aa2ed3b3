"""One launcher for one folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from hub.launch.errors import AlreadyRunning


def take(var: Path) -> int:
    """Locks the folder for this launcher and returns the open file; the system frees it when its last holder ends.

    Raises:
        AlreadyRunning: another launcher, or servers that are just stopping, hold it.
    """
    var.mkdir(parents=True, exist_ok=True)
    path = var / "launcher.lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(handle, 32).decode().strip() or "unknown"
        os.close(handle)
        raise AlreadyRunning(
            f"the hub already runs in {var} (process {owner}). Stop that one with Ctrl-C or `kill {owner}`, "
            "or give this one another folder with HUB_VAR_DIR"
        ) from None
    os.truncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle
