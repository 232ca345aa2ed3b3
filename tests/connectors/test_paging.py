"""A list that repeats, skips, reorders or moves while it is paged is caught; what a fresh request mends is mended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from connectors.base import FeedEntry
from connectors.errors import BrokenContract, ConnectorError, Refused, Unavailable
from tests.connectors.conftest import Connect
from tests.connectors.register import NOW, SINCE, UNTIL, Behaviour, Register, Row, page, rows


async def read(connect: Connect, size: int = 10) -> list[FeedEntry]:
    """Reads the whole window."""
    async with connect() as population:
        return [entry async for part in population.citizens(SINCE, UNTIL, page_size=size) for entry in part.entries]


def instead(number: int) -> Behaviour:
    """Answers the next request with another page's records, under the number that was asked for."""

    def answer(request: httpx.Request, right: httpx.Response) -> httpx.Response:
        right_number = int(right.text.split("<Trang>")[1].split("<")[0])
        all_rows = rows(35)
        return page(all_rows[(number - 1) * 10 : number * 10], total=35, number=right_number, size=10)

    return answer


async def test_pages_are_read_in_order_to_the_end(connect: Connect, register: Register) -> None:
    """Every record of the window comes once, in order, with its body as it was sent."""
    register.rows = rows(35)

    entries = await read(connect)

    assert [(row.key, row.version, row.body.encode()) for row in register.rows] == [
        (entry.key, entry.version, entry.body) for entry in entries
    ]
    assert len(register.requests) == 4


async def test_a_full_last_page_needs_no_further_request(connect: Connect, register: Register) -> None:
    """The announced total ends the walk."""
    register.rows = rows(20)

    await read(connect)

    assert len(register.requests) == 2


async def test_an_empty_window_has_one_empty_page(connect: Connect, register: Register) -> None:
    """An empty feed is told as a page of nothing with its total, so that the pipeline can judge it."""
    pages = [part async for part in connect().citizens(SINCE, UNTIL, page_size=10)]

    assert [(part.entries, part.number, part.total) for part in pages] == [([], 1, 0)]


async def test_identical_entries_side_by_side_are_lawful(connect: Connect, register: Register) -> None:
    """A source that lists the same version twice, even across two pages, is read as it is."""
    register.rows = rows(9) + rows(9)[-1:] * 3

    assert len(await read(connect)) == 12


@pytest.mark.parametrize(
    ("behaviour", "place"),
    [
        pytest.param(instead(1), 1, id="an earlier page again"),
        pytest.param(instead(4), 2, id="a later page, too short"),
        pytest.param(lambda _, right: page(rows(35)[:10], total=35, number=1, size=10), 1, id="another page number"),
        pytest.param(lambda _, right: page([], total=35, number=2, size=10), 1, id="an empty page in the middle"),
        pytest.param(lambda _, right: page(rows(35)[10:15], total=35, number=2, size=10), 1, id="a short page"),
        pytest.param(lambda _, right: page(rows(36)[10:20], total=36, number=2, size=10), 1, id="another total"),
    ],
)
async def test_a_wrong_page_is_asked_again(
    connect: Connect, register: Register, behaviour: Behaviour, place: int
) -> None:
    """A wrong page that comes right when asked again loses and doubles nothing."""
    register.rows = rows(35)
    register.script.extend([None] * place + [behaviour])

    entries = await read(connect)

    assert [row.key for row in register.rows] == [entry.key for entry in entries]
    assert len(register.requests) == 5


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (instead(1), "page_repeated"),
        (lambda _, right: page(rows(35)[:10], total=35, number=1, size=10), "page_other"),
        (lambda _, right: page(rows(35)[10:15], total=35, number=2, size=10), "page_missing"),
        (lambda _, right: page(rows(36)[10:20], total=36, number=2, size=10), "list_moved"),
    ],
)
async def test_a_page_that_stays_wrong_is_unavailable(
    connect: Connect, register: Register, behaviour: Behaviour, code: str
) -> None:
    """A source that repeats its mistake ends the step as Unavailable, within the call's retry budget."""
    register.rows = rows(35)
    register.script.extend([None] + [behaviour] * 9)

    with pytest.raises(Unavailable) as caught:
        await read(connect)

    assert caught.value.code == code
    assert len(register.requests) == 1 + 4


async def test_a_skipped_page_is_noticed_at_the_next_one(connect: Connect, register: Register) -> None:
    """A whole page in the place of the one before it shows when its own turn comes, and never passes as complete."""
    register.rows = rows(35)
    register.script.extend([None, instead(3)])

    with pytest.raises(Unavailable) as caught:
        await read(connect)

    assert caught.value.code == "page_repeated"


async def test_a_skipped_page_before_the_last_is_noticed(connect: Connect, register: Register) -> None:
    """The second to last page can't be left out either: the last one then comes twice."""
    register.rows = rows(40)
    register.script.extend([None, None, lambda _, right: page(rows(40)[30:40], total=40, number=3, size=10)])

    with pytest.raises(Unavailable) as caught:
        await read(connect)

    assert caught.value.code == "page_repeated"


async def test_a_page_that_starts_too_early_is_noticed(connect: Connect, register: Register) -> None:
    """A page that overlaps the one before it is not taken for the next."""
    register.rows = rows(35)
    register.script.extend([None] + [lambda _, right: page(rows(35)[5:15], total=35, number=2, size=10)] * 4)

    with pytest.raises(Unavailable) as caught:
        await read(connect)

    assert caught.value.code == "page_missing"


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        pytest.param(lambda part: part[::-1], "order_broken", id="unsorted"),
        pytest.param(
            lambda part: [replace(part[0], version=int(SINCE.timestamp() * 1000) - 1), *part[1:]],
            "outside_window",
            id="before the window",
        ),
        pytest.param(
            lambda part: [*part[:-1], replace(part[-1], version=int(UNTIL.timestamp() * 1000))],
            "outside_window",
            id="at the end of the window",
        ),
    ],
)
async def test_a_source_that_sorts_or_filters_wrongly_breaks_the_contract(
    connect: Connect, register: Register, spoil: object, code: str
) -> None:
    """Asking again can't mend a source that ignores the order or the window."""
    register.rows = spoil(rows(5))  # type: ignore[operator]

    with pytest.raises(BrokenContract) as caught:
        await read(connect)

    assert caught.value.code == code
    assert len(register.requests) == 1


async def test_more_records_than_asked_for_break_the_contract(connect: Connect, register: Register) -> None:
    """A page above its size is refused, also when the total agrees with it."""
    register.script.append(page(rows(12), total=12, number=1, size=10))
    register.script.extend([page(rows(12), total=12, number=1, size=10)] * 3)

    with pytest.raises(ConnectorError):
        await read(connect)


@pytest.mark.parametrize(
    ("since", "until", "size", "code"),
    [
        (UNTIL, SINCE, 10, "window_invalid"),
        (SINCE, SINCE, 10, "window_invalid"),
        (SINCE.replace(tzinfo=None), UNTIL, 10, "window_invalid"),
        (SINCE, NOW, 10, "window_unsettled"),
        (SINCE, NOW - timedelta(minutes=1, seconds=59), 10, "window_unsettled"),
        (SINCE, UNTIL, 0, "page_size_invalid"),
        (SINCE, UNTIL, 1001, "page_size_invalid"),
    ],
)
async def test_senseless_windows_are_refused(
    connect: Connect, register: Register, since: object, until: object, size: int, code: str
) -> None:
    """A window must be closed, settled and readable before anything is asked."""
    with pytest.raises(Refused) as caught:
        async for _ in connect().citizens(since, until, page_size=size):
            pass

    assert caught.value.code == code
    assert register.requests == []


async def test_a_settled_window_may_end_at_the_lag(connect: Connect, register: Register) -> None:
    """A window that ends exactly one settle lag ago is read."""
    assert [part async for part in connect().citizens(SINCE, NOW - timedelta(minutes=2))]


async def test_keys_are_listed_without_bodies(connect: Connect, register: Register) -> None:
    """The key list asks for keys only, from the beginning of time, and yields each number with its version."""
    register.rows = [Row(row.key, row.version, "") for row in rows(3)]

    pages = [part async for part in connect().keys(UNTIL)]

    assert [(row.key, row.version, "1") for row in register.rows] == [tuple(e) for p in pages for e in p.entries]
    assert (register.asked()["Loai"], register.asked()["TuNgay"]) == ("KHOA", "0")
