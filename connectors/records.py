"""What goes into a register's call and what comes out of a feed. The repr of each shows no personal value."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Generic, NamedTuple, Self, TypeVar

E = TypeVar("E")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class FieldProblem(Exception):
    """A required element is absent, or has the wrong form: found by a reader that knows neither register nor operation.

    The call around it makes it a `BrokenContract` with that code and path. It never holds a value.
    """

    def __init__(self, code: str, path: str) -> None:
        super().__init__(code, path)
        self.code, self.path = code, path


class _Entry(NamedTuple):
    key: str
    version: int
    status: str
    body: bytes
    at: int


class FeedEntry(_Entry):
    """One record of a feed as fetched; a named tuple, because millions are made.

    `key` is the source's key, `version` orders the versions of its contents (epoch milliseconds), `status` is the
    source's own code, and `body` is the raw JSON of the wire record, empty when the source sent none. A body that is
    no JSON stays as it came: refusing it is the pipeline's work, which keeps the rest of the page.

    `at` is where the entry stands in the feed (epoch milliseconds): windows, order and batches go by it. It is the
    version unless the source says otherwise. A source that announces a change and tells the contents only as they are
    now has an `at` before the version; an `at` after the version means that the contents are older than their change.
    """

    __slots__ = ()

    def __new__(cls, key: str, version: int, status: str, body: bytes, at: int | None = None) -> Self:
        """Makes an entry that stands at its version unless `at` is given."""
        return super().__new__(cls, key, version, status, body, version if at is None else at)

    def __repr__(self) -> str:
        return f"FeedEntry(version={self.version}, bytes={len(self.body)})"


class KeyEntry(NamedTuple):
    """One key that exists at the source, with its latest version: what a reconciliation compares."""

    key: str
    version: int
    status: str

    def __repr__(self) -> str:
        return f"KeyEntry(version={self.version})"


@dataclass(frozen=True, slots=True)
class Page(Generic[E]):
    """One page of a feed: `number` counts from 1, `total` is what the source says the whole window holds."""

    entries: list[E]
    number: int
    total: int | None


@dataclass(frozen=True, slots=True)
class IdentityClaim:
    """What a caller says about a person: a number (current or former), the name and the birth date.

    `birth_date` is ISO text, cut at what is known: `1950`, `1950-03`, `1950-03-21`.
    """

    personal_id: str | None = field(default=None, repr=False)
    former_id: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    birth_date: str | None = field(default=None, repr=False)

    def missing(self) -> list[str]:
        """Lists the parts that a live question still needs."""
        parts = {"personal_id": self.personal_id or self.former_id, "name": self.name, "birth_date": self.birth_date}
        return [part for part, value in parts.items() if not (value and value.strip())]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallContext:
    """Why a register is asked and for whom; it travels with every live question.

    `deadline` is a moment of `time.monotonic()`; see `deadline_in`.
    """

    purpose: str
    legal_basis: str
    procedure: str
    dossier: str
    officer: str
    deadline: float | None = None
    trace_id: str = ""


def deadline_in(seconds: float) -> float:
    """Returns the deadline that lies so many seconds ahead."""
    return time.monotonic() + seconds


def epoch_ms(moment: datetime) -> int:
    """Returns a moment as epoch milliseconds, without the rounding of floats."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)
