"""The publish step: checked batches into the store, in order, each in one transaction with its ledger and watermark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg

from hub.pipeline.context import Context
from hub.pipeline.errors import LedgerUnbalanced
from hub.pipeline.feeds import Feed, find_feed
from hub.pipeline.landing import LandedBatch, slices
from hub.pipeline.mapper import LANDED, LOCAL, MAPPED, as_json
from hub.pipeline.memory import batch_memory
from hub.pipeline.verdict import read_refused, read_wire_records, rule_rows
from hub.quality.rules import Finding, finding
from hub.store import awaited, batches, quarantine
from hub.store.batches import Batch, FeedBusy
from hub.store.quarantine import RefusedRecord
from hub.store.records import PublishRow, publish_rows
from schemas.canonical import Holder, kinds


@dataclass(frozen=True, slots=True)
class PublishOutcome:
    """What a publish did: the batches that reached the store, and the one that waits for a human."""

    feed: str
    published: list[str] = field(default_factory=list)
    parked: str | None = None


def publish(feed_name: str, context: Context) -> PublishOutcome:
    """Publishes the checked batches of a feed in the order in which they were fetched, up to the first that is parked.

    A batch is published whole or not at all; a repeated call finds nothing left to do.

    Raises:
        UnknownFeed: no such feed.
        FeedBusy: another process works on it.
        LandedDamaged: a landed file does not open; the batch stays as it is.
        LedgerUnbalanced: records are missing from the account; the batch stays as it is.
    """
    feed = find_feed(feed_name)
    outcome = PublishOutcome(feed.name)
    with context.connect() as conn:
        batches.lock_feed(conn, feed.name)
        for batch in batches.pending_batches(conn, feed.name):
            if batch.state == "parked":
                return PublishOutcome(feed.name, outcome.published, str(batch.batch_id))
            if batch.state != "checked":
                break
            publish_batch(feed, context, conn, batch)
            outcome.published.append(str(batch.batch_id))
    return outcome


@batch_memory()
def publish_batch(feed: Feed, context: Context, conn: psycopg.Connection[Any], batch: Batch) -> None:
    """Publishes one checked batch, the next of its feed; raises as `publish` does."""
    landed = context.landed(batch)
    refused, repeated = read_refused(landed)
    left_out = {record.position for record in refused} | repeated
    rows = _rows(landed, batch.counts["pages"], left_out)
    now = datetime.now(UTC)
    assert batch.mapping_version is not None  # noqa: S101 - a checked batch has one
    # Ends the caller's reading: within it the block below would be a savepoint, and nothing would be durable after it.
    conn.commit()
    with conn.transaction():
        # Held to the end: whoever lost the connection that holds the feed may meet the one who took the feed since.
        if (state := batches.load_batch(conn, batch.batch_id, lock=True).state) != "checked":
            raise FeedBusy(f"batch {batch.batch_id} is {state} already: another process works on {feed.name}")
        result = publish_rows(
            conn,
            context.ring,
            register=feed.register,
            kind=kinds()[feed.kind],
            batch_id=batch.batch_id,
            fetched_at=batch.created_at,
            mapping_version=batch.mapping_version,
            rows=rows,
        )
        context.progress("rows written", result.published)
        clash = finding("conflict.same_version", "")
        refused += _clashes(landed, batch, rows, set(result.conflicts), clash)
        if result.conflicts:
            batches.add_rule_results(conn, batch.batch_id, rule_rows({clash: len(result.conflicts)}))
        today = now.astimezone(LOCAL).date()
        kept = quarantine.insert_refused(conn, context.ring, batch.batch_id, feed.name, today, refused)
        context.progress("refused records sealed", kept)
        stored = {row.position for row in rows}.difference(result.conflicts)
        awaited.close_told(conn, context.ring, feed.name, _told(landed, batch, stored))
        ledger = {
            "fetched": batch.counts["landed"] + batch.counts["filtered"],
            "published": result.published,
            "unchanged": result.unchanged,
            "superseded": result.superseded,
            "quarantined": kept,
            # What waits in quarantine already came once more.
            "duplicate": len(repeated) + len(refused) - kept,
            "filtered": batch.counts["filtered"],
        }
        try:
            batches.mark_published(conn, batch, ledger)
        except psycopg.errors.CheckViolation:
            raise LedgerUnbalanced(
                f"batch {batch.batch_id}: the account does not balance, so nothing of it was published; discard it"
                " (`hub batch discard`) to fetch its window again, and report this with its id"
            ) from None
        context.progress("ledger written", ledger["fetched"])
    context.progress("published", result.published)


def _rows(landed: LandedBatch, pages: Iterable[str], left_out: set[int]) -> list[PublishRow]:
    rows = []
    for name in (page.replace(LANDED, MAPPED, 1) for page in pages):
        header, payload = landed.read(name)
        for (position, key, version, status, replaced_by, former_id, _, roles), document in zip(
            header, slices([row[6] for row in header], payload), strict=True
        ):
            if position not in left_out:
                held = tuple(Holder(*role) for role in roles)
                rows.append(PublishRow(position, key, version, status, replaced_by, former_id, document, roles=held))
    return rows


def _told(landed: LandedBatch, batch: Batch, positions: set[int]) -> Iterator[tuple[str, int]]:
    """Yields the source's own key and version of some records of a batch."""
    start = 0
    for page, size in batch.counts["pages"].items():
        wanted = positions.intersection(range(start, start + size))
        for key, version, _ in read_wire_records(landed, page, start, wanted).values():
            yield key, version
        start += size


def _clashes(
    landed: LandedBatch, batch: Batch, rows: list[PublishRow], positions: set[int], clash: Finding
) -> list[RefusedRecord]:
    """Makes quarantine records of rows whose version is stored already, with another content."""
    if not positions:
        return []
    documents = {row.position: row for row in rows if row.position in positions}
    found, start = [], 0
    for page, size in batch.counts["pages"].items():
        wanted = {position for position in positions if start <= position < start + size}
        for position, (key, version, wire) in read_wire_records(landed, page, start, wanted).items() if wanted else ():
            found.append(RefusedRecord(position, key, version, as_json([clash]), wire, documents[position].document))
        start += size
    return found
