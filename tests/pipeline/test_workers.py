"""The processes that map pages end with the process that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil

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
