from datetime import date
from typing import Any

import pytest

from hub.mapping.codes import load_code_list
from hub.mapping.places import LISTS, Gazetteer, reading_places
from hub.mapping.verdicts import Finding

BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)


def read(day: date, **address: str | None) -> tuple[dict[str, Any], list[Finding]]:
    """Reads one address as the mapping of that day does."""
    empty = dict.fromkeys(("MaTinhThanh", "MaQuanHuyen", "MaPhuongXa", "QuocGia"))
    record: dict[str, Any] = {}
    refusals: list[Finding] = []
    reading_places(Gazetteer(day, *map(load_code_list, LISTS)), "p")({**empty, **address}, record, refusals)
    return record, refusals


def test_current_address() -> None:
    """A current address keeps its codes."""
    record, refusals = read(AFTER, MaTinhThanh="01", MaPhuongXa="00004", QuocGia="VN")

    assert refusals == []
    assert record == {
        "p.province": "01",
        "p.province_recorded": "01",
        "p.commune": "00004",
        "p.commune_recorded": "00004",
    }


@pytest.mark.parametrize("day", [BEFORE, AFTER, date(2030, 1, 1)])
def test_retired_province(day: date) -> None:
    """A province that was merged away leads to the one that took it over, in every edition."""
    record, refusals = read(day, MaTinhThanh="45")

    assert (record, refusals) == ({"p.province": "44", "p.province_recorded": "45"}, [])


@pytest.mark.parametrize("code", ["15", "24", "44", "52", "80", "82", "91"])
@pytest.mark.parametrize("day", [BEFORE, AFTER])
def test_reused_province_codes(day: date, code: str) -> None:
    """The seven province codes that were re-used lead to the same current province from either meaning."""
    assert read(day, MaTinhThanh=code)[0]["p.province"] == code


@pytest.mark.parametrize(
    ("day", "address", "why"),
    [
        (BEFORE, {"MaTinhThanh": "79", "MaPhuongXa": "26734"}, "the record is older than the current edition"),
        (AFTER, {"MaTinhThanh": "79", "MaQuanHuyen": "760", "MaPhuongXa": "26734"}, "it has a district"),
        (AFTER, {"MaTinhThanh": "77", "MaPhuongXa": "26506"}, "its province was retired"),
        (AFTER, {"MaTinhThanh": "24", "MaPhuongXa": "07201"}, "its commune is known as an old one of the province"),
    ],
)
def test_old_edition(day: date, address: dict[str, str], why: str) -> None:
    """An address of the old edition is read by it: the commune becomes its only successor."""
    old = {row.code: row for row in load_code_list("admin/commune_before_2025-07").rows}

    record, refusals = read(day, **address)

    assert refusals == []
    assert (record["p.commune"],) == old[address["MaPhuongXa"]].successors, why
    assert record["p.commune_recorded"] == address["MaPhuongXa"]


def test_new_province_code_beside_an_old_commune() -> None:
    """An old commune and its district stay readable when the province was already rewritten to the current code."""
    assert read(AFTER, MaTinhThanh="25", MaQuanHuyen="148", MaPhuongXa="04789")[0]["p.commune"] == "04828"


def test_split_commune_is_a_question() -> None:
    """An old commune that was split gives candidates and no commune."""
    record, refusals = read(AFTER, MaTinhThanh="01", MaQuanHuyen="001", MaPhuongXa="00007")

    assert refusals == []
    assert record["p.commune_candidates"] == "00008|00025"
    assert "p.commune" not in record


def test_every_split_commune_is_a_question() -> None:
    """No address under a split commune of the list gets a commune, however it was sent: the candidates are recorded."""
    old, provinces = load_code_list("admin/commune_before_2025-07"), load_code_list("admin/province")
    merged = {row.code: row.successors[0] for row in provinces.rows if row.successors}
    split = {row.code: row for row in old.rows if len(row.successors) > 1}

    for code, row in split.items():
        province, _, district = row.parent.partition(".")
        ways = [
            read(BEFORE, MaTinhThanh=province, MaPhuongXa=code),
            read(BEFORE, MaTinhThanh=province, MaQuanHuyen=district, MaPhuongXa=code),
            read(AFTER, MaTinhThanh=province, MaQuanHuyen=district, MaPhuongXa=code),
            read(AFTER, MaTinhThanh=merged[province], MaQuanHuyen=district, MaPhuongXa=code),
        ]
        for record, refusals in ways:
            assert refusals == []
            assert "p.commune" not in record, code
            assert record["p.commune_candidates"] == "|".join(row.successors)
            assert record["p.commune_recorded"] == code
    assert len(split) > 5


def test_same_code_in_two_editions() -> None:
    """One code means another commune after July 2025: without a district it is the current one."""
    assert read(AFTER, MaTinhThanh="79", MaPhuongXa="26737")[0]["p.commune"] == "26737"
    assert read(BEFORE, MaTinhThanh="79", MaPhuongXa="26737")[0]["p.commune_candidates"] == "26737|26740"


@pytest.mark.parametrize("district", ["747", "999"])
def test_old_commune_outside_the_shipped_list(district: str) -> None:
    """An old commune that the shipped part of the list lacks, or has elsewhere, is kept as sent and not refused."""
    for commune in ("26560", "26506"):
        record, refusals = read(AFTER, MaTinhThanh="77", MaQuanHuyen=district, MaPhuongXa=commune)
        assert refusals == []
        assert record["p.commune_recorded"] == commune
        assert ("p.commune" in record) == (district == "747" and commune == "26506")


@pytest.mark.parametrize(
    ("day", "address"),
    [
        (AFTER, {"MaTinhThanh": "01", "MaPhuongXa": "99999"}),
        (BEFORE, {"MaTinhThanh": "01", "MaPhuongXa": "99999"}),
        (AFTER, {"MaTinhThanh": "01", "MaQuanHuyen": "001", "MaPhuongXa": "99999"}),
        (AFTER, {"MaTinhThanh": "77", "MaPhuongXa": "99999"}),
        (AFTER, {"MaPhuongXa": "99999"}),
        (AFTER, {"MaTinhThanh": "01", "MaPhuongXa": "00005"}),
        (BEFORE, {"MaTinhThanh": "01", "MaPhuongXa": "1"}),
        (BEFORE, {"MaTinhThanh": "01", "MaPhuongXa": "x0004"}),
    ],
)
def test_unknown_commune(day: date, address: dict[str, str]) -> None:
    """A commune that no edition can have is refused in every kind of address."""
    assert read(day, **address)[1] == [Finding("p.commune", "code.unknown")]


@pytest.mark.parametrize("day", [BEFORE, AFTER])
def test_unknown_province(day: date) -> None:
    """A province that no edition has is refused."""
    assert read(day, MaTinhThanh="98")[1] == [Finding("p.province", "code.unknown")]


def test_commune_of_another_province_is_left_to_the_rules() -> None:
    """A current or known old commune of another province stays visible, so that the quality rule can compare."""
    assert read(AFTER, MaTinhThanh="04", MaPhuongXa="00004")[0]["p.commune"] == "00004"
    assert read(BEFORE, MaTinhThanh="04", MaPhuongXa="26734")[0]["p.commune"] == "26737"
    assert read(AFTER, MaTinhThanh="04", MaQuanHuyen="040", MaPhuongXa="26734")[0]["p.commune"] == "26737"


def test_no_code_crossed_provinces() -> None:
    """No shipped old commune has a namesake code in another current province, which would make its code ambiguous."""
    current = load_code_list("admin/commune").at(AFTER)
    merged = {row.code: row.successors for row in load_code_list("admin/province").rows if row.successors}

    for row in load_code_list("admin/commune_before_2025-07").rows:
        if row.code in current:
            assert (current[row.code].parent,) == merged[row.parent.split(".")[0]]


def test_address_abroad() -> None:
    """Codes of an address abroad are recorded and not read."""
    record, refusals = read(AFTER, MaTinhThanh="98", MaPhuongXa="99999", QuocGia="LA")

    assert (record, refusals) == ({"p.province_recorded": "98", "p.commune_recorded": "99999"}, [])


def test_codes_are_recorded_as_sent() -> None:
    """Recorded codes keep even the spaces that they were sent with."""
    record, refusals = read(AFTER, MaTinhThanh=" 01 ", MaPhuongXa="00004 ", MaQuanHuyen="  ")

    assert refusals == []
    assert record["p.province_recorded"] == " 01 "
    assert record["p.commune_recorded"] == "00004 "
    assert record["p.commune"] == "00004"
    assert "p.district_recorded" not in record


def test_empty_address() -> None:
    """An address without codes gives nothing."""
    assert read(AFTER, MaTinhThanh="", MaPhuongXa=None) == ({}, [])
