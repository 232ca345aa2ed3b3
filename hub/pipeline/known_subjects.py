"""The feed scope `known_subjects`: which records of a feed the hub keeps, and which it may ask about at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from connectors.records import FeedEntry
from hub.mapping import load_compiled
from hub.pipeline.context import Context
from hub.pipeline.feeds import Feed
from hub.pipeline.mapper import WireRefused, local_date, read_wire
from hub.store import subjects


class KnownSubjects:
    """Keeps the records of subjects that stand in a dossier, and of the numbers that replace theirs.

    One for each batch. A number and the one that replaces it change in one instant, and an instant is never split; a
    number that is named earlier is followed through the rest of the batch, and known to the store from then on. What
    was decided about a key holds for the whole batch, so that a dossier which comes meanwhile splits no answer.

    Where a feed names records by keys of its own, only a record itself tells whose it is. One that can't be read is
    kept: nobody can say whose it is, and in quarantine a steward sees it.
    """

    def __init__(self, feed: Feed, context: Context, conn: psycopg.Connection[Any]) -> None:
        self._feed, self._context, self._conn = feed, context, conn
        self._known: set[str] = set()
        self._others: set[str] = set()
        self._unasked: set[str] = set()
        self._followed: set[str] = set()
        self.incomplete = False
        """Whether a record must be kept that was not asked for: the batch has to be read again."""

    def begin(self) -> None:
        """Begins the batch from its first record; the numbers that an earlier reading followed are wanted at once."""
        self._known.clear()
        self._others.clear()
        self._unasked.clear()
        self.incomplete = False

    def wanted(self, keys: Sequence[str]) -> set[str]:
        """Returns the keys that the register may be asked about; a feed in two steps calls it before it asks."""
        if not self._feed.keyed_by_number:
            return set(keys)
        found = self._of(keys)
        self._unasked.update(key for key in keys if key not in found)
        return found

    def keep(self, entries: list[FeedEntry]) -> list[FeedEntry]:
        """Returns the entries to be landed."""
        if not self._feed.keyed_by_number:
            numbers = [self._number(entry) for entry in entries]
            about = self._of([number for number in numbers if number is not None])
            return [entry for entry, number in zip(entries, numbers, strict=True) if number is None or number in about]
        known = self._of([entry.key for entry in entries])
        compiled = load_compiled(self._feed.mapping)
        for entry in entries:
            if entry.key in known:
                try:
                    wire, _ = read_wire(self._feed, entry.body, entry.key, "evolve")
                except WireRefused:
                    continue
                record = compiled(wire, local_date(entry.version)).record or {}
                if "replaced_by" in record:
                    self._followed.add(record["replaced_by"])
                    known.add(record["replaced_by"])
        kept = [entry for entry in entries if entry.key in known]
        self.incomplete = self.incomplete or any(entry.key in self._unasked for entry in kept)
        return kept

    def _number(self, entry: FeedEntry) -> str | None:
        try:
            wire, _ = read_wire(self._feed, entry.body, entry.key, "evolve")
        except WireRefused:
            return None
        number = getattr(wire, self._feed.number_field)
        return number.strip() or None if isinstance(number, str) else None

    def _of(self, keys: Sequence[str]) -> set[str]:
        fresh = [key for key in dict.fromkeys(keys) if key not in self._known and key not in self._others]
        if fresh:
            known = subjects.known(self._conn, self._context.ring, self._feed.scheme, fresh)
            # The answer holds a shared lock on the keys: a rotation must not wait for the whole fetch.
            self._conn.commit()
            self._known |= known
            self._others.update(key for key in fresh if key not in known)
        return {key for key in keys if key in self._known or key in self._followed}
