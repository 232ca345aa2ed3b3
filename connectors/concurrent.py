"""Asks about many things at a time, within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def each(items: Sequence[Item], ask: Callable[[Item], Awaitable[Result]], at_a_time: int) -> list[Result]:
    """Returns what `ask` answers about each item, in the items' order; the first failure ends them all.

    More waiting calls than a register has places for would only use up their time while they wait.
    """
    places = asyncio.Semaphore(at_a_time)

    async def one(item: Item) -> Result:
        async with places:
            return await ask(item)

    tasks = [asyncio.ensure_future(one(item)) for item in items]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
