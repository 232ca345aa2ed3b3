import json
from datetime import date
from typing import Any

import pytest

from hub.mapping import lineage, mask, preview
from hub.mapping.spec import load_mapping
from hub.mapping.wire import leaf_paths
from schemas.population import Citizen

DAY = date(2026, 11, 2)


def sample() -> dict[str, Any]:
    """Returns the sample record of the citizen mapping."""
    found = load_mapping("population/citizen").spec.sample
    assert found
    return dict(found.record)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Nguyễn Văn An", "Ng***"),
        ("An", "***"),
        ("1950-03-21", "####-##-##"),
        ("Số 5 ngõ 12", "## # ### ##"),
        ("", ""),
        ("100050000017", "############"),
    ],
)
def test_mask(value: str, shown: str) -> None:
    """A masked value shows its shape and at most two letters."""
    assert mask(value) == shown


def test_preview_shows_no_value() -> None:
    """A preview lists every canonical field with its sources and shows no value of the record."""
    rows = preview("population/citizen", sample(), DAY)
    shown = " ".join(row.shown for row in rows)

    assert {row.target: row.outcome for row in rows}["name.full"] == "filled"
    assert {row.target: row.outcome for row in rows}["spouse.name"] == "empty"
    assert not {"Nguyễn", "1950", "100050000017", "Bình", "00004"} & set(shown.split())


def test_preview_of_a_repaired_record() -> None:
    """A repaired field says by which rule."""
    rows = preview("population/citizen", {**sample(), "HoVaTen": "Nguyễn  Văn An"}, DAY)

    full = next(row for row in rows if row.target == "name.full")
    assert (full.outcome, full.rules) == ("repaired", ("text.stray_spaces",))


def test_preview_of_a_refused_record() -> None:
    """A refused field says by which rule, and the others are withheld."""
    rows = preview("population/citizen", {**sample(), "GioiTinh": "7"}, DAY)
    told = {row.target: (row.outcome, row.rules) for row in rows}

    assert told["gender"] == ("refused", ("code.unknown",))
    assert told["name.full"] == ("withheld", ())


def test_preview_of_a_cancelled_number() -> None:
    """A cancelled number is shown by the mapping that takes over."""
    rows = preview("population/citizen", {**sample(), "TrangThai": "2"}, DAY)

    assert [row.target for row in rows] == ["personal_id", "number_status", "replaced_by"]


def test_preview_of_an_unreadable_record() -> None:
    """A record that the wire model refuses shows the paths that it refuses, unknown ones apart."""
    rows = preview("population/citizen", {**sample(), "Moi": "x", "GioiTinh": 1}, DAY)

    assert [(row.sources, row.rules) for row in rows] == [
        (("Moi",), ("wire.drift",)),
        (("GioiTinh",), ("wire.malformed",)),
    ]


def test_lineage_is_json() -> None:
    """Lineage says for each canonical field where it comes from and over what, as JSON."""
    fields = json.loads(json.dumps(lineage("population/citizen")))["fields"]

    assert fields["name.full"] == {
        "verb": "join",
        "from": ["HoVaTen.Ho", "HoVaTen.ChuDem", "HoVaTen.Ten"],
        "steps": ["squeeze", "nfc", "d_stroke"],
    }
    assert fields["gender"]["code_lists"] == ["population/gender"]
    assert fields["residence.commune"]["from"] == [
        "ThuongTru.MaTinhThanh",
        "ThuongTru.MaQuanHuyen",
        "ThuongTru.MaPhuongXa",
        "ThuongTru.QuocGia",
    ]


def test_lineage_accounts_for_every_wire_field() -> None:
    """Every field of the wire record is in the lineage of a canonical field, in a variant or ignored with a reason."""
    told = lineage("population/citizen")
    used = {path for field in told["fields"].values() for path in field["from"]}

    assert set(leaf_paths(Citizen)) == used | set(told["ignored"])
