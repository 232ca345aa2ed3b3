"""Clean records are coherent, and change only by events."""

from __future__ import annotations

import csv
import json
import unicodedata
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from vietnam_provinces import NESTED_DIVISIONS_JSON_PATH

from sandbox_mocks.country import Country
from sandbox_mocks.country.places import OLD_COMMUNES_FILE
from sandbox_mocks.country.quirks import epoch_birth, write_habitually
from sandbox_mocks.country.records import local_date
from sandbox_mocks.country.timeline import CODES_CHANGED
from tests.sandbox_mocks.conftest import NOW

PLACES = ("NoiDangKyKhaiSinh", "QueQuan", "ThuongTru", "NoiOHienTai")


@pytest.fixture(scope="module")
def records(clean: Country) -> list[tuple[int, dict]]:
    """Every entry's time and clean record."""
    return [
        (entry.time, clean.records.write(entry.person, entry.time, former=entry.form == "former"))
        for entry in clean.feed.window(0, NOW)
    ]


def day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def test_dates_are_in_order(records: list[tuple[int, dict]]) -> None:
    """Nobody is registered before birth, or dies before birth or after the entry."""
    dead = 0
    for time, record in records:
        born = record["NgayThangNamSinh"].get("NgayThangNam") or record["NgayThangNamSinh"]["Nam"] + "0102"
        assert day(born) <= local_date(time)
        assert (record["TrangThai"] == "3") == bool(record["NgayChet"])
        if len(record["NgayChet"]) == 8:
            dead += 1
            assert day(born) < day(record["NgayChet"]) <= local_date(time)
    assert dead > 50


def test_nobody_is_really_born_on_the_first_of_january(records: list[tuple[int, dict]]) -> None:
    """1 January is the register's mark of an unknown day, so no clean record has it."""
    births = [record["NgayThangNamSinh"] for _, record in records]
    assert not [birth for birth in births if birth.get("NgayThangNam", "").endswith("0101")]
    assert 0.03 < sum("Nam" in birth for birth in births) / len(births) < 0.12


def test_names_are_clean(records: list[tuple[int, dict]]) -> None:
    """Names are composed, without stray spaces, and never empty."""
    for _, record in records:
        name = " ".join(part for part in record["HoVaTen"].values() if part)
        assert name
        assert name == unicodedata.normalize("NFC", " ".join(name.split()))
        assert not set(name) & {"\u00d0", "\u00f0", "\u00a0", "\u200b"}


def test_children_bear_their_fathers_family_name(clean: Country) -> None:
    """Family name and ethnicity come from the father."""
    children = 0
    for index in range(clean.total):
        parents, record = clean.parents(index), clean.truth(index, NOW)
        if parents is None or record is None:
            continue
        father = clean.truth(parents[0], NOW)
        assert father is not None
        assert (record["HoVaTen"]["Ho"], record["DanToc"]) == (father["HoVaTen"]["Ho"], father["DanToc"])
        assert record["Cha"]["SoDinhDanh"][4:6] == father["SoDinhDanh"][4:6] or clean.former_number(parents[0], NOW)
        children += 1
    assert children > 1_000


def test_old_addresses_are_of_the_old_list_and_new_ones_of_the_new(records: list[tuple[int, dict]]) -> None:
    """Codes belong together, and no entry has codes that were not yet in force."""
    provinces = json.loads(Path(NESTED_DIVISIONS_JSON_PATH).read_bytes())
    new = {(f"{p['code']:02d}", "", f"{w['code']:05d}") for p in provinces for w in p["wards"]}
    with OLD_COMMUNES_FILE.open(encoding="utf-8") as lines:
        old = {(row["old_province"], row["old_district"], row["old_commune"]) for row in csv.DictReader(lines)}
    seen = Counter[str]()
    for time, record in records:
        for place in PLACES:
            address = record[place]
            codes = (address["MaTinhThanh"], address["MaQuanHuyen"], address["MaPhuongXa"])
            if codes in new:
                assert time >= CODES_CHANGED
                seen["new"] += 1
            else:
                assert codes in old
                seen["old"] += 1
            seen["capitals"] += address["ChiTiet"].isupper()
    assert min(seen["new"], seen["capitals"]) > 100
    assert seen["old"] > seen["new"]


def test_an_entry_without_change_changes_nothing(clean: Country) -> None:
    """A touch before the codes changed repeats the content of the entry before it, to the letter."""
    touched = 0
    for entry in clean.feed.window(0, CODES_CHANGED):
        if entry.kind != "touch" or (entries := clean.feed.entries_of(entry.person, entry.time + 1))[-1] != entry:
            continue
        before, after = clean.record(entries[-2]), clean.record(entry)
        changed = {name for name in after if after[name] != before.get(name)}
        # Coming of age and a relative's new number or death show in whatever entry comes next.
        assert changed <= {"NguoiDaiDien", "Cha", "Me", "VoChong", "ChuHo", "TinhTrangHonNhan"}
        touched += not changed
    assert touched > 50


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("move", {"ThuongTru"}), ("correct", {"HoVaTen", "NgayThangNamSinh"}), ("death", {"TrangThai"})],
)
def test_an_event_changes_what_it_is_about(clean: Country, kind: str, fields: set[str]) -> None:
    """Of each kind of event most entries differ from the one before in its own fields."""
    changed = total = 0
    for entry in clean.feed.window(0, NOW):
        if entry.kind == kind:
            before = clean.truth(entry.person, entry.time - 1)
            after = clean.records.write(entry.person, entry.time)
            assert before is not None
            changed += any(before[field] != after[field] for field in fields)
            total += 1
    assert total > 30
    assert changed > total * 0.75


def test_habits_rewrite_but_keep_the_content(clean: Country) -> None:
    """Every habit occurs; a name stays the same name, and an epoch is midnight in Viet Nam of the same day."""
    seen = Counter[str]()
    for entry in clean.feed.window(0, NOW):
        record, plain = (
            clean.record(entry),
            clean.records.write(entry.person, entry.time, former=entry.form == "former"),
        )
        names = [" ".join(part for part in each["HoVaTen"].values() if part) for each in (record, plain)]
        assert names[0] == names[1]
        moment = record["NgayThangNamSinh"].get("NgayThangNam")
        if isinstance(moment, int):
            assert local_date(moment) == day(plain["NgayThangNamSinh"]["NgayThangNam"])
            assert (moment + 7 * 3_600_000) % 86_400_000 == 0
            seen["epoch" if moment >= 0 else "negative epoch"] += 1
        seen["whole name"] += record["HoVaTen"].get("Ho") == "" and " " in record["HoVaTen"]["Ten"]
        seen["no nationality"] += record["QuocTich"] == ""
        seen["absent"] += len(record) < len(plain)
        seen["null"] += None in record.values()
        seen["empty"] += record.get("VoChong") == ""
        seen["name only"] += bool(plain["Cha"]) and not plain["Cha"]["SoDinhDanh"]
    assert min(seen.values()) > 0
    assert len(seen) == 8


def test_an_epoch_is_midnight_by_the_tz_database() -> None:
    """What is sent as an epoch is midnight in Asia/Ho_Chi_Minh; dates with another offset than today's stay texts."""
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    sent = 0
    for step in range(0, 36_000, 7):
        midnight = datetime(1930, 1, 2, tzinfo=zone) + timedelta(days=step)
        moment = epoch_birth(f"{midnight:%Y%m%d}")
        assert moment in (None, round(midnight.timestamp() * 1000))
        sent += moment is not None
    assert sent > 2_000
    assert epoch_birth("19680305") is None


def test_habits_need_no_luck(clean: Country) -> None:
    """All combinations of a person's habit bytes can be written."""
    record = clean.records.write(1, clean.registered(1))
    for byte in range(256):
        write_habitually(
            {**record, "HoVaTen": dict(record["HoVaTen"]), "NgayThangNamSinh": {"Nam": "1950"}}, bytes([byte] * 64)
        )


def test_names_follow_their_frequencies(large: Country) -> None:
    """Family names and ethnicities have about their shares, and highland names with signs occur."""
    people = [large.truth(index, NOW) for index in range(0, large.people, 200)]
    families = Counter(record["HoVaTen"]["Ho"] for record in people if record and record["DanToc"] == "01")
    total = sum(families.values())
    for family, share in (("Nguyễn", 0.384), ("Trần", 0.11), ("Lê", 0.095), ("Phạm", 0.071)):
        assert abs(families[family] / total - share) < 0.025, family
    assert 0.82 < total / len(people) < 0.89
    given = [record["HoVaTen"]["Ten"] for record in people if record]
    assert any("'" in name for name in given)
    assert any("-" in name for name in given)
    alone = [record["HoVaTen"]["Ten"] for record in people if record and not record["HoVaTen"]["Ho"]]
    assert any(" " not in name for name in alone)
