"""Each defect is there at about its rate, shows its symptom and only that, and clean records show none."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from sandbox_mocks.country import Country, Entry
from sandbox_mocks.country.defects import CHANCES, STREAMED, injected
from sandbox_mocks.country.records import local_date
from tests.sandbox_mocks.conftest import NOW

Record = dict[str, Any]
DEFECTS = [*CHANCES, *STREAMED]


def whole(record: Record) -> str:
    return " ".join(part for part in record["HoVaTen"].values() if part)


def birth_year(record: Record) -> int:
    birth = record["NgayThangNamSinh"]
    moment = birth.get("NgayThangNam")
    return local_date(moment).year if isinstance(moment, int) else int((moment or birth["Nam"])[:4])


def number_year(number: str) -> int:
    return 1900 + 100 * (int(number[3]) // 2) + int(number[4:6])


def is_date(text: str) -> bool:
    try:
        return len(text) == 8 and bool(date.fromisoformat(text))
    except ValueError:
        return False


def father(record: Record) -> str:
    return record["Cha"]["SoDinhDanh"] if record.get("Cha") else ""


def epoch(record: Record) -> int | None:
    moment = record["NgayThangNamSinh"].get("NgayThangNam")
    return moment if isinstance(moment, int) else None


def day(record: Record) -> str:
    moment = record["NgayThangNamSinh"].get("NgayThangNam")
    return f"{local_date(moment):%Y%m%d}" if isinstance(moment, int) else moment or ""


@pytest.fixture(scope="module")
def current(country: Country) -> dict[str, str]:
    """Province of each current commune."""
    return {commune.code: commune.province for commune in country.places.current}


SYMPTOMS: dict[str, Callable[[Entry, Record, dict[str, str]], bool]] = {
    "name_nfd": lambda _e, r, _c: whole(r) != unicodedata.normalize("NFC", whole(r)),
    "name_spaces": lambda _e, r, _c: (
        whole(r) != " ".join(whole(r).split(" ")).strip() or bool(re.search("  |\u00a0|\u200b", whole(r)))
    ),
    "name_eth": lambda _e, r, _c: bool(re.search("[\u00d0\u00f0]", whole(r))),
    "name_legacy": lambda _e, r, _c: bool(re.search("[¡¢£¤¥¦§¨©ª«¬®µ¶·¸¹»¼½¾]", whole(r))),
    "name_missing": lambda _e, r, _c: whole(r) == "",
    "name_null_literal": lambda _e, r, _c: whole(r) == "Null",
    "gender_unknown_code": lambda _e, r, _c: r["GioiTinh"] not in ("0", "1", "2"),
    "ethnicity_unknown_code": lambda _e, r, _c: r["DanToc"] == "99",
    "commune_unknown": lambda _e, r, _c: r["ThuongTru"]["MaPhuongXa"] == "99999",
    "commune_wrong_province": lambda _e, r, c: (
        r["ThuongTru"]["MaQuanHuyen"] == ""
        and c.get(r["ThuongTru"]["MaPhuongXa"], r["ThuongTru"]["MaTinhThanh"]) != r["ThuongTru"]["MaTinhThanh"]
    ),
    "birth_future": lambda e, r, _c: is_date(day(r)) and day(r) > f"{local_date(e.time):%Y%m%d}",
    "birth_century": lambda _e, r, _c: birth_year(r) != number_year(r["SoDinhDanh"]),
    "gender_mismatch": lambda _e, r, _c: r["GioiTinh"] == "21"[int(r["SoDinhDanh"][3]) % 2],
    "birth_default": lambda _e, r, _c: day(r).endswith("0101"),
    "birth_invalid": lambda _e, r, _c: day(r) != "" and not is_date(day(r)),
    "birth_epoch_shift": lambda _e, r, _c: epoch(r) is not None and (epoch(r) + 25_200_000) % 86_400_000 != 0,
    "relative_number_13": lambda _e, r, _c: len(father(r)) == 13,
    "relative_self": lambda _e, r, _c: father(r) == r["SoDinhDanh"],
    "parent_younger": lambda _e, r, _c: (
        len(father(r)) == 12 and father(r) != r["SoDinhDanh"] and number_year(father(r)) >= number_year(r["SoDinhDanh"])
    ),
    "death_before_birth": lambda _e, r, _c: bool(r.get("NgayChet")) and int(r["NgayChet"][:4]) < birth_year(r),
}
"""The symptom of each defect that one record shows."""


def symptoms(entry: Entry, record: Record, current: dict[str, str]) -> set[str]:
    return {name for name, shows in SYMPTOMS.items() if shows(entry, record, current)}


def test_every_defect_shows_its_symptom_and_no_other(current: dict[str, str]) -> None:
    """A record with a defect shows that defect's symptom alone, and a record without shows none."""
    country = Country(seed=9, people=12_000, defect_rate=4)
    seen = Counter[str]()
    for entry in country.feed.window(0, NOW):
        defect, record = country.defect(entry), country.record(entry)
        expected = {defect} & set(SYMPTOMS)
        assert symptoms(entry, record, current) == expected, (defect, record)
        seen[defect or "none"] += 1
    assert set(seen) == {*DEFECTS, "none"}


def test_rates_are_about_those_stated() -> None:
    """About 2 % of entries have a defect, each kind 0.01 % to 0.3 %; the rate multiplies."""
    shares = {}
    for rate in (1.0, 3.0):
        country = Country(seed=10, people=40_000, defect_rate=rate)
        total = country.feed.count(0, NOW)
        found = Counter(defect.defect for defect in injected(country, 0, NOW))
        shares[rate] = sum(found.values()) / total
        if rate == 1.0:
            assert all(0.0001 < found[defect] / total < 0.003 for defect in DEFECTS), found
    assert 0.015 < shares[1.0] < 0.025
    assert 2.5 < shares[3.0] / shares[1.0] < 3.5


def test_rate_zero_is_a_register_without_defects(clean: Country) -> None:
    """No defect is injected at rate 0, and the people are the same as at any other rate."""
    assert list(injected(clean, 0, NOW)) == []
    other = Country(seed=6, people=3_000, defect_rate=2)
    assert [other.truth(index, NOW) for index in range(0, 3_000, 10)] == [
        clean.truth(index, NOW) for index in range(0, 3_000, 10)
    ]


def test_duplicates_stand_beside_what_they_duplicate() -> None:
    """Entries of one number and time differ; a second number has the same name, birth date and mother."""
    country = Country(seed=12, people=20_000, defect_rate=10)
    by_key: dict[tuple[str, int], list[int]] = defaultdict(list)
    window = country.feed.window(0, NOW)
    for at, entry in enumerate(window):
        by_key[entry.number, entry.time].append(at)
    found = Counter[str]()
    for at, entry in enumerate(window):
        twins = by_key[entry.number, entry.time]
        if entry.form == "variant":
            assert twins[1] - twins[0] == 1
            assert country.record(window[twins[0]]) != country.record(window[twins[1]])
            found["number"] += 1
        elif entry.form == "again":
            assert country.body(window[twins[0]]) == country.body(window[twins[1]])
            found["again"] += 1
        else:
            assert len({window[other].form for other in twins}) == len(twins)
        if entry.form == "second":
            first = next(e for e in window[at - 1 : at + 2] if e.person == entry.person and e.form == "plain")
            records = [country.record(first), country.record(entry)]
            for field in ("HoVaTen", "NgayThangNamSinh", "Me", "TrangThai"):
                assert records[0][field] == records[1][field]
            assert records[1]["SoDinhDanh"] == entry.number != first.number
            assert records[0]["Me"]["HoVaTen"]
            holders = country.find(entry.number, NOW)
            assert [(holder.person, holder.form) for holder in holders] == [(entry.person, "second")]
            assert country.find(entry.number, entry.time - 1) == []
            found["person"] += 1
    assert min(found["number"], found["person"], found["again"]) > 10


def test_a_wife_with_the_wrong_husband_stands_beside_the_right_one() -> None:
    """The husband's entry beside it names her, she names another man, and later entries of neither hide that."""
    country = Country(seed=13, people=20_000, defect_rate=5)
    found = 0
    for entry in country.feed.window(0, NOW):
        if country.defect(entry) == "spouse_not_mutual":
            wife = country.record(entry)
            beside = country.feed.window(entry.time, entry.time + 1)
            husband = next(country.record(e) for e in beside if e.person == country.spouse(entry.person))
            assert husband["VoChong"]["SoDinhDanh"] == wife["SoDinhDanh"]
            assert wife["VoChong"]["SoDinhDanh"] not in ("", husband["SoDinhDanh"])
            assert country.feed.entries_of(entry.person, NOW)[-1] == entry
            found += 1
    assert found > 20


def test_defects_are_the_same_every_time(country: Country) -> None:
    """The same country has the same defects, however its windows are cut."""
    middle = NOW - 10**11
    twin = Country(seed=5, people=30_000)
    assert list(injected(country, 0, NOW)) == [*injected(twin, 0, middle), *injected(twin, middle, NOW)]
