"""Roles are written while people are published, merged and claimed: nobody fails, and nobody is there twice."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
import pytest

from hub.settings import Role, Settings
from hub.store import subjects
from hub.store.engine import connect, create_pool
from hub.trust.keys import KeyRing
from tests.store.population import count, one, personal_id, publish, row
from tests.store.roles import owns, represents, told

Conn = psycopg.Connection[Any]
OLD, NEW = personal_id(50000001), personal_id(50000002)
COMPANY = "9900000014"
as_organisation = partial(publish, register="business", kind="organisation")


def _blocked(conn: Conn) -> int:
    """Counts the connections that wait for a lock in this database."""
    row = conn.execute(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    ).fetchone()
    conn.rollback()
    return int(row[0]) if row else 0


async def _until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("what the test waits for did not happen")


@pytest.mark.parametrize("seed", range(3))
async def test_holders_are_created_once_by_whoever_comes_first(
    settings: Settings, ring: KeyRing, conn: Conn, seed: int
) -> None:
    """The same people come from the population, from the business register and from dossiers at the same moment."""
    people = [personal_id(seed * 1000 + number) for number in range(200)]
    failures: list[BaseException] = []

    def run(write: Callable[[Conn, int], object]) -> None:
        try:
            with connect(settings, Role.PIPELINE) as own:
                for start in range(0, len(people), 50):
                    write(own, start)
        except BaseException as error:
            failures.append(error)

    def population(own: Conn, start: int) -> object:
        return publish(own, ring, *(row(each) for each in people[start : start + 50]))

    def business(own: Conn, start: int) -> object:
        held = people[150 - start : 200 - start]
        codes = (f"99{seed}{start:04d}{place:03d}" for place in range(len(held)))
        return as_organisation(
            own, ring, *(row(code, roles=(represents(each),)) for code, each in zip(codes, held, strict=True))
        )

    async def claim(pool: Any, number: str) -> int:
        async with pool.acquire() as api, api.transaction():
            return await subjects.claim(api, ring, number)

    threads = [threading.Thread(target=run, args=(write,)) for write in (population, business)]
    for thread in threads:
        thread.start()
    async with create_pool(settings, Role.API, min_size=1, max_size=4) as pool:
        claimed = await asyncio.gather(*(claim(pool, number) for number in people[::3]))
    for thread in threads:
        await asyncio.to_thread(thread.join)

    assert failures == []
    assert len(told(conn, ring)) == 200
    assert [one(conn, ring, number).subject_id for number in people[::3]] == claimed
    assert conn.execute("select count(*) from hub.subject where kind = 'person'").fetchall() == [(200,)]
    conn.rollback()
    assert count(conn, "subject_key") == count(conn, "subject") == 400


async def test_publish_that_is_locked_out_tries_again(settings: Settings, ring: KeyRing, conn: Conn) -> None:
    """Two writers that create the same numbers in opposite orders do not fail: the publish gives way and goes on."""
    version = ring.index_versions[0]
    first, last = sorted((OLD, NEW), key=lambda number: ring.blind_index(version, "personal_id", number))
    rows = [row(COMPANY, roles=(represents(first), owns(last)))]
    async with create_pool(settings, Role.API, min_size=1) as pool, pool.acquire() as api:
        transaction = api.transaction()
        await transaction.start()
        await subjects.claim(api, ring, last)
        with connect(settings, Role.PIPELINE) as own:
            publishing = asyncio.create_task(asyncio.to_thread(as_organisation, own, ring, *rows))
            await _until(lambda: _blocked(conn) == 1)
            # Each now waits for what the other has: whoever waited first is told so.
            await subjects.claim(api, ring, first)
            await transaction.commit()
            result = await publishing

    assert result.published == 1
    assert sorted(told(conn, ring)) == sorted([(first, "represents", COMPANY), (last, "owns", COMPANY)])
    assert count(conn, "subject") == 3


async def test_role_never_stands_with_a_merged_subject(settings: Settings, ring: KeyRing, conn: Conn) -> None:
    """A merge waits for the roles that are being written, and moves them."""
    publish(conn, ring, row(OLD, 1), row(NEW, 1))
    replaced = row(OLD, 2, "gone", status="cancelled", replaced_by=NEW)
    with connect(settings, Role.PIPELINE) as business, connect(settings, Role.PIPELINE) as population:
        with business.transaction():
            as_organisation(business, ring, row(COMPANY, roles=(represents(OLD), owns(NEW))))
            merging = asyncio.create_task(asyncio.to_thread(publish, population, ring, replaced))
            await _until(lambda: _blocked(conn) == 1)
            assert not merging.done()
        await merging

    subject = one(conn, ring, NEW).subject_id
    assert one(conn, ring, OLD).subject_id == subject
    holders = conn.execute("select kind, holder_id from hub.role order by kind").fetchall()
    assert holders == [("owns", subject), ("represents", subject)]
