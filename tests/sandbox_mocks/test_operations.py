"""The four operations of the population twin."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import Any

import pytest

from sandbox_mocks.country import Country
from sandbox_mocks.country.timeline import HISTORY_START
from tests.sandbox_mocks.caller import REPLY, Caller, bodies, claim, entries, text
from tests.sandbox_mocks.conftest import NOW, TODAY

LOOKUP, VERIFY, KINSHIP = "TraCuuThongTinCongDan", "XacThucThongTinCongDan", "XacMinhThongTinNhanThan"


@pytest.fixture
def person(clean: Country) -> dict[str, Any]:
    """The clean record of a married man with an old card, an accented name and a full birth date."""
    for index in range(1_200, clean.total):
        record = clean.truth(index, NOW)
        if (
            record
            and clean.numbering.card_holders(record["SoCMND"]) == [index]
            and (record["GioiTinh"], record["TrangThai"], record["HoVaTen"]["Ho"]) == ("1", "1", "Nguyễn")
            and "NgayThangNam" in record["NgayThangNamSinh"]
            and clean.children(index, NOW)
        ):
            return record
    raise AssertionError("no such person")


def people(answer: Any) -> list[Any]:
    return answer.findall(f"{REPLY}CongDan")


async def test_lookup_finds_who_is_claimed(caller: Caller, person: dict[str, Any]) -> None:
    """Number, name and birth date together find the citizen, with relatives' names as texts."""
    answer = await caller.call(LOOKUP, claim(person))
    (citizen,) = people(answer)
    assert text(answer, "SoCongDan") == "1"
    assert text(citizen, "SoDinhDanh") == person["SoDinhDanh"]
    assert text(citizen, "VoChong", "HoVaTen") == person["VoChong"]["HoVaTen"]
    assert text(citizen, "ThuongTru", "MaTinhThanh") == person["ThuongTru"]["MaTinhThanh"]
    assert int(text(answer, "ThoiDiemDuLieu") or 0) == caller.country.version(
        caller.country.find(person["SoDinhDanh"], NOW)[0].person, NOW
    )


async def test_lookup_finds_by_the_old_card(caller: Caller, person: dict[str, Any]) -> None:
    """A nine-digit number in its own element finds the same citizen."""
    fields = claim(person, SoDinhDanh=None)
    ordered = {name: fields[name] for name in ("MaYeuCau", "MaDVC", "MaTichHop", "MaCanBo")}
    answer = await caller.call(
        LOOKUP,
        {
            **ordered,
            "SoCMND": person["SoCMND"],
            "HoVaTen": fields["HoVaTen"],
            "NgayThangNamSinh": fields["NgayThangNamSinh"],
        },
    )
    assert [text(found, "SoDinhDanh") for found in people(answer)] == [person["SoDinhDanh"]]


@pytest.mark.parametrize("way", ["nfd", "capitals", "unaccented", "php"])
async def test_names_are_compared_by_their_letters(caller: Caller, person: dict[str, Any], way: str) -> None:
    """Decomposed, capital, unaccented and half-capital names (PHP's strtoupper) all find the citizen."""
    name = " ".join(part for part in person["HoVaTen"].values() if part)
    plain = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    written = {
        "nfd": unicodedata.normalize("NFD", name),
        "capitals": name.upper(),
        "unaccented": plain.replace("đ", "d").replace("Đ", "D"),
        "php": "".join(c.upper() if c.isascii() else c for c in name),
    }[way]
    assert len(people(await caller.call(LOOKUP, claim(person, HoVaTen=written)))) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"HoVaTen": "Nguyễn Văn Không Ai"},
        {"NgayThangNamSinh": {"NgayThangNam": "19010203"}},
        {"NgayThangNamSinh": {"Nam": "1901"}},
        {"SoDinhDanh": "100000000000"},
    ],
)
async def test_a_wrong_part_of_a_claim_finds_nobody(
    caller: Caller, person: dict[str, Any], change: dict[str, Any]
) -> None:
    """The register doesn't say which part is wrong: the collection is just empty."""
    answer = await caller.call(LOOKUP, claim(person, **change))
    assert text(answer, "SoCongDan") == "0"
    assert people(answer) == []


async def test_a_year_is_enough_of_a_birth_date(caller: Caller, person: dict[str, Any]) -> None:
    """A claim may give the year alone."""
    year = person["NgayThangNamSinh"]["NgayThangNam"][:4]
    assert len(people(await caller.call(LOOKUP, claim(person, NgayThangNamSinh={"Nam": year})))) == 1


async def test_verification_says_yes_or_no(caller: Caller, person: dict[str, Any]) -> None:
    """Verification tells only whether the claim holds."""
    yes = await caller.call(VERIFY, claim(person, MaTichHop="003"))
    no = await caller.call(VERIFY, claim(person, MaTichHop="003", HoVaTen="Ai Đó"))
    assert (text(yes, "TonTai"), text(no, "TonTai")) == ("true", "false")


async def test_kinship_names_relatives_in_parts(caller: Caller, person: dict[str, Any]) -> None:
    """The kinship service gives structured names, and children as a list."""
    (citizen,) = people(await caller.call(KINSHIP, claim(person, MaTichHop="038")))
    index = caller.country.find(person["SoDinhDanh"], NOW)[0].person
    children = [text(child, "SoDinhDanh") for child in citizen.findall(f"{REPLY}Con")]
    assert children == [caller.country.truth(child, NOW)["SoDinhDanh"] for child in caller.country.children(index, NOW)]
    assert text(citizen, "VoChong", "SoDinhDanh") == person["VoChong"]["SoDinhDanh"]
    assert citizen.find(f"{REPLY}Me/{REPLY}HoVaTen/{REPLY}Ten") is not None


async def test_pull_pages_through_the_history(caller: Caller) -> None:
    """The pages of a window are its entries in order, each with its record in a string literal in CDATA."""
    expected = caller.country.feed.window(0, NOW + 1)
    found: list[tuple[str, int]] = []
    page = 1
    while len(found) < len(expected):
        answer = await caller.pull(page=page, size=1000)
        assert int(text(answer, "TongSo") or 0) == len(expected)
        assert text(answer, "Trang") == str(page)
        found += entries(answer)
        page += 1
    assert found == [(entry.number, entry.time) for entry in expected]
    assert entries(await caller.pull(page=page + 5, size=1000)) == []
    assert bodies(answer)[-1] == caller.country.record(expected[-1])


async def test_a_window_ends_before_its_end_and_before_now(caller: Caller) -> None:
    """`DenNgay` itself is left out, and nothing comes from the future."""
    first, second = (entry.time for entry in caller.country.feed.window(0, NOW, 10, 2))
    assert [time for _, time in entries(await caller.pull(since=first, until=second))] == [first] * (second > first)
    (_, last) = entries(await caller.pull(page=1, size=1, since=NOW - 10**9))[0]
    assert last <= NOW


async def test_more_happens_as_the_clock_moves(caller: Caller) -> None:
    """Setting the country's clock brings later entries and changes what lookups know."""
    counts = []
    for moment in (TODAY - timedelta(days=1500), TODAY, TODAY + timedelta(days=300)):
        await caller.client.put("/_sandbox/clock", json={"now": moment.isoformat()})
        counts.append(int(text(await caller.pull(size=1), "TongSo") or 0))
    assert counts[0] < counts[1] < counts[2]


async def test_a_cancelled_number_is_told_with_its_successor(caller: Caller) -> None:
    """In the feed a replaced number comes as cancelled beside the first entry of the new one."""
    event = next(entry for entry in caller.country.feed.window(0, NOW) if entry.form == "former")
    page = await caller.pull(since=event.time, until=event.time + 1)
    cancelled = next(body for body in bodies(page) if body.get("TrangThai") == "2")
    numbers = [number for number, _ in entries(page)]
    assert cancelled["SoDinhDanh"] == event.number
    assert {cancelled["SoDinhDanhThayThe"], event.number} <= set(numbers)
    holder = caller.country.truth_of(event.number, NOW)
    assert holder is not None
    answer = await caller.call("XacThucThongTinCongDan", claim(holder, MaTichHop="003"))
    assert text(answer, "TonTai") == "false"


async def test_keys_come_without_content(caller: Caller) -> None:
    """`Loai` KHOA lists each number once, without its record."""
    found: list[tuple[str, int]] = []
    page, total = 1, 1
    while len(found) < total:
        answer = await caller.pull(page=page, size=1000, Loai="KHOA")
        total = int(text(answer, "TongSo") or 0)
        assert answer.find(f"{REPLY}CongDan/{REPLY}Body") is None
        found += entries(answer)
        page += 1
    assert len({number for number, _ in found}) == total
    assert found == sorted(found, key=lambda entry: (entry[1], entry[0]))


async def test_nothing_is_known_before_the_register_began(caller: Caller) -> None:
    """A window before July 2021 is empty."""
    answer = await caller.pull(since=0, until=HISTORY_START)
    assert (text(answer, "TongSo"), entries(answer)) == ("0", [])
