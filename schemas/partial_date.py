"""Dates of life that may lack a day or a month, as the registers hold them for older people."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator

Precision = Literal["year", "month", "day"]


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A calendar date known to the year, the month or the day.

    Its text is ISO 8601 cut at what is known: `1950`, `1950-03`, `1950-03-21`. There is no order between two partial
    dates, only certainty: `1950` is certainly before `1951-03` and may be the same as `1950-03-21`.

    Raises:
        ValueError: the parts name no date of the calendar; the message holds no value.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.day is not None and self.month is None:
            raise ValueError("a day needs its month")
        month = 1 if self.month is None else self.month
        if not 1 <= self.year <= 9999 or not 1 <= month <= 12:
            raise ValueError("no such year or month")
        if self.day is not None and not 1 <= self.day <= monthrange(self.year, month)[1]:
            raise ValueError("no such day")

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """Reads the ISO text that `str` of a partial date writes, and no other spelling."""
        parts = text.split("-")
        widths = [len(part) for part in parts]
        if not text.isascii() or widths != [4, 2, 2][: len(parts)] or not all(part.isdigit() for part in parts):
            raise ValueError("not yyyy, yyyy-mm or yyyy-mm-dd")
        return cls(*(int(part) for part in parts))

    @property
    def precision(self) -> Precision:
        """Which of `year`, `month` and `day` is the finest part known."""
        return "day" if self.day is not None else "month" if self.month is not None else "year"

    @property
    def earliest(self) -> date:
        """The first day that this date may mean."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date:
        """The last day that this date may mean."""
        month = self.month or 12
        return date(self.year, month, self.day or monthrange(self.year, month)[1])

    def certainly_before(self, other: PartialDate | date) -> bool:
        """Whether every day that this may mean comes before every day that the other may mean."""
        return self.latest < (other.earliest if isinstance(other, PartialDate) else other)

    def certainly_after(self, other: PartialDate | date) -> bool:
        """Whether every day that this may mean comes after every day that the other may mean."""
        return self.earliest > (other.latest if isinstance(other, PartialDate) else other)

    def may_equal(self, other: PartialDate) -> bool:
        """Whether one and the same day could be meant by both."""
        return not (self.certainly_before(other) or self.certainly_after(other))

    def __str__(self) -> str:
        text = f"{self.year:04d}"
        if self.month is not None:
            text += f"-{self.month:02d}"
        return text if self.day is None else f"{text}-{self.day:02d}"


def _partial(text: str) -> str:
    PartialDate.parse(text)
    return text


PartialDateText = Annotated[str, AfterValidator(_partial)]
"""The ISO text of a `PartialDate`: how a canonical record carries one."""
