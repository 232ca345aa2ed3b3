"""Runs the citizen feed in child processes that are killed: at a named stage by themselves, or by whoever reads the
pid.

Reads one JSON command a line from standard input: {"var_dir": folder, "stage": name or null, "nth": n}. For
each it forks a child, which
runs
the feed with the real connector, ports and store of that folder, prints {"pid": n}, waits for its end and prints
{"status": n}: 0 for a finished run, -9 for a kill. The imports are paid once, in the parent.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import date

import hub.pipeline.preload  # noqa: F401  (heavy: every child would pay for it)
from hub.pipeline.context import Context
from hub.pipeline.run import run_feed
from hub.store.quarantine import due_date


def run_once(var_dir: str, stage: str | None, nth: int) -> None:
    """Runs the feed and dies at the nth time that a stage is reached."""
    os.environ["HUB_VAR_DIR"] = var_dir
    reached = 0

    def observe(name: str, count: int) -> None:
        nonlocal reached
        reached += name == stage
        if name == stage and reached == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    run_feed("population.citizens", Context.from_environment(observe))


def main() -> None:
    """Obeys one command after another until the input ends."""
    due_date(date(2026, 11, 22), "stop")  # loads the calendar
    for line in sys.stdin:
        command = json.loads(line)
        pid = os.fork()
        if pid == 0:
            run_once(command["var_dir"], command["stage"], command["nth"])
            os._exit(0)
        print(json.dumps({"pid": pid}), flush=True)  # noqa: T201
        _, status = os.waitpid(pid, 0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(status)}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
