"""What was registered when: records of civil status and the times at which each was written or changed.

Everything follows from the lives of the country's people. A birth is registered when population learns of the child, or
months later; a death some days after population has it; a wedding some days before. Paper records of earlier years were
digitised in the second half of 2021, not all of them. Shares and delays are assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sandbox_mocks.country.civil_status.books import Books
from sandbox_mocks.country.civil_status.dates import last_day, years_later
from sandbox_mocks.country.country import Country
from sandbox_mocks.country.demography import BIRTH_PATTERNS, FIRST_YEAR, wedding_age
from sandbox_mocks.country.lives import LOADED_YEAR
from sandbox_mocks.country.permutation import Keyring
from sandbox_mocks.country.records import local_date
from sandbox_mocks.country.segments import Segments
from sandbox_mocks.country.timeline import FIRST_ROUND_YEAR, ROUNDS, Timeline

BIRTH, DEATH, MARRIAGE, CERTIFICATE, CORRECTION = "KS", "KT", "KH", "HN", "CC"
MODULES = (BIRTH, DEATH, MARRIAGE, CERTIFICATE, CORRECTION)
"""Birth, death, marriage and marital-status certificate; `CC` for corrections is assumed."""
DAY = 86_400_000

LATE_DELAYS = (65 * DAY, 210 * DAY, 500 * DAY)
"""How long after population has a child a late birth registration comes; one of these for `LATE` in 1,000 births."""
LATE = 30
NUMBER_DELAYS = (2 * DAY, 6 * DAY)
"""How long a birth record waits for the child's number; for `NUMBERLESS` in 1,000 births of which none is late."""
NUMBERLESS = 200
DEATH_DELAYS = (1 * DAY, 3 * DAY, 7 * DAY, 20 * DAY)
UNREGISTERED_DEATHS = 30
"""In 1,000: deaths that population has and civil status never registers."""
WEDDING_LEADS = (0, 1 * DAY, 3 * DAY)
CORRECTION_LEADS = (1 * DAY, 4 * DAY)
DUPLICATE_DELAYS = (30 * DAY, 120 * DAY)
DUPLICATE_BIRTHS = 4
"""In 1,000, at `defect_rate` 1: births registered twice. A defect."""
HUSBANDS_AGE, WIFES_AGE = 20, 18
"""From which age one may marry (Law on Marriage and Family 2014, art. 8)."""

_DIGITISED_BIRTHS = ((FIRST_YEAR, 0.4), (1960, 0.65), (1980, 0.85), (2000, 0.97))
_DIGITISED_MARRIAGES = ((FIRST_YEAR, 0.4), (1975, 0.6), (1990, 0.85), (2005, 0.97))
_LAST_ASKING_YEAR = 2003
_CERTIFICATES = 1_200
"""A year, in 100,000 of those who may ask for one."""


class Key(NamedTuple):
    """Which record: module, copy (1: the second record of a birth registered twice), and number.

    The number is the child's, the dead or the corrected person's index, the wife's index, or the certificate's ordinal.
    """

    module: str
    number: int
    copy: int = 0


class Registrations:
    """All registrations of one country."""

    def __init__(self, country: Country) -> None:
        self._country, self._demography, self._lives = country, country.demography, country.lives
        self._keys = keys = Keyring(country.seed)
        self._duplicates = DUPLICATE_BIRTHS * country.defect_rate
        starts = [self._demography.cohort_start(year) for year, _ in _DIGITISED_BIRTHS]
        ends = [*starts[1:], self._demography.cohort_start(LOADED_YEAR)]
        self._birth_starts = starts
        shares = [share for _, share in _DIGITISED_BIRTHS]
        sizes = [max(0, end - start) for start, end in zip(starts, ends, strict=True)]
        self._births = Books(list(zip(sizes, shares, strict=True)), keys, "birth books")
        years = [year for year, _ in _DIGITISED_MARRIAGES]
        self._couples = [self._couples_of(*span) for span in zip(years, [*years[1:], FIRST_ROUND_YEAR], strict=True)]
        marriages = [(part.total, share) for part, (_, share) in zip(self._couples, _DIGITISED_MARRIAGES, strict=True)]
        self._marriages = Books(marriages, keys, "marriage books")
        self._asking = keys.permutation(self._demography.cohort_start(_LAST_ASKING_YEAR + 1), "certificates")
        yearly = self._asking.size * _CERTIFICATES / 100_000
        self._timeline = Timeline(
            [
                ("birth_book", 0, self._births.total, 1),
                ("marriage_book", 0, self._marriages.total, 1),
                *(("certificate", at, int(yearly * at) - int(yearly * (at - 1)), 1) for at in range(1, ROUNDS + 1)),
            ],
            keys.number,
        )

    def window(self, module: str, since: int, until: int) -> list[tuple[int, Key]]:
        """Returns what was written in `[since, until)`, epoch milliseconds: each time with its record, in order."""
        found = {
            (time, key)
            for key in self._candidates(module, since, until)
            for time in self.versions(key)
            if since <= time < until
        }
        return sorted(found)

    def versions(self, key: Key) -> list[int]:
        """Returns when a record was first written and when it was changed; empty when there is no such record."""
        if key.module == BIRTH:
            return self._second_birth(key.number) if key.copy else self._birth(key.number)
        if key.copy:
            return []
        times = {DEATH: self._death, MARRIAGE: self._marriage, CERTIFICATE: self._certificate}
        return times.get(key.module, self._correction)(key.number)

    def asking(self, ordinal: int) -> int:
        """Returns who asked for the n-th certificate."""
        return self._asking.backward(ordinal)

    def certificate_of(self, index: int) -> int | None:
        """Returns the ordinal of the certificate that a person may have asked for."""
        if index >= self._asking.size:
            return None
        ordinal = self._asking.forward(index)
        return ordinal if ordinal < self.certificates else None

    @property
    def certificates(self) -> int:
        """How many certificates there ever are."""
        return self._timeline.totals.get("certificate", 0)

    def late(self, index: int) -> bool:
        """Whether a child's birth is registered late; only of those born since 2021."""
        return self._chance(b"civil birth", index) < LATE

    def numberless(self, index: int) -> bool:
        """Whether a child's record has no number at first; only of those born since 2021."""
        return LATE <= self._chance(b"civil birth", index) < LATE + NUMBERLESS

    def corrected(self, index: int) -> int | None:
        """Returns when civil status corrects a person's name or birth date, which population then follows."""
        if index >= self._lives.loaded:
            return None
        kind, time = self._lives.misc(index)
        if kind != "correct" or not self.differs(index):
            return None
        return time - self._choose(b"civil correction", index, CORRECTION_LEADS)

    def differs(self, index: int) -> bool:
        """Whether a correction changes what stands in a person's birth record."""
        place = self._demography.place(index)
        records = self._country.records
        return records.identity(index, place, uncorrected=True) != records.identity(index, place)

    def legal_age(self, wife: int) -> tuple[int, int, int]:
        """Returns year, month and day from which both of a couple may marry, by any date of birth that they had."""
        found = []
        for index, age in ((wife, WIFES_AGE), (self._country.spouse(wife) or 0, HUSBANDS_AGE)):
            place = self._demography.place(index)
            for uncorrected in (False, True):
                _, birth = self._country.records.identity(index, place, uncorrected)
                found.append(years_later(last_day(birth), age))
        return max(found)

    def married_before(self, wife: int, other: int) -> bool:
        """Whether one couple is recorded as married in an earlier year than another, and both still live."""
        years = [self._demography.wedding(each)[0] for each in (wife, other)]
        couple = wife, self._country.spouse(wife) or 0
        lives = [self._lives.life(index, self._demography.place(index)) for index in couple]
        return years[0] < years[1] and all(life.dies is None for life in lives)

    def on_paper(self, module: str, index: int) -> bool:
        """Whether a person's birth or marriage stands in a paper book that was never digitised."""
        place = self._demography.place(index)
        if module == BIRTH:
            return place.year < LOADED_YEAR and not self._birth(index)
        if module != MARRIAGE or place.rank >= self._demography.married[place.group]:
            return False
        wife = self._wife(index)
        return self._lives.married(wife, self._demography.place(wife)) == 0 and not self._marriage(wife)

    def _birth(self, index: int) -> list[int]:
        place = self._demography.place(index)
        if place.year >= LOADED_YEAR:
            time = self._lives.registered(index, place)
            if self.late(index):
                time += self._choose(b"civil late", index, LATE_DELAYS)
            times = [time]
            if self.numberless(index):
                times.append(time + self._choose(b"civil number", index, NUMBER_DELAYS))
        else:
            band = sum(start <= index for start in self._birth_starts) - 1
            ordinal = self._births.ordinal(band, index - self._birth_starts[band])
            if ordinal is None:
                return []
            times = [self._timeline.time("birth_book", ordinal)]
        corrected = self.corrected(index)
        return [*times, corrected] if corrected is not None and corrected > times[-1] else times

    def _second_birth(self, index: int) -> list[int]:
        times = self._birth(index)
        if not times or self._chance(b"civil twice", index) >= self._duplicates:
            return []
        return [times[0] + self._choose(b"civil second", index, DUPLICATE_DELAYS)]

    def _death(self, index: int) -> list[int]:
        dies = self._lives.life(index, self._demography.place(index)).dies
        if dies is None or self._chance(b"civil no death", index) < UNREGISTERED_DEATHS:
            return []
        return [dies + self._choose(b"civil death", index, DEATH_DELAYS)]

    def _marriage(self, wife: int) -> list[int]:
        married = self._lives.married(wife, self._demography.place(wife))
        if married is None:
            return []
        if married:
            time = married - self._choose(b"civil wedding", wife, WEDDING_LEADS)
            day = local_date(time)
            return [time] if (day.year, day.month, day.day) >= self.legal_age(wife) else []
        year, group, kind, family = self._demography.wedding(wife)
        band = sum(first <= year for first, _ in _DIGITISED_MARRIAGES) - 1
        ordinal = self._marriages.ordinal(band, self._couples[band].number((group, kind), family))
        if ordinal is None or self.legal_age(wife) > (LOADED_YEAR, 6, 30):
            return []
        return [self._timeline.time("marriage_book", ordinal)]

    def _certificate(self, ordinal: int) -> list[int]:
        time = self._timeline.time("certificate", ordinal)
        index = self.asking(ordinal)
        place = self._demography.place(index)
        life = self._lives.life(index, place)
        gone = (life.dies is not None and life.dies <= time) or (life.misc == "withdraw" and life.misc_at <= time)
        # A couple that lives together before the age of marriage gets no certificate about it.
        young = life.married is not None and life.married > 0 and not self._marriage(self._wife(index))
        return [] if gone or young else [time]

    def _correction(self, index: int) -> list[int]:
        times, corrected = self._birth(index), self.corrected(index)
        return [corrected] if corrected is not None and times and times[0] < corrected else []

    def _wife(self, index: int) -> int:
        place = self._demography.place(index)
        return index if place.sex else self._demography.partner(place.group, place.rank)

    def _candidates(self, module: str, since: int, until: int) -> Iterator[Key]:
        """Lists the records that may have been written in a window, perhaps more than once and some that were not."""
        if module == BIRTH:
            for copy, delays in ((0, (0,)), (1, DUPLICATE_DELAYS)):
                for delay in delays if self._duplicates or not copy else ():
                    yield from (Key(BIRTH, index, copy) for index in self._first_births(since - delay, until - delay))
            yield from (Key(BIRTH, index) for index in self._by_event("correct", since, until, CORRECTION_LEADS, -1))
        elif module == DEATH:
            yield from (Key(DEATH, index) for index in self._by_event("death", since, until, DEATH_DELAYS))
        elif module == MARRIAGE:
            yield from (Key(MARRIAGE, wife) for wife in self._by_event("wedding", since, until, WEDDING_LEADS, -1))
            for _, stream, number in self._timeline.events(since, until, "marriage_book"):
                yield Key(MARRIAGE, self._bride(stream.offset + number))
        elif module == CERTIFICATE:
            for _, stream, number in self._timeline.events(since, until, "certificate"):
                yield Key(CERTIFICATE, stream.offset + number)
        elif module == CORRECTION:
            yield from (
                Key(CORRECTION, index) for index in self._by_event("correct", since, until, CORRECTION_LEADS, -1)
            )

    def _first_births(self, since: int, until: int) -> Iterator[int]:
        first = self._demography.cohort_start(LOADED_YEAR)
        for kind in ("birth", "load_single"):
            for delay in (0, *LATE_DELAYS, *NUMBER_DELAYS):
                for _, stream, number in self._lives.timeline.events(since - delay, until - delay, kind):
                    index = self._lives.people(stream, number)[0]
                    if index >= first:
                        yield index
        for _, stream, number in self._timeline.events(since, until, "birth_book"):
            band, rank = self._births.find(stream.offset + number)
            yield self._birth_starts[band] + rank

    def _by_event(self, kind: str, since: int, until: int, distances: tuple[int, ...], sign: int = 1) -> Iterator[int]:
        """Lists the last of the people of each event that lies at one of some distances before or after a window."""
        for distance in distances:
            shift = sign * distance
            for _, stream, number in self._lives.timeline.events(since - shift, until - shift, kind):
                yield self._lives.people(stream, number)[-1]

    def _bride(self, ordinal: int) -> int:
        band, rank = self._marriages.find(ordinal)
        (group, kind), family = self._couples[band].find(rank)
        return self._demography.starts[group] + self._demography.rank_of_family(group, kind, family)

    def _couples_of(self, first: int, last: int) -> Segments[tuple[int, int]]:
        """Numbers the couples that married in `[first, last)` by the wife's group and kind of family."""
        demography = self._demography
        return Segments(
            ((group, kind), demography.families_of_kind(group, kind))
            for group in range(len(demography.sizes))
            if group & 2
            for kind in range(len(BIRTH_PATTERNS))
            if first <= FIRST_YEAR + (group >> 2) + wedding_age(kind) < last
        )

    def _chance(self, domain: bytes, index: int) -> int:
        """Returns a number from 0 to 999 that is this person's for a purpose."""
        return (self._keys.roll(domain, index, 0) >> 32) * 1000 >> 32

    def _choose(self, domain: bytes, index: int, among: tuple[int, ...]) -> int:
        return among[self._keys.roll(domain, index, 1) % len(among)]
