"""Catches a list that loses, repeats or reorders records while it is paged.

Four things are compared: the page number that the source echoes, the order of records (version, then key) within a page
and from page to page, how many records a page must hold, and the total that the source announces.

| seen | error | why |
| --- | --- | --- |
| another page number echoed | Unavailable `page_other` | a cache or a node behind; asked again at once |
| the previous page again | Unavailable `page_repeated` | same |
| a page shorter than the total allows | Unavailable `page_missing` | same |
| a page that starts before the last one ended | Unavailable `page_missing` | a page was skipped; the step reads anew |
| another total than on page one | Unavailable `list_moved` | a closed window can't grow: read it anew |
| records out of order, or out of the window | BrokenContract | asking again won't mend a source that sorts wrongly |

What is asked again at once counts against the call's own retry budget. When that is used up the step fails as
Unavailable and reads its window anew, which is safe: nothing was published and the watermark has not moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Protocol, TypeVar

from connectors.errors import BrokenContract, Unavailable
from connectors.records import Page

MAX_PAGE_SIZE = 1000


class Entry(Protocol):
    """What the guard reads of a feed's entry."""

    @property
    def key(self) -> str: ...
    @property
    def version(self) -> int: ...


N = TypeVar("N", bound=Entry)


class PagingGuard:
    """Follows one walk through one window of a list.

    `since` and `until` are epoch milliseconds: the window holds `since` and not `until`.
    """

    def __init__(self, register: str, operation: str, *, page_size: int, since: int, until: int) -> None:
        self._where = register, operation
        self._page_size = page_size
        self._window = since, until
        self._total: int | None = None
        self._seen = 0
        self._last: tuple[int, str] | None = None
        self._previous = b""
        self.number = 1
        self.done = False

    def check(self, page: Page[N]) -> None:
        """Judges the answer to a request for page `number`, without remembering it: a retry may bring a better one."""
        if page.number != self.number:
            raise Unavailable(*self._where, "page_other")
        if self._total is not None and page.total != self._total:
            raise Unavailable(*self._where, "list_moved")
        if page.entries and self._digest(page.entries) == self._previous:
            raise Unavailable(*self._where, "page_repeated")
        self._check_order(page.entries)
        if page.total is not None and len(page.entries) != self._expected(page.total):
            raise Unavailable(*self._where, "page_missing")
        if len(page.entries) > self._page_size:
            raise BrokenContract(*self._where, "unexpected_answer", fields=("page_size",))

    def accept(self, page: Page[N]) -> None:
        """Remembers a page that passed, and moves on to the next."""
        self._total = page.total
        self._seen += len(page.entries)
        self.number += 1
        if page.entries:
            self._last = page.entries[-1].version, page.entries[-1].key
            self._previous = self._digest(page.entries)
        self.done = len(page.entries) < self._page_size if page.total is None else self._seen >= page.total

    def _expected(self, total: int) -> int:
        return max(0, min(self._page_size, total - self._seen))

    def _check_order(self, entries: Sequence[Entry]) -> None:
        since, until = self._window
        last = self._last or (since, "")
        for place, entry in enumerate(entries):
            position = entry.version, entry.key
            if not since <= entry.version < until:
                raise BrokenContract(*self._where, "outside_window", fields=("version",))
            if position < last:
                # Between two pages, the list is sorted but a page is not the one that was due.
                if place == 0:
                    raise Unavailable(*self._where, "page_missing")
                raise BrokenContract(*self._where, "order_broken", fields=("version", "key"))
            last = position

    @staticmethod
    def _digest(entries: Sequence[Entry]) -> bytes:
        """Tells pages apart by versions and keys; the bodies may carry a time of printing."""
        return sha256("\n".join([f"{entry.version} {entry.key}" for entry in entries]).encode()).digest()
