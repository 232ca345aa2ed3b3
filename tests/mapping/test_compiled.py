import ast
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hub.mapping import Finding, load_compiled
from hub.mapping.compiler import Emitter
from hub.mapping.examples import overlay
from hub.mapping.spec import load_mapping
from schemas.canonical import validate_flat
from schemas.population import Citizen
from tests.mapping.folder import SMALL, changed, folder

DAY = date(2026, 11, 2)


def citizen(**given: Any) -> Citizen:
    """Builds the sample citizen of the mapping with elements replaced."""
    sample = load_mapping("population/citizen").spec.sample
    assert sample
    return Citizen.model_validate(overlay(sample.record, given))


def test_whole_record() -> None:
    """A whole record becomes a valid canonical person, flat and without empty values."""
    mapped = load_compiled("population/citizen")(citizen(), DAY)

    assert mapped.refusals == []
    assert mapped.record
    assert all(mapped.record.values())
    assert validate_flat(mapped.record, "person").personal_id == "100050000017"


def test_refused_record_is_withheld() -> None:
    """A refused record gives no part of itself, and every refusal at once."""
    mapped = load_compiled("population/citizen")(citizen(GioiTinh="7", HoVaTen=""), DAY)

    assert mapped.record is None
    assert mapped.refusals == [Finding("name.full", "field.required"), Finding("gender", "code.unknown")]


def test_one_missing_element_is_one_refusal() -> None:
    """An absent status feeds two required fields and is one refusal."""
    mapped = load_compiled("population/citizen")(citizen(TrangThai=None), DAY)

    assert mapped.refusals == [Finding("number_status", "field.required")]


def test_repairs_are_noted_by_field() -> None:
    """Each repair of a name is noted with its field, and the name as sent is kept."""
    mapped = load_compiled("population/citizen")(citizen(HoVaTen={"Ho": "", "ChuDem": "", "Ten": "Ðặng  Văn An "}), DAY)

    assert mapped.record
    assert mapped.record["name.full"] == "Đặng Văn An"
    assert mapped.record["name.raw"] == "Ðặng  Văn An "
    assert mapped.notes == [Finding("name.full", "text.stray_spaces"), Finding("name.full", "text.eth_for_d")]


def test_cancelled_number_is_a_tombstone() -> None:
    """A cancelled number maps to its tombstone whatever else the record carries."""
    mapped = load_compiled("population/citizen")(citizen(TrangThai="2", SoDinhDanhThayThe="100150000018"), DAY)

    assert mapped.record == {
        "personal_id": "100050000017",
        "number_status": "cancelled",
        "replaced_by": "100150000018",
    }


def test_cancelled_number_alone() -> None:
    """A cancelled number may come with nothing but itself."""
    wire = Citizen(SoDinhDanh="100050000017", TrangThai="2")

    mapped = load_compiled("population/citizen")(wire, DAY)
    assert mapped.record == {"personal_id": "100050000017", "number_status": "cancelled"}


def test_number_zero_is_a_value() -> None:
    """Zero milliseconds are eight in the morning of 1970-01-01 in Viet Nam, not an absent birth date."""
    mapped = load_compiled("population/citizen")(citizen(NgayThangNamSinh={"NgayThangNam": 0}), DAY)

    assert mapped.refusals == [Finding("birth_date", "date.epoch_not_midnight")]


def test_code_list_of_the_record_day() -> None:
    """A code means what it meant on the day of the record's version."""
    mapping = load_compiled("population/citizen")
    wire = citizen(ThuongTru={"MaTinhThanh": "79", "MaPhuongXa": "26737"})

    before, after = mapping(wire, date(2025, 6, 30)).record, mapping(wire, date(2025, 7, 1)).record
    assert before
    assert after
    assert before["residence.commune_candidates"] == "26737|26740"
    assert after["residence.commune"] == "26737"


def test_one_function_for_each_edition() -> None:
    """Days between two changes of the code lists share one function."""
    mapping = load_compiled("population/citizen")

    assert mapping.changes == [date(2025, 7, 1)]
    assert mapping.at(date(2025, 7, 1)) is mapping.at(date(2026, 11, 22))
    assert mapping.at(date(2025, 6, 30)) is not mapping.at(date(2025, 7, 1))


@pytest.mark.parametrize("code", [" 1", "1 "])
def test_codes_lose_outer_spaces(code: str) -> None:
    """Outer spaces do not make a code unknown."""
    mapped = load_compiled("population/citizen")(citizen(GioiTinh=code), DAY)

    assert mapped.record
    assert mapped.record["gender"] == "male"


def test_list_coverage() -> None:
    """An open list passes a code that it lacks; a code for "not recorded" leaves the field absent."""
    mapped = load_compiled("population/citizen")(citizen(ChuHo={"QuanHe": "CH99"}, TinhTrangHonNhan="0"), DAY)

    assert mapped.record
    assert mapped.record["household.relationship"] == "CH99"
    assert "marital_status" not in mapped.record


def test_partial_list_keeps_quiet(tmp_path: Path) -> None:
    """A partial list gives no meaning to a code that it lacks, and does not refuse it."""
    rule = "replaced_by: {from: SoDinhDanhThayThe, codes: admin/commune_before_2025-07, as_of: 2025-06-30}"
    root = changed(tmp_path, ("replaced_by: {from: SoDinhDanhThayThe, then: [personal_id]}", rule))
    wire = Citizen(SoDinhDanh="100050000017", SoDinhDanhThayThe="12345")

    mapped = load_compiled("population/small", root)(wire, DAY)
    assert mapped.refusals == []
    assert mapped.record
    assert "replaced_by" not in mapped.record


def test_default_and_when(tmp_path: Path) -> None:
    """A rule acts only under its condition, and its default stands in for no value."""
    rule = (
        "replaced_by: {from: SoDinhDanhThayThe, when: {NgayChet: ['1', '2'], QueQuan.ChiTiet: present}, default: none}"
    )
    text = SMALL.replace("replaced_by: {from: SoDinhDanhThayThe, then: [personal_id]}", rule)
    text = text.replace("  NgayChet: of the person\n", "").replace("  QueQuan:", "  QueQuan.MaTinhThanh:")
    text = text.replace("  TrangThai:", "".join(f"  QueQuan.{part}: x\n" for part in PARTS) + "  TrangThai:")
    mapping = load_compiled("population/small", folder(tmp_path, text))

    def replaced(death: str, detail: str) -> object:
        wire = {
            "SoDinhDanh": "100050000017",
            "SoDinhDanhThayThe": "1",
            "NgayChet": death,
            "QueQuan": {"ChiTiet": detail},
        }
        record = mapping(Citizen.model_validate(wire), DAY).record
        assert record
        return record["replaced_by"]

    assert [replaced("2", "x"), replaced("3", "x"), replaced("2", "")] == ["1", "none", "none"]


PARTS = ("MaQuanHuyen", "MaPhuongXa", "QuocGia")


def test_no_text_of_a_mapping_is_code(tmp_path: Path) -> None:
    """What an author writes enters the generated function as constants only."""
    evil = "__import__('os').abort()"
    root = changed(tmp_path, ("const: cancelled", f'const: cancelled, when: {{TrangThai: "{evil}"}}'))

    tree = Emitter(load_mapping("population/small", root)).tree
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert evil in constants
    assert all(name in {"new", "Finding"} or name.startswith("step_") for name in calls)
