"""What a human decides: a batch is released or discarded, and so is a quarantined record."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import psycopg

from connectors.guard import EnvironmentGuard
from hub.mapping import load_compiled
from hub.pipeline.context import Context
from hub.pipeline.environment import foreign_field
from hub.pipeline.errors import DecisionRefused, NotParked, ReleaseRefused
from hub.pipeline.feeds import find_feed
from hub.pipeline.mapper import WireRefused, local_date, read_wire, record_status
from hub.quality.rules import finding
from hub.store import batches, quarantine
from hub.store.administration import log_steward
from hub.store.records import PublishRow, publish_rows
from schemas.canonical import kinds

SHORTEST_REASON = 5
_NUMBER = re.compile(r"(?:\d[ .-]?){9}")


@dataclass(frozen=True, slots=True)
class Release:
    """What became of a released record: `published`, `unchanged`, or `superseded` by a newer one that stands
    already.
    """

    entry_id: UUID
    outcome: str


def decide(batch_id: UUID, decision: str, by: str, reason: str, context: Context) -> None:
    """Releases a parked batch, which the next publish step publishes, or discards an unpublished one.

    Discarding takes the later unpublished batches of the feed with it; the next run fetches their windows again, so it
    is also the way out of a damaged landed file.

    Raises:
        UnknownBatch: there is no such batch.
        NotParked: it waits for no release, or it is published or discarded already.
        FeedBusy: a run is working on the feed.
        DecisionRefused: the decision is neither `release` nor `discard`, or the reason is too short.
    """
    if decision not in ("release", "discard"):
        raise DecisionRefused(f"decision must be release or discard, not {decision!r}")
    reason = _reason(reason)
    with context.connect() as conn:
        batches.lock_feed(conn, batches.load_batch(conn, batch_id).feed)
        with conn.transaction():
            batch = batches.load_batch(conn, batch_id, lock=True)
            if batch.state not in (batches.PENDING if decision == "discard" else ("parked",)):
                raise NotParked(f"batch {batch_id} is {batch.state}: it waits for no decision")
            batches.decide_batch(conn, batch, decision, by, reason)
            log_steward(
                conn, exchange_id=batch_id, officer=by, outcome=f"batch_{decision}", legal_basis=batch.legal_basis
            )


def release_entry(entry_id: UUID, by: str, reason: str, context: Context) -> Release:
    """Publishes a quarantined record on a steward's word: a rule is overridden, a mapping is tried again.

    A record that the wire model or the mapping refused is mapped anew, with today's mapping; it stays refused while
    that refuses it. A record that is older than the stored one never overwrites it.

    Raises:
        UnknownEntry: there is no such entry.
        ReleaseRefused: it is closed already, or its wire record still cannot be mapped.
        DecisionRefused: the reason is too short.
    """
    reason = _reason(reason)
    with context.connect() as conn, conn.transaction():
        entry = quarantine.load_entry(conn, entry_id, lock=True)
        if entry.status != quarantine.OPEN:
            raise ReleaseRefused(f"entry {entry_id} is {entry.status} already")
        feed = find_feed(entry.feed)
        wire, canonical = quarantine.open_documents(conn, context.ring, entry_id)
        record = canonical or _map_again(conn, context, entry, wire)
        guard = EnvironmentGuard(feed.register, context.settings.environment.value)
        kind = kinds()[feed.kind]
        holders = kind.holders(record)
        if foreign_field(guard, kind, record, holders) is not None:
            raise ReleaseRefused(
                f"entry {entry_id} holds a number of another environment (environment.foreign_id):"
                " nobody may release it; check the register's address and discard it"
            )
        mapping_version = load_compiled(feed.mapping).version
        if canonical is not None:
            mapping_version = batches.load_batch(conn, entry.batch_id).mapping_version or mapping_version
        row = PublishRow(
            entry.position,
            record[feed.rules.key],
            entry.source_version,
            record_status(record),
            record.get("replaced_by"),
            record.get("former_id"),
            orjson.dumps(record, option=orjson.OPT_SORT_KEYS),
            roles=tuple(holders),
        )
        result = publish_rows(
            conn,
            context.ring,
            register=feed.register,
            kind=kind,
            batch_id=entry.batch_id,
            fetched_at=entry.opened_at,
            mapping_version=mapping_version,
            rows=[row],
        )
        if result.conflicts:
            raise ReleaseRefused(
                f"entry {entry_id}: another content of the same version is stored;"
                " ask the source which one holds, and discard this entry if it is the stored one"
            )
        outcome = "published" if result.published else "unchanged" if result.unchanged else "superseded"
        quarantine.close_entry(conn, entry_id, "discarded" if outcome == "superseded" else "released", by, reason)
        log_steward(conn, exchange_id=entry_id, officer=by, outcome=f"quarantine_{outcome}", legal_basis=None)
    return Release(entry_id, outcome)


def discard_entry(entry_id: UUID, by: str, reason: str, context: Context) -> None:
    """Closes a quarantined record that is not to be published.

    Raises:
        UnknownEntry: there is no such entry.
        ReleaseRefused: it is closed already.
        DecisionRefused: the reason is too short, or holds a number of a person.
    """
    reason = _reason(reason)
    with context.connect() as conn, conn.transaction():
        entry = quarantine.load_entry(conn, entry_id, lock=True)
        if entry.status != quarantine.OPEN:
            raise ReleaseRefused(f"entry {entry_id} is {entry.status} already")
        quarantine.close_entry(conn, entry_id, "discarded", by, reason)
        log_steward(conn, exchange_id=entry_id, officer=by, outcome="quarantine_discarded", legal_basis=None)


def _reason(reason: str) -> str:
    """Reasons stand unsealed beside the decision, so no number of a person may be in one."""
    reason = reason.strip()
    if _NUMBER.search(reason):
        raise DecisionRefused("a reason must not hold a person's number: name the entry or the batch instead")
    if len(reason) < SHORTEST_REASON:
        raise DecisionRefused(f"a decision needs a reason of at least {SHORTEST_REASON} characters")
    return reason


def _map_again(conn: psycopg.Connection[Any], context: Context, entry: quarantine.Entry, body: bytes) -> dict[str, str]:
    feed = find_feed(entry.feed)
    advice = "mend the mapping or ask the source for a corrected record"
    try:
        wire, _ = read_wire(feed, body, None, "quarantine")
        key: str = getattr(wire, feed.key_field) or ""
        if context.ring.digest(key.encode()) != quarantine.key_digest(conn, entry.entry_id):
            raise WireRefused(finding("wire.malformed", feed.key_field))
    except WireRefused as refusal:
        names = ", ".join(sorted({found.rule for found in refusal.findings}))
        raise ReleaseRefused(f"entry {entry.entry_id} still breaks {names}: {advice}") from None
    mapped = load_compiled(feed.mapping)(wire, local_date(entry.source_version))
    if mapped.record is None:
        names = ", ".join(sorted({f"{refused.rule} ({refused.field})" for refused in mapped.refusals}))
        raise ReleaseRefused(f"entry {entry.entry_id} still breaks {names}: {advice}")
    return mapped.record
