"""A list that moves while it is paged by offset: nothing is lost, and what stays unclear is never passed on."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.business import Business
from connectors.errors import BrokenContract, Unavailable
from connectors.moving_list import READINGS, Change
from tests.connectors.lgsp import NOW, ZONE, Lgsp, code, done, ms, vn
from tests.connectors.register import Behaviour

Make = Callable[..., Business]
UNTIL = NOW - timedelta(minutes=2)
COUNT = 35
LISTS = "danhSachHoSo"


def lists(lgsp: Lgsp) -> int:
    """Counts the list pages that were asked for."""
    return sum(LISTS in request.url.path for request in lgsp.requests)


def fill(lgsp: Lgsp, day: int = 19) -> None:
    """Makes a list of four pages of ten rows."""
    for number in range(COUNT):
        lgsp.approve(vn(day, 9, number), code(number))


async def read(business: Business, day: int = 19, size: int = 10) -> list[str]:
    """Reads one day to its end, or today up to the settle lag; tells which enterprises came, in their order."""
    until = vn(day + 1) if day < 20 else UNTIL
    return [entry.key async for part in business.enterprises(vn(day), until, page_size=size) for entry in part.entries]


def remove(lgsp: Lgsp, number: int) -> None:
    """Takes a row out of the list."""
    lgsp.rows = [row for row in lgsp.rows if row["ENTERPRISE_GDT_CODE"] != code(number)]


@pytest.mark.parametrize(("size", "requests"), [(40, 2), (10, 8)])
async def test_a_list_is_read_until_two_readings_agree(business: Make, lgsp: Lgsp, size: int, requests: int) -> None:
    """A list that keeps still is read twice, however short it is."""
    fill(lgsp)

    assert len(await read(business(), size=size)) == COUNT
    assert lists(lgsp) == requests


@pytest.mark.parametrize("wrong", [done({"Data": [], "DataCount": 0}), done({"Data": "", "DataCount": "0"})])
@pytest.mark.parametrize("place", [0, 1])
async def test_an_answer_that_is_empty_by_mistake_is_not_believed(
    business: Make, lgsp: Lgsp, wrong: httpx.Response, place: int
) -> None:
    """One empty answer does not make the list empty."""
    fill(lgsp)
    lgsp.script.extend([*[None] * place, wrong])

    assert len(await read(business(), size=40)) == COUNT


@pytest.mark.parametrize("day", [19, 20])
@pytest.mark.parametrize("page", range(9))
async def test_a_row_inserted_before_the_offset_is_not_lost(business: Make, lgsp: Lgsp, day: int, page: int) -> None:
    """Whenever a late row comes into the part that was read already, it is read, and no other row is lost."""
    fill(lgsp, day)
    late = lambda: lgsp.approve(vn(day, 9, 3, 30), code(99), number="LATE")  # noqa: E731
    lgsp.hooks.extend([*[None] * page, late])

    found = await read(business(), day)

    wanted = {code(number) for number in range(COUNT)}
    # Once both readings are past its place a row can only be in the next window's overlap.
    assert set(found) - {code(99)} == wanted
    assert (code(99) in found) == (page < 8)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("page", range(8))
async def test_a_row_taken_away_before_the_offset_hides_no_other(business: Make, lgsp: Lgsp, page: int) -> None:
    """A row that goes pulls another over the edge of a page; that one is read all the same."""
    fill(lgsp)
    lgsp.hooks.extend([*[None] * page, lambda: remove(lgsp, 2)])

    found = await read(business())

    assert set(found) | {code(2)} == {code(number) for number in range(COUNT)}


@pytest.mark.parametrize("page", range(8))
async def test_a_row_that_goes_while_another_comes_hides_no_other(business: Make, lgsp: Lgsp, page: int) -> None:
    """The total stays the same, and only a second reading tells."""
    fill(lgsp)

    def swap() -> None:
        remove(lgsp, 2)
        lgsp.approve(vn(19, 9, 34, 30), code(99), number="LATE")

    lgsp.hooks.extend([*[None] * page, swap])

    found = await read(business())

    assert set(found) | {code(2)} == {code(number) for number in range(COUNT)} | {code(99)}


async def test_a_list_that_grows_at_its_end_always_agrees(business: Make, lgsp: Lgsp) -> None:
    """Rows of the window's last minute, but after its end, neither disturb the reading nor stand in it."""
    fill(lgsp, 20)
    seconds = iter(range(20, 60))
    lgsp.hooks.extend([lambda: lgsp.approve(vn(20, 14, 57, next(seconds)), code(99))] * 40)
    until = vn(20, 14, 57, 20)

    found = [e.key async for part in business().enterprises(vn(20), until, page_size=10) for e in part.entries]

    assert found == [code(number) for number in range(COUNT)]
    assert lists(lgsp) < 12


async def test_a_list_that_never_keeps_still_is_unavailable(business: Make, lgsp: Lgsp) -> None:
    """A list that moves in every reading ends the step, which reads its window anew later; nothing is passed on."""
    fill(lgsp)
    minutes = iter(range(1000))
    lgsp.hooks.extend([lambda: lgsp.approve(vn(19, 8) + timedelta(seconds=next(minutes)), code(99))] * 200)

    with pytest.raises(Unavailable) as caught:
        await read(business())

    assert caught.value.code == "list_moved"
    assert READINGS <= lists(lgsp) <= READINGS * 10


@pytest.mark.parametrize("seed", range(25))
async def test_a_list_that_moves_at_random_loses_nothing_that_stays(business: Make, lgsp: Lgsp, seed: int) -> None:
    """However rows come and go for a while, all that were there throughout are read, once each."""
    fill(lgsp)
    chance = random.Random(seed)
    extra = iter(range(1000, 2000))

    def stir() -> None:
        if chance.random() < 0.5:
            lgsp.approve(vn(19, 9, chance.randrange(COUNT), 30), code(next(extra)))
        else:
            strangers = [row for row in lgsp.rows if row["ENTERPRISE_GDT_CODE"] >= code(1000)]
            if strangers:
                lgsp.rows.remove(chance.choice(strangers))

    lgsp.hooks.extend([stir if chance.random() < 0.4 else None for _ in range(6)])

    found = await read(business())

    assert {code(number) for number in range(COUNT)} <= set(found)
    assert len(found) == len(set(found))


def shifted(by: int) -> Behaviour:
    """Answers with the page that lies so many rows further on."""

    def answer(request: httpx.Request, right: httpx.Response) -> httpx.Response:
        offset = int(request.url.params["offset"]) + by
        numbers = range(max(0, offset), min(COUNT, offset + 10))
        return done({"Data": [_row(number) for number in numbers], "DataCount": COUNT})

    return answer


def _row(number: int) -> dict[str, Any]:
    return {
        "IN_JOURNAL_NO": f"HS{number:06}",
        "ENTERPRISE_GDT_CODE": code(number),
        "PROCESS_STATUS": "3",
        "PROCESSED_DATE": vn(19, 9, number).astimezone(ZONE).strftime("%d/%m/%Y %H:%M:%S"),
    }


@pytest.mark.parametrize("by", [-10, 10, -3, 3])
@pytest.mark.parametrize("page", range(1, 8))
async def test_a_wrong_page_is_never_taken_for_the_right_one(business: Make, lgsp: Lgsp, by: int, page: int) -> None:
    """A page that repeats, skips or overlaps once is noticed by itself, or by the second reading."""
    fill(lgsp)
    lgsp.script.extend([*[None] * page, shifted(by)])

    assert await read(business()) == [code(number) for number in range(COUNT)]


@pytest.mark.parametrize("by", [-10, 10, -3, 3])
async def test_a_page_that_stays_wrong_is_unavailable(business: Make, lgsp: Lgsp, by: int) -> None:
    """A source that always gives the wrong second page never passes as complete: some row comes twice."""
    fill(lgsp)

    def second(request: httpx.Request, right: httpx.Response) -> httpx.Response:
        wrong = shifted(by)
        assert callable(wrong)
        return wrong(request, right) if request.url.params.get("offset") == "10" else right

    lgsp.script.extend([second] * 200)

    with pytest.raises(Unavailable) as caught:
        await read(business())

    assert caught.value.code == "page_repeated"


@pytest.mark.parametrize("heeded", ["limit", ""])
async def test_a_server_that_heeds_no_offset_is_named(business: Make, lgsp: Lgsp, heeded: str) -> None:
    """Page one for every offset, or nothing where the total promises more, is told apart from a list that moves."""
    fill(lgsp)
    first = done({"Data": [_row(number) for number in range(10)] if heeded else [], "DataCount": 40})
    lgsp.script.extend([first] * 200)

    with pytest.raises(Unavailable) as caught:
        await read(business())

    assert caught.value.code == ("page_repeated" if heeded else "page_missing")
    assert lists(lgsp) <= 2 * READINGS


async def test_a_total_that_shrinks_in_the_middle_is_not_the_end(business: Make, lgsp: Lgsp) -> None:
    """A source that announces less from the second page on does not end the list, however often it does so."""
    fill(lgsp)

    def less(request: httpx.Request, right: httpx.Response) -> httpx.Response:
        if request.url.params.get("offset") != "10":
            return right
        return done({"Data": [_row(number) for number in range(10, 17)], "DataCount": 17})

    lgsp.script.extend([less] * 200)

    with pytest.raises(Unavailable) as caught:
        await read(business())

    assert caught.value.code == "list_moved"


async def test_a_number_that_comes_again_is_a_moved_list(business: Make, lgsp: Lgsp) -> None:
    """Dossiers of one second have no order in time; the number tells that one was pushed onto the next page."""
    for number in range(COUNT):
        lgsp.approve(vn(19, 9), code(number))
    lgsp.hooks.extend([None, None, lambda: lgsp.approve(vn(19, 9), code(99), number="HS")])

    assert set(await read(business())) == {code(number) for number in [*range(COUNT), 99]}


async def test_a_failed_page_is_asked_again(business: Make, lgsp: Lgsp) -> None:
    """What a fresh request mends does not begin the reading anew."""
    fill(lgsp)
    lgsp.script.extend([None, None, httpx.Response(503), httpx.ReadTimeout("x")])

    assert len(await read(business())) == COUNT
    assert lists(lgsp) == 10


@pytest.mark.parametrize(
    ("answer", "code_"),
    [
        (done({"Data": [_row(2), _row(1)], "DataCount": 2}), "order_broken"),
        (done({"Data": [_row(number) for number in range(12)], "DataCount": 12}), "unexpected_answer"),
    ],
)
async def test_a_source_that_sorts_or_counts_wrongly_breaks_the_contract(
    business: Make, lgsp: Lgsp, answer: httpx.Response, code_: str
) -> None:
    """Asking again can't mend a source that ignores order or limit."""
    lgsp.script.append(answer)

    with pytest.raises(BrokenContract) as caught:
        await read(business())

    assert caught.value.code == code_
    assert lists(lgsp) == 1


def test_a_change_shows_nobody() -> None:
    """The repr of a row holds no code: it may be a person's number."""
    change = Change(ms(vn(19)), "HS1", "100050000017", "3")

    assert "100050000017" not in f"{change!r} {change} {[change]}"
