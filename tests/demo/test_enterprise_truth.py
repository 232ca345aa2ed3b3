"""The demonstration's check of an enterprise: what counts as a difference from the twin's truth."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from hub.demo import enterprise_truth
from hub.demo.dossiers import COPYRIGHT
from hub.mapping.procedures import load_procedure

NUMBER, OTHER = "100080000017", "100080000025"
RECORD: dict[str, Any] = {
    "MainInformation": {
        "ENTERPRISE_GDT_CODE": "0314409058",
        "NAME": "Công ty TNHH Cầu Vồng",
        "FOUNDING_DATE": "05/03/2021",
        "ENTERPRISE_STATUS": "00",
    },
    "HOAdress": {
        "CityID": "101",
        "CityName": "Hà Nội",
        "WardID": "20001",
        "WardName": "Phường Ba Đình",
        "StreetNumber": "Số 5 ngõ 12",
    },
    "Representatives": [
        {"FULL_NAME": "Nguyễn Văn An", "ID_NO": NUMBER, "BIRTH_DATE": "1980", "POSITION": "Giám đốc"},
    ],
}


def answer() -> dict[str, Any]:
    """A right answer, attribute by attribute."""
    office = {
        "province": "01",
        "province_recorded": "101",
        "commune": "00004",
        "commune_recorded": "20001",
        "detail": "Số 5 ngõ 12",
    }
    people = [{"name": "Nguyễn Văn An", "personal_id": NUMBER, "birth_date": "1980", "position": "Giám đốc"}]
    values = {
        "enterprise.code": "0314409058",
        "enterprise.name.full": "Công ty TNHH Cầu Vồng",
        "enterprise.founded_on": "2021-03-05",
        "enterprise.status": "active",
        "enterprise.office": office,
        "enterprise.representatives": people,
        "role.subject_represents": "yes",
    }
    return {"attributes": {name: {"status": "ok", "value": value} for name, value in values.items()}}


def test_a_right_answer_differs_in_nothing() -> None:
    """All that the procedure asks about the enterprise is checked, and agrees."""
    needed = {name for name in load_procedure(COPYRIGHT).attributes if not name.startswith("person.")}

    assert set(answer()["attributes"]) == needed
    assert enterprise_truth.differences(answer(), RECORD, NUMBER) == []


@pytest.mark.parametrize("name", [name for name in answer()["attributes"] if name != "enterprise.office"])
def test_each_wrong_value_is_named(name: str) -> None:
    """A value that differs, and an attribute without one, are differences; no value is told."""
    wrong, missing = answer(), answer()
    wrong["attributes"][name]["value"] = "something else"
    missing["attributes"][name] = {"status": "unknown"}

    assert enterprise_truth.differences(wrong, RECORD, NUMBER) == [name]
    assert enterprise_truth.differences(missing, RECORD, NUMBER) == [f"{name} is unknown"]


@pytest.mark.parametrize(
    ("part", "value"),
    [("province", "79"), ("commune", "00008"), ("detail", "Số 6"), ("province_recorded", "102"), ("province", None)],
)
def test_each_wrong_part_of_the_office_is_named(part: str, value: str | None) -> None:
    """Places are compared by the names that the register sends, not by its numbers."""
    wrong = deepcopy(answer())
    if value is None:
        del wrong["attributes"]["enterprise.office"]["value"][part]
    else:
        wrong["attributes"]["enterprise.office"]["value"][part] = value

    assert enterprise_truth.differences(wrong, RECORD, NUMBER) == [f"enterprise.office.{part}"]


def test_a_stranger_represents_nothing() -> None:
    """For a person whom the enterprise does not name, `yes` is the difference."""
    assert enterprise_truth.differences(answer(), RECORD, OTHER) == ["role.subject_represents"]
