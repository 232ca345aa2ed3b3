"""A small client of Airflow's REST API: start a run, wait for it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import httpx

from hub.demo.errors import DemoFailed

_POLL_SECONDS = 0.5


class Airflow:
    """Airflow as one of its local users sees it.

    Args:
        url: where its API server listens.
        var: folder with the generated passwords.
        user: admin, steward or auditor.
    """

    def __init__(self, url: str, var: Path, user: str = "admin") -> None:
        # The machine's proxy settings are not for loopback. Airflow is slow to answer while its own tasks start.
        self._http = httpx.Client(base_url=url, timeout=120, trust_env=False)
        password = password_of(var / "airflow" / "passwords.json", user)
        answer = self._http.post("/auth/token", json={"username": user, "password": password})
        if answer.status_code != 201:
            raise DemoFailed(f"Airflow refused a token to {user} ({answer.status_code})")
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        """Returns the JSON at a path below /api/v2, None when there is nothing."""
        answer = self._http.get(f"/api/v2{path}", params=query)
        return None if answer.status_code == 404 else answer.raise_for_status().json()

    def send(self, method: str, path: str, body: Any) -> httpx.Response:
        """Sends JSON to a path below /api/v2."""
        return self._http.request(method, f"/api/v2{path}", json=body)

    def wait_for_dag(self, dag: str, seconds: float = 60) -> None:
        """Waits until the scheduler knows a DAG.

        Raises:
            DemoFailed: it does not in time; names the import error when there is one.
        """

        def known() -> bool:
            found = self.get(f"/dags/{dag}")
            return found is not None and not found["is_paused"]

        if not _wait(known, seconds):
            errors = self.get("/importErrors")["import_errors"]
            files = ", ".join(error["filename"] for error in errors) or "none"
            raise DemoFailed(f"Airflow does not know the DAG {dag} after {seconds:.0f} s; files that fail: {files}")

    def start(self, dag: str, parameters: dict[str, Any] | None = None) -> str:
        """Starts a run through the scheduler and returns its id.

        Raises:
            DemoFailed: Airflow refused the run.
        """
        answer = self.send("POST", f"/dags/{dag}/dagRuns", {"logical_date": None, "conf": parameters or {}})
        if answer.is_error:
            raise DemoFailed(f"Airflow refused a run of {dag} ({answer.status_code})")
        return str(answer.json()["dag_run_id"])

    def wait_for_run(self, dag: str, run: str, seconds: float = 150) -> None:
        """Waits until a run has succeeded.

        Raises:
            DemoFailed: it failed or takes too long; names the tasks that failed.
        """
        states: dict[str, str] = {}

        def ended() -> bool:
            states["now"] = self.get(f"/dags/{dag}/dagRuns/{run}")["state"]
            return states["now"] in ("success", "failed")

        _wait(ended, seconds)
        if states["now"] != "success":
            tasks = self.get(f"/dags/{dag}/dagRuns/{run}/taskInstances")["task_instances"]
            told = ", ".join(f"{task['task_id']} {task['state']}" for task in tasks)
            raise DemoFailed(f"the run {run} of {dag} is {states['now']} after {seconds:.0f} s at most ({told})")

    def wait_for_partition(self, dag: str, key: str, seconds: float = 90) -> str:
        """Waits until the run that an asset event started for one partition has succeeded, and returns its id.

        Raises:
            DemoFailed: no such run came, or it failed.
        """
        found: list[str] = []

        def came() -> bool:
            runs = self.get(f"/dags/{dag}/dagRuns", limit=100, order_by="-id")["dag_runs"]
            found[:] = [run["dag_run_id"] for run in runs if run.get("partition_key") == key]
            return bool(found)

        if not _wait(came, seconds):
            raise DemoFailed(f"no event started a run of {dag} for {key} within {seconds:.0f} s")
        self.wait_for_run(dag, found[0], seconds)
        return found[0]


def _wait(true: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def password_of(file: Path, user: str, seconds: float = 30) -> str:
    """Reads a password that Airflow made; its servers answer before the file is whole.

    Raises:
        DemoFailed: the file has none in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return str(json.loads(file.read_text())[user])
        except (OSError, ValueError, KeyError, TypeError):
            if time.monotonic() > deadline:
                raise DemoFailed(f"Airflow wrote no password of {user} into {file}") from None
            time.sleep(0.2)
