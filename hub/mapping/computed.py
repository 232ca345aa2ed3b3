"""What a form asks that follows from attributes: named functions that a procedure may `compute`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from schemas.partial_date import PartialDate


@dataclass(frozen=True, slots=True)
class Computed:
    """A registered function: the attributes it needs, in order, and what it makes of their values."""

    name: str
    needs: tuple[str, ...]
    apply: Callable[..., str | None]


def age_on_submission(birth_date: str, submitted_on: date) -> str | None:
    """Returns the age in whole years on the day of submission, or None when a partial birth date leaves it open."""
    born = PartialDate.parse(birth_date)
    oldest, youngest = _age(born.earliest, submitted_on), _age(born.latest, submitted_on)
    return str(oldest) if oldest == youngest and oldest >= 0 else None


def _age(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


COMPUTED: dict[str, Computed] = {
    "age_on_submission": Computed("age_on_submission", ("person.birth_date",), age_on_submission)
}
"""Every function that a procedure may name; each takes its attributes' values and the day of submission."""
