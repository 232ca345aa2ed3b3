"""Asking about many things at a time: bounded, in order, and all or nothing."""

from __future__ import annotations

import asyncio

import pytest

from connectors.concurrent import each


async def test_no_more_than_allowed_are_under_way() -> None:
    """Answers come in the order of the questions, however many were under way."""
    under_way = most = 0

    async def ask(item: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001 * (item % 3))
        under_way -= 1
        return item * 10

    assert await each(range(20), ask, 4) == [item * 10 for item in range(20)]
    assert most == 4


async def test_the_first_failure_ends_all() -> None:
    """Nothing goes on in the background once one question failed."""
    ended: list[int] = []

    async def ask(item: int) -> int:
        if item == 2:
            raise LookupError("x")
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(item)
        return item

    with pytest.raises(LookupError):
        await each(range(3), ask, 3)

    assert ended == [0, 1]


async def test_a_caller_that_goes_away_takes_its_questions_along() -> None:
    """A cancelled walk leaves no question behind."""
    ended: list[int] = []

    async def ask(item: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(item)

    walk = asyncio.create_task(each(range(3), ask, 3))
    await asyncio.sleep(0.01)

    walk.cancel()
    await asyncio.gather(walk, return_exceptions=True)

    assert ended == [0, 1, 2]
