"""Each defect of the civil-status data is there at about its rate, shows its symptom and only that."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from sandbox_mocks.country import Country
from sandbox_mocks.country.civil_status import CivilStatus, Key
from sandbox_mocks.country.civil_status.dates import in_parts, in_words
from sandbox_mocks.country.civil_status.defects import CHANCES, TWICE, injected
from sandbox_mocks.country.civil_status.registrations import DUPLICATE_BIRTHS, MODULES
from sandbox_mocks.country.timeline import HISTORY_START
from tests.sandbox_mocks.conftest import NOW

Record = dict[str, Any]
TIMES = 6
SUBJECTS = ("nks", "nkt", "vo", "nxn", "ndc")


@pytest.fixture(scope="module")
def spoilt() -> CivilStatus:
    """Books with six times the defects."""
    return CivilStatus(Country(seed=5, people=30_000, defect_rate=TIMES))


@pytest.fixture(scope="module")
def versions(spoilt: CivilStatus) -> list[tuple[int, Key]]:
    """A third of the versions of births, and all others."""
    found = {module: spoilt.registrations.window(module, HISTORY_START, NOW) for module in MODULES}
    return [each for module, listed in found.items() for each in (listed[::3] if module == "KS" else listed)]


def subject(record: Record, field: str) -> Any:
    return next((record[f"{prefix}{field}"] for prefix in SUBJECTS if f"{prefix}{field}" in record), "")


def name(record: Record) -> str:
    return "".join((subject(record, "HoTen") or {}).values())


def papers(record: Record) -> list[tuple[str, str]]:
    return [
        (record[field.replace("SoGiayTo", "LoaiGiayTo")], number)
        for field, number in record.items()
        if field.endswith("SoGiayToTuyThan") and number and not field.startswith("nyc")
    ]


def year(value: Any) -> int:
    return int(value["namSinh"] if isinstance(value, dict) else str(value)[-4:])


def words_differ(record: Record) -> bool:
    birth = record.get("nksNgaySinh")
    if not birth:
        return False
    if isinstance(birth, str):
        birth = dict(zip(("ngaySinh", "thangSinh", "namSinh"), birth.split("/"), strict=True))
    return not record["nksNgaySinhBangChu"].endswith(in_words({"namSinh": birth["namSinh"]})[4:])


def is_minor(record: Record) -> bool:
    return "voNgaySinh" in record and year(record["ngayDangKy"].strip()) - year(record["voNgaySinh"]) < 18


SYMPTOMS: dict[str, Callable[[CivilStatus, Key, Record], bool]] = {
    "name_spaces": lambda _b, _k, r: name(r) != name(r).strip(),
    "name_nfd": lambda _b, _k, r: name(r) != unicodedata.normalize("NFC", name(r)),
    "date_spaces": lambda _b, _k, r: r["ngayDangKy"] != r["ngayDangKy"].strip(),
    "number_13": lambda _b, _k, r: any(len(number) == 13 for _, number in papers(r)),
    "paper_kind": lambda _b, _k, r: any(kind != {12: "4", 13: "4", 9: "1"}[len(number)] for kind, number in papers(r)),
    "date_parts": lambda b, k, r: (
        isinstance(subject(r, "NgaySinh"), dict)
        and len([part for part in subject(r, "NgaySinh").values() if part]) < len(subject(clean_of(b, k), "NgaySinh"))
    ),
    "words_differ": lambda _b, _k, r: words_differ(r),
    "ethnicity_literal": lambda _b, _k, r: subject(r, "DanToc") in ("Khác", "Null"),
    "ethnicity_statistics": lambda _b, _k, r: len(subject(r, "DanToc") or "") == 2,
    "ethnicity_group": lambda _b, _k, r: "(" in (subject(r, "DanToc") or ""),
    "gender_population": lambda _b, _k, r: subject(r, "GioiTinh") == "0",
    "commune_unknown": lambda _b, _k, r: any(isinstance(v, dict) and v.get("maXa") == "99999" for v in r.values()),
    "parent_younger": lambda _b, _k, r: (
        bool(r.get("chaNgaySinh") and "nksNgaySinh" in r) and year(r["chaNgaySinh"]) > year(r["nksNgaySinh"])
    ),
    "death_before_birth": lambda _b, _k, r: "nktNgayChet" in r and year(r["nktNgayChet"]) < year(r["nktNgaySinh"]),
    "spouse_minor": lambda _b, _k, r: is_minor(r),
    "spouse_taken": lambda b, k, r: "voHoTen" in r and name(r) != name(clean_of(b, k)) and taken(b, k, r),
}


def clean_of(books: CivilStatus, key: Key) -> Record:
    return books.truth(key, books.registrations.versions(key)[-1])


def taken(books: CivilStatus, key: Key, record: Record) -> bool:
    """Whether the wife in a record is somebody's wife in an earlier record."""
    if not record["voSoGiayToTuyThan"] or len(record["voSoGiayToTuyThan"]) != 12:
        return False
    wife = books.country.find(record["voSoGiayToTuyThan"], NOW)[0].person
    return wife != key.number and books.registrations.versions(Key("KH", wife)) != []


def test_every_defect_has_a_symptom() -> None:
    """The table of rates and the symptoms tested here name the same defects."""
    assert set(SYMPTOMS) == set(CHANCES)


def test_symptoms_show_on_their_defects_alone(spoilt: CivilStatus, versions: list[tuple[int, Key]]) -> None:
    """A version that is said to have a defect shows it; any other shows none. Each is there often enough."""
    seen = Counter[str]()
    for time, key in versions[::4]:
        defect = spoilt.defect(key, time)
        record = spoilt.record(key, time)
        if defect == TWICE:
            continue
        if defect is not None:
            seen[defect] += 1
        shown = {each for each, symptom in SYMPTOMS.items() if symptom(spoilt, key, record)}
        allowed = {defect} if defect is not None else set()
        if defect == "spouse_taken" and "spouse_taken" not in shown:
            # The other wife stands there without a number of hers.
            assert len(record["voSoGiayToTuyThan"]) != 12
            continue
        assert shown == allowed, (key, defect, shown)
    assert set(seen) == set(CHANCES)


def test_defects_come_at_their_rates(spoilt: CivilStatus, versions: list[tuple[int, Key]]) -> None:
    """A defect that can be on any birth record is on about as many as the table says."""
    found = Counter(spoilt.defect(key, time) for time, key in versions if key.module == "KS" and not key.copy)
    births = sum(found.values())
    for defect in ("name_spaces", "date_spaces", "words_differ", "commune_unknown"):
        assert found[defect] / births == pytest.approx(CHANCES[defect] * TIMES, rel=0.3), defect


def test_some_births_are_registered_twice(spoilt: CivilStatus, versions: list[tuple[int, Key]]) -> None:
    """A second record is another one about the same child, some time after the first, with the same content."""
    births = {key for _, key in versions if key.module == "KS"}
    second = [key for key in births if key.copy]
    assert len(second) / len(births) == pytest.approx(DUPLICATE_BIRTHS / 1000 * TIMES, rel=0.3)
    for key in second:
        other = Key("KS", key.number)
        times = [spoilt.registrations.versions(each)[0] for each in (other, key)]
        assert times[0] < times[1]
        twins = [spoilt.truth(each, time) for each, time in zip((other, key), times, strict=True)]
        assert twins[0]["maHoSo"] != twins[1]["maHoSo"]
        assert (twins[0]["quyenSo"], twins[0]["so"]) != (twins[1]["quyenSo"], twins[1]["so"])
        assert spoilt.defect(key, times[1]) == TWICE


def test_the_list_of_defects_is_in_order(spoilt: CivilStatus) -> None:
    """For tests the defects of a window are listed by code and version in the order of the list."""
    listed = list(injected(spoilt, "KS", HISTORY_START, HISTORY_START + 20 * 86_400_000))
    assert [each.version for each in listed] == sorted(each.version for each in listed)
    for each in listed:
        key = spoilt.find(each.record)
        assert key is not None and spoilt.defect(key, each.version) == each.defect
    assert len(listed) > 50


def test_a_clean_country_has_no_defect(clean: Country) -> None:
    """With defect rate 0 no version has one, and no birth is registered twice."""
    books = CivilStatus(clean)
    for module in MODULES:
        assert list(injected(books, module, HISTORY_START, NOW)) == []
        assert all(not key.copy for _, key in books.registrations.window(module, HISTORY_START, NOW))


def test_in_parts_keeps_what_is_known() -> None:
    """A year alone stays a year alone."""
    assert in_parts({"Nam": "1950"}) == {"namSinh": "1950"}
    assert in_parts({"NgayThangNam": "19500203"}) == {"namSinh": "1950", "thangSinh": "02", "ngaySinh": "03"}
