"""A list that repeats, skips, reorders or moves while it is paged never passes as complete."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connectors.base import Courtesy, FeedEntry
from connectors.errors import BrokenContract, ConnectorError, Refused, Unavailable
from connectors.memory import MemoryBudget
from connectors.paging import MAX_PAGE_SIZE
from tests.conformance.suite import check
from tests.conformance.trial import Trial, refused
from tests.conformance.wire import body


async def _right_or_unavailable(trial: Trial, expected: list[FeedEntry]) -> None:
    """Fails unless the walk gives what it should, or says that it could not."""
    try:
        entries = await trial.read()
    except ConnectorError as error:
        assert isinstance(error, Unavailable), f"{type(error).__name__} {error.code} where Unavailable is due"
    else:
        assert entries == expected, f"{len(entries)} records passed as complete, of {len(expected)}"


@check("feed")
async def whole_window(trial: Trial) -> None:
    """A window is read to its end, in order, and the page size makes no difference."""
    entries = await trial.read()
    assert len(entries) > 2 * trial.feed.size, f"{len(entries)} records, where the window should hold three pages"
    positions = [position(entry) for entry in entries]
    assert positions == sorted(positions), "the records are not in order"
    assert entries == await trial.read(size=trial.feed.size // 2 + 1), "another page size gives something else"


def position(entry: FeedEntry) -> tuple[int, str]:
    """Returns what a feed is ordered by."""
    return entry.at, entry.key


@check("http", "feed")
async def repeated_page(trial: Trial) -> None:
    """A page that comes again instead of the next one is asked again, and if it stays the walk is Unavailable."""
    expected = await trial.read()
    fault = {"kind": "repeated_page", "operation": trial.feed.operation, "page": 1}
    await trial.faults({**fault, "times": 1})
    assert expected == await trial.read(), "a page that came twice once was not asked again"
    await trial.faults(fault)
    await refused(trial.read(), Unavailable)


@check("http", "feed")
async def missing_page(trial: Trial) -> None:
    """A page that is left out, once or for good, never passes as complete."""
    expected = await trial.read()
    fault = {"kind": "missing_page", "operation": trial.feed.operation, "page": 2}
    await trial.faults({**fault, "times": 1})
    await _right_or_unavailable(trial, expected)
    await trial.faults(fault)
    await refused(trial.read(), Unavailable)


@check("http", "feed")
async def missing_record(trial: Trial) -> None:
    """A page that is shorter than its total allows is not taken for the end of the list."""
    trial.script(body(trial.twin.answers.shortened), operation=trial.feed.operation, after=1)
    await refused(trial.read(), (Unavailable, BrokenContract))


@check("http", "feed")
async def page_out_of_order(trial: Trial) -> None:
    """A page whose records come in another order breaks the contract: a watermark could pass over one of them."""
    trial.script(body(trial.twin.answers.backwards), operation=trial.feed.operation, after=1)
    await refused(trial.read(), BrokenContract, "order_broken")


@check("http", "feed")
async def list_that_moves(trial: Trial) -> None:
    """A list that shrinks while it is read is read anew, not half."""
    await trial.faults({"kind": "shrunken", "operation": trial.feed.operation, "page": 2, "keep": 0.1})
    await refused(trial.read(), Unavailable)


@check("http", "feed")
async def total_that_changes(trial: Trial) -> None:
    """A total that grows between two pages means that the list moves."""
    trial.script(body(trial.twin.answers.one_more), operation=trial.feed.operation, after=1)
    await refused(trial.read(), Unavailable)


@check("http", "feed")
async def empty_window(trial: Trial) -> None:
    """A source that is empty is told as a page of nothing, so that the pipeline can judge it."""
    await trial.faults({"kind": "empty"})
    pages = [page async for page in trial.pages()]
    assert pages, "nothing was told about an empty feed"
    assert [entry for page in pages for entry in page.entries] == [], "records of an empty feed"


@check("feed")
async def window_upside_down(trial: Trial) -> None:
    """A window that ends where or before it begins is refused, and nothing is asked."""
    await refused(trial.read(trial.feed.until, trial.feed.since), Refused, "window_invalid")
    await refused(trial.read(trial.feed.since, trial.feed.since), Refused, "window_invalid")
    assert trial.untouched(), "a senseless window was asked for"


@check("feed")
async def window_without_zone(trial: Trial) -> None:
    """A window without a time zone is refused: it would mean another hour on another machine."""
    await refused(trial.read(trial.feed.since.replace(tzinfo=None)), Refused, "window_invalid")
    assert trial.untouched(), "a window without a zone was asked for"


@check("feed")
async def window_unsettled(trial: Trial) -> None:
    """A window that ends within the settle lag is refused: younger changes may still move."""
    lag = timedelta(minutes=2)
    await refused(trial.read(until=datetime.now(UTC) - lag / 2, settle_lag=lag), Refused, "window_unsettled")
    assert trial.untouched(), "an unsettled window was asked for"


@check("feed")
async def page_size_limits(trial: Trial) -> None:
    """A page size of nothing, or above what a page may hold, is refused, and nothing is asked."""
    for size in (-1, MAX_PAGE_SIZE + 1):
        await refused(trial.read(size=size), Refused, "page_size_invalid")
    assert trial.untouched(), "a senseless page size was asked for"


@check("http", "feed")
async def outside_the_window(trial: Trial) -> None:
    """Records from outside the window break the contract: their source does not filter."""
    feed = trial.feed
    await anext(trial.pages())
    sent = zip(trial.wire.sent, trial.wire.kept, strict=True)
    answer = next(kept for one, kept in sent if one.operation == feed.operation)
    trial.wire.forget()
    trial.script(body(lambda _: answer), operation=feed.operation)
    later = trial.read(feed.until, feed.until + timedelta(days=1))
    await refused(later, (BrokenContract, Unavailable), "outside_window")


@check("feed")
async def abandoned_walk(trial: Trial) -> None:
    """A walk that its reader leaves after one page holds no place at the register."""
    few = type(trial.connector.__name__, (trial.connector,), {"courtesy": Courtesy(1000, 2)})
    ports = replace(trial.ports(), budget=MemoryBudget())
    connector, feed = trial.connect(kind=few, ports=ports), trial.feed
    async with AsyncExitStack() as unfinished:
        for _ in range(connector.courtesy.concurrent + 1):
            walk = getattr(connector, feed.method)(feed.since, feed.until, page_size=feed.size)
            await unfinished.enter_async_context(aclosing(walk))
            try:
                async with asyncio.timeout(3):
                    await anext(walk)
            except (TimeoutError, Unavailable):
                raise AssertionError("walks that nobody reads on hold the register's places") from None
