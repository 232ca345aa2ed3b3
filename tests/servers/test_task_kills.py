"""SIGKILL of what Airflow runs: a task's process in the middle of its work, and the scheduler with a task below."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Thread

import psutil
import pytest

from hub.demo.airflow import Airflow
from hub.settings import Role
from hub.store.batches import BEGINNING
from tests.servers.conftest import Servers
from tests.servers.feed import (
    FEED,
    ask,
    assert_nothing_lost_or_doubled,
    batches,
    held,
    holder,
    kill,
    wait_for,
    waiting,
)

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

UNTIL = "2023-01-01T00:00:00+07:00"
SLOW = {"kind": "delay", "operation": "DongBoThongTinCongDan", "page": 3, "ms": 20_000}


def test_a_run_whose_tasks_are_killed_comes_to_its_end(hurt: Servers) -> None:
    """One backfill is killed twice in fetch, check and publish each; Airflow's retries bring all of it, once."""
    context = hurt.context()
    with hurt.airflow() as admin:
        admin.wait_for_dag("population_sync")
        hurt.faults(SLOW)
        run = admin.start("population_sync", {"until": UNTIL})
        kill_fetch_of_batch(hurt, 1)
        hurt.faults(SLOW | {"after": 1})
        kill_fetch_of_batch(hurt, 2)
        hurt.faults()

        first = batches(context, "landed")[0]
        with held(context, first):
            kill_check_while_it_maps(hurt, first)
        with held(context, first):
            kill(hurt, waiting(hurt))  # all is judged, nothing is written down
        last = wait_for_last_checked(hurt)
        with held(context, last):
            publishing = waiting(hurt)
            # The batches before it are in the store for good, whatever happens to this one.
            assert batches(context, "checked") == [last]
            kill(hurt, publishing)
        kill_between_commit_and_event(hurt, last)
        admin.wait_for_run("population_sync", run, 120)
        tries = tries_of(admin, run)
        for batch in batches(context, "published"):
            admin.wait_for_partition("quality_report", batch, 120)

    assert tries == {"fetch": [3], "check": [3, *[1] * (len(tries["check"]) - 1)], "publish": [3], "ask": [1]}
    assert_nothing_lost_or_doubled(context, BEGINNING, datetime.fromisoformat(UNTIL), backfill=True)
    assert ask(context, "select from hub.batch where state <> 'published'") == []
    assert_every_report_is_there(hurt)


def test_a_killed_scheduler_ends_the_servers_and_its_run_goes_on_after_the_next_start(hurt: Servers) -> None:
    """SIGKILL of the scheduler takes its task along; the launcher says so and ends; `up` again finishes the run."""
    with hurt.airflow() as admin:
        hurt.faults(SLOW)
        run = admin.start("population_sync")
        wait_for(lambda: pages(hurt, "fetching"))
    task, family = holder(hurt), hurt.family()
    os.kill(hurt.server("airflow scheduler").pid, signal.SIGKILL)
    assert hurt.launcher is not None
    code = hurt.launcher.wait(60)
    left = psutil.wait_procs([task, *family], timeout=10)[1]
    assert (code, left) == (1, [])
    assert f"airflow-scheduler ended with code {128 + signal.SIGKILL}" in " ".join(hurt.said.split())

    hurt.start()
    context = hurt.context()
    with hurt.airflow() as admin:
        admin.wait_for_run("population_sync", run, 120)
        for batch in batches(context, "published"):
            admin.wait_for_partition("quality_report", batch, 120)

    assert ask(context, "select from hub.batch where state <> 'published'") == []
    mark = ask(context, "select watermark from hub.feed where name = %s", FEED)[0][0]
    assert_nothing_lost_or_doubled(context, BEGINNING, mark, backfill=False)
    assert_every_report_is_there(hurt)


def kill_fetch_of_batch(hurt: Servers, number: int) -> None:
    """Kills the fetch while it waits for a page and others lie landed."""
    context = hurt.context()
    wait_for(lambda: len(ask(context, "select from hub.batch")) == number and pages(hurt, "fetching"))
    kill(hurt, holder(hurt))
    assert len(batches(context, "fetching")) == 1


def kill_check_while_it_maps(hurt: Servers, batch: str) -> None:
    """Kills the check as soon as a mapped page lies there."""
    wait_for(lambda: files(hurt, batch, "mapped"))
    kill(hurt, holder(hurt))
    assert batch in batches(hurt.context(), "landed")


def wait_for_last_checked(hurt: Servers) -> str:
    """Waits until the last batch of the feed is checked, which its publish has not reached yet."""
    context = hurt.context()
    last = batches(context, "landed")[-1]
    wait_for(lambda: last in batches(context, "checked"))
    return last


def kill_between_commit_and_event(hurt: Servers, batch: str) -> None:
    """Kills the publish after its batch is in the store and before Airflow hears about it."""
    context = hurt.context()
    with locked_after(hurt, batch):
        wait_for(lambda: not holding(hurt))
        kill(hurt, waiting(hurt))
    assert batch in batches(context, "published")


@contextmanager
def locked_after(hurt: Servers, batch: str) -> Iterator[None]:
    """Stands in line for the table of batches behind the publish of one, so that nobody reads it afterwards."""
    context = hurt.context()
    with context.connect(Role.OWNER) as owner:
        with held(context, batch):
            waiting(hurt)
            line = Thread(target=owner.execute, args=("lock table hub.batch in access exclusive mode",))
            line.start()
            queued = "select from pg_locks where mode = 'AccessExclusiveLock' and not granted"
            wait_for(lambda: ask(context, queued))
        line.join()
        yield
        owner.rollback()


def holding(hurt: Servers) -> bool:
    """Whether anybody works on the feed."""
    return bool(ask(hurt.context(), "select from pg_locks where locktype = 'advisory' and objsubid = 1"))


def pages(hurt: Servers, state: str) -> list[Path]:
    """Returns the landed pages of the batch in a state."""
    return [path for batch in batches(hurt.context(), state) for path in files(hurt, batch, "page")]


def files(hurt: Servers, batch: str, kind: str) -> list[Path]:
    """Returns the landed files of a batch."""
    return list((hurt.var / "landed" / FEED / batch).glob(f"{kind}-*"))


def tries_of(admin: Airflow, run: str) -> dict[str, list[int]]:
    """Returns how often each task was tried, mapped ones by index."""
    found = admin.get(f"/dags/population_sync/dagRuns/{run}/taskInstances")["task_instances"]
    tries: dict[str, list[int]] = {}
    for task in sorted(found, key=lambda task: int(task["map_index"])):
        tries.setdefault(task["task_id"], []).append(task["try_number"])
    return tries


def assert_every_report_is_there(hurt: Servers) -> None:
    """Finds the report of every published batch, in the folder and in the store's own account."""
    context = hurt.context()
    published = batches(context, "published")
    assert [batch for batch in published if not (hurt.var / "reports" / batch / "report.vi.html").exists()] == []
    assert ask(context, "select from hub.batch where state = 'published' and reported_at is null") == []
