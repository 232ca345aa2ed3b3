"""All servers of one sandbox, started in the order in which they need each other and stopped in the reverse one."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from hub.launch import configuration, environment, lock, ports, readiness, service
from hub.launch.configuration import Addresses
from hub.launch.errors import LaunchError, NotReady
from hub.launch.service import Running, Service
from hub.trust.keys import KeyRing

SERVERS = "servers.json"
"""File below `var` that names the addresses of the running servers."""

PREFERRED = Addresses(api=8000, airflow=8080, twin=8090)
_AIRFLOW_FIRST = ("airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")


class Stack:
    """The servers of a sandbox; a context manager that leaves no process behind.

    Args:
        var: folder for everything that they write.
        seed: which invented country the twin plays.
        people: how many people live in it.
        say: is told each stage as it is reached.
    """

    def __init__(self, var: Path, *, seed: int, people: int, say: Callable[[str], None] = lambda _: None) -> None:
        self.var = var.resolve()
        self.logs = self.var / "logs"
        self.addresses = PREFERRED
        self._seed, self._people, self._say = seed, people, say
        self._lock: int | None = None
        self._running: list[Running] = []
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        self._lock = lock.take(self.var)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Starts everything and returns when all of it answers.

        Raises:
            LaunchError: something can't run; the message names the log to read.
        """
        self._began = time.monotonic()
        environment.prepare(self.var)
        self._remember_country()
        self._choose_ports()
        self._start_database()
        hub, airflow = environment.base(self.var), environment.airflow(self.var, self.addresses.airflow)
        migrate_airflow = self._start(Service("airflow-migrate", ("airflow", "db", "migrate"), airflow))
        migrate_hub = self._start(Service("hub-migrate", ("hub", "db", "upgrade"), hub))
        servers = [self._start(self._twin(hub))]
        self._await_end(migrate_hub)
        servers.append(self._start(self._api(hub)))
        self._await_end(migrate_airflow)
        self._say(f"databases migrated ({self._elapsed()})")
        servers += [self._start(each) for each in self._airflow(airflow)]
        self._await_ready(servers)
        urls = {"api": self.addresses.api_url, "airflow": self.addresses.airflow_url, "twin": self.addresses.twin_url}
        configuration.write_private(self.var / SERVERS, json.dumps(urls | {"launcher": os.getpid()}))
        self._say(f"all servers answer ({self._elapsed()})")

    def watch(self, seconds: float | None = None) -> None:
        """Watches over the servers, for ever or for a while.

        Raises:
            NotReady: one of them ended by itself.
        """
        end = None if seconds is None else time.monotonic() + seconds
        while end is None or time.monotonic() < end:
            self.check_alive()
            time.sleep(0.5)

    def check_alive(self) -> None:
        """Makes sure that no server has ended by itself.

        Raises:
            NotReady: one has; the message names its log.
        """
        for running in self._running:
            if running.ended():
                raise NotReady(running.service.name, f"ended with code {running.guard.returncode}", running.log)

    def stop(self) -> None:
        """Stops every server: what starts new work first, the database last."""
        first = [each for each in self._running if each.service.name in _AIRFLOW_FIRST]
        last = [each for each in self._running if each.service.name == "postgres"]
        for group in (first, [each for each in self._running if each not in first + last], last):
            for running in group:
                running.ask_to_stop()
            for running in group:
                running.wait_stopped()
        self._running = []
        (self.var / SERVERS).unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._began:.1f} s"

    def _remember_country(self) -> None:
        """Keeps to the country whose people are in the store: another one would contradict every record."""
        path = self.var / "country.json"
        wanted = {"seed": self._seed, "people": self._people}
        if path.exists() and json.loads(path.read_text()) != wanted:
            before = json.loads(path.read_text())
            raise LaunchError(
                f"the store in {self.var} holds the country of seed {before['seed']} with {before['people']} people: "
                "start with the same, or begin anew with `hub demo` (or `make clean`)"
            )
        configuration.write_private(path, json.dumps(wanted))

    def _choose_ports(self) -> None:
        chosen: list[int] = []
        for name, wanted in (("the API", PREFERRED.api), ("Airflow", PREFERRED.airflow), ("the twin", PREFERRED.twin)):
            chosen.append(port := ports.choose(wanted, chosen))
            if port != wanted:
                self._say(f"port {wanted} is taken: {name} listens on {port} instead")
        self.addresses = Addresses(*chosen)

    def _start_database(self) -> None:
        port = None
        if "HUB_DATABASE_URL" not in os.environ:
            ready = self.var / "tmp" / "postgres.json"
            ready.unlink(missing_ok=True)
            command = (sys.executable, "-m", "hub.launch.database", str(self.var), str(ready))
            env = environment.base(self.var)
            self._await_ready([self._start(Service("postgres", command, env, ready.exists, grace=20))])
            port = json.loads(ready.read_text())["port"]
            self._say(f"PostgreSQL answers ({self._elapsed()})")
        configuration.write_sandbox(self.var, self.addresses, configuration.databases(self.var, port))
        keys = self.var / "keys"
        if not keys.exists():
            KeyRing.create(keys)

    def _twin(self, env: dict[str, str]) -> Service:
        command = (sys.executable, "-m", "sandbox_mocks", "--port", str(self.addresses.twin))
        country = ("--seed", str(self._seed), "--people", str(self._people))
        health = f"{self.addresses.twin_url}/_sandbox/health"
        return Service("twin", command + country, env, lambda: readiness.answers(health), start_within=60)

    def _api(self, env: dict[str, str]) -> Service:
        command = (sys.executable, "-m", "hub.api", "--host", "127.0.0.1", "--port", str(self.addresses.api))
        health = f"{self.addresses.api_url}/health/ready"
        return Service("api", command, env, lambda: readiness.answers(health), start_within=60)

    def _airflow(self, env: dict[str, str]) -> Iterable[Service]:
        url = self.addresses.airflow_url
        # The API server reads the task logs from the same disk, so nobody needs to serve them on another port.
        parts = {
            "api-server": ("metadatabase", ()),
            "scheduler": ("scheduler", ("--skip-serve-logs",)),
            "dag-processor": ("dag_processor", ()),
            "triggerer": ("triggerer", ("--skip-serve-logs",)),
        }
        for name, (part, options) in parts.items():
            ready = partial(readiness.airflow_part, url, part)
            yield Service(f"airflow-{name}", ("airflow", name, *options), env, ready, grace=6)

    def _start(self, wanted: Service) -> Running:
        running = service.start(wanted, self.logs, self._lock)
        self._running.append(running)
        return running

    def _await_ready(self, wanted: list[Running]) -> None:
        # Each is asked every time: one that has ended must be noticed while another still starts.
        while sum(running.is_ready() for running in wanted) < len(wanted):
            time.sleep(0.2)

    def _await_end(self, running: Running) -> None:
        try:
            code = running.guard.wait(running.service.start_within)
        except Exception as error:
            raise LaunchError(f"{running.service.name} does not end. Read {running.log}") from error
        self._running.remove(running)
        running.ask_to_stop()
        if code != 0:
            raise NotReady(running.service.name, f"failed with code {code}", running.log)
