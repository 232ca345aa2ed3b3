"""When things happen to enterprises: streams of dossiers on even grids of time, found by arithmetic in both directions.

The register was loaded in the second half of 2021 (cohort 0) and has a cohort of foundings each year after that. A
cohort's later dossiers come in the years after its own, so a founding is always first. Some kinds follow another: who
suspended business resumes it a year later.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from sandbox_mocks.country.permutation import Keyring, Permutation
from sandbox_mocks.country.timeline import ROUNDS, Timeline

FIRM, HOUSEHOLD = "firm", "household"
LOADED = {FIRM: 2_000, HOUSEHOLD: 4_000}
"""How many the register began with, in 100,000 people."""
FOUNDED = {FIRM: 200, HOUSEHOLD: 400}
"""How many are founded a year, in 100,000 people.

Assumed, and more firms than in the real country (about 1,000 in 100,000 people), so that a small country has some.
"""
YEARLY = {
    FIRM: {
        "rename": 2_000, "move": 4_000, "capital": 4_000, "represent": 3_000, "touch": 6_000, "suspend": 3_000,
        "dissolve": 2_500, "vanish": 500, "branch": 4_000, "location": 4_000, "attempt": 4_000,
    },
    HOUSEHOLD: {
        "rename": 1_000, "move": 3_000, "touch": 6_000, "suspend": 3_000, "dissolve": 4_000, "attempt": 2_000,
    },
}  # fmt: skip
"""How many of 100,000 have a dossier of a kind in a year: assumed. At most one of each kind in an enterprise's life.

`touch` changes activities; `vanish`: not operating at its address; `attempt` is never approved.
"""
FOLLOWS = {
    FIRM: {
        "resume": ("suspend", 1), "close": ("dissolve", 1), "branch_again": ("branch", 1), "branch_end": ("branch", 2),
        "location_again": ("location", 1), "location_end": ("location", 2),
    },
    HOUSEHOLD: {"resume": ("suspend", 1)},
}  # fmt: skip
"""Kinds that follow another one a number of years later."""
_WHOLE = 100_000


class Planned(NamedTuple):
    """A dossier that is bound to come: time of decision (whole seconds, in epoch milliseconds), serial number, kind,
    and its number among those of its kind, which decides what becomes of it."""

    time: int
    serial: int
    kind: str
    ordinal: int


class Plan:
    """All planned dossiers of one country."""

    def __init__(self, people: int, keys: Keyring) -> None:
        self._starts = {
            form: [0, *accumulate(_portion(people, LOADED[form], FOUNDED[form], at) for at in range(ROUNDS + 1))]
            for form in (FIRM, HOUSEHOLD)
        }
        self._orders: dict[tuple[str, str, int], Permutation] = {}
        counts: list[tuple[str, int, int, int]] = []
        for form, starts in self._starts.items():
            for cohort in range(ROUNDS + 1):
                counts += self._lay_out(form, cohort, starts[cohort + 1] - starts[cohort], keys)
        self.timeline = Timeline(counts, keys.number)
        self._streams = [(kind, self.timeline.totals[kind]) for kind in self.timeline.totals]
        self._bases = list(accumulate((total for _, total in self._streams), initial=0))
        self._base_of = dict(zip(self.timeline.totals, self._bases, strict=False))
        self.dossiers = self._bases[-1]
        """How many serial numbers planned dossiers take."""

    def total(self, form: str) -> int:
        """Returns how many firms or household businesses there ever are."""
        return self._starts[form][-1]

    def cohort(self, form: str, index: int) -> tuple[int, int]:
        """Returns the cohort of an enterprise and its rank there."""
        at = bisect_right(self._starts[form], index) - 1
        return at, index - self._starts[form][at]

    def founded(self, form: str, index: int) -> int:
        """Returns when an enterprise's first dossier is decided."""
        cohort, rank = self.cohort(form, index)
        return _second(self.timeline.time(_name(form, "new", cohort), self._orders[form, "new", cohort].forward(rank)))

    def dossiers_of(self, form: str, index: int) -> list[Planned]:
        """Returns all planned dossiers of an enterprise and its branches, in order."""
        cohort, rank = self.cohort(form, index)
        ordinals = {kind: self._orders[form, kind, cohort].forward(rank) for kind in ("new", *YEARLY[form])}
        ordinals |= {kind: ordinals[lead] for kind, (lead, _) in FOLLOWS[form].items()}
        found = []
        for kind, ordinal in ordinals.items():
            name = _name(form, kind, cohort)
            if ordinal < self.timeline.totals.get(name, 0):
                time = _second(self.timeline.time(name, ordinal))
                found.append(Planned(time, self._base_of[name] + ordinal, kind, ordinal))
        return sorted(found)

    def window(self, since: int, until: int) -> Iterator[tuple[int, int]]:
        """Lists time and serial number of the planned dossiers of `[since, until)`, whole seconds, in no order."""
        for time, stream, number in self.timeline.events(since, until):
            yield _second(time), self._base_of[stream.kind] + stream.offset + number

    def owner(self, serial: int) -> tuple[str, int]:
        """Returns the form and index of the enterprise that a planned dossier is about."""
        at = bisect_right(self._bases, serial) - 1
        form, kind, cohort = self._streams[at][0].split(".")
        lead = FOLLOWS[form].get(kind, (kind, 0))[0]
        rank = self._orders[form, lead, int(cohort)].backward(serial - self._bases[at])
        return form, self._starts[form][int(cohort)] + rank

    def _lay_out(self, form: str, cohort: int, size: int, keys: Keyring) -> list[tuple[str, int, int, int]]:
        counts = [(_name(form, "new", cohort), cohort, size, 1)]
        self._orders[form, "new", cohort] = keys.permutation(size, f"enterprises:{_name(form, 'new', cohort)}")
        for kind, rate in YEARLY[form].items():
            name = _name(form, kind, cohort)
            self._orders[form, kind, cohort] = keys.permutation(size, f"enterprises:{name}")
            counts += [(name, at, _portion(size, 0, rate, at - cohort), 1) for at in range(cohort + 1, ROUNDS + 1)]
        for kind, (lead, years) in FOLLOWS[form].items():
            counts += [
                (_name(form, kind, cohort), at, _portion(size, 0, YEARLY[form][lead], at - years - cohort), 1)
                for at in range(cohort + 1 + years, ROUNDS + 1)
            ]
        return counts


def _portion(size: int, first: int, yearly: int, year: int) -> int:
    """Returns how many of a size fall into a year, counted from 0, so that the sums of years are never far off."""
    if year == 0:
        return size * first // _WHOLE
    return size * yearly * year // _WHOLE - size * yearly * (year - 1) // _WHOLE


def _name(form: str, kind: str, cohort: int) -> str:
    return f"{form}.{kind}.{cohort}"


def _second(time: int) -> int:
    """Cuts a time to the second: the register writes no smaller part, and orders by what it writes."""
    return time // 1000 * 1000
