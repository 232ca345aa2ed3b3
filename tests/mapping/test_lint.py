from datetime import date
from pathlib import Path

import pytest

from hub.mapping import MappingError, lint_all, load_compiled
from hub.mapping.lint import RULES, lint_mappings
from tests.mapping.folder import SMALL, changed, folder

STATUS = "number_status: {const: cancelled}"
REPLACED = "replaced_by: {from: SoDinhDanhThayThe, then: [personal_id]}"
BORN = "NgayThangNamSinh.NgayThangNam"

BROKEN = [
    ("unknown-wire-field", "from: SoDinhDanhThayThe", "from: SoDinhDanhThayTe", 8, "did you mean SoDinhDanhThayThe?"),
    ("unknown-wire-field", "NgayChet: of", "NgayMat: of", 30, "has no field NgayMat"),
    ("unknown-wire-field", STATUS, "number_status: {const: cancelled, when: {TrangTai: '2'}}", 7, "TrangThai?"),
    ("unknown-target", "replaced_by:", "replaced_bye:", 8, "did you mean replaced_by?"),
    (
        "twice-filled-target",
        STATUS,
        f"{STATUS}\n  residence.commune: {{from: SoSoHoKhau}}\n  residence: {{place: ThuongTru}}",
        9,
        "by two rules",
    ),
    ("required-target-unfilled", STATUS, "", 5, "requires number_status"),
    ("wire-field-forgotten", "  NgayChet: of the person\n", "", 5, "NgayChet is neither mapped nor ignored"),
    ("wire-field-forgotten", "  Cha: of the person\n", "  Cha.SoCMND: of him\n", 5, "Cha.HoVaTen.Ho"),
    ("ignored-but-mapped", "  NgayChet:", "  SoDinhDanhThayThe: x\n  NgayChet:", 30, "yet mapped to replaced_by"),
    (
        "unknown-transform",
        "SoDinhDanhThayThe, then: [personal_id]",
        "SoDinhDanhThayThe, then: [personl_id]",
        8,
        "mean personal_id?",
    ),
    ("wrong-step-input", REPLACED, f"replaced_by: {{from: {BORN}, then: [personal_id]}}", 8, "a number"),
    ("wrong-step-input", REPLACED, "replaced_by: {from: NgayThangNamSinh}", 8, "an element with parts"),
    ("wrong-step-input", REPLACED, f"replaced_by: {{join: [{BORN}], then: [partial_date]}}", 8, "join"),
    ("no-address", STATUS, STATUS + "\n  residence: {place: Cha}", 8, "Cha is none"),
    (
        "unknown-code-list",
        STATUS,
        "number_status: {from: TrangThai, codes: population/gendr}",
        7,
        "mean population/gender?",
    ),
    (
        "code-list-without-date",
        STATUS,
        "number_status: {from: TrangThai, codes: admin/commune, as_of: 2020-01-01}",
        7,
        "2020-01-01",
    ),
    ("meaning-outside-type", STATUS, "number_status: {const: active}", 7, "may be cancelled"),
    ("meaning-outside-type", STATUS, "number_status: {from: TrangThai}", 7, "any text"),
    (
        "broken-variant",
        "fields:",
        "variants: [{when: {TrangThai: '3'}, use: population/smal}]\nfields:",
        5,
        "mean population/small?",
    ),
    ("no-example", '  - name: maps\n    expect: {personal_id: "100050000017"}\n', "", 34, "has no example"),
    (
        "no-refusing-example",
        "    refuse: {field: personal_id, rule: format.personal_id}\n",
        "",
        34,
        "no example that is refused",
    ),
]


@pytest.mark.parametrize(("rule", "old", "new", "line", "message"), BROKEN)
def test_rule_fires(tmp_path: Path, rule: str, old: str, new: str, line: int, message: str) -> None:
    """Each lint rule finds what it is for, with file and line and, for a slip of the pen, the word that was meant."""
    problems = lint_mappings(changed(tmp_path, old, new))

    found = [problem for problem in problems if problem.rule == rule and message in problem.message]
    assert found, [str(problem) for problem in problems]
    assert found[0].file == "population/small.yaml"
    assert line in (0, found[0].line)


def test_every_rule_has_a_failing_case() -> None:
    """No lint rule stands without a mapping that it refuses."""
    assert {rule.id for rule in RULES} == {case[0] for case in BROKEN}


def test_correct_mapping_is_clean(tmp_path: Path) -> None:
    """The small mapping that the cases break has no problem of its own."""
    assert lint_mappings(folder(tmp_path), today=date(2026, 11, 22)) == []


def test_own_files_are_clean() -> None:
    """Every mapping, code list and procedure of the project passes, on a day within the present lists."""
    assert [str(problem) for problem in lint_all(date(2026, 11, 22))] == []


def test_variant_version(tmp_path: Path) -> None:
    """A variant must carry its mapping's version, since only that one is recorded."""
    root = changed(tmp_path, "fields:", "variants: [{when: {TrangThai: '3'}, use: population/other}]\nfields:")
    other = SMALL.replace("population/small", "population/other").replace("version: 1", "version: 2")
    (root / "population" / "other.yaml").write_text(other, encoding="utf-8")

    messages = [problem.message for problem in lint_mappings(root)]
    assert any("has version 2" in message for message in messages)


def test_typo_stops_compilation(tmp_path: Path) -> None:
    """A mapping with a typo does not compile: the error has file, line and what was probably meant."""
    root = changed(tmp_path, "from: SoDinhDanhThayThe", "from: SoDinhDanhThayTe")

    with pytest.raises(MappingError, match=r"population/small\.yaml:8: .*did you mean SoDinhDanhThayThe\?"):
        load_compiled("population/small", root)


def test_missing_example_does_not_stop_compilation(tmp_path: Path) -> None:
    """A draft without a refusing example can be tried, though not merged."""
    root = changed(tmp_path, "    refuse: {field: personal_id, rule: format.personal_id}\n", "")

    assert load_compiled("population/small", root).version == 1


def test_unreadable_file_is_a_problem(tmp_path: Path) -> None:
    """Lint goes on past a file that it can't read."""
    root = folder(tmp_path)
    (root / "population" / "bad.yaml").write_text("fields: [", encoding="utf-8")

    assert [problem.rule for problem in lint_mappings(root)] == ["yaml"]
