"""A register that delivers files: which belong to a window, what is in them, and when they are not to be trusted."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.delimited import Delimited
from connectors.delivery import Marker
from connectors.errors import BrokenContract, Refused, Unavailable
from connectors.files import Files
from connectors.folders import LocalFolder
from connectors.memory import memory_ports
from schemas.drift import unknown_fields
from tests.connectors.cards import (
    DAY,
    DAY_18,
    HEADER,
    PIPES,
    Card,
    Wrap,
    base64,
    card,
    csv,
    delivered,
    delivery,
    piped,
    put,
    read,
    zipped,
)

TWO_DAYS = DAY_18, DAY_18 + 2 * DAY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files of 18 and 19 November: three cards and one."""
    put(tmp_path, 18, csv(card(2, "18T09:00:00"), card(1, "18T08:00:00"), card(3, "18T23:59:59.999")))
    put(tmp_path, 19, csv(card(1, "19T00:00:00", "B")))
    return tmp_path


async def test_a_window_is_read_from_the_files_of_its_days(folder: Path) -> None:
    """Rows come oldest first, each with key, version and its JSON."""
    async with delivered(folder) as connector:
        entries = await read(connector.cards(*TWO_DAYS))

    assert [entry.key[-1] for entry in entries] == ["1", "2", "3", "1"]
    assert int((DAY_18 + timedelta(hours=8)).timestamp() * 1000) == entries[0].version
    assert orjson.loads(entries[3].body) == {
        "SoThe": "100050000001", "LoaiThe": "B", "CapNhat": "2026-11-19T00:00:00",
    }  # fmt: skip


@pytest.mark.parametrize("page_size", [1, 2, 3, 4, 5])
async def test_pages_lose_and_double_nothing(folder: Path, page_size: int) -> None:
    """Whatever the page size, the pages together hold every row once."""
    async with delivered(folder) as connector:
        pages = [page async for page in connector.cards(*TWO_DAYS, page_size=page_size)]

    assert [entry.key[-1] for page in pages for entry in page.entries] == ["1", "2", "3", "1"]
    assert all(len(page.entries) == page_size for page in pages[:-1])


async def test_a_window_may_cut_a_day(folder: Path) -> None:
    """Of a day's file only the rows inside the window are taken: the next window takes the others."""
    noon = DAY_18 + timedelta(hours=9)

    first = await read(delivered(folder).cards(DAY_18, noon))
    second = await read(delivered(folder).cards(noon, TWO_DAYS[1]))

    assert [entry.key[-1] for entry in first + second] == ["1", "2", "3", "1"]
    assert len(first) == 1


async def test_an_empty_file_is_an_empty_page(tmp_path: Path) -> None:
    """A file with its header only says that nothing changed."""
    put(tmp_path, 18, csv())

    assert [page.entries async for page in delivered(tmp_path).cards(DAY_18, DAY_18 + DAY)] == [[]]


WRAPPINGS: dict[str, tuple[Wrap, dict[str, Any]]] = {
    "with a byte order mark": (lambda text: b"\xef\xbb\xbf" + text, {"table": Delimited(bom=True)}),
    "pipes": (piped, {"table": PIPES}),
    "pipes in base64": (lambda text: base64(piped(text)), {"table": PIPES, "layers": ("base64",)}),
    "zip": (lambda text: zipped(("a.csv", text)), {"layers": ("zip",)}),
    "zip of two files": (
        lambda text: zipped(("b.csv", text[: text.index(b"\n") + 1]), ("a.csv", text)),
        {"layers": ("zip",)},
    ),
    "zip with a folder": (lambda text: zipped(("d/", b""), ("d/a.csv", text)), {"layers": ("zip",)}),
    "base64 of a zip": (lambda text: base64(zipped(("a.csv", text))), {"layers": ("base64", "zip")}),
    "zip of base64": (lambda text: zipped(("a.b64", base64(text))), {"layers": ("zip", "base64")}),
    "zip of a zip": (lambda text: zipped(("a.zip", zipped(("a.csv", text)))), {"layers": ("zip", "zip")}),
    "line feeds and blank lines": (lambda text: text.replace(b"\r\n", b"\n\n"), {}),
}


@pytest.mark.parametrize("case", WRAPPINGS)
async def test_a_wrapped_table_is_the_same_table(tmp_path: Path, case: str) -> None:
    """Every declared wrapping gives the same rows."""
    wrap, declared = WRAPPINGS[case]
    put(tmp_path, 18, wrap(csv(card(1, "18T08:00:00"), card(2, "18T09:00:00"))))

    entries = await read(delivered(tmp_path, delivery(**declared)).cards(DAY_18, DAY_18 + DAY))

    assert [orjson.loads(entry.body)["SoThe"][-1] for entry in entries] == ["1", "2"]


async def test_quotes_belong_to_the_layout(tmp_path: Path) -> None:
    """A quoted cell may hold delimiters and line breaks; where quotes are unknown, they are part of the value."""
    put(tmp_path, 18, csv(card(1, "18T08:00:00", '"A, ""B""\nC"')))
    quoted = await read(delivered(tmp_path).cards(DAY_18, DAY_18 + DAY))
    put(tmp_path, 18, piped(csv(card(1, "18T08:00:00", '"A'))))
    plain = await read(delivered(tmp_path, delivery(table=PIPES)).cards(DAY_18, DAY_18 + DAY))

    assert orjson.loads(quoted[0].body)["LoaiThe"] == 'A, "B"\nC'
    assert orjson.loads(plain[0].body)["LoaiThe"] == '"A'


@pytest.mark.parametrize(
    ("moment", "written"),
    [("ms", "1763427600000"), ("%d/%m/%Y %H:%M", "18/11/2026 08:00"), ("iso", "2026-11-18T01:00:00Z")],
)
async def test_a_time_is_read_as_declared(tmp_path: Path, moment: str, written: str) -> None:
    """Epoch milliseconds, a pattern in Vietnamese time, and ISO 8601 with a zone mean the same moment."""
    written = written if moment != "ms" else str(int((DAY_18 + timedelta(hours=8)).timestamp() * 1000))
    put(tmp_path, 18, csv(f"100050000001,A,{written}"))

    entries = await read(delivered(tmp_path, delivery(moment=moment)).cards(DAY_18, DAY_18 + DAY))

    assert [entry.version for entry in entries] == [int((DAY_18 + timedelta(hours=8)).timestamp() * 1000)]


async def test_rows_without_a_time_take_their_days(tmp_path: Path) -> None:
    """Where a register writes no time, all rows of a file carry the beginning of its day, and come by key."""
    put(tmp_path, 18, csv(card(2, "18T08:00:00"), card(1, "18T09:00:00")))

    entries = await read(delivered(tmp_path, delivery(version=None)).cards(DAY_18, DAY_18 + DAY))

    assert [(entry.key[-1], entry.version) for entry in entries] == [
        ("1", int(DAY_18.timestamp() * 1000)), ("2", int(DAY_18.timestamp() * 1000)),
    ]  # fmt: skip


async def test_a_name_may_be_a_day_late(tmp_path: Path) -> None:
    """A file dated the 19th with the changes of the 18th is what a shift of one day says."""
    put(tmp_path, 19, csv(card(1, "18T08:00:00")))

    entries = await read(delivered(tmp_path, delivery(shift=-DAY)).cards(DAY_18, DAY_18 + DAY))

    assert len(entries) == 1


async def test_a_status_column_becomes_the_status(tmp_path: Path) -> None:
    """The source's own code of a row's state stands in the entry, for tombstones."""
    put(tmp_path, 18, csv(card(1, "18T08:00:00") + ",0", header=HEADER + ",TrangThai"))

    entries = await read(delivered(tmp_path, delivery(status="TrangThai")).cards(DAY_18, DAY_18 + DAY))

    assert entries[0].status == "0"
    assert unknown_fields(orjson.loads(entries[0].body), Card) == []


async def test_an_unknown_column_is_left_to_the_drift_policy(tmp_path: Path) -> None:
    """A column that the wire model does not know travels in the body, where the pipeline finds it."""
    put(tmp_path, 18, csv(card(1, "18T08:00:00") + ",x", header=HEADER + ",GhiChu"))

    entries = await read(delivered(tmp_path).cards(DAY_18, DAY_18 + DAY))

    assert unknown_fields(orjson.loads(entries[0].body), Card) == ["GhiChu"]


GOOD = card(1, "18T08:00:00")
BROKEN: dict[str, tuple[bytes, str, str]] = {
    "a column is missing": (csv(header="SoThe,CapNhat"), "column_missing", "LoaiThe"),
    "no header": (csv(header=GOOD), "column_missing", "SoThe, LoaiThe, CapNhat"),
    "nothing at all": (b"", "column_missing", "SoThe, LoaiThe, CapNhat"),
    "a column twice": (csv(header=HEADER + ",LoaiThe"), "column_repeated", "header"),
    "a cell too few": (csv(GOOD, "100050000002,A"), "row_malformed", "line 3"),
    "a cell too many": (csv(GOOD + ",x"), "row_malformed", "line 2"),
    "a broken quote": (csv(card(1, "18T08:00:00", '"A"B')), "row_malformed", "line 2"),
    "a time of another day": (csv(GOOD, card(2, "19T00:00:00")), "outside_window", "line 3, CapNhat"),
    "no time": (csv("100050000001,A,"), "field_malformed", "line 2, CapNhat"),
    "no key": (csv(",A,2026-11-18T08:00:00"), "field_missing", "line 2, SoThe"),
    "UTF-16": (csv(GOOD).decode().encode("utf-16"), "file_encoding", "control character"),
    "another code page": (csv(GOOD) + b"100050000002,\xd0,2026-11-18T09:00:00\r\n", "file_encoding", "UTF-8"),
    "a byte order mark that was not declared": (b"\xef\xbb\xbf" + csv(GOOD), "file_encoding", "byte order mark"),
    "binary": (csv(card(1, "18T08:00:00", "A\0")), "file_encoding", "control character"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
async def test_a_broken_table_breaks_the_contract(tmp_path: Path, case: str) -> None:
    """A table that is not what was declared is refused whole; the error names file, line and column."""
    content, code, place = BROKEN[case]
    put(tmp_path, 18, content)

    with pytest.raises(BrokenContract) as caught:
        await read(delivered(tmp_path).cards(DAY_18, DAY_18 + DAY))

    assert code == caught.value.code
    assert (f"the_20261118.csv: {place}",) == caught.value.fields


async def test_a_declared_byte_order_mark_must_be_there(tmp_path: Path) -> None:
    """A file without the mark that was declared comes from another writer than the one agreed on."""
    put(tmp_path, 18, csv(GOOD))

    with pytest.raises(BrokenContract, match="file_encoding"):
        await read(delivered(tmp_path, delivery(table=Delimited(bom=True))).cards(DAY_18, DAY_18 + DAY))


async def test_a_day_without_its_file_holds_the_feed(folder: Path) -> None:
    """The window is read when all its files are there; one empty day would move the watermark past it."""
    (folder / "the_20261119.csv").unlink()

    with pytest.raises(Unavailable, match="file_missing") as caught:
        await read(delivered(folder).cards(*TWO_DAYS))

    assert caught.value.fields == ("the_20261119.csv",)


async def test_a_register_may_pause(folder: Path) -> None:
    """Where a file a day is not promised, a day without one is a day without changes."""
    (folder / "the_20261118.csv").unlink()

    assert len(await read(delivered(folder, delivery(daily=False)).cards(*TWO_DAYS))) == 1


async def test_no_file_is_due_before_the_first(folder: Path) -> None:
    """The first window of a feed reaches back to 1970; files are due from the declared day on."""
    assert len(await read(delivered(folder).cards(datetime(1970, 1, 1, tzinfo=UTC), TWO_DAYS[1]))) == 4


async def test_a_missing_file_says_nothing_about_the_registers_health(tmp_path: Path) -> None:
    """A breaker that opened over a late file would stop the feeds whose files are there."""
    ports = memory_ports({})
    for _ in range(3):
        with pytest.raises(Unavailable):
            await read(delivered(tmp_path, ports=ports).cards(*TWO_DAYS))

    assert await ports.breaker.before("cards") is None


async def test_a_fresh_file_is_left_alone(folder: Path) -> None:
    """A file that was written to a moment ago may still grow."""
    put(folder, 19, csv(card(1, "19T00:00:00")), at=datetime(2026, 11, 22, 7, 59, tzinfo=UTC))

    with pytest.raises(Unavailable, match="file_unsettled") as caught:
        await read(delivered(folder).cards(*TWO_DAYS))

    assert caught.value.retry_after == 240.0


@pytest.mark.parametrize(("late", "settled"), [(0, True), (60, True), (-60, False), (None, False)])
async def test_a_marker_says_that_a_file_is_complete(tmp_path: Path, late: int | None, settled: bool) -> None:
    """A marker counts when it is no older than its file: an older one belongs to an earlier delivery."""
    file = put(tmp_path, 18, csv(GOOD))
    if late is not None:
        put(
            tmp_path, 18, b"", name="the_202611{}.csv.done", at=datetime.fromtimestamp(file.stat().st_mtime + late, UTC)
        )
    pages = delivered(tmp_path, delivery(settled=Marker())).cards(DAY_18, DAY_18 + DAY)

    if settled:
        assert len(await read(pages)) == 1
    else:
        with pytest.raises(Unavailable, match="file_unsettled"):
            await read(pages)


class MovingFolder(LocalFolder):
    """A folder in which something happens to a file while it is read."""

    def __init__(self, url: str, happens: Callable[[Path], None]) -> None:
        super().__init__("cards", url)
        self._folder = Path(url)
        self._happens = happens

    async def read(self, name: str, limit: int) -> bytes:
        content = await super().read(name, limit)
        self._happens(self._folder / name)
        return content


class MovingFiles(Files):
    """Opens such a folder."""

    def __init__(self, happens: Callable[[Path], None]) -> None:
        super().__init__()
        self._happens = happens

    def open(self, register: str, config: Any, secrets: Any) -> LocalFolder:
        return MovingFolder(config.url, self._happens)


@pytest.mark.parametrize(
    "happens", [lambda path: path.write_bytes(csv(GOOD, GOOD)), lambda path: path.unlink()], ids=["grows", "goes"]
)
async def test_a_file_that_changes_under_the_reader_is_not_taken(
    tmp_path: Path, happens: Callable[[Path], None]
) -> None:
    """What was read of a file that moved meanwhile is thrown away."""
    put(tmp_path, 18, csv(GOOD))

    with pytest.raises(Unavailable, match=r"file_unsettled|file_missing"):
        await read(delivered(tmp_path, service=MovingFiles(happens)).cards(DAY_18, DAY_18 + DAY))


async def test_a_file_that_settles_within_the_budget_is_read(tmp_path: Path) -> None:
    """A file that moved once is read anew, by the call's own retries, and nothing is doubled."""
    put(tmp_path, 18, csv(GOOD))
    moves = iter([True])

    def once(path: Path) -> None:
        if next(moves, False):
            put(tmp_path, 18, csv(GOOD, card(2, "18T09:00:00")))

    assert len(await read(delivered(tmp_path, service=MovingFiles(once)).cards(DAY_18, DAY_18 + DAY))) == 2


async def test_a_file_that_changes_after_it_was_read_is_noticed(folder: Path) -> None:
    """A later run, in another process, stops when a file behind its window is another one now."""
    ports = memory_ports({})
    await read(delivered(folder, ports=ports).cards(DAY_18, DAY_18 + DAY))
    put(folder, 18, csv(GOOD), at=datetime(2026, 11, 20, tzinfo=UTC))

    with pytest.raises(BrokenContract, match="file_changed") as caught:
        await read(delivered(folder, ports=ports).cards(DAY_18 + DAY, TWO_DAYS[1]))

    assert caught.value.fields == ("the_20261118.csv",)


async def test_a_changed_file_is_taken_when_its_day_is_read_again(folder: Path) -> None:
    """A window over the whole day of a changed file reads it as it is now; after that the feed goes on."""
    ports = memory_ports({})
    await read(delivered(folder, ports=ports).cards(DAY_18, DAY_18 + DAY))
    put(folder, 18, csv(GOOD), at=datetime(2026, 11, 20, tzinfo=UTC))

    again = await read(delivered(folder, ports=ports).cards(DAY_18, DAY_18 + DAY))
    following = await read(delivered(folder, ports=ports).cards(DAY_18 + DAY, TWO_DAYS[1]))

    assert (len(again), len(following)) == (1, 1)


async def test_half_a_day_does_not_make_up_for_a_changed_file(folder: Path) -> None:
    """A window that begins in the middle of a changed file would leave its first half unread."""
    ports = memory_ports({})
    noon = DAY_18 + timedelta(hours=9)
    await read(delivered(folder, ports=ports).cards(DAY_18, noon))
    put(folder, 18, csv(card(7, "18T01:00:00")), at=datetime(2026, 11, 20, tzinfo=UTC))

    with pytest.raises(BrokenContract, match="file_changed"):
        await read(delivered(folder, ports=ports).cards(noon, TWO_DAYS[1]))


async def test_the_same_file_delivered_again_is_no_change(folder: Path) -> None:
    """Suppliers copy whole folders anew each night; only another content is a change."""
    ports = memory_ports({})
    await read(delivered(folder, ports=ports).cards(DAY_18, DAY_18 + DAY))
    content = (folder / "the_20261118.csv").read_bytes()
    put(folder, 18, content, at=datetime(2026, 11, 20, tzinfo=UTC))

    assert len(await read(delivered(folder, ports=ports).cards(DAY_18 + DAY, TWO_DAYS[1]))) == 1


async def test_keys_name_each_card_once(folder: Path) -> None:
    """For reconciliation each key comes with its latest version, and what is changed stays to be read by the feed."""
    ports = memory_ports({})
    await read(delivered(folder, ports=ports).cards(DAY_18, DAY_18 + DAY))
    put(folder, 18, csv(GOOD, card(2, "18T09:00:00")), at=datetime(2026, 11, 20, tzinfo=UTC))

    keys = await read(delivered(folder, ports=ports).keys(TWO_DAYS[1], page_size=1))

    assert [entry.key[-1] for entry in keys] == ["2", "1"]
    with pytest.raises(BrokenContract, match="file_changed"):
        await read(delivered(folder, ports=ports).cards(DAY_18 + DAY, TWO_DAYS[1]))


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
async def test_only_a_regular_file_is_read(tmp_path: Path, kind: str) -> None:
    """A link could lead to any file of this machine, and a pipe would never end."""
    (tmp_path / "secret").write_bytes(csv(GOOD))
    drop = tmp_path / "drop"
    drop.mkdir()
    path = drop / "the_20261118.csv"
    {"link": lambda: path.symlink_to("../secret"), "folder": path.mkdir, "pipe": lambda: os.mkfifo(path)}[kind]()

    with pytest.raises(BrokenContract, match="file_refused"):
        await read(delivered(f"file://{drop}").cards(DAY_18, DAY_18 + DAY))


async def test_a_file_larger_than_allowed_is_refused(tmp_path: Path) -> None:
    """A file is never read further than one byte past its bound."""
    put(tmp_path, 18, csv(*[card(1, "18T08:00:00", "A" * 1000)] * 101))

    with pytest.raises(BrokenContract, match="oversize"):
        await read(delivered(tmp_path).cards(DAY_18, DAY_18 + DAY))


@pytest.mark.parametrize(
    "url",
    ["/nowhere/at/all", "ssh://cards.invalid/x", "http://cards.invalid/x", "simplecache::sftp://cards.invalid/x",
     "memory://x", "what://x"],
)  # fmt: skip
async def test_an_address_that_is_no_folder_is_refused(url: str) -> None:
    """Only a folder of this machine or an SFTP server with a pinned key is read: no driver with a trust of its own."""
    with pytest.raises(Refused, match="address_invalid"):
        await read(delivered(url).cards(DAY_18, DAY_18 + DAY))


@pytest.mark.parametrize("since", [DAY_18.replace(tzinfo=None), TWO_DAYS[1]], ids=["without a zone", "upside down"])
async def test_a_window_that_makes_no_sense_is_refused(folder: Path, since: datetime) -> None:
    """The window is looked at before a file is."""
    with pytest.raises(Refused, match="window_invalid"):
        await read(delivered(folder).cards(since, TWO_DAYS[1]))


@pytest.mark.parametrize("name", ["the.csv", "the_%Y%m.csv", "%Y/%m/%d.csv"])
def test_a_delivery_names_its_days(name: str) -> None:
    """A name without a whole date could not tell two days apart, and a folder in it could lead anywhere."""
    with pytest.raises(ValueError, match="year, month and day"):
        delivery(name=name)
