"""All servers of the hub, started once by `hub up` as a user would, in a folder of their own below `var/`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pytest

from hub.demo.airflow import Airflow
from hub.settings import ROOT

PEOPLE = 300
START_SECONDS = 240


class Servers:
    """One `hub up` with its processes."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.launcher: subprocess.Popen[str] | None = None
        self.urls: dict[str, str] = {}

    @property
    def said(self) -> str:
        """What the launcher has printed."""
        return (self.var / "up.txt").read_text()

    def start(self) -> None:
        """Starts the launcher and waits until it says that everything answers."""
        (self.var / "servers.json").unlink(missing_ok=True)
        env = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "AIRFLOW"))}
        # An unknown field stops the whole batch: the tests need a batch that waits for a human.
        env |= {"HUB_VAR_DIR": str(self.var), "HUB_FEEDS__POPULATION_CITIZENS__DRIFT": "freeze"}
        with (self.var / "up.txt").open("w") as output:
            self.launcher = subprocess.Popen(
                [sys.executable, "-m", "hub.cli", "up", "--people", str(PEOPLE)],
                env=env,
                cwd=self.var,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
        end = time.monotonic() + START_SECONDS
        while not (self.var / "servers.json").exists():
            assert self.launcher.poll() is None, f"the launcher ended: {self.said}"
            assert time.monotonic() < end, f"not ready after {START_SECONDS} s: {self.said}"
            time.sleep(0.2)
        self.urls = json.loads((self.var / "servers.json").read_text())

    def family(self) -> list[psutil.Process]:
        """Returns every process below the launcher."""
        assert self.launcher is not None
        return psutil.Process(self.launcher.pid).children(recursive=True)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Sends a signal to the launcher and returns its exit code."""
        assert self.launcher is not None
        self.launcher.send_signal(number)
        return self.launcher.wait(60)

    def airflow(self, user: str = "admin") -> Airflow:
        """Returns Airflow as a user sees it."""
        return Airflow(self.urls["airflow"], self.var, user)

    def faults(self, *faults: dict[str, object]) -> None:
        """Scripts what the twin does wrong from now on."""
        url = f"{self.urls['twin']}/_sandbox/faults"
        httpx.put(url, json={"faults": list(faults)}, trust_env=False).raise_for_status()


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """The running servers, with the API's usual port taken by somebody else."""
    var = ROOT / "var" / "tmp" / f"servers-{uuid4().hex[:8]}"
    var.mkdir(parents=True)
    servers = Servers(var)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", 8000))
            other.listen()
        except OSError:
            pass  # taken already: just as good
        servers.start()
    yield servers
    if servers.launcher is not None and servers.launcher.poll() is None:
        servers.stop()
    shutil.rmtree(var, ignore_errors=True)
