from datetime import date
from pathlib import Path

import pytest

from hub.mapping import MappingError, UnknownName, load_code_list
from hub.mapping.code_sheet import COLUMNS, read_sheet
from hub.mapping.lint_codes import lint_code_lists
from tests.mapping.folder import folder

HEADER = ",".join(COLUMNS)


def rows(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "list.csv"
    file.write_text("\n".join([HEADER, *lines]), encoding="utf-8")
    return file


def test_meaning_depends_on_the_day() -> None:
    """A province code that was re-used means one province until June 2025 and another from July."""
    provinces = load_code_list("admin/province")

    assert provinces.at(date(2025, 6, 30))["44"].label_vi == "Tỉnh Quảng Bình"
    assert provinces.at(date(2025, 7, 1))["44"].label_vi == "Tỉnh Quảng Trị"
    assert len(provinces.at(date(2025, 6, 30))) == 63
    assert len(provinces.at(date(2025, 7, 1))) == 34
    assert provinces.changes == (date(2025, 7, 1),)


def test_provinces_lead_to_current_ones() -> None:
    """Every one of the 63 provinces has exactly one successor, and it is one of the 34."""
    provinces = load_code_list("admin/province")
    current = provinces.at(date(2025, 7, 1))

    successors = {row.code: row.successors for row in provinces.at(date(2025, 6, 30)).values()}
    assert all(len(after) == 1 and after[0] in current for after in successors.values())


def test_kept_province_codes_merge_into_their_namesake() -> None:
    """A current province code never needs an edition: before the mergers it belonged to a part of the same province."""
    provinces = load_code_list("admin/province")
    before = provinces.at(date(2025, 6, 30))

    assert all(before[code].successors == (code,) for code in provinces.at(date(2025, 7, 1)))


def test_old_communes_lead_to_current_ones() -> None:
    """Every shipped old commune names current successors, all in the province that its own was merged into."""
    provinces, communes = load_code_list("admin/province"), load_code_list("admin/commune").at(date(2025, 7, 1))
    merged = {row.code: row.successors[0] for row in provinces.rows if row.successors}

    for row in load_code_list("admin/commune_before_2025-07").rows:
        assert row.successors
        assert {communes[code].parent for code in row.successors} == {merged[row.parent.split(".")[0]]}


def test_split_communes_are_shipped() -> None:
    """Some of the shipped old communes were split into several."""
    assert any(len(row.successors) > 1 for row in load_code_list("admin/commune_before_2025-07").rows)


def test_lists_of_the_contract() -> None:
    """The lists hold 55 peoples, 249 countries and no catch-all code."""
    ethnic, country = load_code_list("admin/ethnic"), load_code_list("admin/country")

    assert (len(ethnic.rows), len(country.rows)) == (55, 249)
    assert "99" not in ethnic.at(date(2026, 1, 1))
    assert country.at(date(2026, 1, 1))["NO"].label_en == "Norway"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["1,a,2025-07-32,,,,,"], "list.csv:2: is no row"),
        (["1,a,2025-07-02,2025-07-01,,,,"], "list.csv:2: .*valid_from is after valid_to"),
        (["0,z,,,,,,", ",a,,,,,,"], "list.csv:3: .*the code is empty"),
        (["1,a"], "list.csv:2: .*it has not 8 cells"),
        (["1,a,,,,,,,,"], "list.csv:2: .*it has not 8 cells"),
    ],
)
def test_malformed_rows(tmp_path: Path, lines: list[str], message: str) -> None:
    """A malformed row is told with its line."""
    with pytest.raises(MappingError, match=message):
        read_sheet(rows(tmp_path, *lines))


def test_a_row_knows_its_line(tmp_path: Path) -> None:
    """A cell that goes over two lines does not shift the lines of the rows after it."""
    found = read_sheet(rows(tmp_path, '1,a,,2025-06-30,2|3,,"x\ny",', "1,b,2025-07-01,,,,,"))

    assert [row.meaning for row in found.rows] == ["a", "b"]
    assert found.rows[0].successors == ("2", "3")
    assert found.lines == [3, 4]


def test_a_spreadsheet_s_mark_is_read_over(tmp_path: Path) -> None:
    """The byte order mark that a spreadsheet writes is no part of the first column."""
    file = rows(tmp_path, "1,a,,,,,,")
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())

    assert [row.code for row in read_sheet(file).rows] == ["1"]


@pytest.mark.parametrize("second", ["1,a,,,,,,", "1,b,2025-06-30,,,,,"])
def test_two_rows_for_a_day_stop_the_process(tmp_path: Path, second: str) -> None:
    """A list in which a code has two rows for one day is not loaded: the order of rows would decide."""
    root = folder(tmp_path)
    rows(root / "codes" / "population", "1,a,,,,,,", second).rename(root / "codes" / "population" / "gender.csv")

    with pytest.raises(MappingError, match=r"population/gender\.csv:3: code 1 has"):
        load_code_list("population/gender", root)


def test_a_file_wins_over_the_package(tmp_path: Path) -> None:
    """The package carries a list only as long as no file of it was imported."""
    root = folder(tmp_path)
    rows(root / "codes" / "admin", "00004,00004,2025-07-01,,,01,Ba Đình,").rename(root / "codes/admin/commune.csv")

    assert len(load_code_list("admin/commune", root).rows) == 1
    assert len(load_code_list("admin/commune").rows) > 3000


def test_wrong_columns(tmp_path: Path) -> None:
    """A file with other columns is no code list."""
    (tmp_path / "list.csv").write_text("code,meaning\n1,a\n", encoding="utf-8")

    with pytest.raises(MappingError, match="the columns must be code, meaning"):
        read_sheet(tmp_path / "list.csv")


def test_unknown_list() -> None:
    """A list that does not exist is refused with the nearest name."""
    with pytest.raises(UnknownName, match="did you mean population/gender"):
        load_code_list("population/gendre")


def test_list_without_facts(tmp_path: Path) -> None:
    """A file that lists.yaml does not describe is a problem: nobody would know how complete it is."""
    root = folder(tmp_path)
    (root / "codes" / "population" / "new.csv").write_text(HEADER + "\n", encoding="utf-8")

    assert [problem.rule for problem in lint_code_lists(root)] == ["list-without-facts"]


def test_described_list_without_file(tmp_path: Path) -> None:
    """A list that lists.yaml describes and that has no file is a problem."""
    root = folder(tmp_path)
    (root / "codes" / "population" / "gender.csv").unlink()

    assert [problem.rule for problem in lint_code_lists(root)] == ["file"]
