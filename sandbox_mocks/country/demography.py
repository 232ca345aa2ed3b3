"""Who exists and who is related to whom: cohorts, couples and births, all by arithmetic.

People stand in index order by birth cohort (year), sex and lineage. A lineage (0 or 1) is given at birth by the
parents' family; husband and wife are always of different lineages, so siblings can never marry. In each cohort the
married stand first, in blocks of one age gap; the place of a wife chooses her family's birth pattern; a child's place
in its cohort, permuted, chooses its family. Every step can be walked in both directions.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, pairwise
from typing import NamedTuple

from sandbox_mocks.country.permutation import Keyring

FIRST_YEAR = 1930
LAST_YEAR = 2030
COUNTED_UNTIL = 2026
"""`people` counts those born until the end of this year; later cohorts come on top and have the highest indices."""
LAST_MARRYING_YEAR = 2008
MALE, FEMALE = 0, 1

_COHORT_WEIGHTS = (
    (1930, 0.10), (1940, 0.30), (1950, 0.75), (1955, 0.95), (1960, 1.15), (1970, 1.45), (1980, 1.65), (1987, 1.80),
    (1995, 1.55), (2000, 1.45), (2010, 1.60), (2015, 1.65), (2020, 1.50), (2026, 1.35), (2030, 1.30),
)  # fmt: skip
_AGE_GAPS = ((-1, 80), (0, 120), (1, 170), (2, 200), (3, 170), (4, 80), (6, 60))
"""Years that a husband is older than his wife, and how many in a thousand men of a cohort marry so."""

BIRTH_PATTERNS: tuple[tuple[int, ...], ...] = (
    (), (22, 25), (24,), (23, 27), (24, 26), (22, 26, 30), (25, 28), (26,), (26, 30), (20, 23, 26), (27, 30), (),
    (28, 32), (29,), (21, 24), (23, 26, 33), (30, 34), (21, 23, 26, 31), (24, 27, 38), (20, 22, 25, 28, 32),
)  # fmt: skip
"""Cohort years between a mother and each of her children, one row per kind of family; siblings stand two years
apart."""
_PATTERNS = len(BIRTH_PATTERNS)
_CHILDLESS_MARRIAGE_AGE = 24


class Place(NamedTuple):
    """Where a person stands: group number, birth year, sex, lineage, rank in the group, rank among its year and sex."""

    group: int
    year: int
    sex: int
    lineage: int
    rank: int
    cell_rank: int


class Demography:
    """The families of one country."""

    def __init__(self, people: int, keys: Keyring) -> None:
        self.cohort_sizes = _cohort_sizes(people)
        self.sizes: list[int] = []
        for at, size in enumerate(self.cohort_sizes):
            men = (size * 512 + at * 617 % 1000) // 1000
            women = size - men
            first_men, first_women = (men + at % 2) // 2, (women + at // 2 % 2) // 2
            self.sizes += [first_men, men - first_men, first_women, women - first_women]
        self.starts = [0, *accumulate(self.sizes)]
        self.total = self.starts.pop()
        self.married = [0] * len(self.sizes)
        self._pairs: list[tuple[list[int], list[int]]] = [([], []) for _ in self.sizes]
        self._marry()
        self._shifts = [keys.number(f"pattern:{group}") % _PATTERNS for group in range(len(self.sizes))]
        self._births: list[tuple[list[int], list[int], list[int]]] = [([], [], []) for _ in range(len(self.sizes) // 2)]
        self._birth_start: dict[tuple[int, int, int], int] = {}
        self._birth_total = [0] * len(self._births)
        self._plan_births()
        self._families = []
        for cohort in range(len(self._births)):
            group = cohort // 2 * 4 + cohort % 2
            self._families.append(keys.permutation(self.sizes[group] + self.sizes[group + 2], f"families:{cohort}"))

    def place(self, index: int) -> Place:
        """Finds where a person stands.

        Raises:
            IndexError: the country has no such person.
        """
        if not 0 <= index < self.total:
            raise IndexError(f"no person {index} in a country of {self.total}")
        group = bisect_right(self.starts, index) - 1
        rank = index - self.starts[group]
        lineage = group & 1
        cell_rank = rank + self.sizes[group - 1] if lineage else rank
        return Place(group, FIRST_YEAR + (group >> 2), group >> 1 & 1, lineage, rank, cell_rank)

    def cell_size(self, year: int, sex: int) -> int:
        """Returns how many people of one birth year and sex the country has."""
        group = (year - FIRST_YEAR) * 4 + sex * 2
        return self.sizes[group] + self.sizes[group + 1]

    def in_cell(self, year: int, sex: int, cell_rank: int) -> int:
        """Returns the index of a person by birth year, sex and rank among these."""
        return self.starts[(year - FIRST_YEAR) * 4 + sex * 2] + cell_rank

    def cohort_start(self, year: int) -> int:
        """Returns the first index of those born in a year."""
        return self.starts[(year - FIRST_YEAR) * 4] if year <= LAST_YEAR else self.total

    def spouse(self, index: int) -> int | None:
        """Returns whom a person marries at some time, before or after now."""
        group = bisect_right(self.starts, index) - 1
        rank = index - self.starts[group]
        return self.partner(group, rank) if rank < self.married[group] else None

    def parents(self, index: int) -> tuple[int, int] | None:
        """Returns father and mother, or None when they never stood in the register (they died before it began)."""
        group = bisect_right(self.starts, index) - 1
        rank = index - self.starts[group]
        cohort = (group >> 2) * 2 + (group & 1)
        if group & 2:
            rank += self.sizes[group - 2]
        slot = self._families[cohort].forward(rank)
        if slot >= self._birth_total[cohort]:
            return None
        slots, firsts, groups = self._births[cohort]
        block = bisect_right(slots, slot) - 1
        mother_rank = firsts[block] + _PATTERNS * (slot - slots[block])
        mothers = groups[block]
        return self.partner(mothers, mother_rank), self.starts[mothers] + mother_rank

    def children(self, index: int) -> list[int]:
        """Returns all children, oldest first, born or not yet born."""
        group = bisect_right(self.starts, index) - 1
        rank = index - self.starts[group]
        if rank >= self.married[group]:
            return []
        if not group & 2:
            wife = self.partner(group, rank)
            group = bisect_right(self.starts, wife) - 1
            rank = wife - self.starts[group]
        kind = (rank + self._shifts[group]) % _PATTERNS
        family = rank // _PATTERNS
        found = []
        for order, age in enumerate(BIRTH_PATTERNS[kind]):
            start = self._birth_start.get((group, kind, order))
            if start is None:
                continue
            cohort = ((group >> 2) + age) * 2 + (kind & 1)
            slot = start + family
            if slot < self._families[cohort].size:
                found.append(self._child(cohort, self._families[cohort].backward(slot)))
        return found

    def wedding(self, wife: int) -> tuple[int, int, int, int]:
        """Returns a couple's wedding year, and the wife's group, family kind and number within that kind."""
        group = bisect_right(self.starts, wife) - 1
        rank = wife - self.starts[group]
        kind = (rank + self._shifts[group]) % _PATTERNS
        return FIRST_YEAR + (group >> 2) + wedding_age(kind), group, kind, rank // _PATTERNS

    def families_of_kind(self, group: int, kind: int) -> int:
        """Returns how many wives of a group have one kind of family."""
        first = (kind - self._shifts[group]) % _PATTERNS
        return max(0, (self.married[group] - first + _PATTERNS - 1) // _PATTERNS)

    def rank_of_family(self, group: int, kind: int, family: int) -> int:
        """Returns the rank of the wife with a number within one kind of family; the inverse of `wedding`."""
        return (kind - self._shifts[group]) % _PATTERNS + _PATTERNS * family

    def partner(self, group: int, rank: int) -> int:
        """Returns whom the n-th of a group marries; n is below `married[group]`."""
        ranks, shifts = self._pairs[group]
        return rank + shifts[bisect_right(ranks, rank) - 1]

    def _child(self, cohort: int, rank: int) -> int:
        group = (cohort >> 1) * 4 + (cohort & 1)
        return (
            self.starts[group] + rank if rank < self.sizes[group] else self.starts[group + 2] + rank - self.sizes[group]
        )

    def _marry(self) -> None:
        """Pairs each cohort's men with women of the other lineage, age gap by age gap."""
        for year in range(FIRST_YEAR, LAST_MARRYING_YEAR + 1):
            for lineage in (0, 1):
                done = 0
                for gap, weight in _AGE_GAPS:
                    if not FIRST_YEAR <= year + gap <= LAST_MARRYING_YEAR:
                        continue
                    men = (year - FIRST_YEAR) * 4 + lineage
                    women = (year + gap - FIRST_YEAR) * 4 + 2 + (1 - lineage)
                    until = done + weight
                    share = min(_portion(self.sizes[group], done, until) for group in (men, women))
                    done = until
                    count = min(share, self.sizes[women] - self.married[women])
                    if count <= 0:
                        continue
                    man, woman = self.starts[men] + self.married[men], self.starts[women] + self.married[women]
                    for group, other in ((men, woman), (women, man)):
                        ranks, shifts = self._pairs[group]
                        ranks.append(self.married[group])
                        shifts.append(other - self.married[group])
                    self.married[men] += count
                    self.married[women] += count

    def _plan_births(self) -> None:
        """Gives each family its places in the cohorts of its children."""
        for group in range(len(self.sizes)):
            if not group & 2:
                continue
            for kind, ages in enumerate(BIRTH_PATTERNS):
                families, first = self.families_of_kind(group, kind), self.rank_of_family(group, kind, 0)
                for order, age in enumerate(ages):
                    year = (group >> 2) + age
                    if not families or year > LAST_YEAR - FIRST_YEAR:
                        continue
                    cohort = year * 2 + (kind & 1)
                    slots, firsts, groups = self._births[cohort]
                    slots.append(self._birth_total[cohort])
                    firsts.append(first)
                    groups.append(group)
                    self._birth_start[group, kind, order] = self._birth_total[cohort]
                    self._birth_total[cohort] += families


def wedding_age(kind: int) -> int:
    """Returns how many years after a wife's birth a family of this kind begins: a year before the first child."""
    ages = BIRTH_PATTERNS[kind]
    return ages[0] - 1 if ages else _CHILDLESS_MARRIAGE_AGE


def _portion(size: int, since: int, until: int) -> int:
    """Returns how many of a group lie between two thousandths of it; neighbouring portions add up."""
    return (size * until + 500) // 1000 - (size * since + 500) // 1000


def _cohort_sizes(people: int) -> list[int]:
    weights = []
    for (start, low), (end, high) in pairwise(_COHORT_WEIGHTS):
        weights += [round(1000 * (low + (high - low) * (year - start) / (end - start))) for year in range(start, end)]
    weights.append(round(1000 * _COHORT_WEIGHTS[-1][1]))
    counted = sum(weights[: COUNTED_UNTIL - FIRST_YEAR + 1])
    bounds = [people * until // counted for until in accumulate(weights, initial=0)]
    return [after - before for before, after in pairwise(bounds)]
