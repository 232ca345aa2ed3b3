"""The books of civil status agree with the population register, and their days partition the history."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

import pytest

from sandbox_mocks.country import Country
from sandbox_mocks.country.civil_status import CivilStatus, Key
from sandbox_mocks.country.civil_status.codes import ETHNICITY_IDS
from sandbox_mocks.country.civil_status.dates import in_words
from sandbox_mocks.country.civil_status.records import joined
from sandbox_mocks.country.civil_status.registrations import BIRTH, DAY, DEATH_DELAYS, MODULES, WEDDING_LEADS
from sandbox_mocks.country.records import local_date
from sandbox_mocks.country.timeline import HISTORY_START, VIETNAM, epoch_ms
from tests.sandbox_mocks.conftest import NOW
from tests.sandbox_mocks.test_families import people

REFORM = epoch_ms(datetime(2025, 7, 1, tzinfo=VIETNAM))


def written(books: CivilStatus, module: str, since: int = HISTORY_START, until: int = NOW) -> list[tuple[int, Key]]:
    return books.registrations.window(module, since, until)


def day_of(text: str) -> date:
    return date(*(int(part) for part in reversed(text.split("/"))))


def born(parts: dict[str, str]) -> date:
    """Returns the first day on which someone may have been born."""
    return date(int(parts["namSinh"]), int(parts.get("thangSinh", "1")), int(parts.get("ngaySinh", "1")))


@pytest.mark.parametrize("module", MODULES)
def test_days_partition_the_history(books: CivilStatus, module: str) -> None:
    """The days of some months have together what the months have as a whole, each version once and in order."""
    since, until = epoch_ms(datetime(2021, 12, 1, tzinfo=VIETNAM)), epoch_ms(datetime(2022, 3, 1, tzinfo=VIETNAM))
    whole = written(books, module, since, until)
    parts = [each for start in range(since, until, DAY) for each in written(books, module, start, start + DAY)]
    assert whole == parts == sorted(set(whole))
    assert len(whole) > 15


@pytest.mark.parametrize("module", MODULES)
def test_every_version_is_listed_at_its_time(books: CivilStatus, module: str) -> None:
    """What a record says about its versions is what the lists have, from the record's side too."""
    listed = Counter(key for _, key in written(books, module))
    for key in list(listed)[::40]:
        versions = [time for time in books.registrations.versions(key) if time < NOW]
        assert len(versions) == listed[key]
        assert books.find(books.identify(key)) == key
    if module == BIRTH:
        for index in people(books.country, 2_000):
            for copy in (0, 1):
                known = [time for time in books.registrations.versions(Key(BIRTH, index, copy)) if time < NOW]
                assert listed[Key(BIRTH, index, copy)] == len(known)


def test_a_birth_record_names_child_and_parents_as_population_does(books: CivilStatus) -> None:
    """Three thousand birth records agree with population's record of the child at the same time."""
    compared = with_parents = 0
    for index in people(books.country, 4_000):
        key = Key(BIRTH, index)
        version = books.version(key, NOW)
        life = books.country.lives.life(index, books.country.demography.place(index))
        if version is None or life.misc == "correct" or life.replaced is not None:
            continue
        record, known = books.truth(key, version), books.country.truth(index, NOW)
        if known is None:
            continue
        compared += 1
        assert record["nksHoTen"] == known["HoVaTen"]
        assert record["nksGioiTinh"] == known["GioiTinh"]
        assert record["nksDanToc"] == ETHNICITY_IDS[known["DanToc"]]
        assert record["nksSoDinhDanh"] in ("", known["SoDinhDanh"])
        for prefix, relation in (("cha", "Cha"), ("me", "Me")):
            relative = known[relation]
            assert joined(record[f"{prefix}HoTen"] or {}) == (relative["HoVaTen"] if relative else "")
            if relative and relative["SoDinhDanh"] and record[f"{prefix}LoaiGiayToTuyThan"] == "4":
                with_parents += 1
                parent = books.country.find(record[f"{prefix}SoGiayToTuyThan"], NOW)[0].person
                assert parent in (books.country.parents(index) or ())
        assert born(record["nksNgaySinh"]) <= day_of(record["ngayDangKy"]) <= local_date(version)
    assert compared > 2_500
    assert with_parents > 1_500


def test_children_have_their_records_and_old_people_often_not(books: CivilStatus) -> None:
    """Everyone born since 2021 has a birth record; of older people fewer have one, the older the fewer."""
    shares = {}
    for first, last in ((1940, 1959), (1960, 1979), (1980, 1999), (2021, 2024)):
        start, end = (books.country.demography.cohort_start(year) for year in (first, last + 1))
        shares[first] = sum(books.version(Key(BIRTH, index), NOW) is not None for index in range(start, end)) / (
            end - start
        )
    assert shares[2021] == 1
    assert 0.3 < shares[1940] < 0.5 < shares[1960] < 0.75 < shares[1980] < 0.95


def test_late_births_are_late_and_numbers_come_later(books: CivilStatus) -> None:
    """A late registration is more than 60 days after the birth and says so; some numbers come days after the record."""
    late = waiting = born_since = 0
    keys = {key for _, key in written(books, BIRTH, HISTORY_START + 200 * DAY) if not key.copy}
    for key in keys:
        if books.country.demography.place(key.number).year < 2022:
            continue
        born_since += 1
        versions = books.registrations.versions(key)
        record = books.truth(key, versions[0])
        age = (day_of(record["ngayDangKy"]) - born(record["nksNgaySinh"])).days
        assert (record["loaiDangKy"] == "4") is (age > 60)
        late += age > 60
        if not record["nksSoDinhDanh"]:
            waiting += 1
            assert books.truth(key, versions[1])["nksSoDinhDanh"]
            assert 0 < versions[1] - versions[0] < 7 * DAY
    assert 0.01 < late / born_since < 0.05
    assert 0.15 < waiting / born_since < 0.25


def test_a_death_agrees_with_population(books: CivilStatus) -> None:
    """Number, name and date of death are population's; the record comes some days later, and a few never come."""
    deaths = written(books, "KT")
    for time, key in deaths:
        record, known = books.truth(key, time), books.country.truth(key.number, time)
        assert known is not None and known["TrangThai"] == "3"
        assert record["nktSoDinhDanh"] == known["SoDinhDanh"]
        assert joined(record["nktHoTen"]) == joined(known["HoVaTen"])
        died = record["nktNgayChet"]
        assert "".join(reversed(died.split("/"))) == known["NgayChet"]
        assert len(died) == 4 or day_of(died) <= day_of(record["ngayDangKy"])
        dies = books.country.lives.life(key.number, books.country.demography.place(key.number)).dies
        assert dies is not None and time - dies in DEATH_DELAYS
    dead = sum(
        (books.country.truth(index, NOW - 30 * DAY) or {}).get("TrangThai") == "3"
        for index in range(books.country.lives.loaded)
    )
    assert 0.94 < len(written(books, "KT", until=NOW - 10 * DAY)) / dead < 1


def test_a_marriage_names_both_spouses_of_age(books: CivilStatus) -> None:
    """A marriage record names a couple of population, old enough on the day; new ones come shortly before its entry."""
    new = 0
    for time, key in written(books, "KH")[::9]:
        record = books.truth(key, time)
        husband = books.country.spouse(key.number)
        assert husband is not None
        for prefix, index, age in (("chong", husband, 20), ("vo", key.number, 18)):
            place = books.country.demography.place(index)
            corrected = books.registrations.corrected(index)
            name, _ = books.country.records.identity(index, place, corrected is not None and time < corrected)
            assert joined(record[f"{prefix}HoTen"]) == name.full
            assert record[f"{prefix}SoGiayToTuyThan"] in (
                "",
                books.country.records.number(place, time),
                books.country.numbering.card(index),
            )
            birth, registered = born(record[f"{prefix}NgaySinh"]), day_of(record["ngayDangKy"])
            assert (registered.year - age, registered.month, registered.day) >= (birth.year, birth.month, birth.day)
        married = books.country.lives.married(key.number, books.country.demography.place(key.number))
        if married:
            new += 1
            assert married - time in WEDDING_LEADS
            known = books.country.truth(key.number, married)
            assert known is not None and known["VoChong"]["SoDinhDanh"] == record["chongSoGiayToTuyThan"]
    assert new > 60


def test_certificates_agree_with_marriages_and_deaths(books: CivilStatus) -> None:
    """Whoever is certified as married has a living spouse in population at that time, a widow a dead one."""
    seen = Counter[str]()
    for time, key in written(books, "HN"):
        record = books.truth(key, time)
        index = books.registrations.asking(key.number)
        known = books.country.truth(index, time + 4 * DAY)
        assert known is not None and known["TrangThai"] != "2"
        seen[record["nxnTinhTrangHonNhan"]] += 1
        if record["nxnTinhTrangHonNhan"] in ("1", "2"):
            spouse = books.country.spouse(index, time + 4 * DAY)
            assert (record["nxnTinhTrangHonNhan"] == "2") is (spouse is not None)
    assert set(seen) == {"1", "2", "3", "4"}


def test_a_correction_changes_the_birth_record(books: CivilStatus) -> None:
    """Before a correction the birth record has the old value, after it the new one, and population follows."""
    corrected = 0
    for time, key in written(books, "CC"):
        record = books.truth(key, time)
        origin = books.find(record["ccMaHoSoGoc"])
        assert origin is not None and time in books.registrations.versions(origin)
        before, after = books.truth(origin, time - 1), books.truth(origin, time)
        assert (
            before["nksHoTen" if record["ccTruongThongTin"] == "HoTen" else "nksNgaySinh"]
            != (after["nksHoTen" if record["ccTruongThongTin"] == "HoTen" else "nksNgaySinh"])
        )
        assert record["ccNoiDungCu"] != record["ccNoiDungMoi"]
        _, misc_at = books.country.lives.misc(key.number)
        assert 0 < misc_at - time < 5 * DAY
        corrected += 1
    assert corrected > 300


def test_records_since_the_reform_use_todays_communes(books: CivilStatus) -> None:
    """Since July 2025 a record has a commune of today and is JSON; before, one of then and XML."""
    current = {(place.province, place.code) for place in books.country.places.current}
    for time, key in written(books, BIRTH)[::50]:
        first = books.registrations.versions(key)[0]
        place = books.truth(key, time)["nksNoiSinh"]
        if first >= REFORM:
            assert (place["maTinh"], place["maXa"]) in current
        assert books.text(key, time).startswith("{" if time >= REFORM else "<hotich><hoso>")
        assert books.units.known(books.truth(key, time)["maDonVi"], first)


def test_places_in_the_books_are_unique(books: CivilStatus) -> None:
    """No two records have the same number in the same book."""
    seen = Counter(
        (record["quyenSo"], record["so"])
        for module in MODULES
        for key in {key for _, key in written(books, module, HISTORY_START, HISTORY_START + 15 * DAY)}
        for record in [books.truth(key, books.registrations.versions(key)[0])]
    )
    assert max(seen.values()) == 1


def test_dates_are_written_in_words() -> None:
    """The words follow Vietnamese usage."""
    assert in_words({"namSinh": "1985", "thangSinh": "04", "ngaySinh": "21"}) == (
        "Ngày hai mươi mốt, tháng tư, năm một nghìn chín trăm tám mươi lăm"
    )
    assert in_words({"namSinh": "2004", "thangSinh": "10"}) == "Tháng mười, năm hai nghìn không trăm linh bốn"
    assert in_words({"namSinh": "1950"}) == "Năm một nghìn chín trăm năm mươi"


@pytest.mark.parametrize("size", [1, 7, 60, 500])
def test_small_countries_have_books(size: int) -> None:
    """However few people there are, the books can be read from the beginning to the end."""
    books = CivilStatus(Country(seed=size, people=size))
    for module in MODULES:
        for time, key in written(books, module):
            assert books.text(key, time)
