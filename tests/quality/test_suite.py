"""The Great Expectations suite of a batch: each expectation fails on its own bad batch and on no good one."""

from __future__ import annotations

import json

import pytest

from hub.quality.batch import COLUMNS
from hub.quality.expectations import load_expectations, parse_expectation
from hub.quality.frame import DERIVED, build_frame
from hub.quality.rule import RuleFailed, Severity
from hub.quality.rules import RULES
from hub.quality.suite import figures, run_expectations, run_suite
from tests.quality.people import good_batch, spoil

ROWS = 5000
CANARY = "CANARYCANARY"


@pytest.fixture(scope="module")
def good():
    return good_batch(ROWS)


def _failed(result):
    return {each.rule for each in result.batch_failures} | {
        each.rule for findings in result.findings.values() for each in findings
    }


def test_good_batch_passes(good):
    """Five thousand good people pass every expectation, and every expectation is evaluated."""
    result = run_suite(good)

    assert set() == _failed(result)
    assert result.not_evaluated == {}
    assert len(result.evaluated) == len(load_expectations()) >= 10


@pytest.mark.parametrize("expectation", load_expectations(), ids=lambda each: each.rule.id)
def test_bad_batch_fails_its_expectation_alone(good, expectation):
    """The batch that an expectation's counter-example describes fails it, and no other one."""
    example = expectation.rule.counter_example.patches[0]

    result = run_suite(spoil(good, example["share"], example["set"]))

    assert {expectation.rule.id} == _failed(result)


def test_small_batch_is_not_judged():
    """Shares and distributions of forty people say nothing: they are reported as not evaluated, and nothing fails."""
    result = run_suite(spoil(good_batch(40), 1.0, {"gender": "unknown", "birth_date": "1901"}))

    assert set() == _failed(result)
    assert result.evaluated == []
    assert result.not_evaluated["suite.gender_unknown_share"] == 40


def test_empty_batch_is_not_judged():
    """An empty batch is no failure of the suite: other rules decide about it."""
    result = run_suite({name: [] for name in COLUMNS})

    assert (result.batch_failures, result.findings, result.evaluated) == ([], {}, [])


def test_rows_are_counted_without_those_that_have_no_value(good):
    """A batch of tombstones has no sex to judge, however big it is."""
    tombstones = spoil(good, 1.0, dict.fromkeys(["gender", "birth_date", "life_status", "ethnicity"]))

    result = run_suite(tombstones)

    assert set() == _failed(result)
    assert result.not_evaluated["suite.sex_ratio"] == 0


def _config(**change):
    return json.loads(json.dumps({**load_expectations()[0].config, **change}))


def test_row_level_expectation_names_the_rows(good):
    """An expectation on single values finds exactly the rows that break it, and keeps only their number."""
    columns = spoil(good, 1.0, {})
    columns["version"][17] = columns["version"][4000] = 4_102_444_800_123
    config = _config(
        type="expect_column_values_to_be_between", kwargs={"column": "version", "max_value": 2_000_000_000_000}
    )

    result = run_expectations([parse_expectation(config)], columns)

    assert {17, 4000} == set(result.findings)
    assert {"suite.gender_unknown_share"} == _failed(result)
    assert result.batch_failures == []
    assert result.evaluated[0].unexpected == 2
    assert "4102444800123" not in json.dumps(result.as_json())


def test_severity_decides_between_stop_and_warning(good):
    """A failure that would empty the store stops the batch; a skewed one only warns."""
    cancelled = run_suite(spoil(good, 0.5, {"number_status": "cancelled"})).batch_failures
    skewed = run_suite(spoil(good, 0.9, {"gender": "male"})).batch_failures

    assert [each.severity for each in cancelled] == [Severity.STOP]
    assert [each.severity for each in skewed] == [Severity.WARN]


@pytest.mark.parametrize(
    ("config", "rule"),
    [
        (_config(kwargs={"column": "no_such_column", "max_value": 1}), "suite.frame"),
        (_config(kwargs={"column": "residence.province", "max_value": 1}), "suite.gender_unknown_share"),
        (_config(type="expect_no_such_thing"), "suite.gender_unknown_share"),
    ],
    ids=["missing column", "wrong type", "unknown expectation"],
)
def test_expectation_that_errors_stops_the_batch(good, config, rule):
    """An expectation that can't be evaluated is a failed rule and never a clean batch."""
    with pytest.raises(RuleFailed, match=f"rule {rule} could not be evaluated") as caught:
        run_expectations([parse_expectation(config)], good)

    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("part", ["rule_id", "severity", "vi", "en", "source", "min_rows", "counter_example"])
def test_expectation_without_a_part_is_refused(part):
    """Every expectation carries what every rule has."""
    config = _config()
    del config["meta"][part]

    with pytest.raises(ValueError, match="its meta lacks or misspells"):
        parse_expectation(config)


def test_suite_rules_stand_in_the_catalogue():
    """Reports and quarantine find the suite's rules where they find all others."""
    assert {each.rule.id for each in load_expectations()} <= set(RULES)


def test_frame_holds_no_personal_value(good):
    """No name, number or birth date goes into the frame: neither as text nor as itself."""
    columns = spoil(good, 1.0, {"name.full": CANARY, "personal_id": CANARY, "former_id": CANARY, "mother.name": CANARY})

    frame = build_frame(columns, DERIVED)

    assert CANARY not in frame.to_csv()


def test_result_keeps_no_value():
    """What is kept of a failing suite is plain JSON of verdicts, counts and figures."""
    spoilt = spoil(good_batch(ROWS), 0.996, {"name.full": CANARY, "ethnicity": "53"})

    text = json.dumps(run_suite(spoilt).as_json())

    assert all(value not in text for value in (CANARY, '"53"'))


@pytest.mark.parametrize("observed", [CANARY, [CANARY], {"values": [CANARY]}, None, True])
def test_observed_values_are_dropped(observed):
    """Only figures survive: a text, a list or anything else that was observed could be someone's value."""
    assert figures(observed) is None


def test_figures_are_kept():
    """Means and quantiles over many records survive."""
    assert figures(0.5) == 0.5
    assert figures({"quantiles": [0.5], "values": [1980]}) == {"quantiles": [0.5], "values": [1980.0]}
