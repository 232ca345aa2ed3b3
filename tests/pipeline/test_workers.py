"""The processes that map pages run nothing of the process that started them, and end with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from hub.settings import ROOT

PARENT = """
import sys, time
from hub.pipeline.workers import start_pool
pool = start_pool(2)
list(pool.map(abs, range(50)))
print("ready", flush=True)
time.sleep(60)
"""


def test_a_killed_parent_leaves_no_worker() -> None:
    """SIGKILL of the process that maps a batch leaves neither workers nor their fork server behind."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n"
    family = psutil.Process(parent.pid).children(recursive=True)
    assert len(family) >= 3
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    end = time.monotonic() + 10
    while any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in family):
        assert time.monotonic() < end, "workers outlive the process that started them"
        time.sleep(0.1)


MAIN = """
import sys
if __name__ != "__main__":
    sys.exit("a worker ran the main module")
from hub.pipeline.workers import start_pool
with start_pool(2) as pool:
    print(sum(pool.map(abs, range(50))))
"""


def test_a_worker_does_not_run_the_main_module(tmp_path: Path) -> None:
    """A main module that can't be run twice, as Airflow's in a task, is none of the workers' business."""
    script = tmp_path / "main.py"
    script.write_text(MAIN)
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "1225\n"), done.stderr[-500:]
