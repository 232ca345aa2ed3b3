"""The suite of enterprises: each expectation fails on its own bad batch and on no good one."""

from __future__ import annotations

import json
from itertools import count

import pytest

from hub.quality.datadocs import write_data_docs
from hub.quality.enterprise_frame import DERIVED
from hub.quality.expectations import load_expectations
from hub.quality.frame import build_frame
from hub.quality.rule import RuleFailed
from hub.quality.rules import RULES
from hub.quality.rulesets import ruleset
from tests.quality.enterprises import columns_of, good_enterprises
from tests.quality.people import NOW, spoil

ORGANISATION = ruleset("organisation")
EXPECTATIONS = load_expectations("organisation")
CANARIES = ("CANARYNAME", "100099912345")


@pytest.fixture(scope="module")
def good():
    return columns_of(good_enterprises(3000))


def _failed(result):
    return {each.rule for each in result.batch_failures} | {
        each.rule for findings in result.findings.values() for each in findings
    }


def _with_canaries(columns):
    """Hides marked names and numbers in every place of the columns that holds one."""
    name, number = CANARIES
    versions = count(1)
    person = {"name": name, "personal_id": number, "birth_date": "1999", "enterprise_code": number, "ratio": "100"}
    hidden = spoil(columns, 1.0, {"name.full": name, "code": number, "members": [person], "representatives": [person]})
    hidden["version"] = [version + next(versions) for version in hidden["version"]]
    return hidden


def test_good_batch_passes(good):
    """Three thousand good enterprises pass every expectation, and every expectation is evaluated."""
    result = ORGANISATION.run_suite(good)

    assert set() == _failed(result)
    assert result.not_evaluated == {}
    assert len(result.evaluated) == len(EXPECTATIONS) >= 8


@pytest.mark.parametrize("expectation", EXPECTATIONS, ids=lambda each: each.rule.id)
def test_bad_batch_fails_its_expectation_alone(good, expectation):
    """The batch that an expectation's counter-example describes fails it, and no other one."""
    example = expectation.rule.counter_example.patches[0]

    result = ORGANISATION.run_suite(spoil(good, example["share"], example["set"]))

    assert {expectation.rule.id} == _failed(result)


@pytest.mark.parametrize("rows", [0, 40])
def test_small_batch_is_not_judged(rows):
    """Shares of a handful of enterprises say nothing: they are reported as not evaluated, and nothing fails."""
    columns = columns_of(good_enterprises(rows))
    columns["status"] = ["closed"] * rows

    result = ORGANISATION.run_suite(columns)

    assert (set(), []) == (_failed(result), result.evaluated)
    assert rows == result.not_evaluated["suite.closed_share"]


def test_firms_alone_are_asked_for_owners_and_capital(good):
    """A batch of household businesses has no firm's capital to judge, however big it is."""
    result = ORGANISATION.run_suite(spoil(good, 1.0, {"kind": "household_business", "capital": "1", "members": None}))

    assert {"suite.kind_count"} == _failed(result)
    assert result.not_evaluated == {"suite.owner_share": 0, "suite.capital_median": 0, "suite.whole_shares": 0}


def test_missing_column_stops_the_batch(good):
    """A column that is not there is a failed rule and never a clean batch."""
    with pytest.raises(RuleFailed, match=r"rule suite\.frame could not be evaluated \(KeyError\)"):
        ORGANISATION.run_suite({name: values for name, values in good.items() if name != "members"})


def test_suite_rules_stand_in_the_catalogue():
    """Reports and quarantine find the suite's rules where they find all others."""
    assert {each.rule.id for each in EXPECTATIONS} <= set(RULES)


def test_suite_names_no_column_in_vain():
    """Every column that is derived is looked at."""
    assert set(DERIVED) == {name for each in EXPECTATIONS for name in each.columns}


def test_frame_holds_no_name_and_no_number(good):
    """No name, code or number goes into the frame: neither as text nor as itself."""
    text = build_frame(_with_canaries(good), DERIVED, DERIVED).to_csv()

    assert [canary for canary in CANARIES if canary in text] == []


def test_no_page_shows_a_value(good, tmp_path):
    """Marked names and numbers of a failing batch are neither in what is kept nor on a page of the Data Docs."""
    suite = ORGANISATION.run_suite(_with_canaries(good)).as_json()

    paths = write_data_docs(suite, tmp_path / "docs", batch_id="b-1", checked_at=NOW, kind="organisation")

    pages = {name: path.read_text(encoding="utf-8") for name, path in paths.items()}
    text = json.dumps(suite) + "".join(pages.values())
    assert RULES["suite.capital_median"].vi.what in pages["suite"]
    assert "không đạt · failed" in pages["index"]
    assert "https://" not in text
    for canary in CANARIES:
        for spelling in (canary, canary.encode().hex(), f"{int(canary):,}" if canary.isdigit() else canary):
            assert spelling.casefold() not in text.casefold()
