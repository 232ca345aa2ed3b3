"""Rows, readers and lawful synthetic numbers for the tests of the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg

from hub.store.records import PublishResult, PublishRow, publish_rows
from hub.trust.keys import KeyRing
from hub.trust.sealing import record_aad, subject_aad, unseal
from schemas.canonical import Holder, Kind, kinds

FETCHED_AT = datetime(2026, 11, 22, 3, tzinfo=UTC)


def personal_id(number: int) -> str:
    """Returns a synthetic 12-digit number."""
    return f"100{number:09d}"


def row(
    key: str,
    version: int = 1,
    document: str = "A",
    *,
    status: str = "current",
    replaced_by: str | None = None,
    former_id: str | None = None,
    position: int = 0,
    correction: int = 0,
    roles: tuple[Holder, ...] = (),
) -> PublishRow:
    """Returns a row with what a test cares about."""
    return PublishRow(position, key, version, status, replaced_by, former_id, document.encode(), correction, roles)


def publish(
    conn: psycopg.Connection[Any],
    ring: KeyRing,
    *rows: PublishRow,
    mapping_version: int = 1,
    batch_id: UUID | None = None,
    register: str = "population",
    kind: str | Kind = "person",
) -> PublishResult:
    """Publishes rows as a batch of their own and commits; `kind` is the name of one, or one of the test's own."""
    with conn.transaction():
        return publish_rows(
            conn,
            ring,
            register=register,
            kind=kinds()[kind] if isinstance(kind, str) else kind,
            batch_id=batch_id or uuid4(),
            fetched_at=FETCHED_AT,
            mapping_version=mapping_version,
            rows=rows,
        )


@dataclass(frozen=True)
class Stored:
    """A record as the store holds it, opened."""

    subject_id: int
    status: str
    identifier_status: str
    source_version: int
    document: str


_READ = """
select r.subject_id, r.status, i.status, r.source_version, r.sealed, r.identifier_id, k.master_version, k.wrapped_key
  from hub.subject_identifier i join hub.{table} r using (identifier_id)
  join hub.subject_key k on k.subject_id = r.subject_id
 where i.scheme = %s and i.key_version = %s and i.blind_index = %s and i.subject_id = r.subject_id
   and r.register = %s and r.kind = %s
 order by r.source_version, r.correction, r.mapping_version
"""


def stored(
    conn: psycopg.Connection[Any],
    ring: KeyRing,
    key: str,
    *,
    table: str = "record",
    register: str = "population",
    kind: str | Kind = "person",
) -> list[Stored]:
    """Returns what the store holds under a number, opened with its subject's key."""
    kind = kinds()[kind] if isinstance(kind, str) else kind
    version, scheme = ring.index_versions[0], kind.scheme
    query = _READ.format(table=table).encode()
    found = []
    for subject, status, number_status, source_version, sealed, place, master, wrapped in conn.execute(
        query, (scheme, version, ring.blind_index(version, scheme, key), register, kind.name)
    ).fetchall():
        data_key = ring.unwrap(master, wrapped, subject_aad(subject))
        document = unseal(data_key, sealed, record_aad(register, kind.name, place)).decode()
        found.append(Stored(subject, status, number_status, source_version, document))
    conn.rollback()
    return found


def one(conn: psycopg.Connection[Any], ring: KeyRing, key: str) -> Stored:
    """Returns the record under a number."""
    (record,) = stored(conn, ring, key)
    return record


def count(conn: psycopg.Connection[Any], table: str) -> int:
    """Returns how many rows a table has."""
    (number,) = conn.execute(f"select count(*) from hub.{table}".encode()).fetchone() or (0,)
    conn.rollback()
    return int(number)


def holders(conn: psycopg.Connection[Any], ring: KeyRing, former_id: str) -> set[int]:
    """Returns the subjects that hold an old 9-digit number."""
    version = ring.index_versions[0]
    rows = conn.execute(
        "select subject_id from hub.subject_identifier where scheme = 'former_id' and blind_index = %s",
        (ring.blind_index(version, "former_id", former_id),),
    ).fetchall()
    conn.rollback()
    assert len(rows) == len(set(rows))
    return {subject_id for (subject_id,) in rows}
