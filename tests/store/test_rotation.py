"""Keys rotate while the hub works, and a killed rotation goes on where it stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import Any

import psycopg
import pytest

from hub.settings import ROOT, Role, Settings
from hub.store import rotation, subjects
from hub.store.engine import connect, create_pool
from hub.trust import keys as trust_keys
from hub.trust.keys import KeyRefused, KeyRing
from tests.store.population import count, holders, one, personal_id, publish, row

Conn = psycopg.Connection[Any]
_PROGRAM = """
import sys
from hub.settings import Settings
from hub.store import rotation
from hub.trust.keys import KeyRing

def tell(stage, count):
    print(stage, count, flush=True)
    sys.stdin.readline()

settings = Settings(_env_file=None)
getattr(rotation, sys.argv[1])(settings, KeyRing.load(settings), progress=tell)
"""


def _versions(settings: Settings) -> list[tuple[int, int]]:
    with connect(settings, Role.OWNER) as owner:
        query = "select key_version, count(*) from hub.subject_identifier group by 1 order by 1"
        return owner.execute(query).fetchall()


async def _claim(settings: Settings, ring: KeyRing, key: str) -> int:
    async with create_pool(settings, Role.API, min_size=1) as pool, pool.acquire() as api, api.transaction():
        return await subjects.claim(api, ring, key)


async def test_all_numbers_are_found_under_the_new_key(settings: Settings, ring: KeyRing, conn: Conn) -> None:
    """After a rotation published, claimed and old numbers are found under the new key alone."""
    publish(conn, ring, *(row(personal_id(n), former_id=f"1000{n:05d}") for n in range(30)))
    claimed = await _claim(settings, ring, personal_id(900))
    trust_keys.rotate_index(settings)
    both = KeyRing.load(settings)

    done = rotation.rotate_index(settings, both)

    assert (done.moved, done.proved, done.retired) == (61, 61, [1])
    trust_keys.retire_index(settings, 1)
    new = KeyRing.load(settings)
    assert new.index_versions == [2]
    assert _versions(settings) == [(2, 61)]
    assert all(one(conn, new, personal_id(n)).document == "A" for n in range(30))
    assert holders(conn, new, "100000007") == {one(conn, new, personal_id(7)).subject_id}
    assert await _claim(settings, new, personal_id(900)) == claimed
    assert publish(conn, new, *(row(personal_id(n), former_id=f"1000{n:05d}") for n in range(30))).unchanged == 30


async def test_numbers_are_found_under_both_keys_meanwhile(settings: Settings, ring: KeyRing, conn: Conn) -> None:
    """Between the two keys, numbers of either are found and new ones stand under both."""
    publish(conn, ring, row(personal_id(1)))
    trust_keys.rotate_index(settings)
    both = KeyRing.load(settings)

    publish(conn, both, row(personal_id(1), 2, "B"), row(personal_id(2)))
    claimed = await _claim(settings, ring, personal_id(3))

    assert count(conn, "subject") == 3
    assert await _claim(settings, both, personal_id(3)) == claimed
    assert one(conn, ring, personal_id(1)).document == "B"
    assert _versions(settings) == [(1, 3), (2, 1)]


def test_process_with_the_old_ring_is_caught_up_with_and_then_refused(
    settings: Settings, ring: KeyRing, conn: Conn
) -> None:
    """What a process with the old ring writes during a rotation is not lost; after it, that process is refused."""
    publish(conn, ring, *(row(personal_id(n)) for n in range(20)))
    trust_keys.rotate_index(settings)
    both = KeyRing.load(settings)
    late = [row(personal_id(n)) for n in range(100, 110)]

    def write_meanwhile(stage: str, number: int) -> None:
        publish(conn, ring, *late)

    done = rotation.rotate_index(settings, both, progress=write_meanwhile)

    assert done.retired == [1]
    assert _versions(settings) == [(2, 30)]
    assert one(conn, both, personal_id(105)).document == "A"
    with pytest.raises(KeyRefused, match="restart"):
        publish(conn, ring, row(personal_id(200)))
    conn.rollback()


@pytest.mark.parametrize(("step", "purpose"), [("rotate_index", "index"), ("rewrap", "master")])
def test_killed_rotation_goes_on(settings: Settings, ring: KeyRing, conn: Conn, step: str, purpose: str) -> None:
    """A rotation killed after its first slice is finished by the next one, and nothing is lost."""
    numbers = 2500
    publish(conn, ring, *(row(personal_id(n), document=str(n)) for n in range(numbers)))
    getattr(trust_keys, f"rotate_{purpose}")(settings)
    environment = os.environ | {
        "HUB_DATABASE_URL": settings.database_url or "",
        "HUB_KEYS_DIR": str(settings.keys_path()),
    }
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, step],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().endswith(" 1000\n")
        process.send_signal(signal.SIGKILL)

    done = getattr(rotation, step)(settings, KeyRing.load(settings))

    assert 0 < done.moved < numbers
    getattr(trust_keys, f"retire_{purpose}")(settings, 1)
    new = KeyRing.load(settings)
    assert all(one(conn, new, personal_id(n)).document == str(n) for n in range(0, numbers, 100))


def test_lookups_go_on_during_a_rotation(settings: Settings, ring: KeyRing, conn: Conn) -> None:
    """A reader with both keys finds every number at every moment of a rotation."""
    publish(conn, ring, *(row(personal_id(n)) for n in range(2000)))
    trust_keys.rotate_index(settings)
    both = KeyRing.load(settings)
    finished, misses = threading.Event(), []
    query = "select count(*) from hub.subject_identifier where scheme = 'personal_id' and blind_index = any(%s)"

    def look_up() -> None:
        with connect(settings, Role.PIPELINE, autocommit=True) as reader:
            turn = 0
            while not finished.is_set():
                key = personal_id(turn % 2000)
                blinds = [both.blind_index(version, "personal_id", key) for version in both.index_versions]
                if reader.execute(query, (blinds,)).fetchone() == (0,):
                    misses.append(key)
                turn += 7

    reader = threading.Thread(target=look_up)
    reader.start()
    rotation.rotate_index(settings, both)
    finished.set()
    reader.join()

    assert misses == []


def test_wrong_index_stops_the_rotation(settings: Settings, ring: KeyRing, conn: Conn) -> None:
    """A number that is not found under the new key keeps the old key from being retired."""
    publish(conn, ring, row(personal_id(1)), row(personal_id(2)))
    trust_keys.rotate_index(settings)
    both = KeyRing.load(settings)
    publish(conn, both, row(personal_id(3)))
    with connect(settings, Role.OWNER) as owner:
        owner.execute("update hub.subject_identifier set blind_index = sha256('wrong') where key_version = 2")

    with pytest.raises(rotation.RotationIncomplete):
        rotation.rotate_index(settings, both)

    assert [version for version, _ in _versions(settings)] == [1, 2]
    assert one(conn, ring, personal_id(1)).document == "A"


def test_nothing_is_wrapped_under_a_retired_master_key(settings: Settings, ring: KeyRing, conn: Conn) -> None:
    """After a rotation of the master key a process with the old ring can write no key at all."""
    publish(conn, ring, row(personal_id(1)))
    trust_keys.rotate_master(settings)
    new = KeyRing.load(settings)
    assert rotation.rewrap(settings, new).moved == 1

    with pytest.raises(KeyRefused, match="restart"):
        publish(conn, ring, row(personal_id(2)))
    conn.rollback()
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState), conn.transaction():
        conn.execute("insert into hub.feed (name) values ('population.citizens')")
        conn.execute(
            """insert into hub.batch (batch_id, feed, state, since, until, asked_until, scope, legal_basis,
                                      landed_uri, master_version, wrapped_key)
               values (gen_random_uuid(), 'population.citizens', 'landed', now() - interval '1 hour', now(), now(),
                       'all', 'l', 'file:///x', 1, 'x')"""
        )
    publish(conn, new, row(personal_id(2)))
