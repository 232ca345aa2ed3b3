"""What a changed mapping would change, tried on a batch that still lies landed; nothing is written.

Both mappings map every record of the batch, page by page; row rules judge what comes out differently. Rules that look
at several records at once, and the suite of the batch, are not run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg

from hub.mapping import CompiledMapping, Mapped, MappingError, Problem, mask
from hub.mapping.spec import load_mapping
from hub.pipeline.context import Context
from hub.pipeline.errors import NotThere, UnknownFeed
from hub.pipeline.feeds import Feed, feed_names, find_feed
from hub.pipeline.landing import slices
from hub.pipeline.mapper import WireRefused, local_date, read_wire
from hub.quality.rulesets import Ruleset
from hub.store import batches
from hub.store.administration import log_steward
from hub.store.batches import Batch

EXAMPLES = 3
"""How many examples of each change are kept."""

_FINISHED_BADLY = ("fetching", "discarded", "failed")
_NEWEST = 10_000


@dataclass(slots=True)
class Change:
    """How many records a change is in, and the values before and after of the first few, as they may be shown."""

    records: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list, repr=False)

    def add(self, before: str, after: str) -> None:
        """Counts one record; its values are kept while examples are wanted, each pair once."""
        self.records += 1
        if len(self.examples) < EXAMPLES and (before, after) not in self.examples:
            self.examples.append((before, after))


@dataclass(slots=True)
class MappingDiff:
    """What one mapping makes otherwise than another of the records of a batch."""

    mapping: str
    versions: tuple[int, int]
    batch_id: UUID
    records: int = 0
    unreadable: int = 0
    """Records that the wire model refuses, so that no mapping sees them."""
    changed: int = 0
    """Records that both mappings let pass, with another value in some field."""
    quarantined: int = 0
    released: int = 0
    refused_otherwise: int = 0
    """Records that both refuse, by other rules."""
    fields: dict[str, Change] = field(default_factory=dict)
    newly_quarantined: dict[tuple[str, str], Change] = field(default_factory=dict)
    """By rule and field."""
    newly_released: dict[tuple[str, str], Change] = field(default_factory=dict)
    """By the rule and field of the refusal that would go."""

    @property
    def differs(self) -> bool:
        """Whether any record comes out otherwise."""
        return bool(self.changed or self.quarantined or self.released or self.refused_otherwise)


def diff_mapping(
    name: str,
    old: CompiledMapping,
    new: CompiledMapping,
    context: Context,
    *,
    batch_id: UUID | None = None,
    values_for: str | None = None,
) -> MappingDiff:
    """Compares two versions of a mapping over the newest batch of its feed that is still retained, or over another.

    Examples are masked, unless `values_for` names the person who will read the values: then it stands in the exchange
    log, with the fields that are shown, before this returns.

    Raises:
        UnknownFeed: no feed is mapped by it.
        MappingError: one of the two starts from another wire model than the feed.
        NotThere: no batch of the feed is retained.
        LandedDamaged: a landed file does not open.
    """
    feed, when = _feed_of(name)
    for each in (old, new):
        if each.wire is not feed.wire:
            told = f"from: feed {feed.name} brings {feed.wire.__name__}, and the mapping starts from another model"
            raise MappingError([Problem(name, 1, "other-wire-model", told)])
    with context.connect() as conn:
        batch = batches.load_batch(conn, batch_id) if batch_id else _newest(conn, feed)
        if batch.feed != feed.name:
            raise NotThere(f"batch {batch.batch_id} is of feed {batch.feed}, and {name} maps {feed.name}")
        diff = MappingDiff(name, (old.version, new.version), batch.batch_id)
        comparing = _Comparing(diff, old, new, feed.rules, str if values_for else mask)
        for wire, version in _records(context, feed, batch, diff):
            if all(getattr(wire, key) == value for key, value in when.items()):
                comparing.add(wire, version)
        if values_for:
            _log(conn, batch, feed, values_for, diff)
    return diff


class _Comparing:
    """Maps record after record by both mappings and keeps the account."""

    def __init__(
        self,
        diff: MappingDiff,
        old: CompiledMapping,
        new: CompiledMapping,
        rules: Ruleset,
        show: Callable[[str], str],
    ) -> None:
        self.diff = diff
        self.rules = rules
        self.old = old
        self.new = new
        self.show = show

    def add(self, wire: Any, version: int) -> None:
        """Counts one record that the wire model let pass."""
        self.diff.records += 1
        day = local_date(version)
        before, after = self.old.at(day)(wire), self.new.at(day)(wire)
        if before.record == after.record and before.refusals == after.refusals:
            return
        was, becomes = _refusals(self.rules, before, version), _refusals(self.rules, after, version)
        if not was and not becomes:
            self._fields(before.record or {}, after.record or {})
        elif not was:
            self.diff.quarantined += 1
            self._refused(self.diff.newly_quarantined, becomes, before, after)
        elif not becomes:
            self.diff.released += 1
            self._refused(self.diff.newly_released, was, before, after)
        elif set(was) != set(becomes):
            self.diff.refused_otherwise += 1

    def _fields(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        self.diff.changed += 1
        for key in before.keys() | after.keys():
            if before.get(key) != after.get(key):
                change = self.diff.fields.setdefault(key, Change())
                change.add(*(self.show(str(side.get(key, ""))) for side in (before, after)))

    def _refused(
        self, by: dict[tuple[str, str], Change], refusals: list[tuple[str, str]], before: Mapped, after: Mapped
    ) -> None:
        for rule, key in dict.fromkeys(refusals):
            values = (self.show(str((side.record or {}).get(key, ""))) for side in (before, after))
            by.setdefault((rule, key), Change()).add(*values)


def _refusals(rules: Ruleset, mapped: Mapped, version: int) -> list[tuple[str, str]]:
    """Lists what keeps a record back, by rule and field: refusals of the mapping, or of the row rules after it."""
    if mapped.record is None:
        return [(found.rule, found.field) for found in mapped.refusals]
    found = rules.row_findings(mapped.record, version)
    return [(each.rule, each.field) for each in found if each.severity != "warn"]


def _records(context: Context, feed: Feed, batch: Batch, diff: MappingDiff) -> Iterator[tuple[Any, int]]:
    """Yields the wire records of a batch with their versions, one landed page at a time."""
    landed, drift = context.landed(batch), context.settings.feed(feed.name).drift
    for page in batch.counts.get("pages", {}):
        header, payload = landed.read(page)
        for (key, version, *_), body in zip(header, slices([entry[3] for entry in header], payload), strict=True):
            try:
                wire, _ = read_wire(feed, body, key, drift)
            except WireRefused:
                diff.unreadable += 1
            else:
                yield wire, version
        context.progress("records compared", diff.records)


def _feed_of(name: str) -> tuple[Feed, dict[str, str]]:
    """Finds the feed that a mapping maps, and, for a variant, what its records have in common."""
    for feed in map(find_feed, feed_names()):
        if feed.mapping == name:
            return feed, {}
        for variant in load_mapping(feed.mapping).spec.variants:
            if variant.use == name:
                return feed, variant.when
    raise UnknownFeed(f"no feed is mapped by {name}, so that there is no batch to try it on")


def _newest(conn: psycopg.Connection[Any], feed: Feed) -> Batch:
    for batch in batches.recent_batches(conn, feed.name, _NEWEST):
        if batch.wrapped_key is not None and batch.state not in _FINISHED_BADLY and batch.counts.get("pages"):
            return batch
    raise NotThere(f"no batch of {feed.name} with records is retained: run the feed first (`hub run {feed.name}`)")


def _log(conn: psycopg.Connection[Any], batch: Batch, feed: Feed, officer: str, diff: MappingDiff) -> None:
    changes = (*diff.newly_quarantined, *diff.newly_released)
    shown = sorted({f"{feed.kind}.{key}" for key in (*diff.fields, *(key for _, key in changes)) if key})
    log_steward(
        conn,
        exchange_id=batch.batch_id,
        officer=officer,
        outcome="mapping_values_read",
        legal_basis=batch.legal_basis,
        attributes=shown,
    )
    conn.commit()
