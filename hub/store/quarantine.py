"""Quarantine: the records that a rule refused, sealed, each with rule, field and stage, waiting for a steward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

import holidays
import orjson
import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from hub.trust.keys import KeyRing
from hub.trust.sealing import new_data_key, seal, unseal

WORKING_DAYS = {"stop": 5, "quarantine": 10, "warn": 15}
"""Working days in which an error must be put right, by severity (letter 4856/BCA-TTDLQG of 14/9/2026)."""

OPEN = "open"


class UnknownEntry(LookupError):
    """There is no quarantine entry of this id."""


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """One record on its way into quarantine.

    `findings` are `{rule, field, stage, severity, group}` in the order in which the rules spoke; the first one refused
    it. `announced` is when the source announced the change that these contents lack (epoch milliseconds).
    """

    position: int
    key: str
    source_version: int
    findings: list[dict[str, str]]
    wire: bytes
    canonical: bytes | None
    announced: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of `hub.quarantine`, without the sealed documents."""

    entry_id: UUID
    batch_id: UUID
    position: int
    feed: str
    stage: str
    rule_id: str
    field: str
    error_group: str
    severity: str
    findings: list[dict[str, str]]
    source_version: int
    status: str
    opened_at: datetime
    due_on: date
    closed_at: datetime | None
    closed_by: str | None
    reason: str | None


def due_date(opened: date, severity: str) -> date:
    """Returns the last working day on which a finding of this severity must be put right."""
    calendar = _public_holidays()
    day, left = opened, WORKING_DAYS[severity]
    while left:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in calendar:
            left -= 1
    return day


def insert_refused(
    conn: psycopg.Connection[Any],
    ring: KeyRing,
    batch_id: UUID,
    feed: str,
    today: date,
    refused: Sequence[RefusedRecord],
) -> int:
    """Seals refused records into quarantine, each under a key of its own, and returns how many were new.

    A record that was quarantined before, under the same version and with the same content, is not kept twice: it waits
    already, or a steward has decided about it.
    """
    if not refused:
        return 0
    due = {severity: due_date(today, severity) for severity in WORKING_DAYS}
    conn.execute("create temp table if not exists refused (like hub.quarantine including defaults) on commit drop")
    conn.execute("truncate refused")
    with (
        conn.cursor() as cursor,
        cursor.copy(
            "copy refused (entry_id, batch_id, position, feed, stage, rule_id, field, error_group, severity, findings,"
            " key_digest, source_version, wire_digest, master_version, wrapped_key, sealed_wire, sealed_canonical,"
            " due_on, announced) from stdin"
        ) as copy,
    ):
        for record in refused:
            entry_id = uuid5(batch_id, str(record.position))
            key = new_data_key()
            first = record.findings[0]
            copy.write_row(
                (
                    entry_id,
                    batch_id,
                    record.position,
                    feed,
                    first["stage"],
                    first["rule"],
                    first["field"],
                    first["group"],
                    first["severity"],
                    Jsonb(record.findings),
                    ring.digest(record.key.encode()),
                    record.source_version,
                    ring.digest(record.wire),
                    ring.master_version,
                    ring.wrap(key, _aad(entry_id, "key")),
                    seal(key, record.wire, _aad(entry_id, "wire")),
                    None if record.canonical is None else seal(key, record.canonical, _aad(entry_id, "canonical")),
                    due[first["severity"]],
                    record.announced,
                )
            )
    inserted = conn.execute("insert into hub.quarantine select * from refused order by position on conflict do nothing")
    return inserted.rowcount


def list_entries(
    conn: psycopg.Connection[Any],
    *,
    feed: str | None = None,
    batch_id: UUID | None = None,
    rule_id: str | None = None,
    status: str | None = OPEN,
    limit: int = 100,
) -> list[Entry]:
    """Returns quarantine entries, oldest first; no value of a record is in them."""
    return _select(
        conn,
        """where (%(feed)s::text is null or feed = %(feed)s) and (%(batch)s::uuid is null or batch_id = %(batch)s)
           and (%(rule)s::text is null or rule_id = %(rule)s) and (%(status)s::text is null or status = %(status)s)
           order by opened_at, batch_id, position limit %(limit)s""",
        {"feed": feed, "batch": batch_id, "rule": rule_id, "status": status, "limit": limit},
    )


def load_entry(conn: psycopg.Connection[Any], entry_id: UUID, *, lock: bool = False) -> Entry:
    """Returns one entry, locked for the transaction when asked.

    Raises:
        UnknownEntry: there is none of this id.
    """
    found = _select(conn, "where entry_id = %(id)s" + (" for update" if lock else ""), {"id": entry_id})
    if not found:
        raise UnknownEntry(f"quarantine entry {entry_id}: not known here; `hub quarantine list` shows the open ones")
    return found[0]


def open_documents(conn: psycopg.Connection[Any], ring: KeyRing, entry_id: UUID) -> tuple[bytes, dict[str, str] | None]:
    """Unseals an entry: the wire record as it was sent, and the canonical record when the mapping had made one.

    The caller has checked the right to see values and logs the access.
    """
    row = conn.execute(
        "select master_version, wrapped_key, sealed_wire, sealed_canonical from hub.quarantine where entry_id = %s",
        (entry_id,),
    ).fetchone()
    if row is None:
        raise UnknownEntry(f"quarantine entry {entry_id}: not known here; `hub quarantine list` shows the open ones")
    version, wrapped, wire, canonical = row
    key = ring.unwrap(version, wrapped, _aad(entry_id, "key"))
    opened = None if canonical is None else orjson.loads(unseal(key, canonical, _aad(entry_id, "canonical")))
    return unseal(key, wire, _aad(entry_id, "wire")), opened


def key_digest(conn: psycopg.Connection[Any], entry_id: UUID) -> bytes:
    """Returns the keyed digest of the key under which the source sent the record of an entry."""
    row = conn.execute("select key_digest from hub.quarantine where entry_id = %s", (entry_id,)).fetchone()
    return bytes(row[0]) if row else b""


def close_entry(conn: psycopg.Connection[Any], entry_id: UUID, status: str, by: str, reason: str) -> None:
    """Ends the life of an open entry with who decided it and why."""
    conn.execute(
        "update hub.quarantine set status = %s, closed_at = now(), closed_by = %s, reason = %s"
        " where entry_id = %s and status = 'open'",
        (status, by, reason, entry_id),
    )


def count_open(conn: psycopg.Connection[Any], feed: str | None = None) -> dict[str, int]:
    """Returns how many entries are open, by rule."""
    rows: Sequence[tuple[str, int]] = conn.execute(
        "select rule_id, count(*) from hub.quarantine where status = 'open' and (%s::text is null or feed = %s)"
        " group by rule_id order by 2 desc, 1",
        (feed, feed),
    ).fetchall()
    return dict(rows)


def _aad(entry_id: UUID, part: str) -> bytes:
    return f"quarantine|{entry_id}|{part}".encode()


@lru_cache(maxsize=1)
def _public_holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("VN")


def _select(conn: psycopg.Connection[Any], where: str, values: dict[str, Any]) -> list[Entry]:
    columns = ", ".join(Entry.__dataclass_fields__)
    with conn.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(f"select {columns} from hub.quarantine {where}".encode(), values).fetchall()  # noqa: S608
