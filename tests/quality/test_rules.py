"""The catalogue of rules and the row rules, each proved by its own counter-example."""

from __future__ import annotations

import pickle
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.quality.examples import GOOD_CANCELLED, GOOD_RECORD, GOOD_VERSION, patched
from hub.quality.person import days_of
from hub.quality.rule import CounterExample, ErrorGroup, Rule, RuleFailed, Severity, Stage, Wording, row_rule
from hub.quality.rules import RULES, catalogue, finding, row_findings, row_findings_by
from hub.quality.version import rules_version
from schemas.canonical import CancelledNumber, Person, fields_of, validate_flat
from schemas.partial_date import PartialDate

SAMPLES = {"record": GOOD_RECORD, "cancelled": GOOD_CANCELLED}
ROW_RULES = [rule for rule in RULES.values() if rule.stage is Stage.ROW and rule.counter_example.on in SAMPLES]
KEYS = sorted({*fields_of(Person), *fields_of(CancelledNumber)})
VALUES = ["", "100080000017", "1980-03-21", "1980", "VN", "Null", "CH01", "deceased", "married", "00070", "\u00adVâ"]

# The defects that the sandbox twin injects, and what must find them: id, severity, stage.
TABLE = """
text.not_nfc warn mapping
text.stray_spaces warn mapping
text.eth_for_d warn mapping
text.legacy_encoding quarantine row
field.required quarantine mapping
text.null_literal quarantine row
code.unknown quarantine mapping
conflict.commune_province quarantine row
outlier.birth_in_future quarantine row
conflict.number_birth_year quarantine row
conflict.number_gender quarantine row
outlier.default_birth_date warn row
date.invalid quarantine mapping
date.epoch_not_midnight quarantine mapping
format.personal_id quarantine mapping
reference.self_relative quarantine row
conflict.parent_birth_year quarantine row
conflict.death_before_birth quarantine row
duplicate.personal_id quarantine cross_row
duplicate.person warn cross_row
conflict.spouse_not_mutual warn cross_row
"""


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_good_samples_are_good(sample):
    """No rule refuses the good samples, and the canonical model accepts them."""
    assert row_findings(sample, GOOD_VERSION) == []
    assert validate_flat(dict(sample), "person") is not None


@pytest.mark.parametrize("rule", ROW_RULES, ids=lambda rule: rule.id)
def test_counter_example_trips_its_rule_alone(rule):
    """A row rule finds its counter-example in one of its fields, and no other rule does."""
    example = rule.counter_example
    record = patched(SAMPLES[example.on], example.patches[0])

    found = row_findings(record, GOOD_VERSION)

    assert {rule.id} == {each.rule for each in found}
    assert {each.field for each in found} <= set(rule.fields)
    assert {(rule.severity, rule.group, Stage.ROW)} == {(each.severity, each.group, each.stage) for each in found}


@pytest.mark.parametrize("rule", ROW_RULES, ids=lambda rule: rule.id)
def test_without_the_rule_its_counter_example_passes(rule):
    """Switching one rule off lets its counter-example through: no other rule hides behind it."""
    example = rule.counter_example
    record = patched(SAMPLES[example.on], example.patches[0])

    assert row_findings_by([each for each in ROW_RULES if each is not rule], record, GOOD_VERSION) == []


@pytest.mark.parametrize("line", TABLE.split("\n")[1:-1])
def test_defects_of_the_register_have_their_rule(line):
    """Each defect that the register is known to send has a rule of the agreed id, severity and stage."""
    rule_id, severity, stage = line.split()

    assert (severity, stage) == (RULES[rule_id].severity, RULES[rule_id].stage)


def test_all_error_groups_are_covered():
    """Every one of the eight national error groups has a rule."""
    assert set(ErrorGroup) == {rule.group for rule in RULES.values()}


def test_row_rules_name_canonical_fields():
    """Row rules name keys of the canonical record, or one of its groups."""
    groups = {key.split(".")[0] for key in KEYS}

    assert set() == {field for rule in ROW_RULES for field in rule.fields} - {*KEYS, *groups}


def test_at_most_a_third_of_the_row_rules_look_at_one_field():
    """Most row rules set fields against each other."""
    single = [rule.id for rule in ROW_RULES if len(rule.fields) == 1]

    assert len(ROW_RULES) >= 22
    assert len(single) * 3 <= len(ROW_RULES)


def test_rules_explain_themselves_in_both_languages():
    """Every text ends as a sentence, and the Vietnamese one is not the English one."""
    for rule in RULES.values():
        assert rule.vi.what != rule.en.what
        for text in (rule.vi.what, rule.vi.next, rule.en.what, rule.en.next):
            assert text.endswith("."), rule.id
        assert re.search("[À-ỹ]", rule.vi.what), rule.id


def test_rule_without_counter_example_is_refused():
    """A rule that nothing trips can't be made."""
    text = Wording("Sai.", "Sửa.")

    with pytest.raises(ValueError, match=r"a\.rule has no counter-example"):
        Rule("a.rule", ErrorGroup.FORMAT, Severity.WARN, Stage.WIRE, (), text, text, "law", CounterExample("wire", ()))
    with pytest.raises(ValueError, match="no counter-example"):
        Rule(
            "a.rule", ErrorGroup.FORMAT, Severity.WARN, Stage.WIRE, (), text, text, "law", CounterExample("wire", ({},))
        )


@pytest.mark.parametrize(
    ("change", "message"),
    [({"rule_id": "NoDot"}, "two lower-case words"), ({"source": ""}, "name its source")],
)
def test_rule_with_a_missing_part_is_refused(change, message):
    """A rule needs an id that reports can sort by, its words and its source."""
    parts = {"rule_id": "a.rule", "source": "law", **change}
    text = Wording("Sai.", "Sửa.")

    with pytest.raises(ValueError, match=message):
        row_rule(
            parts["rule_id"],
            ErrorGroup.FORMAT,
            Severity.WARN,
            lambda person: (),
            fields=("gender",),
            vi=text,
            en=text,
            source=parts["source"],
            trips={"gender": "male"},
        )


def test_two_rules_of_one_id_are_refused():
    """A catalogue can't hold two rules that a report could not tell apart."""
    with pytest.raises(ValueError, match="two rules are called"):
        catalogue(ROW_RULES[:1], ROW_RULES[:1])


def test_unknown_rule_is_refused():
    """A stage can't name a rule that nobody wrote."""
    with pytest.raises(LookupError, match="no rule is called"):
        finding("no.such")


def test_findings_are_interned():
    """Equal findings are one object, also when they come back from another process."""
    found = finding("code.unknown", "gender")

    assert finding("code.unknown", "gender") is found
    assert pickle.loads(pickle.dumps(found)) is found


def test_policy_may_change_the_severity_of_a_finding():
    """A feed's drift policy may turn drift into a warning."""
    assert Severity.WARN is finding("wire.drift", "", severity=Severity.WARN).severity
    assert Severity.QUARANTINE is finding("wire.drift").severity


def _raising_rule():
    text = Wording("Sai.", "Sửa.")
    return row_rule(
        "a.raising",
        ErrorGroup.FORMAT,
        Severity.WARN,
        lambda person: person.get("name.full").no_such_attribute,
        fields=("name.full",),
        vi=text,
        en=text,
        source="law",
        trips={"name.full": "x"},
    )


def test_rule_that_raises_stops_the_batch():
    """A rule that can't be evaluated raises RuleFailed, which names the rule and the place and shows no value."""
    with pytest.raises(
        RuleFailed, match=r"rule a\.raising could not be evaluated \(AttributeError at test_rules"
    ) as caught:
        row_findings_by([_raising_rule()], GOOD_RECORD, GOOD_VERSION)

    assert "Nguyễn" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@given(st.dictionaries(st.sampled_from(KEYS), st.one_of(st.text(max_size=20), st.sampled_from(VALUES))))
@settings(max_examples=300, deadline=None)
def test_rules_never_raise_on_any_record(record):
    """Whatever texts a record holds, the rules answer."""
    assert isinstance(row_findings(record, GOOD_VERSION), list)


@given(st.integers(min_value=-(10**12), max_value=10**14))
@settings(deadline=None)
def test_rules_never_raise_on_any_version(version):
    """Whatever moment a source names, the rules answer."""
    assert isinstance(row_findings(GOOD_RECORD, version), list)


@given(st.one_of(st.from_regex(r"\A\d{4}(-[0-3]\d){0,2}\Z"), st.dates().map(str), st.text("0123456789-W", max_size=10)))
@settings(max_examples=300, deadline=None)
def test_dates_are_read_as_partial_dates(text):
    """The quick reader of dates agrees with the type that defines them."""
    try:
        when = PartialDate.parse(text)
        expected = (when.year, when.earliest.toordinal(), when.latest.toordinal())
    except ValueError:
        expected = None

    assert expected == days_of(text)


def test_caller_may_keep_the_list():
    """The list of findings belongs to the caller: adding to it changes nothing for the next record."""
    row_findings(GOOD_RECORD, GOOD_VERSION).append(finding("wire.drift"))

    assert row_findings(GOOD_RECORD, GOOD_VERSION) == []


def test_day_of_a_version_is_the_one_in_viet_nam():
    """A birth registered in the small hours of its own day is not in the future, though UTC is a day behind."""
    version = int(datetime(2026, 6, 1, 18, tzinfo=UTC).timestamp() * 1000)
    example = RULES["outlier.birth_in_future"].counter_example.patches[0]
    newborn = patched(GOOD_RECORD, {**example, "birth_date": "2026-06-02"})

    assert row_findings(newborn, version) == []
    assert [each.rule for each in row_findings(newborn, version - 3_600_000 * 2)] == ["outlier.birth_in_future"]


@pytest.mark.parametrize("deceased_on", ["1980", "1980-03", "1980-03-21"])
def test_partial_dates_break_a_rule_only_when_certain(deceased_on):
    """A death in the year of the birth may have come after it."""
    record = patched(GOOD_RECORD, {"life_status": "deceased", "deceased_on": deceased_on})

    assert "conflict.death_before_birth" not in {each.rule for each in row_findings(record, GOOD_VERSION)}


def test_year_only_birth_is_no_default():
    """A year alone is an honest birth date; 1 January of the year looks like a default."""
    year_only = patched(GOOD_RECORD, {"birth_date": "1980"})

    assert row_findings(year_only, GOOD_VERSION) == []


def test_rules_version_names_the_rules():
    """The version is a short digest that is stable within an installation."""
    assert re.fullmatch("[0-9a-f]{16}", rules_version())
    assert rules_version() == rules_version()


def test_no_file_of_the_room_is_long():
    """The catalogue stays readable: no file beyond 500 lines."""
    room = Path(__file__).parents[2] / "hub" / "quality"

    assert [file.name for file in room.glob("*.py") if len(file.read_text(encoding="utf-8").splitlines()) > 500] == []
