"""A feed's work as seen from outside: which process holds it, where it stands, what it has left in the store."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import psutil
import psycopg

from hub.pipeline.context import Context
from sandbox_mocks.country import Country
from tests.servers.conftest import PEOPLE, SEED, Servers

FEED = "population.citizens"
T = TypeVar("T")

_HOLDER = """
select a.client_port from pg_locks l join pg_stat_activity a using (pid)
where l.locktype = 'advisory' and l.granted
  and (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('lienthong feed ' || %s, 0)
"""
_WAITING = "select client_port from pg_stat_activity where wait_event_type = 'Lock' and usename = 'hub_pipeline'"


def wait_for(true: Callable[[], T], seconds: float = 120, pause: float = 0.05) -> T:
    """Waits until something is there, and returns it."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, f"not within {seconds:.0f} s"
        time.sleep(pause)
    return found


def ask(context: Context, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Asks the hub's database."""
    with context.connect() as conn:
        return conn.execute(sql.encode(), values).fetchall()


def batches(context: Context, state: str) -> list[str]:
    """Returns the batches in a state, in order."""
    found = ask(context, "select batch_id from hub.batch where state = %s order by sequence", state)
    return [str(batch_id) for (batch_id,) in found]


@contextmanager
def held(context: Context, batch: str) -> Iterator[None]:
    """Keeps everybody else from changing the row of a batch."""
    with context.connect() as conn:
        conn.execute("select from hub.batch where batch_id = %s for no key update", (batch,))
        yield
        conn.rollback()


def holder(servers: Servers) -> psutil.Process:
    """Returns the task's process that works on the feed."""
    return wait_for(lambda: _process(servers, _HOLDER, FEED))


def waiting(servers: Servers) -> psutil.Process:
    """Returns the task's process whose statement waits for a lock."""
    return wait_for(lambda: _process(servers, _WAITING))


def kill(servers: Servers, task: psutil.Process) -> None:
    """Kills a task's process, and makes sure that it was one and that it leaves none behind."""
    scheduler = servers.server("airflow scheduler")
    assert scheduler in task.parents()
    below = task.children(recursive=True)
    os.kill(task.pid, signal.SIGKILL)
    assert psutil.wait_procs([task, *below], timeout=10)[1] == []


def assert_nothing_lost_or_doubled(context: Context, since: datetime, until: datetime, *, backfill: bool) -> None:
    """Holds the store against the twin's own account of a window that several batches have brought."""
    published = ask(
        context,
        "select b.since, b.until, l.fetched, l.published + l.unchanged + l.superseded + l.quarantined + l.duplicate"
        " + l.filtered, b.reported_at, b.batch_id from hub.batch b join hub.ledger l using (batch_id)"
        " where b.state = 'published' and b.backfill = %s and b.until > %s order by b.sequence",
        backfill,
        since,
    )
    assert all(left[1] == right[0] for left, right in itertools.pairwise(published)), "a window is missing or doubled"
    assert (published[0][0], published[-1][1]) == (since, until)
    entries = Country(SEED, PEOPLE).feed.window(_ms(since), _ms(until))
    assert sum(row[2] for row in published) == len(entries)
    assert [row for row in published if row[2] != row[3]] == []
    assert_store_is_the_twins(context, {entry.number: entry.time for entry in entries})


def assert_store_is_the_twins(context: Context, newest: dict[str, int]) -> None:
    """Finds every number once, in its newest version or in quarantine, and no other number."""
    index = context.ring.index_versions[0]
    stored: dict[bytes, list[int]] = {}
    for blind, version in ask(
        context,
        "select i.blind_index, r.source_version from hub.record r join hub.subject_identifier i using (identifier_id)"
        " where i.scheme = 'personal_id' and i.key_version = %s",
        index,
    ):
        stored.setdefault(bytes(blind), []).append(version)
    refused = {bytes(row[0]) for row in ask(context, "select key_digest from hub.quarantine where status = 'open'")}
    blinds = {number: context.ring.blind_index(index, "personal_id", number) for number in newest}
    lost = [
        number
        for number, version in newest.items()
        if stored.get(blinds[number]) != [version] and context.ring.digest(number.encode()) not in refused
    ]
    assert len(lost) == 0, f"{len(lost)} numbers are lost, doubled or of another version"
    assert len(set(stored) - set(blinds.values())) == 0, "numbers stand in the store that the twin does not know"
    assert ask(context, "select from hub.quarantine group by batch_id, position having count(*) > 1") == []


def _process(servers: Servers, sql: str, *values: str) -> psutil.Process | None:
    try:
        ports = {port for (port,) in ask(servers.context(), sql, *values)}
    except psycopg.OperationalError:
        return None
    hidden = []
    for process in servers.family():
        try:
            connections = process.net_connections(kind="tcp")
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied:
            # Airflow hides a task and its supervisor from every other process but root's.
            hidden.append(process)
            continue
        if any(connection.laddr and connection.laddr.port in ports for connection in connections):
            return process
    # An idle worker has no parent that is hidden; a task has its supervisor.
    above = {process.pid for process in hidden}
    tasks = [each for each in hidden if each.is_running() and each.ppid() in above and not each.children()]
    return tasks[0] if ports and len(tasks) == 1 else None


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
