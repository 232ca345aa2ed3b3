"""Cross-row rules on enterprises: the rows of one batch against each other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.quality.enterprise_batch import COLUMNS, cross_row_findings, mentions
from hub.quality.examples import GOOD_ENTERPRISE, GOOD_VERSION
from hub.quality.known import Known, Mentioned
from hub.quality.rule import RuleFailed
from hub.quality.rules import RULES
from tests.quality.enterprises import columns_of, good_enterprises
from tests.quality.people import NOW

CROSS_ROW = [rule for rule in RULES.values() if rule.counter_example.on == "organisation_rows"]
CIRCLE = "reference.ownership_circle"
DEAD = GOOD_ENTERPRISE["representatives"][0]["personal_id"]


def _columns(*patches):
    rows = [
        {**GOOD_ENTERPRISE, "position": at, "version": GOOD_VERSION, "digest": bytes([at]), **patch}
        for at, patch in enumerate(patches)
    ]
    return {name: [row.get(name) for row in rows] for name in COLUMNS}


def _found(columns):
    return {row: {each.rule for each in found} for row, found in cross_row_findings(columns, now=NOW).items()}


def _owned(code, *owners, **patch):
    members = [{"name": "Công ty", "enterprise_code": owner} for owner in owners]
    return {"code": code, "name.full": f"Công ty {code}", "members": members, **patch}


@pytest.mark.parametrize("rule", CROSS_ROW, ids=lambda rule: rule.id)
def test_counter_example_trips_its_rule_alone(rule):
    """A cross-row rule finds its counter-example in one of its fields, and no other rule does."""
    example = rule.counter_example
    found = cross_row_findings(_columns(*example.patches), now=NOW, known=example.known)

    assert {rule.id} == {each.rule for findings in found.values() for each in findings}
    assert {each.field for findings in found.values() for each in findings} <= set(rule.fields)


def test_good_batch_is_good():
    """Five thousand invented enterprises trip no rule."""
    assert _found(columns_of(good_enterprises(5000))) == {}


def test_versions_of_a_code_are_normal():
    """The same code in several versions is an enterprise that was amended, and shares its name with itself."""
    assert _found(_columns({}, {"version": GOOD_VERSION + 1})) == {}


def test_both_contradicting_rows_are_held_back():
    """Nobody can say which of two contents of one version is true; another version is no part of it."""
    found = _found(_columns({}, {"capital": "2"}, {"version": GOOD_VERSION + 1}))

    assert {row: {"duplicate.enterprise_code"} for row in (0, 1)} == found


@pytest.mark.parametrize(("hours", "found"), [(0, False), (20, False), (30, True), (-24 * 365 * 18, True)])
def test_versions_have_a_plausible_time(hours, found):
    """The rule on the time of versions holds for enterprises too, under their code."""
    version = int((NOW + timedelta(hours=hours)).timestamp() * 1000)

    findings = cross_row_findings(_columns({"version": version}), now=NOW)

    assert ([("outlier.version_time", "code")] if found else []) == [
        (each.rule, each.field) for each in findings.get(0, [])
    ]


@pytest.mark.parametrize(
    ("owned", "rows"),
    [
        ([_owned("A", "B"), _owned("B", "A")], {0, 1}),
        ([_owned("A", "B"), _owned("B", "C"), _owned("C", "A"), _owned("D", "A"), _owned("E")], {0, 1, 2}),
        ([_owned("E", "A"), _owned("A", "B"), _owned("B", "A", "F"), _owned("F", "G"), _owned("G", "F")], {1, 2, 3, 4}),
        ([_owned("A", "B", "C"), _owned("B", "D"), _owned("C", "D"), _owned("D")], set()),
        ([_owned("A", "A")], set()),
        ([_owned("A", "Z"), _owned("B", "A")], set()),
        ([_owned("A", "B"), _owned("B", "A"), _owned("B", version=GOOD_VERSION + 1)], set()),
        ([_owned("A", "B"), _owned("B", "A"), _owned("A", version=GOOD_VERSION - 1)], {0, 1}),
    ],
    ids=["two", "three", "two circles", "diamond", "itself", "chain", "mended since", "older version"],
)
def test_circles_of_owners(owned, rows):
    """All members of a circle are found and nobody else, by the newest version of each."""
    assert {row: {CIRCLE} for row in rows} == _found(_columns(*owned))


@pytest.mark.parametrize(
    ("owned", "stored", "rows"),
    [
        ([_owned("A", "X")], {"X": {"A"}}, {0}),
        ([_owned("A", "X"), _owned("B", "A"), _owned("C", "X")], {"X": {"Y"}, "Y": {"Z"}, "Z": {"B"}}, {0, 1}),
        ([_owned("A", "X")], {"X": {"Y"}, "Y": {"X"}}, set()),
        ([_owned("A", "X")], {"X": {"Y"}, "Y": {"Z"}}, set()),
        ([_owned("A", "X"), _owned("B")], {"X": {"B"}, "B": {"A"}}, set()),
        ([_owned("A")], {"X": {"A"}, "A": {"X"}}, set()),
    ],
    ids=["one stored", "three stored", "stored alone", "chain", "the batch knows better", "no longer owned"],
)
def test_circles_through_what_is_stored(owned, stored, rows):
    """A circle that the store closes is found at the enterprises of the batch, of which the batch knows the owners."""
    known = Known(owned_by={code: frozenset(above) for code, above in stored.items()})

    found = cross_row_findings(_columns(*owned), now=NOW, known=known)

    assert {row: [CIRCLE] for row in rows} == {row: [each.rule for each in finds] for row, finds in found.items()}


@pytest.mark.parametrize(
    ("patch", "found"),
    [
        ({}, True),
        ({"status": "suspended"}, True),
        ({"status": "closed"}, False),
        ({"representatives": None}, False),
        ({"representatives": [{"name": "Lee", "position": "CEO"}, {"name": "An", "personal_id": DEAD}]}, True),
        ({"representatives": [{"name": "Bình", "personal_id": "100080000025"}]}, False),
    ],
)
def test_dead_representatives_are_told_of(patch, found):
    """Any representative whom the population register calls dead is a warning, unless the enterprise is closed."""
    findings = cross_row_findings(_columns(patch), now=NOW, known=Known(deceased=frozenset({DEAD})))

    assert [(each.rule, each.severity) for each in findings.get(0, [])] == (
        [("mismatch.representative_deceased", "warn")] if found else []
    )


def test_only_what_the_rules_need_is_asked():
    """The store is asked about representatives of enterprises that are not closed, and about owning enterprises."""
    columns = _columns({}, {**_owned("A", "B"), "status": "closed"}, {"code": "C", "members": None})

    asked = mentions(columns)

    assert asked == Mentioned(frozenset({DEAD}), frozenset({"0100109106", "B"}))


def test_long_chains_of_owners_are_walked():
    """A circle of twenty thousand is found whole; no depth of calls limits it."""
    size = 20_000
    circle = [_owned(f"{each}", f"{(each + 1) % size}", **{"office.commune": None}) for each in range(size)]

    found = _found(columns_of([{**GOOD_ENTERPRISE, "version": GOOD_VERSION, "digest": b"", **each} for each in circle]))

    assert set(range(size)) == set(found)


@pytest.mark.parametrize(
    ("patch", "same"),
    [
        ({}, True),
        ({"name.full": "CÔNG TY TNHH DU LỊCH CẦU VỒNG 17"}, True),
        ({"name.full": "Công ty TNHH Du lịch Cầu Vồng 18"}, False),
        ({"office.commune": "00073"}, False),
        ({"office.commune": None}, False),
        ({"status": "closed"}, False),
    ],
)
def test_same_name_in_one_commune(patch, same):
    """Name and commune must agree, and both must be active."""
    second = {"code": "0100109106", **patch}

    expected = {0: {"duplicate.enterprise_name"}, 1: {"duplicate.enterprise_name"}} if same else {}
    assert expected == _found(_columns({}, second))


def test_missing_column_stops_the_batch():
    """A column that is not there is a failed rule and never a clean batch."""
    columns = _columns({})
    del columns["office.commune"]

    with pytest.raises(RuleFailed, match=r"duplicate\.enterprise_name could not be evaluated \(KeyError\)"):
        cross_row_findings(columns)
