"""Lists inside a record: every item by its own mapping, and what one item refuses, the record does."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from hub.mapping import Finding, load_compiled, preview
from hub.mapping.examples import overlay
from hub.quality.examples import GOOD_ENTERPRISE_WIRE
from schemas.business import DoanhNghiep
from schemas.canonical import Enterprise, validate_flat

DAY = date(2026, 6, 1)
PERSON = {"FULL_NAME": "Nguyễn Văn An", "ID_NO": "100080000017"}


def _mapped(**given: Any) -> Any:
    record = overlay(dict(GOOD_ENTERPRISE_WIRE), given)
    return load_compiled("business/enterprise")(DoanhNghiep.model_validate(record), DAY)


def test_every_item_is_mapped_in_its_order() -> None:
    """Two representatives are two canonical ones, in the order in which the register names them."""
    mapped = _mapped(Representatives=[PERSON, {"FULL_NAME": "Lê Thị Dung", "ID_NO": "100182000013"}])

    people = mapped.record["representatives"]
    assert [each["name"] for each in people] == ["Nguyễn Văn An", "Lê Thị Dung"]


@pytest.mark.parametrize("nothing", [None, "", []])
def test_list_without_items_leaves_no_key(nothing: Any) -> None:
    """A flat record holds only what has a value: an empty list is no value."""
    mapped = _mapped(Representatives=nothing, Member=nothing)

    assert not {"representatives", "members"} & set(mapped.record)


def test_item_that_is_refused_refuses_the_record_once() -> None:
    """Two items that break one rule are one finding, under the list's name."""
    wrong = {**PERSON, "ID_NO": "1"}

    mapped = _mapped(Representatives=[wrong, PERSON, wrong])

    assert mapped.record is None
    assert mapped.refusals == [Finding("representatives.personal_id", "format.personal_id")]


def test_repair_in_an_item_is_noted() -> None:
    """What is mended in an item is said of the list."""
    mapped = _mapped(Representatives=[{**PERSON, "FULL_NAME": "Nguyễn  Văn An "}])

    assert mapped.record["representatives"][0]["name"] == "Nguyễn Văn An"
    assert mapped.notes == [Finding("representatives.name", "text.stray_spaces")]


def test_mapped_enterprise_fits_its_canonical_model() -> None:
    """The flat record with its lists is a valid canonical enterprise."""
    enterprise = validate_flat(_mapped(Member={"MEMBER_NAME": "Nguyễn Văn An"}).record, "organisation")

    assert isinstance(enterprise, Enterprise)
    assert enterprise.representatives[0].personal_id == "100080000017"
    assert enterprise.members[0].name == "Nguyễn Văn An"


def test_preview_tells_how_many_items_and_no_value() -> None:
    """A preview masks: of a list it tells its length."""
    rows = {row.target: row.shown for row in preview("business/enterprise", dict(GOOD_ENTERPRISE_WIRE), DAY)}

    assert rows["representatives"] == "1 item(s)"
