"""Cross-row rules: the rows of one batch against each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub.quality.batch import COLUMNS, cross_row_findings
from hub.quality.examples import GOOD_RECORD, GOOD_VERSION
from hub.quality.rule import RuleFailed, Stage
from hub.quality.rules import RULES
from tests.quality.people import NOW, good_batch

CROSS_ROW = [rule for rule in RULES.values() if rule.stage is Stage.CROSS_ROW and rule.counter_example.on == "rows"]
ME, WIFE, OTHER = "100080000017", "100182000013", "100080000033"


def _columns(*patches):
    rows = [
        {**GOOD_RECORD, "position": at, "version": GOOD_VERSION, "digest": bytes([at]), **patch}
        for at, patch in enumerate(patches)
    ]
    return {name: [row.get(name) for row in rows] for name in COLUMNS}


def _wife(**patch):
    return {
        "personal_id": WIFE,
        "name.full": "Lê Thị Dung",
        "birth_date": "1982",
        "former_id": None,
        "mother.personal_id": None,
        "mother.name": None,
        "spouse.personal_id": ME,
        **patch,
    }


def _found(columns):
    return {row: {each.rule for each in findings} for row, findings in cross_row_findings(columns).items()}


@pytest.mark.parametrize("rule", CROSS_ROW, ids=lambda rule: rule.id)
def test_counter_example_trips_its_rule_alone(rule):
    """A cross-row rule finds its counter-example, and no other rule does."""
    found = _found(_columns(*rule.counter_example.patches))

    assert {rule.id} == set().union(*found.values())


def test_good_batch_is_good():
    """Five thousand invented people trip no rule beyond the namesakes that chance makes."""
    found = _found(good_batch(5000))

    assert {rule for rules in found.values() for rule in rules} <= {"duplicate.person"}
    assert len(found) < 10


def test_versions_of_a_number_are_normal():
    """Several versions of one number in a batch are no duplicates of each other."""
    assert _found(_columns({}, {"version": GOOD_VERSION + 1})) == {}


def test_both_contradicting_rows_are_held_back():
    """Nobody can say which of two contents is true, so all rows of that number and version are found."""
    found = _found(
        _columns({}, {"name.full": "Trần Văn Ba"}, {"name.full": "Lê Văn Tư"}, {"version": GOOD_VERSION + 1})
    )

    assert {row: {"duplicate.personal_id"} for row in (0, 1, 2)} == found


@pytest.mark.parametrize(
    ("patch", "same"),
    [
        ({}, True),
        ({"name.full": "NGUYỄN VĂN AN"}, True),
        ({"mother.personal_id": None}, True),
        ({"mother.personal_id": "100153000099"}, False),
        ({"mother.personal_id": None, "mother.name": "Lê Thị Em"}, False),
        ({"mother.personal_id": None, "mother.name": None}, False),
        ({"birth_date": "1980"}, False),
        ({"number_status": "cancelled"}, False),
    ],
)
def test_same_person_under_two_numbers(patch, same):
    """Name, birth date and mother must agree, under two numbers in use."""
    second = {"personal_id": "100080000025", "former_id": None, "spouse.personal_id": None, **patch}

    assert ({0: {"duplicate.person"}, 1: {"duplicate.person"}} if same else {}) == _found(_columns({}, second))


@pytest.mark.parametrize(
    ("mine", "hers", "rows"),
    [
        ({}, _wife(), []),
        ({}, _wife(**{"spouse.personal_id": OTHER}), [0]),
        ({}, _wife(**{"spouse.personal_id": None}), []),
        ({"life_status": "deceased"}, _wife(**{"spouse.personal_id": OTHER}), []),
        ({"marital_status": "divorced"}, _wife(**{"spouse.personal_id": OTHER}), []),
        ({}, _wife(**{"spouse.personal_id": OTHER, "number_status": "cancelled"}), []),
    ],
)
def test_spouses_name_each_other(mine, hers, rows):
    """A spouse who names another one is found, unless death, divorce or a cancelled number explains it."""
    assert {row: {"conflict.spouse_not_mutual"} for row in rows} == _found(_columns(mine, hers))


def test_only_the_newest_version_counts_for_spouses():
    """An older version that named another spouse is history."""
    old = _wife(**{"spouse.personal_id": OTHER, "version": GOOD_VERSION - 1})

    assert _found(_columns({}, _wife(), old)) == {}


@pytest.mark.parametrize(
    ("version", "found"),
    [
        (NOW, False),
        (NOW + timedelta(hours=20), False),
        (NOW + timedelta(hours=30), True),
        (datetime(2009, 1, 1, tzinfo=UTC), True),
    ],
)
def test_versions_have_a_plausible_time(version, found):
    """A version may be a day ahead, for clocks differ; beyond that, or before the register existed, it is held back."""
    columns = _columns({"version": int(version.timestamp() * 1000)})

    assert ([0] if found else []) == list(cross_row_findings(columns, now=NOW))


def test_two_people_may_share_an_old_card_number():
    """Re-use of nine-digit numbers between two provinces is known; a third holder is odd."""
    second = {"personal_id": "100080000025", "name.full": "Trần Văn Bảy", "spouse.personal_id": None}

    assert _found(_columns({}, second)) == {}


def test_chain_of_replacements_is_no_circle():
    """A number replaced twice in one batch leads to a number in use."""
    first = {"number_status": "cancelled", "replaced_by": "100080000025", "former_id": None}
    second = {**first, "personal_id": "100080000025", "replaced_by": OTHER}

    assert _found(_columns(first, second, {"personal_id": OTHER, "former_id": None})) == {}


def test_missing_column_stops_the_batch():
    """A column that is not there is a failed rule and never a clean batch."""
    columns = _columns({})
    del columns["spouse.personal_id"]

    with pytest.raises(RuleFailed, match=r"conflict\.spouse_not_mutual could not be evaluated \(KeyError\)"):
        cross_row_findings(columns)
