"""The demonstration's own check: what counts as a difference from the twin's truth."""

from __future__ import annotations

from typing import Any

import pytest

from hub.demo import truth
from sandbox_mocks.country import Country
from sandbox_mocks.sample import describe

AT = 1_795_000_000_000


@pytest.fixture(scope="module")
def country() -> Country:
    """A country without defects, whose register still has its habits."""
    return Country(6, 1_000, defect_rate=0)


def answered(**attributes: Any) -> dict[str, Any]:
    return {"attributes": {f"person.{name}": each for name, each in attributes.items()}}


def test_unknown_is_wrong_where_the_register_wrote_a_value() -> None:
    """`unknown` for a nationality that the register wrote is a difference, as for any other attribute."""
    record = {"QuocTich": "VN"}

    assert truth.differences(answered(nationality={"status": "unknown"}), record) == ["person.nationality is unknown"]


def test_unknown_is_right_where_the_register_wrote_nothing() -> None:
    """`unknown` agrees with an element that the register never wrote; a value there, or an `ok`, does not."""
    record = truth.as_written({"QuocTich": "VN"}, ["QuocTich"])

    assert truth.differences(answered(nationality={"status": "unknown"}), record) == []
    assert truth.differences(answered(nationality={"status": "ok", "value": "VN"}), record) == ["person.nationality"]
    assert truth.differences(answered(nationality={"status": "ok"}), record) == ["person.nationality"]


def test_the_twin_tells_what_was_never_written(country: Country) -> None:
    """For each person the truth without what is left out is what the register sends, element by element."""
    seen = set()
    for entry in country.feed.window(0, AT)[:400]:
        if entry.form != "plain" or country.version(entry.person, AT) != entry.time:
            continue
        person, sent = describe(country, entry.person, entry.time), country.record(entry)
        written = truth.as_written(person["truth"], person["left_out"])
        seen.update(person["left_out"])
        for attribute in ("person.nationality", "person.current_residence", "person.origin"):
            assert truth.expected(written, attribute) == truth.expected({"NoiOHienTai": "", **sent}, attribute)

    assert {"QuocTich", "NoiOHienTai"} <= seen
