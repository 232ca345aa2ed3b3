"""One canonical person as the row rules see it: numbers and dates read once, shared by all rules.

Days are ordinals (`date.toordinal`), so that a comparison costs nothing. A partial date is the pair of the first and
the last day that it may mean: a rule that is only certain when both agree compares the right end.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from schemas.partial_date import PartialDate

Sex = Literal["male", "female"]

_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_DAY_MS: Final = 86_400_000
# Viet Nam has kept +07:00 without summer time since June 1975, long before the first version of any record here.
_VIET_NAM_MS: Final = 7 * 3_600_000


class Days(NamedTuple):
    """A partial date: its year, and the first and last day that it may mean, as ordinals."""

    year: int
    first: int
    last: int

    @property
    def exact(self) -> bool:
        """Whether the day itself is known."""
        return self.first == self.last


class IssuedFor(NamedTuple):
    """What a personal number says about the person it was issued for."""

    sex: Sex
    year: int


NUMBER_CODES: Final[Mapping[str, IssuedFor]] = {
    f"{g}{yy:02d}": IssuedFor("female" if g % 2 else "male", 1900 + 100 * (g // 2) + yy)
    for g in range(10)
    for yy in range(100)
}
"""The fourth to sixth digit of a personal number, and what they encode (see `schemas.vn.encoded_birth_year`)."""


@lru_cache(maxsize=65_536)
def days_of(text: str) -> Days | None:
    """Reads the ISO text of a partial date; None when it names no date."""
    try:
        # The C parser reads the whole date, which is by far the most frequent, but also weeks (1980-W01-1), and more.
        if len(text) == 10 and text[4] == "-" == text[7]:
            day = date.fromisoformat(text)
            return Days(day.year, day.toordinal(), day.toordinal())
        when = PartialDate.parse(text)
    except ValueError:
        return None
    return Days(when.year, when.earliest.toordinal(), when.latest.toordinal())


def issued_for(number: str | None) -> IssuedFor | None:
    """Reads sex and birth year out of a personal number; None when it is none."""
    return NUMBER_CODES.get(number[3:6]) if number is not None and len(number) == 12 else None


def version_day(version_ms: int) -> int:
    """Returns the day, in Viet Nam, on which the source wrote this version of a record, as an ordinal."""
    return _EPOCH_ORDINAL + (version_ms + _VIET_NAM_MS) // _DAY_MS


def full_years(since: int, until: int) -> int:
    """Counts the birthdays from one day to another, both ordinals."""
    start, end = date.fromordinal(since), date.fromordinal(until)
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


class PersonView:
    """What the row rules ask about one record; `get` reads any other key."""

    __slots__ = (
        "birth",
        "birth_text",
        "death",
        "death_text",
        "father",
        "father_issued",
        "faults",
        "gender",
        "get",
        "issued",
        "mother",
        "mother_issued",
        "number",
        "spouse",
        "spouse_issued",
        "today",
    )

    def __init__(self, record: Mapping[str, str], version_ms: int) -> None:
        get = self.get = record.get
        number = self.number = get("personal_id", "")
        self.issued = issued_for(number)
        self.gender = get("gender")
        birth = self.birth_text = get("birth_date")
        self.birth = None if birth is None else days_of(birth)
        death = self.death_text = get("deceased_on")
        self.death = None if death is None else days_of(death)
        father = self.father = get("father.personal_id")
        self.father_issued = None if father is None else issued_for(father)
        mother = self.mother = get("mother.personal_id")
        self.mother_issued = None if mother is None else issued_for(mother)
        spouse = self.spouse = get("spouse.personal_id")
        self.spouse_issued = None if spouse is None else issued_for(spouse)
        self.today = version_day(version_ms)
        self.faults: dict[str, tuple[str, ...]] | None = None

    @property
    def alive(self) -> bool:
        """Whether the record says that the person lives."""
        return self.get("life_status") == "alive"
