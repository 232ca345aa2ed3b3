"""Batches, watermarks and parking: the state of every feed, in the hub's own tables.

A batch is one complete window of a feed. It goes `fetching → landed → checked → published`, and a batch that needs a
human waits as `parked` until it is released or discarded. Every function runs inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

PENDING = ("fetching", "landed", "checked", "parked")
"""States of a batch whose records are not in the store yet."""

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Where the first window of a feed begins: before every register."""


class FeedBusy(RuntimeError):
    """Another process works on this feed; wait for it to finish."""


class UnknownBatch(LookupError):
    """There is no batch of this id."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One row of `hub.batch`."""

    batch_id: UUID
    feed: str
    state: str
    sequence: int
    since: datetime
    until: datetime
    asked_until: datetime
    backfill: bool
    scope: str
    legal_basis: str
    landed_uri: str
    master_version: int
    wrapped_key: bytes | None
    mapping_version: int | None
    rules_version: str | None
    counts: dict[str, Any]
    parked_rule: str | None
    decision: str | None
    decided_by: str | None
    decision_reason: str | None
    decided_at: datetime | None
    created_at: datetime
    published_at: datetime | None
    key_destroyed_at: datetime | None


def lock_feed(conn: psycopg.Connection[Any], feed: str) -> None:
    """Takes the feed for this session until the connection closes: one process works on a feed at a time.

    Raises:
        FeedBusy: another process holds it.
    """
    taken = conn.execute(
        "select pg_try_advisory_lock(hashtextextended('lienthong feed ' || %s, 0))", (feed,)
    ).fetchone()
    conn.commit()
    if taken is None or not taken[0]:
        raise FeedBusy(f"{feed}: another process works on this feed; wait for it, or see `hub batch list`")


def register_feed(conn: psycopg.Connection[Any], feed: str) -> None:
    """Makes sure that the feed has its row."""
    conn.execute("insert into hub.feed (name) values (%s) on conflict do nothing", (feed,))


def watermark(conn: psycopg.Connection[Any], feed: str) -> datetime | None:
    """Returns up to when the feed is published; None before its first batch."""
    row = conn.execute("select watermark from hub.feed where name = %s", (feed,)).fetchone()
    return row[0] if row else None


def parked_batch(conn: psycopg.Connection[Any], feed: str) -> UUID | None:
    """Returns the first batch of the feed that waits for a human, if there is one."""
    row = conn.execute(
        "select batch_id from hub.batch where feed = %s and state = 'parked' order by sequence limit 1", (feed,)
    ).fetchone()
    return row[0] if row else None


def open_batch(conn: psycopg.Connection[Any], new: dict[str, Any]) -> None:
    """Writes the row of a batch that is about to be fetched."""
    conn.execute(
        """insert into hub.batch (batch_id, feed, state, since, until, asked_until, backfill, scope, legal_basis,
                                  landed_uri, master_version, wrapped_key)
           values (%(batch_id)s, %(feed)s, 'fetching', %(since)s, %(until)s, %(until)s, %(backfill)s, %(scope)s,
                   %(legal_basis)s, %(landed_uri)s, %(master_version)s, %(wrapped_key)s)""",
        new,
    )


def load_batch(conn: psycopg.Connection[Any], batch_id: UUID, *, lock: bool = False) -> Batch:
    """Returns one batch, locked for the transaction when asked.

    Raises:
        UnknownBatch: there is none of this id.
    """
    found = _select(conn, "where batch_id = %s" + (" for update" if lock else ""), (batch_id,))
    if not found:
        raise UnknownBatch(f"batch {batch_id}: not known here; `hub batch list` shows the batches")
    return found[0]


def pending_batches(conn: psycopg.Connection[Any], feed: str) -> list[Batch]:
    """Returns the unpublished batches of a feed, in the order in which they must be published."""
    return _select(conn, "where feed = %s and state = any(%s) order by sequence", (feed, list(PENDING)))


def recent_batches(conn: psycopg.Connection[Any], feed: str | None = None, limit: int = 20) -> list[Batch]:
    """Returns the newest batches, of one feed or of all."""
    return _select(conn, "where %s::text is null or feed = %s order by sequence desc limit %s", (feed, feed, limit))


def mark_landed(conn: psycopg.Connection[Any], batch_id: UUID, until: datetime, counts: dict[str, Any]) -> None:
    """Closes the fetch of a batch: all its pages lie landed, up to `until`."""
    conn.execute(
        "update hub.batch set state = 'landed', until = %s, counts = counts || %s"
        " where batch_id = %s and state = 'fetching'",
        (until, Jsonb(counts), batch_id),
    )


def mark_checked(
    conn: psycopg.Connection[Any],
    batch_id: UUID,
    *,
    mapping_version: int,
    rules_version: str,
    counts: dict[str, Any],
    parked_rule: str | None = None,
) -> None:
    """Closes the check of a batch: it may be published, or a rule parks it for a human."""
    conn.execute(
        """update hub.batch set state = %s, parked_rule = %s, mapping_version = %s, rules_version = %s,
                  counts = counts || %s
           where batch_id = %s and state = 'landed'""",
        ("parked" if parked_rule else "checked", parked_rule, mapping_version, rules_version, Jsonb(counts), batch_id),
    )


def waits_behind(conn: psycopg.Connection[Any], batch: Batch) -> bool:
    """Tells whether an earlier batch of the feed is parked: what comes after it waits for the same decision."""
    row = conn.execute(
        "select exists (select from hub.batch where feed = %s and state = 'parked' and sequence < %s)",
        (batch.feed, batch.sequence),
    ).fetchone()
    return bool(row and row[0])


def decide_batch(conn: psycopg.Connection[Any], batch: Batch, decision: str, by: str, reason: str) -> None:
    """Writes a human's decision about a batch.

    A released batch is publishable again. A discarded one takes the later unpublished batches of the feed with it,
    since the next run fetches again from the watermark.
    """
    conn.execute(
        """update hub.batch set state = %s, decision = %s, decided_by = %s, decision_reason = %s, decided_at = now()
           where batch_id = %s""",
        ("checked" if decision == "release" else "discarded", decision, by, reason, batch.batch_id),
    )
    if decision == "discard" and not batch.backfill:
        conn.execute(
            """update hub.batch set state = 'discarded', decision = 'discard', decided_by = %s, decided_at = now(),
                      decision_reason = %s
               where feed = %s and sequence > %s and state = any(%s) and not backfill""",
            (by, f"with batch {batch.batch_id}", batch.feed, batch.sequence, list(PENDING)),
        )


def mark_published(conn: psycopg.Connection[Any], batch: Batch, ledger: dict[str, int]) -> None:
    """Writes the balanced ledger, moves the watermark and closes the batch, in the transaction of the publish.

    The table refuses a ledger that does not balance, and with it the whole transaction.
    """
    conn.execute(
        """insert into hub.ledger (batch_id, fetched, published, unchanged, superseded, quarantined, duplicate,
        filtered)
           values (%(batch_id)s, %(fetched)s, %(published)s, %(unchanged)s, %(superseded)s, %(quarantined)s,
                   %(duplicate)s, %(filtered)s)""",
        {**ledger, "batch_id": batch.batch_id},
    )
    conn.execute(
        "update hub.batch set state = 'published', published_at = now() where batch_id = %s", (batch.batch_id,)
    )
    if not batch.backfill:
        conn.execute(
            """update hub.feed set watermark = greatest(watermark, %s), updated_at = now() where name = %s""",
            (batch.until, batch.feed),
        )


def is_first(conn: psycopg.Connection[Any], batch: Batch) -> bool:
    """Tells whether the feed has brought no other batch before this one, but for discarded ones."""
    row = conn.execute(
        "select exists (select from hub.batch where feed = %s and sequence < %s and state <> 'discarded')",
        (batch.feed, batch.sequence),
    ).fetchone()
    return row is None or not row[0]


def unreported(conn: psycopg.Connection[Any], feed: str) -> list[UUID]:
    """Returns the published batches whose report was not written yet, in order."""
    rows = conn.execute(
        "select batch_id from hub.batch where feed = %s and state = 'published' and reported_at is null"
        " order by sequence",
        (feed,),
    ).fetchall()
    return [row[0] for row in rows]


def mark_reported(conn: psycopg.Connection[Any], batch_id: UUID) -> None:
    """Remembers that the report of a batch is written."""
    conn.execute("update hub.batch set reported_at = now() where batch_id = %s", (batch_id,))


def unasked(conn: psycopg.Connection[Any], feed: str) -> list[UUID]:
    """Returns the parked batches about which no human was asked yet."""
    rows = conn.execute(
        "select batch_id from hub.batch where feed = %s and state = 'parked' and asked_at is null order by sequence",
        (feed,),
    ).fetchall()
    return [row[0] for row in rows]


def mark_asked(conn: psycopg.Connection[Any], batch_id: UUID) -> None:
    """Remembers that a human is being asked about a parked batch."""
    conn.execute("update hub.batch set asked_at = now() where batch_id = %s", (batch_id,))


def unfinished_backfills(conn: psycopg.Connection[Any], feed: str) -> list[tuple[datetime, datetime]]:
    """Returns what is left of backfills whose last batch was full, when nothing came after it: a kill in between."""
    return conn.execute(
        """select b.until, b.asked_until from hub.batch b
           where b.feed = %s and b.backfill and b.state not in ('fetching', 'discarded') and b.until < b.asked_until
             and not exists (select from hub.batch n where n.feed = b.feed and n.backfill and n.sequence > b.sequence
                             and n.since = b.until and n.state <> 'discarded')
           order by b.sequence""",
        (feed,),
    ).fetchall()


def ledger_of(conn: psycopg.Connection[Any], batch_id: UUID) -> dict[str, int] | None:
    """Returns the ledger of a published batch."""
    names = ("fetched", "published", "unchanged", "superseded", "quarantined", "duplicate", "filtered")
    row = conn.execute(
        "select fetched, published, unchanged, superseded, quarantined, duplicate, filtered"
        " from hub.ledger where batch_id = %s",
        (batch_id,),
    ).fetchone()
    return dict(zip(names, row, strict=True)) if row else None


def clear_rule_results(conn: psycopg.Connection[Any], batch_id: UUID) -> None:
    """Forgets what an interrupted check of a batch found."""
    conn.execute("delete from hub.rule_result where batch_id = %s", (batch_id,))


def add_rule_results(
    conn: psycopg.Connection[Any], batch_id: UUID, rows: Sequence[tuple[str, str, str, str, str, int]]
) -> None:
    """Keeps what the rules found in a batch: rule, field, stage, error group, severity and records."""
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into hub.rule_result (batch_id, rule_id, field, stage, error_group, severity, records)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            [(batch_id, *row) for row in rows],
        )


def rule_results(conn: psycopg.Connection[Any], batch_id: UUID) -> list[tuple[str, str, str, str, int]]:
    """Returns what the rules found in a batch: rule, field, severity, error group and records, the most first."""
    return conn.execute(
        "select rule_id, field, severity, error_group, records from hub.rule_result"
        " where batch_id = %s order by records desc, rule_id, field",
        (batch_id,),
    ).fetchall()


def usual_rate(conn: psycopg.Connection[Any], batch: Batch, length: timedelta, windows: int = 200) -> float | None:
    """Returns how many records a window of this length usually brings: the mean rate of the last published windows.

    A load of the past does not count, whose rate is that of other years: neither its batches that were full, nor
    windows more than four times as long, nor, for an ordinary batch, a backfill. None while there is no history as long
    as the window.
    """
    row = conn.execute(
        """select sum(fetched) / nullif(sum(seconds), 0), sum(seconds)
           from (select l.fetched, extract(epoch from b.until - b.since) as seconds
                 from hub.batch b join hub.ledger l using (batch_id)
                 where b.feed = %s and b.since > %s and b.until = b.asked_until and b.until - b.since <= %s
                   and (%s or not b.backfill)
                 order by b.sequence desc limit %s) recent""",
        (batch.feed, BEGINNING, 4 * length, batch.backfill, windows),
    ).fetchone()
    if row is None or row[0] is None or float(row[1]) < length.total_seconds():
        return None
    return float(row[0]) * length.total_seconds()


def last_heard(conn: psycopg.Connection[Any], batch: Batch) -> datetime:
    """Returns the end of the last window before this batch that brought anything; its own beginning when there is
    none.
    """
    row = conn.execute(
        """select max(b.until) from hub.batch b join hub.ledger l using (batch_id)
           where b.feed = %s and b.sequence < %s and not b.backfill and l.fetched > 0""",
        (batch.feed, batch.sequence),
    ).fetchone()
    return min(batch.since, row[0]) if row and row[0] and not batch.backfill else batch.since


def _select(conn: psycopg.Connection[Any], where: str, values: tuple[Any, ...]) -> list[Batch]:
    columns = ", ".join(Batch.__dataclass_fields__)
    with conn.cursor(row_factory=class_row(Batch)) as cursor:
        return cursor.execute(f"select {columns} from hub.batch {where}".encode(), values).fetchall()  # noqa: S608
