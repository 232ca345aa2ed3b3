"""Reading the feed of enterprises, and filling the register that it comes from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from connectors.base import FeedEntry, Page
from connectors.business import Business
from tests.connectors.lgsp import NOW, Lgsp, code

Make = Callable[..., Business]
UNTIL = NOW - timedelta(minutes=2)


async def pages(business: Business, since: datetime, until: datetime = UNTIL, size: int = 500) -> list[Page[FeedEntry]]:
    """Reads a window page by page."""
    return [part async for part in business.enterprises(since, until, page_size=size)]


async def read(business: Business, since: datetime, until: datetime = UNTIL, size: int = 500) -> list[FeedEntry]:
    """Reads a window."""
    return [entry for part in await pages(business, since, until, size) for entry in part.entries]


def fill(lgsp: Lgsp, count: int, start: datetime, step: timedelta = timedelta(minutes=1)) -> None:
    """Approves dossiers of different enterprises, one after another."""
    for number in range(count):
        lgsp.approve(start + number * step, code(number))
