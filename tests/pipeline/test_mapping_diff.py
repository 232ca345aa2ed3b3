"""A changed mapping, tried on what already lies landed."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from hub.mapping import load_candidate, load_compiled
from hub.mapping.paths import MAPPINGS
from hub.pipeline.context import Context
from hub.pipeline.errors import NotThere, UnknownFeed
from hub.pipeline.fetch import fetch
from hub.pipeline.mapping_diff import MappingDiff, diff_mapping
from hub.pipeline.run import run_feed
from hub.store.batches import Batch, recent_batches
from tests.pipeline.conftest import FEED, MakeContext, MakeTwin, rows

NAME = "population/citizen"
MARRIED = "{from: TinhTrangHonNhan, codes: population/marital}"
NEVER = "{from: TinhTrangHonNhan, codes: population/marital, when: {TrangThai: never}}"
LOGGED = "select exchange_id, officer, outcome, attributes, legal_basis from hub.exchange_log where kind = 'steward'"


@pytest.fixture
def filled(context: Context) -> Context:
    """The context after one run of the feed."""
    run_feed(FEED, context)
    return context


def changed(tmp_path: Path, *edits: tuple[str, str], name: str = NAME) -> Path:
    text = (MAPPINGS / f"{name}.yaml").read_text(encoding="utf-8")
    for old, new in (("version: 1", "version: 2"), *edits):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "changed.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "changed.yaml"


def diff(context: Context, file: Path, *, name: str = NAME, values_for: str | None = None) -> MappingDiff:
    return diff_mapping(name, load_compiled(name), load_candidate(name, file), context, values_for=values_for)


def test_the_same_mapping_changes_nothing(filled: Context, tmp_path: Path) -> None:
    """A mapping of which only the version rose makes the same of every record of the batch."""
    found = diff(filled, changed(tmp_path))

    landed = rows(filled, "select (counts->>'landed')::int from hub.batch")[0][0]
    assert (found.differs, found.versions) == (False, (1, 2))
    assert found.records + found.unreadable == landed > 300


def test_what_changes_is_counted_by_field_and_masked(filled: Context, tmp_path: Path) -> None:
    """A field that is mapped otherwise is told with the number of its records; no value of a record is shown."""
    family = "  name.family: {from: HoVaTen.Ho, then: [squeeze, nfc, d_stroke]}\n"
    found = diff(filled, changed(tmp_path, (family, ""), (MARRIED, NEVER)))

    assert set(found.fields) == {"name.family", "marital_status"}
    assert found.changed >= found.fields["name.family"].records > 100
    assert {after for _, after in found.fields["name.family"].examples} == {""}
    assert all(before.endswith("***") for before, _ in found.fields["name.family"].examples)
    assert (found.quarantined, found.released) == (0, 0)
    assert "***" not in repr(found)


def test_what_would_be_quarantined_is_told_by_its_rule(filled: Context, tmp_path: Path) -> None:
    """A stricter mapping tells how many records it would refuse, and the way back how many it would release."""
    stricter = changed(
        tmp_path,
        ("{from: SoCMND, then: [former_id]}\n\n", "{from: SoCMND, codes: population/gender}\n\n"),
    )

    forth = diff(filled, stricter)
    back = diff_mapping(NAME, load_candidate(NAME, stricter), load_compiled(NAME), filled)

    assert list(forth.newly_quarantined) == [("code.unknown", "former_id")]
    assert forth.newly_quarantined["code.unknown", "former_id"].records == forth.quarantined > 10
    assert forth.newly_quarantined["code.unknown", "former_id"].examples == [("#########", "")]
    assert back.newly_released.keys() == forth.newly_quarantined.keys()
    assert (back.released, back.quarantined) == (forth.quarantined, 0)
    assert back.newly_released["code.unknown", "former_id"].examples == [("", "#########")]


def test_the_row_rules_speak_too(filled: Context, tmp_path: Path) -> None:
    """A value that the mapping lets pass and a row rule refuses is told by that rule."""
    gender = "gender: {from: GioiTinh, codes: population/gender}"
    female = "gender: {from: GioiTinh, codes: population/gender, when: {TrangThai: never}, default: female}"

    found = diff(filled, changed(tmp_path, (gender, female)))

    refused = found.newly_quarantined["conflict.number_gender", "gender"]
    assert refused.records > 50
    assert refused.examples == [("***", "***")]
    assert set(found.fields) <= {"gender"}


def test_values_are_shown_to_somebody_and_logged(filled: Context, tmp_path: Path) -> None:
    """Values are shown to a person with a name, and who saw which fields of which batch stands in the log."""
    file = changed(tmp_path, (MARRIED, NEVER))

    masked, shown = diff(filled, file), diff(filled, file, values_for="lan.nt")

    values = {before for before, _ in shown.fields["marital_status"].examples}
    assert values <= {"single", "married", "divorced", "widowed", "separated"}
    assert values
    assert values.isdisjoint(before for before, _ in masked.fields["marital_status"].examples)
    assert rows(filled, LOGGED) == [
        (shown.batch_id, "lan.nt", "mapping_values_read", ["person.marital_status"], "sandbox")
    ]


def test_a_variant_is_tried_on_its_own_records(make_twin: MakeTwin, make_context: MakeContext, tmp_path: Path) -> None:
    """A variant is tried on the records that it maps, and on no other."""
    context, name = make_context(make_twin(people=1500)), "population/citizen_tombstone"
    fetch(FEED, context)
    successor = "  replaced_by: {from: SoDinhDanhThayThe, then: [personal_id]}"

    file = changed(tmp_path, (successor, successor.replace("}", ", when: {TrangThai: never}}")), name=name)
    found = diff(context, file, name=name)

    assert 0 < found.records < 100
    assert {key: change.records for key, change in found.fields.items()} == {"replaced_by": found.changed}


def test_another_folder_brings_its_own_code_lists(filled: Context, tmp_path: Path) -> None:
    """A folder of mappings is tried with its code lists: the effect of an import can be seen before it is made."""
    for file in MAPPINGS.rglob("*.*"):
        (tmp_path / "m" / file.relative_to(MAPPINGS)).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "m" / file.relative_to(MAPPINGS)).write_bytes(file.read_bytes())
    marital = tmp_path / "m" / "codes" / "population" / "marital.csv"
    marital.write_text(marital.read_text(encoding="utf-8").replace(",married,", ",single,"), encoding="utf-8")

    found = diff(filled, tmp_path / "m")

    assert set(found.fields) == {"marital_status"}


def test_unread_records_are_counted_apart(filled: Context, tmp_path: Path) -> None:
    """A record that the wire model refuses is seen by neither mapping."""
    landed = filled.landed(one_batch(filled))
    page = landed.names("page")[0]
    header, payload = landed.read(page)
    broken = orjson.dumps({"SoDinhDanh": 1})
    header[0][3], payload = len(broken), broken + payload[header[0][3] :]
    before = diff(filled, changed(tmp_path)).unreadable
    landed.write(page, header, [payload])

    assert diff(filled, changed(tmp_path)).unreadable == before + 1


def test_a_batch_past_its_retention_is_passed_over(filled: Context, tmp_path: Path) -> None:
    """When no batch can be opened any more, the sentence says what to do."""
    with filled.connect() as conn:
        conn.execute("update hub.batch set state = 'discarded'")

    with pytest.raises(NotThere, match=r"hub run population\.citizens"):
        diff(filled, changed(tmp_path))


def test_a_batch_needs_not_be_published(context: Context, tmp_path: Path) -> None:
    """A batch that has just landed serves as well: the mapping can be mended before its check."""
    fetch(FEED, context)

    assert diff(context, changed(tmp_path)).records > 300


def test_a_mapping_without_a_feed_has_no_batch(context: Context) -> None:
    """A mapping that no feed uses can't be tried."""
    compiled = load_compiled(NAME)

    with pytest.raises(UnknownFeed, match="no feed is mapped by population/none"):
        diff_mapping("population/none", compiled, compiled, context)


def one_batch(context: Context) -> Batch:
    with context.connect() as conn:
        return recent_batches(conn, FEED)[0]
