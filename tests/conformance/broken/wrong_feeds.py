"""Connectors that read a list wrongly. Each differs from `Tiny` or from `Business` in one thing."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from connectors.base import FeedEntry, KeyEntry, Page, Wanted, feed
from connectors.business import Business
from connectors.records import FieldProblem
from schemas.business import DoanhNghiep
from tests.conformance.broken.register import GONE
from tests.conformance.broken.tiny import Person, Tiny


class WalksBlindly(Tiny):
    """Takes each page as it comes, until it has seen as many records as the page says there are."""

    async def pages(self, operation: str, fetch: Any, **window: Any) -> AsyncIterator[Any]:
        """Walks through a window without any doubt."""
        self._check_window(operation, **window)
        seen, number = 0, 1
        while True:
            page = await self.call(operation, lambda number=number: fetch(number))  # type: ignore[misc]
            yield page
            seen, number = seen + len(page.entries), number + 1
            if not page.entries or seen >= page.total:
                return


class StopsAtPageOne(Tiny):
    """Reads the first page only."""

    async def pages(self, operation: str, fetch: Any, **window: Any) -> AsyncIterator[Any]:
        """Gives one page."""
        async for page in super().pages(operation, fetch, **window):
            yield page
            return


class HidesEmptyPages(Tiny):
    """Says nothing when there is nothing."""

    async def pages(self, operation: str, fetch: Any, **window: Any) -> AsyncIterator[Any]:
        """Gives the pages that hold something."""
        async for page in super().pages(operation, fetch, **window):
            if page.entries:
                yield page


class TakesAnyWindow(Tiny):
    """Asks for whatever window it is given."""

    def _check_window(self, operation: str, since: datetime, until: datetime, page_size: int) -> None:
        pass


class StartsTooLate(Tiny):
    """Leaves out what happened at the very beginning of a window."""

    def _start(self, since: datetime) -> int:
        return super()._start(since) + 1


class ForgetsZones(Tiny):
    """Takes every window for one in UTC."""

    def _start(self, since: datetime) -> int:
        return super()._start(since.replace(tzinfo=UTC))


class TellsTheTimeInBodies(Tiny):
    """Writes something new into a record each time it is read."""

    def _entry(self, row: Any) -> FeedEntry:
        return super()._entry({**row, "body": json.dumps({**json.loads(row["body"]), "job": str(uuid.uuid4())})})


class ForgetsTombstones(Tiny):
    """Tells withdrawn records like any other."""

    def _entry(self, row: Any) -> FeedEntry:
        return super()._entry({**row, "status": "alive" if row["status"] == GONE else row["status"]})


class GivesOldKeys(Tiny):
    """Lists keys with another version than the feed."""

    def _key(self, row: Any) -> KeyEntry:
        return super()._key({**row, "time": row["time"] + 1})


class WritesNoJson(Tiny):
    """Passes bodies on as Python writes them."""

    def _entry(self, row: Any) -> FeedEntry:
        return super()._entry({**row, "body": repr(json.loads(row["body"]))})


class DropsNewFields(Tiny):
    """Keeps of a body what it knows, and says nothing of the rest."""

    def _entry(self, row: Any) -> FeedEntry:
        known = {name: part for name, part in json.loads(row["body"]).items() if name in Person.model_fields}
        return super()._entry({**row, "body": json.dumps(known)})


class AsksAboutEverybody(Business):
    """Asks about every enterprise, and passes on what was wanted."""

    @feed(DoanhNghiep, watermark="at", overlap=Business.feeds["enterprises"].overlap)
    async def enterprises(
        self, since: datetime, until: datetime, *, page_size: int = 500, wanted: Wanted | None = None
    ) -> AsyncIterator[Page[FeedEntry]]:
        """Reads whole pages, and chooses afterwards."""
        async for page in super().enterprises(since, until, page_size=page_size):
            kept = None if wanted is None else wanted([entry.key for entry in page.entries])
            shown = [
                entry if kept is None or entry.key in kept else FeedEntry(entry.key, entry.at, "", b"", entry.at)
                for entry in page.entries
            ]
            yield Page(shown, page.number, page.total)


class WantsLists(Tiny):
    """Takes a bare record for no list."""

    def _rows(self, found: dict[str, Any], name: str = "rows") -> list[Any]:
        rows = found.get(name)
        if rows is None:
            raise FieldProblem("field_missing", name)
        return rows if isinstance(rows, list) else []


class QuotesTheRow(Tiny):
    """Names the value that it could not read."""

    def _entry(self, row: Any) -> FeedEntry:
        if not isinstance(row["time"], int):
            raise FieldProblem("field_malformed", f"time={row['time']}")
        return super()._entry(row)
