"""The register's change feed: entries of a window in order, and the list of all numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sandbox_mocks.country.demography import Demography
from sandbox_mocks.country.lives import Lives
from sandbox_mocks.country.numbering import Numbering
from sandbox_mocks.country.records import ACTIVE, CANCELLED, Records
from sandbox_mocks.country.timeline import HISTORY_START, Stream

PLAIN, FORMER, SECOND, VARIANT, AGAIN = "plain", "former", "second", "variant", "again"
_SCAN = 2_000
_CHECKPOINTS = 16


class Entry(NamedTuple):
    """One entry: time in epoch milliseconds, number, person, the kind of event that made it, and its form.

    Forms: `plain`; `former`, the cancellation of a replaced number; `again`, the same entry once more; and of the
    defects `variant`, the same entry with other content, and `second`, the same person under another number.
    """

    time: int
    number: str
    person: int
    kind: str
    form: str = PLAIN


@dataclass
class _Keys:
    """What is known about one listing of all numbers: its length, and at which entry of the history each page
    begins."""

    total: int
    starts: dict[int, int] = field(default_factory=lambda: {0: 0})


class Feed:
    """The feed of one country."""

    def __init__(self, demography: Demography, numbering: Numbering, lives: Lives, records: Records) -> None:
        self._demography = demography
        self._numbering = numbering
        self._lives = lives
        self._records = records
        self._listings: dict[tuple[int, int], _Keys] = {}

    def count(self, since: int, until: int) -> int:
        """Returns how many entries `[since, until)` has."""
        timeline = self._lives.timeline
        return max(0, timeline.rank(until) - timeline.rank(since))

    def window(self, since: int, until: int, offset: int = 0, limit: int | None = None) -> list[Entry]:
        """Returns entries of `[since, until)` in order of time and number.

        Args:
            offset: entries to leave out at the beginning.
            limit: the most entries to return; None for all.
        """
        timeline = self._lives.timeline
        first = timeline.rank(since) + offset
        last = timeline.rank(until)
        if limit is not None:
            last = min(last, first + limit)
        return self._ranks(first, last)

    def keys(self, until: int, page: int, limit: int) -> tuple[int, list[tuple[Entry, str]]]:
        """Lists the numbers that exist before a moment, each by its latest entry and with its status, in order of
        these.

        Pages after one another cost a page each; a page out of the blue is reached by walking through those before it.

        Args:
            page: number of the page, from 0 on.
            limit: numbers per page.

        Returns:
            How many numbers exist, and those on this page.
        """
        listing = self._listing(until, limit)
        last = self._lives.timeline.rank(until)
        at = max(start for start in listing.starts if start <= page)
        rank = listing.starts[at]
        found: list[tuple[Entry, str]] = []
        while at <= page and rank < last:
            found = []
            while rank < last and len(found) < limit:
                for entry in self._ranks(rank, min(last, rank + _SCAN)):
                    rank += 1
                    status = self._latest_status(entry, until)
                    if status:
                        found.append((entry, status))
                        if len(found) == limit:
                            break
            at += 1
            listing.starts[at] = rank
        return listing.total, found if at == page + 1 else []

    def entries_of(self, index: int, until: int) -> list[Entry]:
        """Returns all entries of one person's numbers before a moment, in order."""
        place = self._demography.place(index)
        times = {self._lives.registered(index, place), *self._lives.entry_times(index, place)}
        return [
            entry
            for time in sorted(times)
            if time < until
            for entry in self.window(time, time + 1)
            if entry.person == index
        ]

    def second_number(self, index: int) -> tuple[str, int] | None:
        """Returns the second number of someone who is registered twice, and since when."""
        kind, time = self._lives.misc(index) if index < self._lives.loaded else ("", 0)
        if kind != "duplicate_person":
            return None
        for entry in self.window(time, time + 1):
            if entry.person == index and entry.form == SECOND:
                return entry.number, time
        return None

    def _ranks(self, first: int, last: int) -> list[Entry]:
        if last <= first:
            return []
        timeline = self._lives.timeline
        start = timeline.moment_of(first)
        entries = [
            entry
            for time, stream, number in timeline.events(start, timeline.moment_of(last - 1) + 1)
            for entry in self._expand(time, stream, number)
        ]
        entries.sort(key=_order)
        skip = first - timeline.rank(start)
        return entries[skip : skip + last - first]

    def _expand(self, time: int, stream: Stream, number: int) -> Iterator[Entry]:
        people = self._lives.people(stream, number)
        kind, index = stream.kind, people[0]
        if kind in ("replace_single", "replace_married"):
            yield Entry(time, self._records.former_number(self._demography.place(index)), index, kind, FORMER)
        for person in people:
            yield Entry(time, self._records.number(self._demography.place(person), time), person, kind)
        if stream.weight == 2 and len(people) == 1 and kind in ("repeat", "duplicate_number", "duplicate_person"):
            yield self._twice(time, kind, index, stream.offset + number)

    def _twice(self, time: int, kind: str, index: int, ordinal: int) -> Entry:
        """Makes the second entry of an event that sends two; of those no longer active it is the same entry once
        more."""
        place = self._demography.place(index)
        number = self._records.number(place, time)
        active = self._records.status(self._lives.life(index, place), time) == ACTIVE
        if kind == "repeat" or not active:
            return Entry(time, number, index, kind, AGAIN)
        if kind == "duplicate_number":
            return Entry(time, number, index, kind, VARIANT)
        if ordinal >= self._numbering.room_for_seconds:
            return Entry(time, number, index, kind, AGAIN)
        # The second registration repeats the identity of that time, so its number states the same sex and birth year.
        year, sex = 1900 + int(number[4:6]) + 100 * (int(number[3]) // 2), int(number[3]) % 2
        return Entry(time, self._numbering.second_number(year, sex, ordinal), index, kind, SECOND)

    def _latest_status(self, entry: Entry, until: int) -> str:
        """Returns TrangThai of a number by its entry, or an empty text when the number has a later entry."""
        if entry.form == FORMER:
            return CANCELLED
        if entry.form in (AGAIN, VARIANT):
            return ""
        if entry.form == SECOND:
            return ACTIVE
        place = self._demography.place(entry.person)
        if any(entry.time < time < until for time in self._lives.entry_times(entry.person, place)):
            return ""
        return self._records.status(self._lives.life(entry.person, place), entry.time)

    def _listing(self, until: int, limit: int) -> _Keys:
        timeline = self._lives.timeline
        # By rank: while nothing new happens, a later moment is the same listing.
        key = timeline.rank(until), limit
        if key not in self._listings:
            kinds = {"load_single": 1, "load_couple": 2, "birth": 1, "replace_single": 1, "replace_married": 1}
            total = sum(timeline.kind_before(kind, until) * numbers for kind, numbers in kinds.items())
            for time, stream, number in timeline.events(HISTORY_START, until, "duplicate_person"):
                total += sum(entry.form == SECOND for entry in self._expand(time, stream, number))
            while len(self._listings) >= _CHECKPOINTS:
                self._listings.pop(next(iter(self._listings)))
            self._listings[key] = _Keys(total)
        return self._listings[key]


def _order(entry: Entry) -> tuple[int, str]:
    return entry.time, entry.number
