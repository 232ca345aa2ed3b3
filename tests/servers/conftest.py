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
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pytest

from hub.demo.airflow import Airflow
from hub.pipeline.context import Context
from hub.settings import ROOT, Settings
from hub.trust.keys import KeyRing

SEED, PEOPLE = 1, 300
START_SECONDS = 240


class Servers:
    """One `hub up` with its processes.

    Args:
        var: their folder.
        settings: environment variables of the launcher that differ from the usual ones.
    """

    def __init__(self, var: Path, **settings: str) -> None:
        self.var = var
        self.settings = settings
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
        env |= {"HUB_VAR_DIR": str(self.var), **self.settings}
        with (self.var / "up.txt").open("w") as output:
            self.launcher = subprocess.Popen(
                [sys.executable, "-m", "hub.cli", "up", "--seed", str(SEED), "--people", str(PEOPLE)],
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

    def server(self, command: str) -> psutil.Process:
        """Returns the server that a guard was told to start by a command such as `airflow scheduler`."""
        assert self.launcher is not None
        guards = psutil.Process(self.launcher.pid).children()
        guard = next(each for each in guards if command in " ".join(each.cmdline()))
        # The guard adopts orphans too; the server was there before them.
        return min(guard.children(), key=psutil.Process.create_time)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Sends a signal to the launcher and returns its exit code."""
        assert self.launcher is not None
        self.launcher.send_signal(number)
        return self.launcher.wait(60)

    @property
    def running(self) -> bool:
        """Whether the launcher runs."""
        return self.launcher is not None and self.launcher.poll() is None

    def context(self) -> Context:
        """Returns the hub's own database and keys."""
        settings = Settings(_env_file=self.var / "hub.env")
        return Context(settings, KeyRing.load(settings))

    def airflow(self, user: str = "admin") -> Airflow:
        """Returns Airflow as a user sees it."""
        return Airflow(self.urls["airflow"], self.var, user)

    def faults(self, *faults: dict[str, object]) -> None:
        """Scripts what the twin does wrong from now on."""
        url = f"{self.urls['twin']}/_sandbox/faults"
        httpx.put(url, json={"faults": list(faults)}, trust_env=False).raise_for_status()


@contextmanager
def servers_of(name: str, **settings: str) -> Iterator[Servers]:
    """Servers in a folder of their own, which is gone afterwards; whoever uses them starts them."""
    var = ROOT / "var" / "tmp" / f"{name}-{uuid4().hex[:8]}"
    var.mkdir(parents=True)
    servers = Servers(var, **settings)
    try:
        yield servers
    finally:
        if servers.running:
            servers.stop()
        shutil.rmtree(var, ignore_errors=True)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """The running servers, with the API's usual port taken by somebody else."""
    # An unknown field stops the whole batch: the tests need a batch that waits for a human.
    with servers_of("servers", HUB_FEEDS__POPULATION_CITIZENS__DRIFT="freeze") as servers:
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                other.bind(("127.0.0.1", 8000))
                other.listen()
            except OSError:
                pass  # taken already: just as good
            servers.start()
        yield servers


@pytest.fixture(scope="session")
def _hurt() -> Iterator[Servers]:
    # No floor: after a backfill of the years of the first load, the few changes of today would wait for a human.
    small = {"PAGE_SIZE": "20", "BATCH_SIZE": "120", "SETTLE_LAG": "PT1S", "SHRINK_FLOOR": "0"}
    feed = {f"HUB_FEEDS__POPULATION_CITIZENS__{name}": value for name, value in small.items()}
    airflow = {
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "1",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    }
    with servers_of("hurt", **feed, **airflow) as servers:
        yield servers


@pytest.fixture
def hurt(_hurt: Servers) -> Servers:
    """Servers that tests kill and starve: several small batches, retries after a second; started when they rest."""
    if not _hurt.running:
        _hurt.start()
    return _hurt
