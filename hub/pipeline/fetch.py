"""The fetch step: asks a register for what changed and lands it, sealed, in batches of bounded size.

A batch is always one complete window `[since, until)` of the feed. When a window holds more records than a batch may,
the batch ends at the last instant that fits whole, and the next one begins there: no record is split off, none is read
twice.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg

from connectors.records import FeedEntry
from hub.pipeline.context import Context, batch_aad
from hub.pipeline.errors import WindowTooDense
from hub.pipeline.feeds import Feed, find_feed
from hub.pipeline.known_subjects import KnownSubjects
from hub.pipeline.landing import LandedBatch
from hub.pipeline.mapper import LANDED
from hub.settings import FeedScope, FeedSettings
from hub.store import awaited, batches
from hub.store.batches import BEGINNING, Batch
from hub.trust.sealing import new_data_key


@dataclass(frozen=True, slots=True)
class FetchOutcome:
    """What a fetch left behind: the unpublished batches of the feed in order, or the batch for which it waits."""

    feed: str
    batches: list[str] = field(default_factory=list)
    parked: str | None = None


def fetch(
    feed_name: str, context: Context, *, since: datetime | None = None, until: datetime | None = None
) -> FetchOutcome:
    """Lands everything that changed since the watermark, or in the window given (a backfill, which leaves it alone).

    An interrupted fetch is taken up where its batch began. While a batch of the feed waits for a human nothing is
    fetched.

    Raises:
        UnknownFeed: no such feed.
        FeedBusy: another process works on it.
        ConnectorError: the register refused, was unavailable or broke its contract (see `connectors.errors`).
        LandingFailed: the landed files could not be written.
    """
    feed = find_feed(feed_name)
    with context.connect() as conn:
        batches.register_feed(conn, feed.name)
        batches.lock_feed(conn, feed.name)
        parked = batches.parked_batch(conn, feed.name)
        if parked is not None:
            return FetchOutcome(feed.name, parked=str(parked))
        pending = batches.pending_batches(conn, feed.name)
        conn.commit()
        for batch in pending:
            if batch.state == "fetching":
                asyncio.run(_land(feed, context, conn, batch))
        windows = [(*left, True) for left in batches.unfinished_backfills(conn, feed.name)]
        if since is None and until is None:
            windows += _awaited(feed, conn)
        for start, end, backfill in windows + _windows(feed, context, conn, since, until):
            while start < end:
                batch = _open(feed, context, conn, start, end, backfill=backfill)
                start = asyncio.run(_land(feed, context, conn, batch))
        return FetchOutcome(feed.name, [str(batch.batch_id) for batch in batches.pending_batches(conn, feed.name)])


def _windows(
    feed: Feed, context: Context, conn: psycopg.Connection[Any], since: datetime | None, until: datetime | None
) -> list[tuple[datetime, datetime, bool]]:
    """Returns the window to read, never later than the settle lag allows: a list that still moves would lose
    records.
    """
    latest = settled(context.settings.feed(feed.name))
    pending = batches.pending_batches(conn, feed.name)
    if since is not None or until is not None:
        start, end = since or BEGINNING, min(until or latest, latest)
        # What a killed call of the same backfill began is taken up where it was, not read once more.
        begun = max((batch.asked_until for batch in pending if batch.backfill and batch.since == start), default=start)
        return [(begun, end, True)] if begun < end else []
    landed = [batch.until for batch in pending if not batch.backfill]
    mark = batches.watermark(conn, feed.name)
    reached = max(landed) if landed else mark
    if reached is None:
        return [(BEGINNING, latest, False)]
    # Only a published watermark is reached back from: what lies landed has been read to its end.
    return [(reached if landed else reached - feed.overlap, latest, False)] if reached < latest else []


def _awaited(feed: Feed, conn: psycopg.Connection[Any]) -> list[tuple[datetime, datetime, bool]]:
    """Returns windows around the changes whose contents lagged behind; neighbours share one."""
    windows: list[tuple[datetime, datetime, bool]] = []
    for announced in awaited.due_again(conn, feed.name):
        start = datetime.fromtimestamp(announced / 1000, UTC)
        begins = start
        if windows and start - windows[-1][1] <= feed.overlap:
            begins = windows.pop()[0]
        windows.append((begins, start + timedelta(milliseconds=1), True))
    return windows


def settled(settings: FeedSettings) -> datetime:
    """Returns the latest moment that a feed may be read up to."""
    moment = datetime.now(UTC) - settings.settle_lag
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _open(
    feed: Feed, context: Context, conn: psycopg.Connection[Any], since: datetime, until: datetime, *, backfill: bool
) -> Batch:
    batch_id = uuid4()
    settings = context.settings.feed(feed.name)
    key = new_data_key()
    batches.open_batch(
        conn,
        {
            "batch_id": batch_id,
            "feed": feed.name,
            "since": since,
            "until": until,
            "backfill": backfill,
            "scope": settings.scope.value,
            "legal_basis": settings.legal_basis,
            "landed_uri": f"{context.settings.landed_path().rstrip('/')}/{feed.name}/{batch_id}",
            "master_version": context.ring.master_version,
            "wrapped_key": context.ring.wrap(key, batch_aad(batch_id)),
        },
    )
    conn.commit()
    context.progress("batch opened", 0)
    return batches.load_batch(conn, batch_id)


async def _land(feed: Feed, context: Context, conn: psycopg.Connection[Any], batch: Batch) -> datetime:
    """Lands one batch from its beginning and returns where its window ends."""
    selection = KnownSubjects(feed, context, conn) if batch.scope == FeedScope.KNOWN_SUBJECTS else None
    writer = await _read(feed, context, batch, selection)
    while selection is not None and selection.incomplete:
        # Each reading follows at least one number more than the last.
        writer = await _read(feed, context, batch, selection)
    until = batch.until if writer.cut is None else writer.cut
    landed_records = sum(writer.pages.values())
    counts = {"pages": writer.pages, "landed": landed_records, "filtered": writer.filtered}
    batches.mark_landed(conn, batch.batch_id, until, counts)
    conn.commit()
    context.progress("landed", landed_records)
    return until


async def _read(feed: Feed, context: Context, batch: Batch, selection: KnownSubjects | None) -> _Writer:
    """Reads the batch's window from the register, until it ends or the batch is full."""
    settings = context.settings.feed(feed.name)
    writer = _Writer(feed, context, batch, selection)
    held: list[FeedEntry] = []
    async with context.connector(feed) as connector:
        asked: dict[str, Any] = {"page_size": settings.page_size}
        if selection is not None:
            selection.begin()
            if connector.feeds[feed.stream].in_two_steps:
                asked["wanted"] = selection.wanted
        async with aclosing(getattr(connector, feed.stream)(batch.since, batch.until, **asked)) as pages:
            async for page in pages:
                ready, held = _split_last_instant(held + list(page.entries))
                if not writer.take(ready):
                    break
            else:
                writer.take(held)
    return writer


class _Writer:
    """Lands entries page by page until the batch is full; `cut` is then the instant at which the batch ends."""

    def __init__(self, feed: Feed, context: Context, batch: Batch, selection: KnownSubjects | None) -> None:
        self.pages: dict[str, int] = {}
        self.filtered = 0
        self.cut: datetime | None = None
        self._feed, self._context, self._selection = feed, context, selection
        self._landed: LandedBatch = context.landed(batch)
        self._landed.clear(LANDED)
        self._seen = 0
        self._limit = context.settings.feed(feed.name).batch_size

    def take(self, entries: list[FeedEntry]) -> bool:
        """Lands entries and tells whether the batch can take more.

        Raises:
            WindowTooDense: the first instant alone is more than a batch may hold.
        """
        room = self._limit - self._seen
        if len(entries) > room:
            instant = entries[room].at
            entries = [entry for entry in entries if entry.at < instant]
            self.cut = datetime.fromtimestamp(instant / 1000, UTC)
            if not entries and not self._seen:
                raise WindowTooDense(
                    f"{self._feed.name}: more than {self._limit} records carry one instant;"
                    f" raise HUB_FEEDS__{self._feed.name.replace('.', '_').upper()}__BATCH_SIZE"
                )
        self._seen += len(entries)
        kept = entries if self._selection is None else self._selection.keep(entries)
        self.filtered += len(entries) - len(kept)
        if kept:
            name = f"{LANDED}-{len(self.pages) + 1:05d}"
            header = [[entry.key, entry.version, entry.status, len(entry.body), entry.at] for entry in kept]
            self._landed.write(name, header, [entry.body for entry in kept])
            self.pages[name] = len(kept)
            self._context.progress("page landed", len(kept))
        return self.cut is None


def _split_last_instant(entries: list[FeedEntry]) -> tuple[list[FeedEntry], list[FeedEntry]]:
    """Holds back the entries of the last instant: its others may stand on the next page, and a batch must not split
    it.
    """
    if not entries:
        return [], []
    last = entries[-1].at
    split = len(entries)
    while split and entries[split - 1].at == last:
        split -= 1
    return entries[:split], entries[split:]
