"""The feed of enterprises around midnight, when hub and register may not agree which day is today."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from connectors.errors import BrokenContract
from tests.connectors.enterprises import Make, fill, read
from tests.connectors.lgsp import NOW, Lgsp, code, vn


@pytest.mark.parametrize(
    ("now", "until"),
    [
        pytest.param(vn(21, 0, 1), vn(20, 23, 59), id="just after midnight"),
        pytest.param(vn(20, 23, 59, 30), vn(20, 23, 57, 30), id="just before midnight"),
        pytest.param(vn(21, 0, 2), vn(21), id="the window ends at midnight"),
        pytest.param(vn(21, 0, 3), vn(21, 0, 1), id="the new day"),
    ],
)
@pytest.mark.parametrize("offset", [-100, 0, 100])
async def test_midnight_loses_nothing_whatever_the_registers_clock(
    business: Make, lgsp: Lgsp, now: datetime, until: datetime, offset: int
) -> None:
    """Around midnight the register may call another day today than we do, by as much as the settle lag."""
    lgsp.now = now + timedelta(seconds=offset)
    keys = [code(number) for number in range(8)]
    times = [vn(20, 22), vn(20, 23, 56), vn(20, 23, 57), vn(20, 23, 58), vn(20, 23, 59, 59), vn(21), vn(21, 0, 0, 59)]
    for key, moment in zip(keys, times, strict=False):
        lgsp.approve(moment, key)

    entries = await read(business(clock=lambda: now), vn(20, 21), until)

    expected = [key for key, moment in zip(keys, times, strict=False) if moment < until]
    assert [entry.key for entry in entries] == expected


@pytest.mark.parametrize("hides_today", [False, True])
@pytest.mark.parametrize("later", [vn(21, 0, 0, 1), vn(21, 0, 5)])
@pytest.mark.parametrize("begun", [vn(20, 23, 57), vn(20, 23, 58, 30), vn(20, 23, 59, 59)])
@pytest.mark.parametrize("page", range(9))
async def test_a_day_that_turns_while_it_is_read_loses_nothing(
    business: Make, lgsp: Lgsp, begun: datetime, page: int, later: datetime, hides_today: bool
) -> None:
    """Whenever midnight falls into a reading, the day's dossiers are found in one list or the other."""
    lgsp.now, lgsp.hides_today = begun, hides_today
    fill(lgsp, 25, vn(20, 23))
    lgsp.approve(vn(21, 0, 0, 1), code(99))

    def turn() -> None:
        lgsp.now = later

    lgsp.hooks.extend([*[None] * page, turn])

    entries = await read(business(), vn(20, 22), vn(20, 23, 55), 10)

    assert [entry.key for entry in entries] == [code(number) for number in range(25)]


@pytest.mark.parametrize("offset", [-100, 100])
async def test_a_register_that_hides_today_loses_nothing_around_midnight(
    business: Make, lgsp: Lgsp, offset: int
) -> None:
    """Whichever day the register calls today, one of its two lists holds the dossiers."""
    now = vn(21, 0, 1)
    lgsp.now, lgsp.hides_today = now + timedelta(seconds=offset), True
    lgsp.approve(vn(20, 23, 30), code(1))

    entries = await read(business(clock=lambda: now), vn(20, 23), vn(20, 23, 59))

    assert [entry.key for entry in entries] == [code(1)]


@pytest.mark.parametrize("days", [-1, 1])
async def test_a_register_whose_day_is_another_is_noticed(business: Make, lgsp: Lgsp, days: int) -> None:
    """Where the clocks differ by more than the settle lag, rows of another day end the walk: ours would be lost."""
    lgsp.now = NOW + timedelta(days=days)
    lgsp.approve(lgsp.now - timedelta(hours=6), code(1))

    with pytest.raises(BrokenContract) as caught:
        await read(business(clock=lambda: NOW), vn(20))

    assert caught.value.code == "outside_window"
