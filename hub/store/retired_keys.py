"""Keeps a process with an old key ring from writing under a key that rotation has retired."""

from __future__ import annotations

from typing import Any

import asyncpg
import psycopg

from hub.trust.keys import KeyRefused, KeyRing

# Writers hold the lock shared until they commit, a retirement takes it alone: no write slips past it.
LOCK_SHARED = "select pg_advisory_xact_lock_shared(hashtext('hub.keys'))"
LOCK_ALONE = "select pg_advisory_xact_lock(hashtext('hub.keys'))"
_RETIRED = "select purpose, version from hub.retired_key"


def usable_versions(conn: psycopg.Connection[Any], ring: KeyRing) -> list[int]:
    """Returns the index versions to write under, newest first, and holds off a retirement until the transaction ends.

    Raises:
        KeyRefused: the ring's newest keys are retired: this process must load its keys again.
    """
    conn.execute(LOCK_SHARED)
    return _usable(ring, {(row[0], row[1]) for row in conn.execute(_RETIRED)})


async def usable_versions_async(
    conn: asyncpg.pool.PoolConnectionProxy[asyncpg.Record] | Any, ring: KeyRing
) -> list[int]:
    """Does what `usable_versions` does, on asyncpg."""
    await conn.execute(LOCK_SHARED)
    return _usable(ring, {(row[0], row[1]) for row in await conn.fetch(_RETIRED)})


def _usable(ring: KeyRing, retired: set[tuple[str, int]]) -> list[int]:
    versions = [version for version in ring.index_versions if ("index", version) not in retired]
    if not versions or ("master", ring.master_version) in retired:
        raise KeyRefused("the keys were rotated and this process holds only retired ones: restart it")
    return versions
