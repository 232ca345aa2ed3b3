"""What a kind of record is checked by that has no rules of its own, shown on invented library cards."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from hub.quality.batch import Columns
from hub.quality.expectations import load_suite, parse_expectation
from hub.quality.record_batch import derived_of
from hub.quality.rule import RuleFailed
from hub.quality.rules import RULES
from hub.quality.rulesets import any_kind
from hub.quality.suite import run_expectations
from schemas.canonical import Canonical, Kind
from schemas.vn import PersonalId
from tests.quality.people import NOW

ROWS = 600
VERSION = int(NOW.timestamp() * 1000) - 86_400_000


class Card(Canonical):
    """A library card."""

    personal_id: PersonalId
    status: Literal["valid", "lost"]
    shelf: str | None = None


CARD = Kind(
    name="library_card",
    model=Card,
    subject="person",
    key="personal_id",
    prefix="library_card",
    sources=("library",),
    attributes={"status": ("Tình trạng thẻ", "Status of the card")},
)
CARDS = any_kind(CARD)
CROSS_ROW = [rule for rule in RULES.values() if rule.counter_example.on == "record_rows"]


def columns(*patches: dict[str, Any]) -> dict[str, list[Any]]:
    """Makes a batch of good cards, one a patch, each patched."""
    rows = [
        {
            "position": at,
            "version": VERSION,
            "digest": at.to_bytes(4, "big"),
            "personal_id": f"100080{at:06d}",
            "status": "valid",
            **patch,
        }
        for at, patch in enumerate(patches)
    ]
    return {name: [row.get(name) for row in rows] for name in CARDS.columns}


def found(batch: Columns) -> dict[int, set[str]]:
    """Names the rules that the rows of a batch break together."""
    return {row: {each.rule for each in all_} for row, all_ in CARDS.cross_row_findings(batch, now=NOW).items()}


@pytest.mark.parametrize("rule", CROSS_ROW, ids=lambda rule: rule.id)
def test_counter_example_trips_its_rule_alone(rule: Any) -> None:
    """A rule for any kind finds its counter-example: one key in both rows, patched as it says."""
    same = {"personal_id": "100080000017"}

    batch = columns(*({**same, **patch} for patch in rule.counter_example.patches))

    assert found(batch) == {row: {rule.id} for row in range(len(rule.counter_example.patches))}


def test_a_good_batch_is_good() -> None:
    """Cards of different people trip nothing, in no layer."""
    batch = columns(*[{}] * ROWS)

    result = CARDS.run_suite(batch)

    assert found(batch) == {}
    assert (result.findings, result.batch_failures, result.not_evaluated) == ({}, [], {})
    assert len(result.evaluated) == len(load_suite("record"))


def test_a_version_from_the_future_is_held_back() -> None:
    """Whatever the kind, a version that nobody can have written yet would stand for ever."""
    assert found(columns({}, {"version": VERSION + 10**11})) == {1: {"outlier.version_time"}}


def test_repeated_keys_fail_the_suite() -> None:
    """A batch in which a tenth of the rows repeat one key and version is stopped: the paging may be broken."""
    repeated = {"personal_id": "100080000017"}

    result = CARDS.run_suite(columns(*[repeated] * (ROWS // 10), *[{}] * ROWS))

    assert [each.rule for each in result.batch_failures] == ["suite.record_key_uniqueness"]


@pytest.mark.parametrize(
    ("type_", "kwargs", "holds"),
    [
        ("expect_column_mean_to_be_between", {"column": "shelf_is_filled", "min_value": 0.5}, False),
        ("expect_column_mean_to_be_between", {"column": "status_is_filled", "min_value": 0.5}, True),
        ("expect_column_unique_value_count_to_be_between", {"column": "status", "min_value": 2}, False),
    ],
)
def test_a_suite_of_its_own_needs_no_code(type_: str, kwargs: dict[str, Any], holds: bool) -> None:
    """Expectations on a kind may name whether a field is filled, and each field with a closed list of codes."""
    config = {**load_suite("record")[0].config, "type": type_, "kwargs": kwargs}

    result = run_expectations([parse_expectation(config)], columns(*[{}] * ROWS), derived_of(CARD))

    assert [each.success for each in result.evaluated] == [holds]


def test_no_value_of_an_open_field_enters_a_frame() -> None:
    """A free text or a number is no column of an expectation."""
    assert {"personal_id", "shelf"}.isdisjoint(derived_of(CARD))


def test_a_missing_column_stops_the_batch() -> None:
    """A rule that can't be evaluated is no clean batch."""
    batch = columns({}, {})
    del batch["digest"]

    with pytest.raises(RuleFailed, match=r"duplicate\.record_key"):
        CARDS.cross_row_findings(batch, now=NOW)
