"""One server process under its guard: start, readiness, end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hub.launch.errors import NotReady
from hub.settings import ROOT

_GUARD = Path(__file__).with_name("guard.py")


@dataclass(frozen=True)
class Service:
    """What to run, and how to tell that it works."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    ready: Callable[[], bool] = lambda: True
    stop_signal: str = "TERM"
    grace: float = 8.0
    start_within: float = 120.0


@dataclass
class Running:
    """A started service."""

    service: Service
    log: Path
    guard: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    ready: bool = False

    def ended(self) -> bool:
        """Tells whether the server has ended."""
        return self.guard.poll() is not None

    def is_ready(self) -> bool:
        """Asks the server once, until it has said yes.

        Raises:
            NotReady: it has ended, or its time is over.
        """
        name, waited = self.service.name, time.monotonic() - self.started
        if self.ended():
            raise NotReady(name, f"ended with code {self.guard.returncode}", self.log)
        self.ready = self.ready or self.service.ready()
        if not self.ready and waited > self.service.start_within:
            raise NotReady(name, f"did not answer within {self.service.start_within:.0f} s", self.log)
        return self.ready

    def ask_to_stop(self) -> None:
        """Tells the guard to stop the server; closing the pipe says the same as the launcher's death."""
        if self.guard.stdin is not None and not self.guard.stdin.closed:
            self.guard.stdin.close()

    def wait_stopped(self) -> None:
        """Waits until the server and all that it started are gone."""
        try:
            self.guard.wait(self.service.grace + 5)
        except subprocess.TimeoutExpired:
            self.guard.kill()
            self.guard.wait()


def start(service: Service, logs: Path, lock: int | None = None) -> Running:
    """Starts a service under a guard; its output goes to `<logs>/<name>.log`.

    The guard keeps the launcher's lock open too, so that nobody starts in the same folder before the last one is gone.
    """
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{service.name}.log"
    command = [sys.executable, "-I", "-S", str(_GUARD), "--stop", service.stop_signal, "--grace", str(service.grace)]
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
        guard = subprocess.Popen(  # noqa: S603
            [*command, "--", *service.command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(service.env),
            cwd=ROOT,
            start_new_session=True,
            pass_fds=() if lock is None else (lock,),
        )
    return Running(service, log, guard)
