"""What happens to whom: the way from an event to its people, and from a person to the events of a life."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, pairwise
from typing import NamedTuple

from sandbox_mocks.country.demography import (
    BIRTH_PATTERNS,
    FEMALE,
    FIRST_YEAR,
    Demography,
    Place,
    wedding_age,
)
from sandbox_mocks.country.numbering import LAST_REPLACED_YEAR, Numbering
from sandbox_mocks.country.permutation import Keyring
from sandbox_mocks.country.segments import Segments
from sandbox_mocks.country.timeline import FIRST_ROUND_YEAR, LAST_ROUND_YEAR, ROUNDS, Stream, Timeline

LOADED_YEAR = FIRST_ROUND_YEAR - 1
"""Those born until this year are in the first load."""

ANYONE = {
    "touch": (1600, 1), "move": (2000, 1), "correct": (600, 1), "withdraw": (5, 1), "repeat": (10, 2),
    "duplicate_number": (10, 2), "duplicate_person": (10, 2),
}  # fmt: skip
"""Events that may hit anyone: how many a year in 100,000 people, entries per event. At most one per person and life.

`repeat` sends one entry twice, as the register sometimes does. The last two are defects, multiplied by the defect rate.
"""
DEFECT_KINDS = ("duplicate_number", "duplicate_person")
_DEATHS = ((FIRST_YEAR, 90), (1940, 45), (1950, 20), (1960, 9), (1970, 4), (1990, 1))
"""Deaths a year in a thousand people born since the year."""
_MAY_HAVE_CHILDREN_SINCE = 1978
"""Married people born since this year don't die in the country's time: their children are born when they are due."""
_REPLACED_SHARE = (9, 10)
"""How many of those on the stripe have their number replaced in the country's time."""


class Life(NamedTuple):
    """When the things happen that may happen to one person, in epoch milliseconds; None: never."""

    misc: str
    """One of `ANYONE`, or an empty text."""
    misc_at: int
    dies: int | None
    replaced: int | None
    married: int | None
    """0: before the register began."""


class Lives:
    """The events of everyone in one country."""

    def __init__(self, demography: Demography, numbering: Numbering, keys: Keyring, defect_rate: float) -> None:
        self._demography = demography
        self._numbering = numbering
        self.loaded = demography.cohort_start(LOADED_YEAR + 1)
        groups = range((LOADED_YEAR + 1 - FIRST_YEAR) * 4)
        self._singles = Segments((group, demography.sizes[group] - demography.married[group]) for group in groups)
        self._couples = Segments((group, demography.married[group]) for group in groups if group & 2)
        self._load_singles = keys.permutation(self._singles.total, "load singles")
        self._load_couples = keys.permutation(self._couples.total, "load couples")
        self._first_on_stripe: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._stripes = (self._stripe_segments(False), self._stripe_segments(True))
        self._replacing = [keys.permutation(stripe.total, f"replaced:{at}") for at, stripe in enumerate(self._stripes)]
        self._brides = [self._brides_of(year) for year in range(FIRST_ROUND_YEAR, LAST_ROUND_YEAR + 1)]
        self._wedding_days = [keys.permutation(part.total, f"weddings:{at}") for at, part in enumerate(self._brides)]
        self._births = [
            keys.permutation(demography.cohort_start(year + 1) - demography.cohort_start(year), f"births:{year}")
            for year in range(FIRST_ROUND_YEAR, LAST_ROUND_YEAR + 1)
        ]
        bounds = [demography.cohort_start(year) for year, _ in _DEATHS] + [self.loaded]
        bands = list(pairwise(bounds))
        self._band_starts = bounds[:-1]
        self._band_deaths = [
            (end - start) * rate // 1000 for (start, end), (_, rate) in zip(bands, _DEATHS, strict=True)
        ]
        self._band_slots = list(accumulate(self._band_deaths, initial=0))
        self._mortals = [keys.permutation(end - start, f"mortals:{at}") for at, (start, end) in enumerate(bands)]
        self._death_days = keys.permutation(self._band_slots[-1], "death days")
        self._anyone = keys.permutation(self.loaded, "anyone")
        self.timeline = Timeline(self._counts(defect_rate), keys.number)
        self._misc_streams = [
            stream
            for defects in (False, True)
            for kind in ANYONE
            if (kind in DEFECT_KINDS) is defects
            for round_ in range(1, ROUNDS + 1)
            if (stream := self.timeline.stream(kind, round_))
        ]
        self._misc_starts = list(accumulate((stream.count for stream in self._misc_streams), initial=0))
        self._misc_start_of = dict(
            zip(((stream.kind, stream.round) for stream in self._misc_streams), self._misc_starts, strict=False)
        )
        if self._misc_starts[-1] > self.loaded:
            raise ValueError("defect_rate is too high: more events than people; use at most 1000")

    def registered(self, index: int, place: Place) -> int:
        """Returns when a person's first entry is made."""
        if place.year > LOADED_YEAR:
            at = place.year - FIRST_ROUND_YEAR
            number = self._births[at].forward(index - self._demography.cohort_start(place.year))
            return self.timeline.time("birth", self._offset("birth", at + 1) + number)
        if place.rank >= self._demography.married[place.group]:
            number = self._singles.number(place.group, place.rank - self._demography.married[place.group])
            return self.timeline.time("load_single", self._load_singles.forward(number))
        if place.sex != FEMALE:
            place = self._demography.place(self._demography.partner(place.group, place.rank))
        return self.timeline.time(
            "load_couple", self._load_couples.forward(self._couples.number(place.group, place.rank))
        )

    def life(self, index: int, place: Place) -> Life:
        """Returns the events of a person's life, as far as they change it."""
        if index >= self.loaded:
            return Life("", 0, None, None, None)
        married = place.rank < self._demography.married[place.group]
        on_stripe = self._numbering.may_be_replaced(place.year, place.sex, place.cell_rank)
        misc, misc_at = self.misc(index)
        if misc == "withdraw" and (married or on_stripe):
            misc = "touch"
        return Life(
            misc,
            misc_at,
            None if on_stripe or (married and place.year >= _MAY_HAVE_CHILDREN_SINCE) else self.death_event(index),
            self.replaced(place) if on_stripe else None,
            self.married(index, place) if married else None,
        )

    def entry_times(self, index: int, place: Place) -> list[int]:
        """Returns when a person has entries after the first one, in no order."""
        if index >= self.loaded:
            return []
        times = [self.misc(index)[1], self.death_event(index) or 0, self.replaced(place) or 0]
        if place.rank < self._demography.married[place.group]:
            times.append(self.married(index, place) or 0)
            spouse = self._demography.place(self._demography.partner(place.group, place.rank))
            times.append(self.replaced(spouse) or 0)
        return [time for time in times if time]

    def misc(self, index: int) -> tuple[str, int]:
        """Returns the event of `ANYONE` that hits a person, and when."""
        step = self._anyone.forward(index)
        if step >= self._misc_starts[-1]:
            return "", 0
        at = bisect_right(self._misc_starts, step) - 1
        stream = self._misc_streams[at]
        return stream.kind, stream.time(step - self._misc_starts[at])

    def death_event(self, index: int) -> int | None:
        """Returns when death calls someone of the first load; who doesn't die then has an entry without change."""
        band = bisect_right(self._band_starts, index) - 1
        deaths = self._band_deaths[band]
        rank = self._mortals[band].forward(index - self._band_starts[band])
        if rank >= deaths * ROUNDS:
            return None
        round_, step = divmod(rank, deaths)
        number = self._death_days.forward(self._band_slots[band] + step)
        return self.timeline.time("death", self._offset("death", round_ + 1) + number)

    def replaced(self, place: Place) -> int | None:
        """Returns when the number of a person is replaced."""
        if not self._numbering.may_be_replaced(place.year, place.sex, place.cell_rank):
            return None
        married = place.rank < self._demography.married[place.group]
        step = (place.rank - self._first_on_stripe[married][place.group]) // self._numbering.stride
        ordinal = self._replacing[married].forward(self._stripes[married].number(place.group, step))
        kind = _REPLACING[married]
        return self.timeline.time(kind, ordinal) if ordinal < self.timeline.totals.get(kind, 0) else None

    def married(self, index: int, place: Place) -> int | None:
        """Returns when one of those who marry does so; 0 before the register began, None after the country's time."""
        wife = index if place.sex == FEMALE else self._demography.partner(place.group, place.rank)
        year, group, kind, family = self._demography.wedding(wife)
        if not FIRST_ROUND_YEAR <= year <= LAST_ROUND_YEAR:
            return 0 if year < FIRST_ROUND_YEAR else None
        at = year - FIRST_ROUND_YEAR
        number = self._wedding_days[at].forward(self._brides[at].number((group, kind), family))
        return self.timeline.time("wedding", self._offset("wedding", at + 1) + number)

    def people(self, stream: Stream, number: int) -> tuple[int, ...]:
        """Returns whom an event is about: one person, or a couple (the one whose number is replaced first)."""
        kind, at = stream.kind, stream.round - 1
        starts = self._demography.starts
        if kind == "load_single":
            group, place = self._singles.find(self._load_singles.backward(number))
            return (starts[group] + self._demography.married[group] + place,)
        if kind == "load_couple":
            group, place = self._couples.find(self._load_couples.backward(number))
            return self._demography.partner(group, place), starts[group] + place
        if kind == "birth":
            return (self._demography.cohort_start(FIRST_ROUND_YEAR + at) + self._births[at].backward(number),)
        if kind == "death":
            slot = self._death_days.backward(number)
            band = bisect_right(self._band_slots, slot) - 1
            rank = at * self._band_deaths[band] + slot - self._band_slots[band]
            return (self._band_starts[band] + self._mortals[band].backward(rank),)
        if kind == "wedding":
            (group, family_kind), family = self._brides[at].find(self._wedding_days[at].backward(number))
            rank = self._demography.rank_of_family(group, family_kind, family)
            return self._demography.partner(group, rank), starts[group] + rank
        if kind in _REPLACING:
            married = _REPLACING.index(kind)
            group, step = self._stripes[married].find(self._replacing[married].backward(stream.offset + number))
            rank = self._first_on_stripe[married][group] + step * self._numbering.stride
            return (starts[group] + rank, self._demography.partner(group, rank)) if married else (starts[group] + rank,)
        return (self._anyone.backward(self._misc_start_of[kind, stream.round] + number),)

    def _offset(self, kind: str, round_: int) -> int:
        stream = self.timeline.stream(kind, round_)
        return stream.offset if stream else 0

    def _stripe_segments(self, married: bool) -> Segments[int]:
        found = []
        for group in range((LAST_REPLACED_YEAR + 1 - FIRST_YEAR) * 4):
            base = self._demography.sizes[group - 1] if group & 1 else 0
            wed = self._demography.married[group]
            low, high = (0, wed) if married else (wed, self._demography.sizes[group])
            offset, stride = self._numbering.offset(FIRST_YEAR + (group >> 2), group >> 1 & 1), self._numbering.stride
            first = low + (offset - base - low) % stride
            self._first_on_stripe[married][group] = first
            found.append((group, max(0, (high - first + stride - 1) // stride)))
        return Segments(found)

    def _brides_of(self, year: int) -> Segments[tuple[int, int]]:
        return Segments(
            ((group, kind), self._demography.families_of_kind(group, kind))
            for kind in range(len(BIRTH_PATTERNS))
            if (group_year := year - wedding_age(kind) - FIRST_YEAR) >= 0
            for group in (group_year * 4 + 2, group_year * 4 + 3)
        )

    def _counts(self, defect_rate: float) -> list[tuple[str, int, int, int]]:
        counts = [("load_couple", 0, self._couples.total, 2), ("load_single", 0, self._singles.total, 1)]
        share, whole = _REPLACED_SHARE
        for at in range(1, ROUNDS + 1):
            counts.append(("birth", at, self._births[at - 1].size, 1))
            counts.append(("death", at, self._band_slots[-1], 1))
            counts.append(("wedding", at, self._brides[at - 1].total, 2))
            for kind, stripe, weight in zip(_REPLACING, self._stripes, (2, 3), strict=True):
                total = stripe.total * share // whole
                counts.append((kind, at, total * at // ROUNDS - total * (at - 1) // ROUNDS, weight))
            for kind, (rate, weight) in ANYONE.items():
                times = defect_rate if kind in DEFECT_KINDS else 1.0
                yearly = self.loaded * rate * times / 100_000
                counts.append((kind, at, int(yearly * at) - int(yearly * (at - 1)), weight))
        return counts


_REPLACING = ("replace_single", "replace_married")
