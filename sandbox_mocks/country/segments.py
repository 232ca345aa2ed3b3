"""Numbered unions of ranges: the couples, the singles, those whose number may be replaced, the brides of a year."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Segments(Generic[Key]):
    """Numbers the members of many small ranges from 0 on, and finds range and place of a number again."""

    def __init__(self, sizes: Iterable[tuple[Key, int]]) -> None:
        self.total = 0
        self._starts: list[int] = []
        self._keys: list[Key] = []
        self._start_of: dict[Key, int] = {}
        for key, size in sizes:
            if size > 0:
                self._starts.append(self.total)
                self._keys.append(key)
                self._start_of[key] = self.total
                self.total += size

    def number(self, key: Key, place: int) -> int:
        """Returns the number of a place in a range."""
        return self._start_of[key] + place

    def find(self, number: int) -> tuple[Key, int]:
        """Returns range and place of a number."""
        at = bisect_right(self._starts, number) - 1
        return self._keys[at], number - self._starts[at]
