"""Which old paper records were digitised, and in which order: found by arithmetic in both directions."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from sandbox_mocks.country.permutation import Keyring


class Books:
    """Old records in bands, of each of which a share was digitised; the others exist on paper alone.

    Args:
        bands: how many records each band has, and what share of them was digitised.
        label: names the books; every label is another choice.
    """

    def __init__(self, bands: list[tuple[int, float]], keys: Keyring, label: str) -> None:
        self._chosen = [keys.permutation(size, f"{label}:{at}") for at, (size, _) in enumerate(bands)]
        self._have = [int(size * share) for size, share in bands]
        self._starts = list(accumulate(self._have, initial=0))
        self.total = self._starts[-1]
        """How many records were digitised."""
        self._order = keys.permutation(self.total, label)

    def ordinal(self, band: int, rank: int) -> int | None:
        """Returns when a record was digitised, as its number in order; None when it never was."""
        slot = self._chosen[band].forward(rank)
        return self._order.forward(self._starts[band] + slot) if slot < self._have[band] else None

    def find(self, ordinal: int) -> tuple[int, int]:
        """Returns band and rank of the n-th digitised record; the inverse of `ordinal`."""
        slot = self._order.backward(ordinal)
        band = bisect_right(self._starts, slot) - 1
        return band, self._chosen[band].backward(slot - self._starts[band])
