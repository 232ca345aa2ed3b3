"""The guard: nothing that a launcher started outlives it, whatever the launcher dies of."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from hub.launch import guard

# A server with a child of its own that ignores every polite signal, and a grandchild in a session of its own.
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
if os.fork() == 0 and os.fork() != 0:
    os._exit(0)
open(sys.argv[1] + f"/{os.getpid()}", "w").close()
time.sleep(600)
"""
# Stands for the launcher: starts one guarded server and waits.
LAUNCHER = """
import sys, time
from pathlib import Path
from hub.launch.service import Service, start
start(Service("stubborn", (sys.executable, "-c", sys.argv[2], sys.argv[1]), {}, grace=0.5), Path(sys.argv[1]) / "logs")
time.sleep(600)
"""


@pytest.fixture
def launcher(tmp_path: Path) -> psutil.Process:
    """A launcher process whose server, child and grandchild are all up."""
    process = subprocess.Popen([sys.executable, "-c", LAUNCHER, str(tmp_path), STUBBORN])
    wait_until(lambda: len([each for each in tmp_path.iterdir() if each.name.isdigit()]) == 2)
    return psutil.Process(process.pid)


def wait_until(true: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.05)


def test_nothing_outlives_a_launcher_that_was_killed(launcher: psutil.Process) -> None:
    """SIGKILL of the launcher ends the guard, the server, its child and the orphan in a session of its own."""
    family = launcher.children(recursive=True)
    assert len(family) >= 4

    launcher.kill()

    assert psutil.wait_procs(family, timeout=10)[1] == []


def test_a_guard_that_is_told_to_stop_kills_what_does_not_listen(launcher: psutil.Process) -> None:
    """SIGTERM to the guard ends a server that ignores it, after its grace."""
    family = launcher.children(recursive=True)

    launcher.children()[0].send_signal(signal.SIGTERM)

    wait_until(lambda: all(not each.is_running() or each.status() == psutil.STATUS_ZOMBIE for each in family))
    launcher.kill()


@pytest.mark.parametrize(
    ("end", "expected"), [("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 128 + signal.SIGKILL)]
)
def test_the_exit_code_is_the_commands(end: str, expected: int) -> None:
    """A guard ends with the code of its command, and with a shell's code for one that was killed."""
    script = Path(guard.__file__)
    command = [sys.executable, "-I", "-S", str(script), "--", sys.executable, "-c", end]

    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        code = process.wait(20)

    assert code == expected


def test_orphans_count_as_descendants() -> None:
    """A process is found below its ancestor through any number of generations."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
        found = guard.descendants(os.getpid())
        child.kill()

    assert child.pid in found
