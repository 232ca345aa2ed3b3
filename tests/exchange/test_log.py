"""The writer of the exchange log: durable before the answer, gapless, and closed when it can't write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import psycopg
import pytest

from hub.exchange.entries import LogEntry
from hub.exchange.log import ExchangeLog, LogUnwritable
from hub.exchange.refusals import Refused
from hub.settings import Role, Settings
from hub.store import engine


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Any]:
    """A pool of the API's role."""
    made = await engine.create_pool(settings, Role.API, min_size=0, max_size=6)
    yield made
    made.terminate()


def _rows(conn: psycopg.Connection[Any], columns: str) -> list[tuple[Any, ...]]:
    conn.rollback()
    return conn.execute(f"select {columns} from hub.exchange_log order by writer, sequence").fetchall()


async def test_all_entries_that_wait_are_written_gapless_and_in_order(
    pool: asyncpg.Pool, conn: psycopg.Connection[Any]
) -> None:
    """A thousand calls at once leave a thousand entries of one writer, numbered without a gap, in few inserts."""
    log = ExchangeLog(pool)
    entries = [LogEntry("lookup", outcome="complete", attributes=["a.b", "c.d"], sources=[]) for _ in range(1000)]
    await asyncio.gather(*(log.append(entry) for entry in entries))
    rows = _rows(conn, "sequence, at, exchange_id, attributes, sources, xmin::text")
    assert [row[0] for row in rows] == list(range(1, 1001))
    assert [row[1] for row in rows] == sorted(row[1] for row in rows)
    assert {row[2] for row in rows} == {entry.exchange_id for entry in entries}
    assert rows[0][3:5] == (["a.b", "c.d"], [])
    assert len({row[5] for row in rows}) < 20


async def test_an_entry_is_durable_when_append_returns(pool: asyncpg.Pool, conn: psycopg.Connection[Any]) -> None:
    """Another connection sees the entry at once."""
    entry = LogEntry("lookup", outcome="complete")
    await ExchangeLog(pool).append(entry)
    assert _rows(conn, "exchange_id") == [(entry.exchange_id,)]


async def test_a_writer_that_failed_begins_again(pool: asyncpg.Pool, conn: psycopg.Connection[Any]) -> None:
    """An entry that the database refuses fails those that wait with it; afterwards a new writer counts from 1."""
    log = ExchangeLog(pool)
    await log.append(LogEntry("lookup", outcome="one"))
    bad = LogEntry("lookup", outcome="bad")
    bad.kind = None  # type: ignore[assignment]
    results = await asyncio.gather(
        log.append(bad), log.append(LogEntry("lookup", outcome="lost")), return_exceptions=True
    )
    await log.append(LogEntry("lookup", outcome="two"))
    assert [type(each) for each in results] == [LogUnwritable, LogUnwritable]
    rows = _rows(conn, "writer, sequence, outcome")
    assert sorted((row[1], row[2]) for row in rows) == [(1, "one"), (1, "two")]
    assert len({row[0] for row in rows}) == 2


async def test_work_and_its_entry_stand_or_fall_together(pool: asyncpg.Pool, conn: psycopg.Connection[Any]) -> None:
    """What `commit` changes is there with its entry; a refusal inside undoes the change and takes no number."""
    log = ExchangeLog(pool)

    async def good(connection: Any) -> tuple[LogEntry, int]:
        await connection.execute("insert into hub.used_assertion values ('a', now())")
        return LogEntry("token", outcome="issued"), 7

    async def refused(connection: Any) -> tuple[LogEntry, int]:
        await connection.execute("insert into hub.used_assertion values ('b', now())")
        raise Refused("assertion.replayed")

    async def unloggable(connection: Any) -> tuple[LogEntry, int]:
        await connection.execute("insert into hub.used_assertion values ('c', now())")
        return LogEntry("token", outcome=None), 7  # type: ignore[arg-type]

    assert await log.commit(good) == 7
    with pytest.raises(Refused):
        await log.commit(refused)
    with pytest.raises(LogUnwritable):
        await log.commit(unloggable)
    assert conn.execute("select count(*) from hub.exchange_log").fetchone() == (1,)
    async with pool.acquire() as connection:
        assert await connection.fetchval("select array_agg(digest) from hub.used_assertion") == [b"a"]


async def test_work_that_waits_for_a_lock_delays_nobody_else(pool: asyncpg.Pool, conn: psycopg.Connection[Any]) -> None:
    """A registration that waits for a publish does not hold up the entries of lookups."""
    log = ExchangeLog(pool, timeout=1.0)
    release = asyncio.Event()

    async def slow(connection: Any) -> tuple[LogEntry, None]:
        await release.wait()
        return LogEntry("dossier", outcome="registered"), None

    waiting = asyncio.create_task(log.commit(slow))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(0.5):
        await log.append(LogEntry("lookup", outcome="complete"))
    release.set()
    await waiting
    assert [row[0] for row in _rows(conn, "outcome")] == ["complete", "registered"]


async def test_too_many_waiting_calls_are_refused(pool: asyncpg.Pool) -> None:
    """The queue is bounded: beyond it a call fails at once instead of waiting."""
    log = ExchangeLog(pool, max_waiting=5)
    results = await asyncio.gather(
        *(log.append(LogEntry("lookup", outcome="x")) for _ in range(20)), return_exceptions=True
    )
    assert sum(isinstance(each, LogUnwritable) for each in results) == 15


async def test_the_api_can_not_change_or_delete_an_entry(pool: asyncpg.Pool) -> None:
    """The role that writes the log may insert and read, nothing else."""
    await ExchangeLog(pool).append(LogEntry("lookup", outcome="x"))
    for statement in ("update hub.exchange_log set outcome = 'y'", "delete from hub.exchange_log"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)
