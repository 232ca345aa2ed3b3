"""Reading one wire record: drift, malformed parts and what is no JSON are told apart, whatever the model allows."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from hub.mapping.examples import overlay
from hub.pipeline.feeds import find_feed
from hub.pipeline.mapper import WireRefused, read_wire
from hub.quality.examples import GOOD_ENTERPRISE_WIRE, GOOD_WIRE
from tests.pipeline.conftest import ENTERPRISES, FEED

SAMPLES = {ENTERPRISES: (GOOD_ENTERPRISE_WIRE, "0314409058"), FEED: (GOOD_WIRE, "100080000017")}


def body(feed: str, patch: dict[str, Any]) -> bytes:
    return orjson.dumps(overlay(dict(SAMPLES[feed][0]), patch))


def refused(feed: str, content: bytes) -> list[tuple[str, str]]:
    """Returns rule and field of what refuses a record."""
    with pytest.raises(WireRefused) as caught:
        read_wire(find_feed(feed), content, SAMPLES[feed][1], "quarantine")
    return [(found.rule, found.field) for found in caught.value.findings]


PARTS = [
    (ENTERPRISES, {"TruongMoi": "x"}, "TruongMoi"),
    (ENTERPRISES, {"MainInformation": {"TruongMoi": "x"}}, "MainInformation.TruongMoi"),
    (ENTERPRISES, {"HOAdress": {"TruongMoi": "x"}}, "HOAdress.TruongMoi"),
    (FEED, {"ThuongTru": {"TruongMoi": "x"}}, "ThuongTru.TruongMoi"),
    (FEED, {"HoVaTen": {"TruongMoi": "x"}}, "HoVaTen.TruongMoi"),
]


@pytest.mark.parametrize(("feed", "patch", "path"), PARTS)
def test_a_new_field_is_drift_wherever_it_stands(feed: str, patch: dict[str, Any], path: str) -> None:
    """Also in a part that may be blank, a new field is told as drift by its path, and passed over under `evolve`."""
    assert refused(feed, body(feed, patch)) == [("wire.drift", path)]

    wire, drifted = read_wire(find_feed(feed), body(feed, patch), SAMPLES[feed][1], "evolve")

    assert drifted
    assert wire == read_wire(find_feed(feed), body(feed, {}), SAMPLES[feed][1], "quarantine")[0]


@pytest.mark.parametrize(("feed", "patch", "path"), PARTS)
def test_a_malformed_part_is_not_drift(feed: str, patch: dict[str, Any], path: str) -> None:
    """A part of another form is malformed, with or without a new field beside it."""
    part = path.partition(".")[0] if "." in path else "MainInformation"
    spoiled = {**orjson.loads(body(feed, patch)), part: 7}

    assert refused(feed, orjson.dumps(spoiled)) == [("wire.malformed", part)]


@pytest.mark.parametrize("number", [b"NaN", b"1e400", b"9" * 400])
def test_numbers_that_no_json_has_refuse_their_record_alone(number: bytes) -> None:
    """A parser that is laxer than another must not turn one strange record into a check that can't end."""
    content = body(ENTERPRISES, {}).replace(b'"1500000000.000"', number)[:-1] + b',"TruongMoi":1}'

    assert {rule for rule, _ in refused(ENTERPRISES, content)} <= {"wire.malformed", "wire.not_json"}
