"""Row rules on enterprises, each proved by its own counter-example."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.quality.enterprise import EnterpriseView
from hub.quality.examples import GOOD_ENTERPRISE, GOOD_RECORD, GOOD_VERSION, patched
from hub.quality.rule import RuleFailed, Stage
from hub.quality.rules import RULES, organisation_findings, row_findings, row_findings_by
from hub.quality.rulesets import ruleset
from schemas.canonical import Enterprise, fields_of, item_of, validate_flat
from tests.quality.enterprises import good_enterprises

ROW_RULES = [rule for rule in RULES.values() if rule.counter_example.on == "organisation"]
ITEMS = {name: sorted(fields_of(item)) for name, spec in fields_of(Enterprise).items() if (item := item_of(spec.type))}
KEYS = sorted(set(fields_of(Enterprise)) - set(ITEMS))
VALUES = [
    "",
    "100080000017",
    "0314409058",
    "2021-03-05",
    "NULL",
    "branch",
    "household_business",
    "active",
    "NaN",
    "1e9",
]
DIRECTOR = GOOD_ENTERPRISE["representatives"][0]


def _rules_of(patch):
    return [each.rule for each in organisation_findings(patched(GOOD_ENTERPRISE, patch), GOOD_VERSION)]


def _named(name, raw=None):
    return _rules_of({"name.full": name, "name.raw": raw or name})


def test_good_sample_is_good():
    """No rule refuses the good sample, and the canonical model accepts it."""
    assert _rules_of({}) == []
    assert isinstance(validate_flat(dict(GOOD_ENTERPRISE), "organisation"), Enterprise)


def test_good_batch_is_good():
    """A thousand invented enterprises of all kinds are valid, and no rule refuses one."""
    records = good_enterprises(1000)

    for record in records:
        assert organisation_findings(record, record["version"]) == []
        own = {key: value for key, value in record.items() if key not in ("position", "version", "digest")}
        assert isinstance(validate_flat(own, "organisation"), Enterprise)


@pytest.mark.parametrize("rule", ROW_RULES, ids=lambda rule: rule.id)
def test_counter_example_trips_its_rule_alone(rule):
    """A row rule finds its counter-example in one of its fields, and no other rule does."""
    found = organisation_findings(patched(GOOD_ENTERPRISE, rule.counter_example.patches[0]), GOOD_VERSION)

    assert {rule.id} == {each.rule for each in found}
    assert {each.field for each in found} <= set(rule.fields)
    assert {(rule.severity, rule.group, Stage.ROW)} == {(each.severity, each.group, each.stage) for each in found}


@pytest.mark.parametrize("rule", ROW_RULES, ids=lambda rule: rule.id)
def test_without_the_rule_its_counter_example_passes(rule):
    """Switching one rule off lets its counter-example through: no other rule hides behind it."""
    record = patched(GOOD_ENTERPRISE, rule.counter_example.patches[0])
    others = [each for each in ROW_RULES if each is not rule]

    assert row_findings_by(others, record, GOOD_VERSION, EnterpriseView) == []


def test_rules_name_canonical_fields():
    """Row rules name keys of the canonical enterprise, its lists, or keys of their items; most name several."""
    known = {*KEYS, *ITEMS, *(f"{name}.{key}" for name, keys in ITEMS.items() for key in keys)}

    assert len(ROW_RULES) >= 12
    assert 3 * sum(len(rule.fields) == 1 for rule in ROW_RULES) <= len(ROW_RULES)
    assert set() == {field for rule in ROW_RULES for field in rule.fields} - known


def test_each_kind_is_checked_by_its_own_rules():
    """A person's record breaks no rule on enterprises, and an enterprise's none on people."""
    people = ruleset("person")
    organisations = ruleset("organisation")

    assert people.row_findings is row_findings
    assert {"personal_id": people, "code": organisations} == {each.key: each for each in (people, organisations)}
    for kind in (people, organisations):
        assert {kind.key, "position", "version", "digest"} <= set(kind.columns)
    strange = patched(GOOD_RECORD, {"kind": "branch", "status": "active", "founded_on": "2031-03-05"})
    assert row_findings(strange, GOOD_VERSION) == []
    own = {rule.id for rule in ROW_RULES}
    assert {each.rule for each in organisation_findings(strange, GOOD_VERSION)} <= own
    assert {each.rule for each in row_findings({}, GOOD_VERSION)}.isdisjoint(own)
    with pytest.raises(LookupError, match="there is no kind of record 'vehicle'"):
        ruleset("vehicle")


@given(
    st.dictionaries(st.sampled_from(KEYS), st.one_of(st.text(max_size=20), st.sampled_from(VALUES))),
    st.fixed_dictionaries(
        {},
        optional={
            name: st.lists(
                st.dictionaries(st.sampled_from(keys), st.one_of(st.text(max_size=20), st.sampled_from(VALUES))),
                max_size=3,
            )
            for name, keys in ITEMS.items()
        },
    ),
)
@settings(max_examples=300, deadline=None)
def test_rules_never_raise_on_any_record(record, lists):
    """Whatever texts a record and the items of its lists hold, the rules answer."""
    assert isinstance(organisation_findings({**record, **lists}, GOOD_VERSION), list)


def test_rule_that_raises_stops_the_batch():
    """A record of an impossible shape is a failed rule, whose message shows no value."""
    with pytest.raises(RuleFailed, match=r"could not be evaluated \(AttributeError at") as caught:
        organisation_findings(patched(GOOD_ENTERPRISE, {"members": ["Nguyễn Văn An"]}), GOOD_VERSION)

    assert "Nguyễn" not in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "CÔng ty TNHH MTV Thương mại & Dịch vụ A+B (Việt Nam) - 24/7",
        "Công ty cổ phần What's Next?",
        "Hộ kinh doanh Nguyễn Văn An",
        "Công ty TNHH Loïc",
        "Chi nhánh số 1 - Công ty cổ phần 3C",
        "Lê Ý",
    ],
)
def test_names_of_enterprises_may_have_digits_and_signs(name):
    """What the law allows in an enterprise's name is no damage."""
    assert _named(name) == []


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("NULL", "text.enterprise_null_name"),
        ("---", "text.enterprise_null_name"),
        ("Không có", "text.enterprise_null_name"),
        ("C«ng ty CÇu Vång", "text.enterprise_encoding"),
        ("Coâng ty Caàu Voàng", "text.enterprise_encoding"),
        ("Công ty C? ph?n C?u V?ng", "text.enterprise_lost_letters"),
        ("Công ty \ufffd\ufffd", "text.enterprise_lost_letters"),
        ("Công ty Cầu\x00Vồng", "text.enterprise_forbidden_character"),
        ("CÔNG TY TNHH CẦU VỒNG", "text.enterprise_upper_case"),
        ("CôNG TY TNHH CầU VồNG", "text.enterprise_upper_case"),
    ],
)
def test_damaged_names_are_found(name, rule):
    """Each kind of damage has its own rule, and it speaks again when the name comes again."""
    assert [_named(name), _named(name)] == [[rule], [rule]]


def test_repairs_do_not_hide_an_encoding():
    """The name as it was sent is judged."""
    assert _named("CĐng ty", "C\u00abng ty") == ["text.enterprise_encoding"]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("Null", "text.enterprise_null_name"),
        ("NguyÔn V¨n An", "text.enterprise_encoding"),
        ("Nguy?n Văn An", "text.enterprise_lost_letters"),
        ("Nguyễn Văn An 2", "text.enterprise_forbidden_character"),
        ("NGUYễN VăN AN", "text.enterprise_upper_case"),
    ],
)
def test_representatives_have_names_of_people(name, rule):
    """A representative's name is held to what people's names are."""
    found = organisation_findings(
        patched(GOOD_ENTERPRISE, {"representatives": [{**DIRECTOR, "name": name}]}), GOOD_VERSION
    )

    assert [(rule, "representatives.name")] == [(each.rule, each.field) for each in found]


def test_owner_without_a_real_name_is_found():
    """A damaged owner's name is found once, under the list."""
    found = organisation_findings(patched(GOOD_ENTERPRISE, {"members": [{"name": "NULL"}] * 2}), GOOD_VERSION)

    assert [(each.rule, each.field) for each in found] == [("text.enterprise_null_name", "members.name")]


@pytest.mark.parametrize(
    ("patch", "found"),
    [
        ({"founded_on": "2026-06-01"}, []),
        ({"founded_on": "2026"}, []),
        ({"founded_on": "2026-06-02"}, ["outlier.enterprise_founded_in_future"]),
        ({"amended_on": "2021-03-05"}, []),
        ({"amended_on": "2021"}, []),
        ({"amended_on": "2021-03-04"}, ["conflict.enterprise_amended_before_founded"]),
        ({"kind": "branch", "code": "0314409058-001", "parent_code": "0314409058"}, []),
        ({"kind": "business_location", "code": "0314409058.00036", "parent_code": "0314409058"}, []),
        ({"kind": "business_location", "code": "0314409058.00036"}, ["reference.enterprise_parent"]),
        ({"kind": "branch", "parent_code": "0314409058"}, ["reference.enterprise_parent"]),
        ({"status": "suspended", "representatives": None}, []),
        ({"representatives": []}, ["missing.enterprise_representative"]),
        ({"kind": "household_business", "code": "100080000017"}, []),
        ({"kind": "household_business", "representatives": [{"name": "Nguyễn Văn An"}]}, []),
        ({"office.commune": None}, []),
    ],
)
def test_edges_of_the_rules(patch, found):
    """A rule speaks only when what it says is certain."""
    assert _rules_of(patch) == found


@pytest.mark.parametrize(
    ("ratios", "found"),
    [
        (["33.34", "33.34", "33.34"], False),
        (["99.99", "0.5"], True),
        (["100"], False),
        (["60", None], False),
        (["không rõ", "101"], True),
    ],
)
def test_shares_may_be_rounded(ratios, found):
    """Three rounded thirds are no fault, and a share that is not known counts nothing."""
    members = [patched({"name": "Nguyễn Văn An"}, {"ratio": ratio}) for ratio in ratios]

    assert (["outlier.owners_share"] if found else []) == _rules_of({"members": members})


@pytest.mark.parametrize(
    ("birth", "number", "found"),
    [
        ("2008-06-01", "100208000011", []),
        ("2008-06-02", "100208000011", ["outlier.representative_minor"]),
        ("2008", "100208000011", []),
        ("1980", "100080000017", []),
        ("1981", "100080000017", ["conflict.representative_birth_year"]),
        ("1981", None, []),
        (None, "100080000017", []),
    ],
)
def test_representatives_are_of_age_and_agree_with_their_number(birth, number, found):
    """One is of age on the eighteenth birthday; a birth year is judged also where it is known alone."""
    other = {"name": "Lê Thị Dung"}
    person = patched(DIRECTOR, {"birth_date": birth, "personal_id": number})

    assert found == _rules_of({"representatives": [other, person]})
