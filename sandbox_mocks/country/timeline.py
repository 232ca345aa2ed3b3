"""When things happen: streams of events on even grids of time, so that any window is found by arithmetic.

The register was loaded in the second half of 2021 (round 0: everybody's first entry); each later year is a round of
its own with births, deaths, weddings, moves and the rest. A stream is the events of one kind in one round. Its n-th
event has a fixed time; every event of a stream makes the same number of entries, so the entries of a window can be
counted without looking at them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))
"""Civil time in Viet Nam; it has been UTC+7 in the whole country since June 1975."""


def epoch_ms(moment: datetime) -> int:
    """Turns an aware time into epoch milliseconds."""
    return round(moment.timestamp() * 1000)


HISTORY_START = epoch_ms(datetime(2021, 7, 1, tzinfo=UTC))
FIRST_ROUND_YEAR = 2022
LAST_ROUND_YEAR = 2030
ROUNDS = LAST_ROUND_YEAR - FIRST_ROUND_YEAR + 1
ROUND_STARTS = [
    HISTORY_START,
    *(epoch_ms(datetime(year, 1, 1, tzinfo=VIETNAM)) for year in range(FIRST_ROUND_YEAR, LAST_ROUND_YEAR + 2)),
]
HISTORY_END = ROUND_STARTS[-1]
CODES_CHANGED = epoch_ms(datetime(2025, 7, 1, tzinfo=VIETNAM))
"""When the province and commune codes of Decision 19/2025/QD-TTg came into force."""

_FIRST_BIRTHS_AFTER = 3 * 86_400_000
"""Births are registered in the calendar year of birth, so none is in its first days."""


@dataclass(frozen=True, slots=True)
class Stream:
    """The events of one kind in one round.

    Attributes:
        offset: number of events of this kind in earlier rounds.
        weight: entries that each event makes.
        phase: shifts the grid against those of the other streams, in milliseconds times `count`.
    """

    kind: str
    round: int
    start: int
    span: int
    count: int
    weight: int
    offset: int
    phase: int

    def time(self, at: int) -> int:
        """Returns when the n-th event happens, in epoch milliseconds."""
        return self.start + (at * self.span + self.phase) // self.count

    def before(self, moment: int) -> int:
        """Returns how many events happen before a moment."""
        at = -(-((moment - self.start) * self.count - self.phase) // self.span)
        return min(max(at, 0), self.count)


class Timeline:
    """All streams of one country."""

    def __init__(self, counts: Iterable[tuple[str, int, int, int]], phase: Callable[[str], int]) -> None:
        """Lays out the streams.

        Args:
            counts: kind, round, number of events and weight of each stream, rounds of a kind in order.
            phase: gives any number for the name of a stream; it moves the stream's grid.
        """
        self.rounds: list[list[Stream]] = [[] for _ in range(ROUNDS + 1)]
        self._by_kind: dict[str, tuple[list[int], list[Stream]]] = {}
        self._streams: dict[tuple[str, int], Stream] = {}
        totals: dict[str, int] = {}
        for kind, at, count, weight in counts:
            if count <= 0:
                continue
            start = ROUND_STARTS[at]
            if kind == "birth":
                start += _FIRST_BIRTHS_AFTER
            span = ROUND_STARTS[at + 1] - start
            offset = totals.get(kind, 0)
            stream = Stream(kind, at, start, span, count, weight, offset, phase(f"phase:{kind}:{at}") % span)
            self.rounds[at].append(stream)
            self._streams[kind, at] = stream
            starts, streams = self._by_kind.setdefault(kind, ([], []))
            starts.append(offset)
            streams.append(stream)
            totals[kind] = offset + count
        self.totals = totals
        self._entries = [0]
        for streams in self.rounds:
            self._entries.append(self._entries[-1] + sum(stream.count * stream.weight for stream in streams))

    def stream(self, kind: str, round_: int) -> Stream | None:
        """Returns the stream of one kind in one round; None when it has no event."""
        return self._streams.get((kind, round_))

    def at(self, kind: str, ordinal: int) -> tuple[Stream, int]:
        """Returns the stream in which the n-th event of a kind over all rounds falls, and its number there."""
        starts, streams = self._by_kind[kind]
        stream = streams[bisect_right(starts, ordinal) - 1]
        return stream, ordinal - stream.offset

    def time(self, kind: str, ordinal: int) -> int:
        """Returns when the n-th event of a kind over all rounds happens."""
        stream, number = self.at(kind, ordinal)
        return stream.time(number)

    def kind_before(self, kind: str, moment: int) -> int:
        """Returns how many events of a kind happen before a moment."""
        _, streams = self._by_kind.get(kind, ([], []))
        return sum(stream.before(moment) for stream in streams)

    def rank(self, moment: int) -> int:
        """Returns how many entries the history has before a moment."""
        if moment <= HISTORY_START:
            return 0
        if moment >= HISTORY_END:
            return self._entries[-1]
        at = bisect_right(ROUND_STARTS, moment) - 1
        return self._entries[at] + sum(stream.before(moment) * stream.weight for stream in self.rounds[at])

    def moment_of(self, rank: int) -> int:
        """Returns the time of the n-th entry of the history, counted from 0."""
        low, high = HISTORY_START, HISTORY_END
        while high - low > 1:
            middle = (low + high) // 2
            if self.rank(middle) <= rank:
                low = middle
            else:
                high = middle
        return low

    def events(self, since: int, until: int, kind: str | None = None) -> Iterator[tuple[int, Stream, int]]:
        """Lists the events of `[since, until)`: time, stream, number in the stream; stream by stream.

        Args:
            kind: only events of this kind.
        """
        for at, streams in enumerate(self.rounds):
            if ROUND_STARTS[at + 1] <= since or ROUND_STARTS[at] >= until:
                continue
            for stream in streams:
                if kind is not None and stream.kind != kind:
                    continue
                for number in range(stream.before(since), stream.before(until)):
                    yield stream.time(number), stream, number
