from datetime import date
from pathlib import Path

import pytest

from hub.mapping import MappingError, lint_all, load_compiled
from hub.mapping.lint import RULES, lint_mappings
from tests.mapping.folder import PERSON, SMALL, changed, enterprises, folder

STATUS = "number_status: {const: cancelled}"
REPLACED = "replaced_by: {from: SoDinhDanhThayThe, then: [personal_id]}"
WHOLE_BIRTH = "  NgayThangNamSinh: of the person\n"
REST = "  SoDinhDanhThayThe: read by nothing\n"
OTHER = "population/other"

Edits = tuple[tuple[str, str], ...]


def person(rules: str, unread: str) -> Edits:
    """Makes the small mapping one of a person."""
    read = ("HoVaTen", "GioiTinh", "NgayThangNamSinh")
    return (
        ("to: canonical.CancelledNumber", "to: canonical.Person"),
        (f"{STATUS}\n  {REPLACED}\n", rules),
        ("  TrangThai: selects the mapping\n", REST),
        ("  QueQuan: of", f"  {unread}: of"),
        *((f"  {name}: of the person\n", "") for name in read),
    )


# rule, edits of the small mapping, line, what the message says
BROKEN: list[tuple[str, Edits, int, str]] = [
    (
        "unknown-wire-field",
        (("from: SoDinhDanhThayThe", "from: SoDinhDanhThayTe"), (WHOLE_BIRTH, WHOLE_BIRTH + REST)),
        8,
        "did you mean SoDinhDanhThayThe?",
    ),
    ("unknown-wire-field", (("  NgayChet:", "  NgayMat: x\n  NgayChet:"),), 30, "has no field NgayMat"),
    (
        "unknown-wire-field",
        ((STATUS, "number_status: {const: cancelled, when: {TrangTai: '2'}}"),),
        7,
        "did you mean TrangThai?",
    ),
    ("unknown-target", (("replaced_by:", "replaced_bye:"),), 8, "did you mean replaced_by?"),
    ("twice-filled-target", person(PERSON, "QueQuan.ChiTiet"), 14, "origin.commune is filled by two rules"),
    ("required-target-unfilled", ((STATUS, ""),), 5, "requires number_status"),
    ("wire-field-forgotten", (("  NgayChet: of the person\n", ""),), 5, "NgayChet is neither mapped nor ignored"),
    ("ignored-but-mapped", (("  NgayChet:", "  SoDinhDanhThayThe: x\n  NgayChet:"),), 30, "yet mapped to replaced_by"),
    ("unknown-transform", (("ThayThe, then: [personal_id]", "ThayThe, then: [personl_id]"),), 8, "mean personal_id?"),
    (
        "wrong-step-input",
        (
            (REPLACED, "replaced_by: {from: NgayThangNamSinh.NgayThangNam, then: [personal_id]}"),
            (WHOLE_BIRTH, "  NgayThangNamSinh.Nam: x\n" + REST),
        ),
        8,
        "a number",
    ),
    (
        "wrong-step-input",
        ((REPLACED, "replaced_by: {from: NgayThangNamSinh}"), (WHOLE_BIRTH, REST)),
        8,
        "an element with parts",
    ),
    (
        "wrong-step-input",
        (
            (REPLACED, "replaced_by: {join: [NgayThangNamSinh.NgayThangNam], then: [partial_date]}"),
            (WHOLE_BIRTH, "  NgayThangNamSinh.Nam: x\n" + REST),
        ),
        8,
        "join",
    ),
    (
        "no-address",
        person(
            PERSON.replace("place: QueQuan", "place: HoVaTen").replace(
                "origin.commune: {from: QueQuan.MaPhuongXa}", "spouse.name: {from: HoVaTen.Ten}"
            ),
            "QueQuan",
        ),
        14,
        "HoVaTen is none",
    ),
    (
        "unknown-code-list",
        (("ThayThe, then: [personal_id]", "ThayThe, codes: population/gendr"),),
        8,
        "mean population/gender?",
    ),
    (
        "code-list-without-date",
        (("ThayThe, then: [personal_id]", "ThayThe, codes: admin/commune, as_of: 2020-01-01"),),
        8,
        "2020-01-01",
    ),
    ("meaning-outside-type", ((STATUS, "number_status: {const: active}"),), 7, "may be cancelled"),
    (
        "meaning-outside-type",
        ((STATUS, "number_status: {from: TrangThai}"), ("  TrangThai: selects the mapping\n", "")),
        7,
        "any text",
    ),
    (
        "meaning-outside-type",
        (
            (STATUS, "number_status: {from: TrangThai, codes: admin/commune}"),
            ("  TrangThai: selects the mapping\n", ""),
        ),
        7,
        "00004, 00008, 00025 and 3318 more",
    ),
    (
        "unknown-variant",
        (("fields:", "variants: [{when: {TrangThai: '3'}, use: population/smal}]\nfields:"),),
        5,
        "mean population/small?",
    ),
    (
        "variant-version",
        (
            ("version: 1", "version: 2"),
            ("fields:", f"variants: [{{when: {{TrangThai: '3'}}, use: {OTHER}}}]\nfields:"),
        ),
        5,
        "has version 1: let it rise together with this file's 2",
    ),
    (
        "unfit-variant",
        (("fields:", "variants: [{when: {TrangThai: '3'}, use: population/small}]\nfields:"),),
        5,
        "population/small starts from another wire model, or has variants itself",
    ),
    (
        "feed-without-kind",
        (("to: canonical", "feed: population.citizens\nkey: SoDinhDanh\nto: canonical"),),
        6,
        "canonical.CancelledNumber is the model of none",
    ),
    ("no-example", (('  - name: maps\n    expect: {personal_id: "100050000017"}\n', ""),), 34, "has no example"),
    (
        "no-refusing-example",
        (("    refuse: {field: personal_id, rule: format.personal_id}\n", ""),),
        34,
        "no example that is refused",
    ),
]

MEMBERS = "members: {each: Member, use: business/member}"
IGNORED = "\nignored:\n"

# The same for rules about lists, which only the mapping of an enterprise has.
BROKEN_LISTS: list[tuple[str, Edits, str]] = [
    (
        "list-without-each",
        (
            ("{from: MainInformation.ENTERPRISE_ID}", "{from: BusinessActivity.CODE}"),
            (IGNORED, f"{IGNORED}  MainInformation.ENTERPRISE_ID: x\n"),
        ),
        "BusinessActivity is a list",
    ),
    (
        "each-without-list",
        (
            (MEMBERS, MEMBERS.replace("each: Member", "each: HOAdress.StreetNumber")),
            (IGNORED, f"{IGNORED}  Member: x\n"),
        ),
        "HOAdress.StreetNumber is none",
    ),
    ("unknown-item-mapping", ((MEMBERS, MEMBERS.replace("/member", "/membr")),), "did you mean business/member?"),
    ("unfit-item-mapping", ((MEMBERS, MEMBERS.replace("/member", "/activity")),), "not the items of Member"),
    ("item-mapping-version", (("version: 1", "version: 2"),), "has version 1: let it rise together"),
    (
        "unknown-feed",
        (("feed: business.enterprises", "feed: business.enterprise"),),
        "mean business.enterprises?",
    ),
    ("feed-of-another-model", (("feed: business.enterprises", "feed: population.citizens"),), "brings Citizen"),
    ("unknown-feed-key", (("key: key", "key: HOAdres"),), "did you mean HOAdress?"),
]


@pytest.mark.parametrize(("rule", "edits", "line", "message"), BROKEN)
def test_each_rule_trips_alone(tmp_path: Path, rule: str, edits: Edits, line: int, message: str) -> None:
    """Each lint rule finds what it is for, with file, line and the word that was meant; no other rule speaks."""
    root = changed(tmp_path, *edits)
    (root / f"{OTHER}.yaml").write_text(SMALL.replace("population/small", OTHER), encoding="utf-8")

    problems = lint_mappings(root)

    assert {(each.file, each.rule) for each in problems} == {("population/small.yaml", rule)}, list(map(str, problems))
    assert message in problems[0].message
    assert problems[0].line == line


@pytest.mark.parametrize(("rule", "edits", "message"), BROKEN_LISTS)
def test_each_rule_about_lists_trips_alone(tmp_path: Path, rule: str, edits: Edits, message: str) -> None:
    """A list is read item by item, by a mapping that exists, fits both sides and rises with its user's version."""
    problems = lint_mappings(enterprises(tmp_path, *edits))

    assert {(each.file, each.rule) for each in problems} == {("business/enterprise.yaml", rule)}, problems
    assert message in problems[0].message


def test_a_feed_has_one_mapping(tmp_path: Path) -> None:
    """Two mappings of one feed are named both: nobody could say which of them its records went through."""
    root = enterprises(tmp_path)
    text = (root / "business" / "enterprise.yaml").read_text(encoding="utf-8")
    (root / "business" / "firm.yaml").write_text(text.replace("business/enterprise", "business/firm"), encoding="utf-8")

    problems = lint_mappings(root)

    assert [(each.file, each.line, each.rule) for each in problems] == [
        ("business/enterprise.yaml", 5, "feed-mapped-twice"),
        ("business/firm.yaml", 5, "feed-mapped-twice"),
    ]
    assert "is mapped by business/firm too" in problems[0].message


def test_every_rule_has_a_failing_case() -> None:
    """No lint rule stands without a mapping that it refuses."""
    assert {rule.id for rule in RULES} == {case[0] for case in [*BROKEN, *BROKEN_LISTS]} | {"feed-mapped-twice"}


def test_correct_mapping_is_clean(tmp_path: Path) -> None:
    """The small mapping that the cases break has no problem of its own."""
    assert lint_mappings(folder(tmp_path), today=date(2026, 11, 22)) == []


def test_own_files_are_clean() -> None:
    """Every mapping, code list and procedure of the project passes, on a day within the present lists."""
    assert [str(problem) for problem in lint_all(date(2026, 11, 22))] == []


def test_typo_stops_compilation(tmp_path: Path) -> None:
    """A mapping with a typo does not compile: the error has file, line and what was probably meant."""
    root = changed(tmp_path, ("from: SoDinhDanhThayThe", "from: SoDinhDanhThayTe"))

    with pytest.raises(MappingError, match=r"population/small\.yaml:8: .*did you mean SoDinhDanhThayThe\?"):
        load_compiled("population/small", root)


def test_missing_example_does_not_stop_compilation(tmp_path: Path) -> None:
    """A draft without a refusing example can be tried, though not merged."""
    root = changed(tmp_path, ("    refuse: {field: personal_id, rule: format.personal_id}\n", ""))

    assert load_compiled("population/small", root).version == 1


def test_unreadable_file_is_a_problem(tmp_path: Path) -> None:
    """Lint goes on past a file that it can't read."""
    root = folder(tmp_path)
    (root / "population" / "bad.yaml").write_text("fields: [", encoding="utf-8")

    assert [problem.rule for problem in lint_mappings(root)] == ["yaml"]
