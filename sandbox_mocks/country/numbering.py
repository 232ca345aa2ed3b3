"""Numbers of people and people of numbers: every identifier can be resolved without a table of them.

A personal number is `100 G YY NNNNNN`. Its last six digits are the permuted place of the person among those of the
same sex and birth year. From the top of the million places down stand, first, the numbers that people had before
theirs was cancelled and replaced, then the second numbers of people registered twice (a defect). An old identity-card
number is `100NNNNNN`.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox_mocks.country.demography import FIRST_YEAR, LAST_YEAR, Demography, Place
from sandbox_mocks.country.permutation import Keyring

PREFIX = "100"
"""The prefix that no real person's number has."""
LAST_CARD_YEAR = 2001
"""Who was born later never had a nine-digit identity card."""

_CELL = 1_000_000
_MOST_CARDS = 985_000
SEX_CORRECTED, YEAR_WAS_LATER, YEAR_WAS_EARLIER, ISSUED_AGAIN = range(4)
"""Why a number was replaced: what the old one said wrongly."""
_STRIDE = 80
LAST_REPLACED_YEAR = 2015


class Numbering:
    """All numbers of one country."""

    stride = _STRIDE

    def __init__(self, demography: Demography, keys: Keyring) -> None:
        self._demography = demography
        self._cells = [keys.permutation(_CELL, f"number:{cell}") for cell in range(2 * (LAST_YEAR - FIRST_YEAR + 1))]
        self._offsets = [keys.number(f"stripe:{cell}") % _STRIDE for cell in range(len(self._cells))]
        largest = max(demography.cell_size(year, sex) for year in range(FIRST_YEAR, LAST_YEAR + 1) for sex in (0, 1))
        self._seconds_from = 4 * (largest // _STRIDE + 2)
        self.room_for_seconds = _CELL - largest - self._seconds_from
        if self.room_for_seconds < 0:
            raise ValueError(
                "too many people: a birth year and sex has a million numbers; use at most 110 million people"
            )
        old = demography.cohort_start(LAST_CARD_YEAR + 1)
        self._holders = keys.permutation(old, "card holders")
        self._cards = keys.permutation(_CELL, "card numbers")
        self._held = min(old * 9 // 10, _MOST_CARDS)
        self._reused = self._held // 66

    def number(self, place: Place) -> str:
        """Returns a person's lasting number."""
        return self._format(place.year, place.sex, place.cell_rank)

    def offset(self, year: int, sex: int) -> int:
        """Returns the first rank of a birth year and sex that may have its number replaced; then every `stride`-th
        may."""
        return self._offsets[(year - FIRST_YEAR) * 2 + sex]

    def may_be_replaced(self, year: int, sex: int, cell_rank: int) -> bool:
        """Tells whether a person stands on the stripe of those whose number may be replaced."""
        return year <= LAST_REPLACED_YEAR and cell_rank % _STRIDE == self._offsets[(year - FIRST_YEAR) * 2 + sex]

    def cause(self, year: int, cell_rank: int, married: bool) -> int:
        """Tells why a replaced number was replaced; the sex is never corrected of someone who marries."""
        if year == FIRST_YEAR:
            return ISSUED_AGAIN
        step = cell_rank // _STRIDE
        return 1 + step % 3 if married else step % 4

    def former_identity(self, year: int, sex: int, cause: int) -> tuple[int, int]:
        """Returns the birth year and sex that the old number states."""
        if cause == SEX_CORRECTED:
            return year, 1 - sex
        if cause == YEAR_WAS_LATER:
            return year + 1, sex
        return (year - 1, sex) if cause == YEAR_WAS_EARLIER else (year, sex)

    def former_number(self, year: int, sex: int, cell_rank: int, cause: int) -> str:
        """Returns the number that a person had before it was replaced."""
        year, sex = self.former_identity(year, sex, cause)
        return self._format(year, sex, _CELL - 1 - (4 * (cell_rank // _STRIDE) + cause))

    def second_number(self, year: int, sex: int, ordinal: int) -> str:
        """Returns the number under which the n-th person registered twice is also active."""
        return self._format(year, sex, _CELL - 1 - self._seconds_from - ordinal)

    def resolve(self, number: str) -> tuple[str, int, int] | None:
        """Finds what a twelve-digit number stands for.

        Returns:
            `("lasting", index, 0)`, `("former", index, cause)`, `("second", year and sex as year * 2 + sex, ordinal)`,
            or None. Whether a former or second number was ever issued is for the caller to check.
        """
        if len(number) != 12 or not number.isascii() or not number.isdigit() or not number.startswith(PREFIX):
            return None
        century, sex = divmod(int(number[3]), 2)
        year = 1900 + 100 * century + int(number[4:6])
        if not FIRST_YEAR <= year <= LAST_YEAR:
            return None
        slot = self._cells[(year - FIRST_YEAR) * 2 + sex].backward(int(number[6:]))
        if slot < self._demography.cell_size(year, sex):
            return "lasting", self._demography.in_cell(year, sex, slot), 0
        top = _CELL - 1 - slot
        if top >= self._seconds_from:
            return "second", year * 2 + sex, top - self._seconds_from
        step, cause = divmod(top, 4)
        if cause == SEX_CORRECTED:
            sex = 1 - sex
        elif cause != ISSUED_AGAIN:
            year += 1 if cause == YEAR_WAS_EARLIER else -1
        if not FIRST_YEAR <= year <= LAST_REPLACED_YEAR:
            return None
        rank = step * _STRIDE + self._offsets[(year - FIRST_YEAR) * 2 + sex]
        if rank >= self._demography.cell_size(year, sex):
            return None
        return "former", self._demography.in_cell(year, sex, rank), cause

    def card(self, index: int) -> str:
        """Returns a person's nine-digit identity-card number, or an empty text."""
        if index >= self._holders.size:
            return ""
        place = self._holders.forward(index)
        if place >= self._held:
            return ""
        own = self._held - self._reused
        return f"{PREFIX}{self._cards.forward(place if place < own else place - own):06d}"

    def card_holders(self, card: str) -> list[int]:
        """Finds the people who have a nine-digit number: none, one or two."""
        if len(card) != 9 or not card.isascii() or not card.isdigit() or not card.startswith(PREFIX):
            return []
        place = self._cards.backward(int(card[3:]))
        own = self._held - self._reused
        if place >= own:
            return []
        find: Callable[[int], int] = self._holders.backward
        return [find(place), find(own + place)] if place < self._reused else [find(place)]

    def _format(self, year: int, sex: int, slot: int) -> str:
        tail = self._cells[(year - FIRST_YEAR) * 2 + sex].forward(slot)
        return f"{PREFIX}{sex if year < 2000 else sex + 2}{year % 100:02d}{tail:06d}"
