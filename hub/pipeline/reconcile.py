"""Reconciliation: compares counts and keys of a feed with its source, because incremental feeds drift."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from connectors import registry
from connectors.records import KeyEntry
from hub.pipeline.context import Context
from hub.pipeline.errors import NotThere, ReconciliationDiffers
from hub.pipeline.feeds import Feed, feed_names, find_feed
from hub.settings import FeedScope
from hub.store import batches, subjects

DETAILS = 100
"""Differences kept by their keyed digest, for who follows them up."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What a comparison found.

    `missing` stands at the source and neither here nor in quarantine; `extra` stands here alone; `stale` is older here.
    """

    run_id: UUID
    feed: str
    as_of: datetime
    source_count: int
    hub_count: int
    missing: int
    quarantined: int
    extra: int
    stale: int

    @property
    def agrees(self) -> bool:
        """Whether the store and its source hold the same, but for what waits in quarantine."""
        return not (self.missing or self.extra or self.stale)


def reconcilable() -> list[str]:
    """Lists the feeds that can be compared: their registers list keys, and the keys are what records stand under."""
    found = map(find_feed, feed_names())
    return [feed.name for feed in found if feed.keyed_by_number and hasattr(registry()[feed.register], "keys")]


def reconcile(feed_name: str, context: Context) -> Reconciliation:
    """Compares all keys of the source, as of the feed's watermark, with the store, and keeps the result.

    In the scope `known_subjects` only the keys of known subjects are compared. No key is written anywhere.

    Raises:
        UnknownFeed: no such feed.
        NotThere: the feed was never published, or can't be compared.
        ConnectorError: the register refused, was unavailable or broke its contract.
    """
    feed = find_feed(feed_name)
    if feed.name not in reconcilable():
        raise NotThere(
            f"{feed.name} can't be compared: its register lists no keys, or others than the numbers that the records"
            f" stand under; read its whole history again instead (`hub run {feed.name} --since …`)"
        )
    with context.connect() as conn:
        as_of = batches.watermark(conn, feed.name)
        if as_of is None:
            raise NotThere(f"{feed.name} was never published: run the feed first")
        known_only = context.settings.feed(feed.name).scope is FeedScope.KNOWN_SUBJECTS
        with conn.transaction():
            conn.execute(
                "create temp table source_key (blind bytea, digest bytea, version bigint, status text) on commit drop"
            )
            asyncio.run(_load(feed, context, conn, as_of, known_only=known_only))
            conn.execute("analyze source_key")
            result = _compare(feed, context, conn, as_of)
        context.progress("reconciled", result.source_count)
    return result


def require_agreement(found: Reconciliation) -> None:
    """Lets a comparison pass that found no difference but what waits in quarantine.

    Raises:
        ReconciliationDiffers: the store and the register hold different records; the message says how many.
    """
    if not found.agrees:
        raise ReconciliationDiffers(
            f"{found.feed}: {found.missing} missing here, {found.extra} not at the source, {found.stale} older here;"
            " read the window again (`hub run --since …`), then compare again"
        )


async def _load(
    feed: Feed, context: Context, conn: psycopg.Connection[Any], as_of: datetime, *, known_only: bool
) -> None:
    index, scheme = context.ring.index_versions[0], feed.scheme
    with context.connect() as asker:
        async with context.connector(feed) as connector:
            async for page in connector.keys(as_of):  # type: ignore[attr-defined]
                entries: list[KeyEntry] = list(page.entries)
                if known_only:
                    # On a connection of its own: its lock on the keys must not last as long as the register's list.
                    known = subjects.known(asker, context.ring, scheme, [entry.key for entry in entries])
                    asker.commit()
                    entries = [entry for entry in entries if entry.key in known]
                with (
                    conn.cursor() as cursor,
                    cursor.copy("copy source_key (blind, digest, version, status) from stdin") as copy,
                ):
                    for row in _rows(context, scheme, index, entries):
                        copy.write_row(row)
                context.progress("keys compared", len(entries))


def _rows(
    context: Context, scheme: str, index: int, entries: list[KeyEntry]
) -> Iterator[tuple[bytes, bytes, int, str]]:
    ring = context.ring
    for entry in entries:
        yield (
            ring.blind_index(index, scheme, entry.key),
            ring.digest(entry.key.encode()),
            entry.version,
            entry.status,
        )


_COMPARE = """
with here as (
    select i.blind_index as blind, r.source_version as version
    from hub.record r join hub.subject_identifier i using (identifier_id)
    where r.register = %(register)s and r.kind = %(kind)s and i.key_version = %(index)s and i.scheme = %(scheme)s
), both_sides as (
    select s.blind as source_blind, h.blind as hub_blind, s.digest, s.version as source_version, h.version as
    hub_version,
           exists (select from hub.quarantine q where q.key_digest = s.digest and q.status = 'open'
                   and q.source_version >= coalesce(h.version, 0)) as waits
    from source_key s full join here h on h.blind = s.blind
)
select count(source_blind), count(hub_blind),
       count(*) filter (where hub_blind is null and not waits),
       count(*) filter (where hub_blind is null and waits),
       count(*) filter (where source_blind is null),
       count(*) filter (where hub_version < source_version and not waits),
       (array_agg(encode(digest, 'hex')) filter (where hub_blind is null and not waits))[1:%(most)s],
       (array_agg(encode(digest, 'hex')) filter (where hub_version < source_version and not waits))[1:%(most)s]
from both_sides
"""


def _compare(feed: Feed, context: Context, conn: psycopg.Connection[Any], as_of: datetime) -> Reconciliation:
    values = {
        "register": feed.register,
        "kind": feed.kind,
        "scheme": feed.scheme,
        "index": context.ring.index_versions[0],
        "most": DETAILS,
    }
    row = conn.execute(_COMPARE, values).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always answers
    result = Reconciliation(uuid4(), feed.name, as_of, *row[:6])
    conn.execute(
        """insert into hub.reconciliation (run_id, feed, at, as_of, source_count, hub_count, missing, quarantined,
        extra,
                                           stale, details)
           values (%(run_id)s, %(feed)s, %(at)s, %(as_of)s, %(source_count)s, %(hub_count)s, %(missing)s,
                   %(quarantined)s, %(extra)s, %(stale)s, %(details)s)""",
        asdict(result) | {"at": datetime.now(UTC), "details": Jsonb({"missing": row[6] or [], "stale": row[7] or []})},
    )
    return result
