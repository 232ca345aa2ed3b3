"""Rotation of keys while the hub works: every step is a short transaction, and a killed rotation simply goes on.

Index key: add a version (`trust.keys.rotate_index`), restart or reload the processes, then `rotate_index` here; while
it runs, numbers are found under both versions. Master key: `trust.keys.rotate_master`, then `rewrap`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from hub.settings import Role, Settings
from hub.store.engine import connect
from hub.store.identity import open_ciphers
from hub.store.retired_keys import LOCK_ALONE
from hub.trust.keys import KeyRing
from hub.trust.sealing import identifier_aad, subject_aad, unseal_with

Progress = Callable[[str, int], None]
"""Called with what is being done and how many are done."""

_BATCH = 1000
_RETIRE = "insert into hub.retired_key (purpose, version) values (%s, %s) on conflict do nothing"

_MISSING = """
select distinct on (i.identifier_id) i.identifier_id, i.subject_id, i.scheme, i.sealed
  from hub.subject_identifier i
 where i.identifier_id > %s
   and not exists (select from hub.subject_identifier n where n.identifier_id = i.identifier_id and n.key_version = %s)
 order by i.identifier_id limit %s
"""
_ADD = """
insert into hub.subject_identifier (identifier_id, key_version, scheme, blind_index, subject_id, status, valid_from,
                                    valid_to, sealed)
select i.identifier_id, %(version)s, i.scheme, n.blind, i.subject_id, i.status, i.valid_from, i.valid_to, i.sealed
  from unnest(%(places)s::bigint[], %(blinds)s::bytea[]) n (identifier_id, blind)
  join lateral (select * from hub.subject_identifier i where i.identifier_id = n.identifier_id
                 order by key_version limit 1) i on true
on conflict (identifier_id, key_version) do nothing
"""
_NEXT = """
select identifier_id, subject_id, scheme, sealed, blind_index from hub.subject_identifier
 where identifier_id > %s and key_version = %s order by identifier_id limit %s
"""

_LEFT = """
select count(*) from hub.subject_identifier i
 where i.key_version <> %(newest)s
   and not exists (select from hub.subject_identifier n
                    where n.identifier_id = i.identifier_id and n.key_version = %(newest)s)
"""


class RotationIncomplete(RuntimeError):
    """Something is still under the old key; nothing was retired."""


def _silent(stage: str, count: int) -> None:
    """Reports nothing."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did: rows moved to the new key, rows proved to be there, versions retired."""

    moved: int
    proved: int
    retired: list[int]


def rotate_index(settings: Settings, ring: KeyRing, *, progress: Progress = _silent) -> Rotation:
    """Indexes every number under the newest key, proves that each is found there, then retires the older versions.

    Numbers that other processes add meanwhile under the older key are caught up with before it is retired; after that
    such a process refuses to write. A repeated call goes on where a killed one stopped. The caller then removes the old
    key files (`trust.keys.retire_index`).

    Raises:
        RotationIncomplete: a number is not found under the newest key; the older ones stay active.
    """
    newest, older = ring.index_versions[0], ring.index_versions[1:]
    with connect(settings, Role.OWNER, autocommit=True) as conn:
        moved = _move(conn, ring, newest, progress)
        proved = _prove(conn, ring, newest)
        with conn.transaction():
            conn.execute(LOCK_ALONE)
            # Nobody writes now: what came since is the last of it.
            moved += _move(conn, ring, newest, _silent)
            left = conn.execute(_LEFT, {"newest": newest}).fetchone()
            if left != (0,):
                raise RotationIncomplete(f"some numbers are not indexed under key {newest}: run the rotation again")
            conn.execute("delete from hub.subject_identifier where key_version = any(%s)", (older,))
            for version in older:
                conn.execute(_RETIRE, ("index", version))
    return Rotation(moved, proved, older)


def _move(conn: psycopg.Connection[Any], ring: KeyRing, newest: int, progress: Progress) -> int:
    moved, last = 0, 0
    while True:
        with conn.transaction():
            count, last = _move_slice(conn, ring, newest, last)
        if count == 0:
            return moved
        moved += count
        progress("numbers indexed", moved)


def _move_slice(conn: psycopg.Connection[Any], ring: KeyRing, newest: int, after: int) -> tuple[int, int]:
    rows = conn.execute(_MISSING, (after, newest, _BATCH)).fetchall()
    if not rows:
        return 0, after
    ciphers = open_ciphers(conn, ring, {subject_id for _, subject_id, _, _ in rows})
    places, blinds = [], []
    for identifier_id, subject_id, scheme, sealed in rows:
        if subject_id in ciphers:  # otherwise it was erased a moment ago
            value = unseal_with(ciphers[subject_id], sealed, identifier_aad(identifier_id)).decode()
            places.append(identifier_id)
            blinds.append(ring.blind_index(newest, scheme, value))
    conn.execute(_ADD, {"version": newest, "places": places, "blinds": blinds})
    return len(rows), rows[-1][0]


def _prove(conn: psycopg.Connection[Any], ring: KeyRing, newest: int) -> int:
    """Opens every number once more and compares its index with the stored one."""
    proved, last = 0, 0
    while rows := conn.execute(_NEXT, (last, newest, _BATCH)).fetchall():
        ciphers = open_ciphers(conn, ring, {row[1] for row in rows})
        for identifier_id, subject_id, scheme, sealed, blind in rows:
            if subject_id not in ciphers:
                continue
            value = unseal_with(ciphers[subject_id], sealed, identifier_aad(identifier_id)).decode()
            if ring.blind_index(newest, scheme, value) != blind:
                raise RotationIncomplete(f"identifier {identifier_id} is not found under index key {newest}")
        proved, last = proved + len(rows), rows[-1][0]
    return proved


# Every table that holds a key or a value wrapped under the master key: its own key, what is wrapped, where it belongs.
_WRAPPED: tuple[tuple[LiteralString, tuple[LiteralString, ...], LiteralString, Callable[..., bytes]], ...] = (
    ("subject_key", ("subject_id",), "wrapped_key", subject_aad),
    ("batch", ("batch_id",), "wrapped_key", lambda batch_id: f"batch|{batch_id}".encode()),
    ("quarantine", ("entry_id",), "wrapped_key", lambda entry_id: f"quarantine|{entry_id}|key".encode()),
    ("register_token", ("register", "name"), "sealed", lambda register, name: f"token|{register}|{name}".encode()),
)


def rewrap(settings: Settings, ring: KeyRing, *, progress: Progress = _silent) -> Rotation:
    """Wraps every data key under the newest master key, then retires the older versions; the data is not touched.

    A repeated call goes on where a killed one stopped. The caller then removes the old key files
    (`trust.keys.retire_master`).
    """
    older = ring.master_versions[1:]
    with connect(settings, Role.OWNER, autocommit=True) as conn:
        moved = _rewrap(conn, ring, progress)
        with conn.transaction():
            conn.execute(LOCK_ALONE)
            moved += _rewrap(conn, ring, _silent)
            for version in older:
                conn.execute(_RETIRE, ("master", version))
    return Rotation(moved, moved, older)


def _rewrap(conn: psycopg.Connection[Any], ring: KeyRing, progress: Progress) -> int:
    moved = 0
    for table in _WRAPPED:
        while count := _rewrap_slice(conn, ring, *table):
            moved += count
            progress("keys wrapped", moved)
    return moved


def _rewrap_slice(
    conn: psycopg.Connection[Any],
    ring: KeyRing,
    table: LiteralString,
    keys: tuple[LiteralString, ...],
    column: LiteralString,
    aad: Callable[..., bytes],
) -> int:
    names = {
        "table": sql.Identifier("hub", table),
        "keys": sql.SQL(", ").join(map(sql.Identifier, keys)),
        "column": sql.Identifier(column),
        "this": sql.SQL(" and ").join(sql.SQL("{} = %s").format(sql.Identifier(key)) for key in keys),
    }
    select = (
        "select {keys}, master_version, {column} from {table}"
        " where master_version < %s and {column} is not null order by {keys} limit %s for update"
    )
    update = "update {table} set master_version = %s, {column} = %s where {this} and master_version = %s"
    with conn.transaction():
        rows = conn.execute(sql.SQL(select).format(**names), (ring.master_version, _BATCH)).fetchall()
        changes = []
        for *place, version, wrapped in rows:
            bound = aad(*place)
            anew = ring.wrap(ring.unwrap(version, wrapped, bound), bound)
            changes.append((ring.master_version, anew, *place, version))
        if changes:
            conn.cursor().executemany(sql.SQL(update).format(**names), changes)
    return len(rows)
