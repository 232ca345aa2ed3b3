"""Subjects: claimed by dossiers while feeds are published, known, erased."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import psycopg
import pytest

from hub.settings import Role, Settings
from hub.store import subjects
from hub.store.engine import connect, create_pool
from hub.trust.keys import KeyRefused, KeyRing
from hub.trust.sealing import record_aad, subject_aad, unseal
from tests.store.population import count, one, personal_id, publish, row, stored

Conn = psycopg.Connection[Any]
A, B = personal_id(50000017), personal_id(50000018)


async def _claim(settings: Settings, ring: KeyRing, *keys: str) -> list[int]:
    async with create_pool(settings, Role.API, min_size=1, max_size=8) as pool:

        async def one_claim(key: str) -> int:
            async with pool.acquire() as conn, conn.transaction():
                return await subjects.claim(conn, ring, key)

        return list(await asyncio.gather(*map(one_claim, keys)))


def _open_dossier(settings: Settings, subject_id: int) -> None:
    with connect(settings, Role.OWNER) as owner:
        owner.execute("insert into hub.consumer (consumer_id, name) values ('c', 'C') on conflict do nothing")
        owner.execute(
            "insert into hub.dossier (consumer_id, dossier, procedure, subject_id) values ('c', %s, 'p', %s)",
            (str(subject_id), subject_id),
        )


async def test_claim_creates_a_subject_once(settings: Settings, ring: KeyRing, conn: Conn) -> None:
    """Many claims of one unknown number at the same time make one subject."""
    found = await _claim(settings, ring, *[A] * 8)

    assert len(set(found)) == 1
    assert count(conn, "subject") == count(conn, "subject_key") == 1


async def test_published_record_joins_the_claimed_subject(settings: Settings, ring: KeyRing, conn: Conn) -> None:
    """A record of a claimed number stands with the subject that the dossier made, and the number becomes current."""
    (claimed,) = await _claim(settings, ring, A)

    publish(conn, ring, row(A))

    assert (one(conn, ring, A).subject_id, one(conn, ring, A).identifier_status) == (claimed, "current")


async def test_claim_finds_the_published_subject(settings: Settings, ring: KeyRing, conn: Conn) -> None:
    """A claim of a published number finds its subject."""
    publish(conn, ring, row(A))

    assert await _claim(settings, ring, A) == [one(conn, ring, A).subject_id]


@pytest.mark.parametrize("seed", range(3))
async def test_claims_and_publishes_at_the_same_time_agree(settings: Settings, ring: KeyRing, seed: int) -> None:
    """Numbers that are claimed while they are published end with one subject each, and nobody is lost."""
    keys = [personal_id(seed * 1000 + number) for number in range(300)]
    failures: list[BaseException] = []

    def publish_all() -> None:
        try:
            with connect(settings, Role.PIPELINE) as conn:
                for start in range(0, len(keys), 100):
                    publish(conn, ring, *(row(key, document=key) for key in keys[start : start + 100]))
        except BaseException as error:  # the main thread raises it
            failures.append(error)

    publisher = threading.Thread(target=publish_all)
    publisher.start()
    claimed = await _claim(settings, ring, *reversed(keys))
    await asyncio.to_thread(publisher.join)

    assert failures == []
    with connect(settings, Role.PIPELINE) as conn:
        records = [one(conn, ring, key) for key in reversed(keys)]
        assert [record.subject_id for record in records] == claimed
        assert count(conn, "subject") == count(conn, "subject_key") == len(keys)


async def test_claim_under_way_makes_the_publish_wait_and_join(settings: Settings, ring: KeyRing, conn: Conn) -> None:
    """A publish that meets a claim's open transaction waits for it, and uses the subject that it made."""
    async with create_pool(settings, Role.API, min_size=1) as pool, pool.acquire() as api:
        transaction = api.transaction()
        await transaction.start()
        claimed = await subjects.claim(api, ring, A)
        publishing = asyncio.create_task(asyncio.to_thread(publish, conn, ring, row(A), row(B)))
        await asyncio.sleep(0.3)
        assert not publishing.done()
        await transaction.commit()
        result = await publishing

    assert result.published == 2
    assert one(conn, ring, A).subject_id == claimed


def test_known_are_those_in_a_dossier(settings: Settings, ring: KeyRing, conn: Conn) -> None:
    """The feed scope knows the numbers whose subject stands in a dossier, under any of its numbers."""
    newer = personal_id(50000099)
    publish(conn, ring, row(A, status="cancelled", replaced_by=newer), row(newer), row(B))
    _open_dossier(settings, one(conn, ring, A).subject_id)

    assert subjects.known(conn, ring, "personal_id", [A, B, newer, personal_id(1)]) == {A, newer}


def test_erased_subject_opens_for_nobody(settings: Settings, ring: KeyRing, conn: Conn) -> None:
    """After an erasure even a copy of the sealed record and of the key table as it is now opens nothing."""
    publish(conn, ring, row(A, 1, "old"), row(B, 1, "other"))
    publish(conn, ring, row(A, 2, "new"))
    subject_id = one(conn, ring, A).subject_id
    backup = conn.execute(
        "select identifier_id, sealed from hub.record where subject_id = %s", (subject_id,)
    ).fetchall()
    keys = conn.execute("select subject_id, master_version, wrapped_key from hub.subject_key").fetchall()
    conn.rollback()
    ((place, sealed),) = backup
    key = {subject: ring.unwrap(version, wrapped, subject_aad(subject)) for subject, version, wrapped in keys}
    assert unseal(key[subject_id], sealed, record_aad("population", "person", place)) == b"new"

    with connect(settings, Role.RETENTION) as retention:
        subjects.erase(retention, subject_id)

    left = conn.execute("select subject_id from hub.subject_key").fetchall()
    assert left == [(one(conn, ring, B).subject_id,)]
    assert stored(conn, ring, A) == stored(conn, ring, A, table="record_version") == []
    assert one(conn, ring, B).document == "other"


def test_erased_person_may_come_back_as_somebody_new(settings: Settings, ring: KeyRing, conn: Conn) -> None:
    """A number that is published after its erasure gets a new subject, without a link to the old one."""
    publish(conn, ring, row(A))
    erased = one(conn, ring, A).subject_id
    with connect(settings, Role.RETENTION) as retention:
        subjects.erase(retention, erased)

    publish(conn, ring, row(A))

    assert one(conn, ring, A).subject_id != erased
    with connect(settings, Role.RETENTION) as retention, pytest.raises(LookupError):
        subjects.erase(retention, erased)


def test_process_with_retired_keys_writes_nothing(settings: Settings, ring: KeyRing, conn: Conn) -> None:
    """A publish with a key ring that knows only retired keys is refused with advice."""
    with connect(settings, Role.OWNER) as owner:
        owner.execute("insert into hub.retired_key (purpose, version) values ('index', 1)")

    with pytest.raises(KeyRefused, match="restart"):
        publish(conn, ring, row(A))
