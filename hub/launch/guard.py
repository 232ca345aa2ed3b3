"""Runs one command and lets nothing of it outlive the launcher.

Run as a plain script (`python -I guard.py --stop TERM --grace 10 -- command …`) with a pipe as standard input whose
writing end only the launcher holds. However the launcher dies, SIGKILL included, the pipe closes, and the guard stops
the command and everything that it started. A death signal (`PR_SET_PDEATHSIG`) alone would not do: it reaches the child
but not the grandchildren, and Airflow's workers are grandchildren. Standard library only: eight guards must stay light.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def _prctl(option: int, value: int) -> None:
    """Calls prctl where there is one; elsewhere the process group is all there is to hold on to."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def descendants(root: int) -> list[int]:
    """Returns the processes below `root`, found by parent: orphans count too, as `root` adopts them."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir() if sys.platform == "linux" else ():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # The name in brackets may hold anything; the parent is the second field after the last bracket.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if fields[0] != "Z":
                    children.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[int] = []
    queue = [root]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += below
    return found


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def sweep(group: int) -> None:
    """Kills whatever is left of the command."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    for _ in range(20):
        left = descendants(os.getpid())
        if not left:
            return
        for pid in left:
            _signal(pid, signal.SIGKILL)
        time.sleep(0.05)


def guard(command: list[str], stop: int, grace: float) -> int:
    """Runs `command` until it ends or must end, then leaves nothing of it behind.

    Returns its exit code, as a shell tells it: 128 and the signal's number for one that a signal has ended.
    """
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    asked, asking = os.pipe()
    os.set_blocking(asking, False)
    signal.set_wakeup_fd(asking)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)

    def settle() -> None:
        signal.set_wakeup_fd(-1)
        os.setpgid(0, 0)
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    # The guard has one thread, so a preexec function is safe here; the command is the launcher's own.
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=settle)  # noqa: S603
    deadline: float | None = None
    try:
        while child.poll() is None:
            if deadline is not None and time.monotonic() > deadline:
                break
            watched = [asked] if deadline is not None else [asked, sys.stdin.fileno()]
            ready, _, _ = select.select(watched, [], [], 0.2 if deadline is not None else 5)
            signals = os.read(asked, 64) if asked in ready else b""
            gone = sys.stdin.fileno() in ready and not os.read(sys.stdin.fileno(), 1)
            if deadline is None and (gone or any(number != signal.SIGCHLD for number in signals)):
                deadline = time.monotonic() + grace
                _signal(child.pid, stop)
    finally:
        sweep(child.pid)
    code = child.wait()
    return code if code >= 0 else 128 - code


def main() -> int:
    """Reads the command line and guards the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stop", default="TERM")
    parser.add_argument("--grace", type=float, default=10)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    return guard(options.command, signal.Signals[f"SIG{options.stop}"], options.grace)


if __name__ == "__main__":
    sys.exit(main())
