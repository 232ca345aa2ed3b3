"""Reads a list by offset and limit while its source goes on writing it, so that nothing is lost.

A row that is inserted before the offset pushes the last row of a page onto the next one, and is not seen itself; one
that is taken away there pulls a row over the edge, unseen. Neither shows in the rows that come next. So a list is read
again until two whole readings agree, row by row; also a short one, so that an answer that is empty by mistake is not
believed. A reading is thrown away at once when a page shows that the list moved: it is shorter than the total allows,
it holds a number that was there already, or the total went down.

What is new at the end of the list moves nothing before it. Rows from `ends_at` on are left out before two readings are
compared, so a list that grows all day always agrees about what lies before. Every reading goes to the list's end all
the same: a page that is always left out shows only there, when the last one is too short.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from connectors.errors import BrokenContract, Unavailable

READINGS = 6
"""How often a list is read in search of two readings that agree."""


class Change(NamedTuple):
    """One row of a list of changes: when it was made (epoch milliseconds), its number, what it is about, its state."""

    at: int
    number: str
    key: str
    state: str

    def __repr__(self) -> str:
        return f"Change(at={self.at})"


class Rows(NamedTuple):
    """One answer: some rows, and how many the whole list holds at this moment."""

    rows: Sequence[Change]
    total: int


Fetch = Callable[[int], Awaitable[Rows]]
"""Asks for the rows from an offset on."""


class MovingList:
    """One list of a register, read in pages of `limit` rows; `register` and `operation` are for errors."""

    def __init__(self, register: str, operation: str, *, limit: int, ends_at: int) -> None:
        self._where = register, operation
        self._limit = limit
        self._ends_at = ends_at

    async def read(self, fetch: Fetch) -> list[Change]:
        """Returns the rows before `ends_at`, in the list's order.

        Raises:
            Unavailable: no two readings agreed, and the step reads its window anew: `page_repeated` or `page_missing`
                when that spoiled every reading, `list_moved` otherwise.
            BrokenContract: a page is out of order or longer than asked for.
        """
        before: list[Change] | str = ""
        spoiled: set[str] = set()
        for _ in range(READINGS):
            found = await self._read_once(fetch)
            if not isinstance(found, str) and found == before:
                return found
            before = found
            spoiled.add(found if isinstance(found, str) else "list_moved")
        raise Unavailable(*self._where, spoiled.pop() if len(spoiled) == 1 else "list_moved")

    async def _read_once(self, fetch: Fetch) -> list[Change] | str:
        """Returns the rows, or the code of what spoiled the reading."""
        found: list[Change] = []
        seen: set[str] = set()
        offset = total = 0
        whole: int | None = None
        while True:
            part = await fetch(offset)
            self._check_order(part.rows)
            numbers = {change.number for change in part.rows}
            due = max(0, min(self._limit, part.total - offset))
            whole = part.total if whole is None else whole
            if part.total < total:
                return "list_moved"
            if len(numbers) != due or not seen.isdisjoint(numbers):
                # A list whose total stays is not what moves: its source does not turn the pages.
                wrong = "page_missing" if seen.isdisjoint(numbers) else "page_repeated"
                return wrong if part.total == whole else "list_moved"
            found += part.rows
            seen |= numbers
            offset, total = offset + len(part.rows), part.total
            if offset >= total:
                return [change for change in found if change.at < self._ends_at]

    def _check_order(self, rows: Sequence[Change]) -> None:
        if len(rows) > self._limit:
            raise BrokenContract(*self._where, "unexpected_answer", fields=("limit",))
        if any(later.at < earlier.at for earlier, later in pairwise(rows)):
            raise BrokenContract(*self._where, "order_broken", fields=("at",))
