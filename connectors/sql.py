"""Registers that open a view of their database to us, read by SQLAlchemy Core over psycopg.

A walk is a keyset walk: each page asks for the rows after the last one it has, by version and key, in a read-only
transaction of its own with a statement time-out. Nothing is held open at the source between two pages, and page 1,000
costs what page 1 costs.

Rows of one millisecond are a trap: the database orders them by microsecond, a feed by millisecond and key. So the rows
of a page's last millisecond wait until the next millisecond has begun.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, cast

from pydantic import BaseModel
from sqlalchemy import Column, ColumnElement, MetaData, Select, Table, Text, and_, or_, select, types
from sqlalchemy import cast as as_type

from connectors.body import row_body, wire_columns
from connectors.database import Database
from connectors.errors import BrokenContract
from connectors.guard import KeyScheme
from connectors.paging import N
from connectors.ports import RegisterConfig, Secrets
from connectors.records import FeedEntry, FieldProblem, KeyEntry, Page, epoch_ms

if TYPE_CHECKING:
    from connectors.base import Connector

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
MAX_INSTANT = 100_000
"""Rows of one millisecond that a walk holds; a batch of the pipeline can't be larger either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The view of one feed: one row for each record, with the time of its latest change.

    Each field of `record` must be a column. `version` is a `timestamptz` or a whole number of epoch milliseconds, and
    an index on the columns behind `version` and `key` is what makes a page cheap. `keys_are` says what names a row:
    personal numbers, which the environment guard knows, unless it says otherwise.
    """

    name: str
    record: type[BaseModel]
    key: str
    keys_are: KeyScheme = "personal_id"
    version: str
    status: str | None = None
    schema: str | None = None

    def names(self) -> list[str]:
        """Lists the columns that every entry is made from."""
        return [self.key, self.version, *filter(None, [self.status])]


class Sql:
    """The database of a register: its setting `url` names driver, host and database, `user` and `secret` the account.

    The server's certificate is checked against `ca_file`, or the machine's own authorities without one; a database that
    has no TLS needs `?sslmode=disable` in its address.
    """

    def __init__(self, *, statement_timeout: timedelta = timedelta(seconds=30)) -> None:
        self.statement_timeout = statement_timeout

    def open(self, register: str, config: RegisterConfig, secrets: Secrets) -> Database:
        """Returns the database; nothing is opened before the first call."""
        return Database(register, config, secrets, self.statement_timeout)

    def pages(
        self, connector: Connector, feed: str, view: View, since: datetime, until: datetime, page_size: int
    ) -> AsyncIterator[Page[FeedEntry]]:
        """Walks through the rows that changed in a window, page by page, oldest first."""
        walk = _Walk(connector, feed, view, (since, until), page_size, _entry)
        return connector.pages(feed, walk.page, since=since, until=until, page_size=page_size, keys_are=view.keys_are)

    def keys(
        self, connector: Connector, feed: str, view: View, as_of: datetime, page_size: int
    ) -> AsyncIterator[Page[KeyEntry]]:
        """Every key that the view held at a moment, with its version: for reconciliation. No other column is read."""
        walk = _Walk(connector, feed, view, (BEGINNING, as_of), page_size, _key, only=view.names())
        return connector.pages(
            feed, walk.page, since=BEGINNING, until=as_of, page_size=page_size, keys_are=view.keys_are
        )


class _Walk(Generic[N]):
    """One keyset walk through a window of a view; `make` makes an entry of a row, `only` names the columns to read."""

    def __init__(
        self,
        connector: Connector,
        feed: str,
        view: View,
        window: tuple[datetime, datetime],
        page_size: int,
        make: Callable[[View, dict[str, Any]], N],
        only: Collection[str] = (),
    ) -> None:
        self._register = connector.system
        self._database = cast(Database, connector.session)
        self._feed = feed
        self._view = view
        self._window = window
        self._size = page_size
        self._make = make
        self._only = only
        self._statement: Callable[[int], Select[Any]] | None = None
        self._last: tuple[Any, str] | None = None
        self._rows: list[N] = []
        self._passed = 0
        self._ended = False

    async def page(self, number: int) -> Page[N]:
        """Returns the page of a number; asked again for the same one, it goes on where it failed."""
        if self._statement is None:
            self._statement = await self._prepare()
        start = (number - 1) * self._size - self._passed
        self._rows, self._passed = self._rows[start:], self._passed + start
        while not self._ended and self._complete() < self._size:
            # As many again as are held: a bulk load, dated all alike, then takes a few questions and not hundreds.
            limit = max(self._size, len(self._rows))
            found = await self._database.rows(self._feed, self._statement(limit))
            entries = [self._make(self._view, row) for row in found]
            self._rows = sorted(self._rows + entries, key=lambda entry: (entry.version, entry.key))
            self._ended = len(found) < limit
            if found:
                self._last = found[-1][self._view.version], str(found[-1][self._view.key])
            if len(self._rows) - self._complete() > MAX_INSTANT:
                raise BrokenContract(self._register, self._feed, "oversize", fields=(self._view.version,))
        return Page(self._rows[: self._size], number, None)

    def _complete(self) -> int:
        """Counts the rows before the last millisecond seen: no row that is still to come belongs among them."""
        if not self._rows:
            return 0
        last = self._rows[-1].version
        count = len(self._rows)
        while count and self._rows[count - 1].version == last:
            count -= 1
        return count

    async def _prepare(self) -> Callable[[int], Select[Any]]:
        """Checks the columns before the first row is read; a new one comes along, for the feed's drift policy."""
        view = self._view
        found = await self._database.columns(self._feed, view.name, view.schema)
        if missing := sorted({name for name in [*wire_columns(view.record), *view.names()] if name not in found}):
            raise BrokenContract(self._register, self._feed, "column_missing", fields=missing)
        kind = found[view.version]
        whole = isinstance(kind, types.Integer)
        if not whole and not (isinstance(kind, types.DateTime) and kind.timezone):
            raise BrokenContract(self._register, self._feed, "field_malformed", fields=(view.version,))
        table = Table(view.name, MetaData(), *(Column(name, found[name]) for name in found), schema=view.schema)
        chosen = [column for column in table.c if not self._only or column.name in self._only]
        version = table.c[view.version]
        # No window holds a row without a time: it would be passed over for ever, in silence.
        if await self._database.rows(self._feed, select(version).where(version.is_(None)).limit(1)):
            raise BrokenContract(self._register, self._feed, "field_missing", fields=(view.version,))
        # The feed's own order, byte by byte: the database's collation may put "a" before "B".
        key: ColumnElement[str] = as_type(table.c[view.key], Text).collate("C")
        since, until = (epoch_ms(moment) if whole else moment for moment in self._window)

        def statement(limit: int) -> Select[Any]:
            after: ColumnElement[bool] = version >= since
            if self._last is not None:
                last_version, last_key = self._last
                after = and_(version >= last_version, or_(version > last_version, key > last_key))
            return select(*chosen).where(after, version < until).order_by(version, key).limit(limit)

        return statement


def _entry(view: View, row: dict[str, Any]) -> FeedEntry:
    try:
        known = wire_columns(view.record)
        body = row_body(row, [name for name in view.names() if name not in known])
    except TypeError:
        raise FieldProblem("field_malformed", view.name) from None
    return FeedEntry(*_key(view, row), body)


def _key(view: View, row: dict[str, Any]) -> KeyEntry:
    key, version, status = row[view.key], row[view.version], row[view.status] if view.status else None
    if key is None or not str(key).strip():
        raise FieldProblem("field_missing", view.key)
    moment = version if isinstance(version, int) else epoch_ms(version)
    return KeyEntry(str(key), moment, "" if status is None else str(status))
