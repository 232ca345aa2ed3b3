"""Of the defects that the twin injects, nearly all are found under the right rule, and clean records pass."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from hub.pipeline.check import check
from hub.pipeline.context import Context
from hub.pipeline.fetch import fetch
from hub.pipeline.mapper import PageTask, map_page
from hub.pipeline.verdict import read_refused
from hub.store import batches
from sandbox_mocks.country.defects import injected
from tests.pipeline.conftest import FEED, MakeContext, MakeTwin

RULE_OF = {
    "name_nfd": "text.not_nfc",
    "name_spaces": "text.stray_spaces",
    "name_eth": "text.eth_for_d",
    "name_legacy": "text.legacy_encoding",
    "name_missing": "field.required",
    "name_null_literal": "text.null_literal",
    "gender_unknown_code": "code.unknown",
    "ethnicity_unknown_code": "code.unknown",
    "commune_unknown": "code.unknown",
    "commune_wrong_province": "conflict.commune_province",
    "birth_future": "outlier.birth_in_future",
    "birth_century": "conflict.number_birth_year",
    "gender_mismatch": "conflict.number_gender",
    "birth_default": "outlier.default_birth_date",
    "birth_invalid": "date.invalid",
    "birth_epoch_shift": "date.epoch_not_midnight",
    "relative_number_13": "format.personal_id",
    "relative_self": "reference.self_relative",
    "parent_younger": "conflict.parent_birth_year",
    "death_before_birth": "conflict.death_before_birth",
    "duplicate_number": "duplicate.personal_id",
    "duplicate_person": "duplicate.person",
    "spouse_not_mutual": "conflict.spouse_not_mutual",
}
WARNING = {"name_nfd", "name_spaces", "name_eth", "birth_default", "duplicate_person", "spouse_not_mutual"}


@pytest.fixture
def judged(make_twin: MakeTwin, make_context: MakeContext) -> tuple[Context, list[tuple[str, int, str]], str]:
    """A country of 6,000 with many defects, fetched and checked as one batch."""
    twin = make_twin(people=6000, seed=11, defect_rate=5.0)
    context = make_context(twin, page_size=1000, workers=2)
    batch_id = fetch(FEED, context).batches[0]
    from uuid import UUID

    check(UUID(batch_id), context)
    defects = [(d.number, d.version, d.defect) for d in injected(twin.country, 0, int(time.time() * 1000))]
    return context, defects, batch_id


def test_injected_defects_are_found_under_the_right_rule(
    judged: tuple[Context, list[tuple[str, int, str]], str],
) -> None:
    """At least 99 % of the defects are found, each under the rule that names it."""
    context, defects, batch_id = judged
    found = findings_by_record(context, batch_id)
    missed = Counter(
        defect for number, version, defect in defects if RULE_OF[defect] not in found.get((number, version), set())
    )
    kinds = {defect for _, _, defect in defects}
    assert kinds == set(RULE_OF), f"this country lacks {set(RULE_OF) - kinds}: choose another seed"
    assert sum(missed.values()) <= 0.01 * len(defects), dict(missed)


def test_clean_records_are_not_refused(judged: tuple[Context, list[tuple[str, int, str]], str]) -> None:
    """At most one clean record in a thousand is refused."""
    context, defects, _batch_id = judged
    touched = {(number, version) for number, version, _ in defects}
    with context.connect() as conn:
        batch = batches.recent_batches(conn, FEED, 1)[0]
    refused, _ = read_refused(context.landed(batch))
    wrongly = [
        [f["rule"] for f in record.findings] for record in refused if (record.key, record.source_version) not in touched
    ]
    assert len(wrongly) <= 0.001 * batch.counts["landed"], Counter(map(tuple, wrongly))


def test_what_only_warns_is_not_refused(judged: tuple[Context, list[tuple[str, int, str]], str]) -> None:
    """A repaired or suspicious record is counted under its rule and published all the same."""
    context, defects, _ = judged
    with context.connect() as conn:
        batch = batches.recent_batches(conn, FEED, 1)[0]
    refused = {(record.key, record.source_version) for record in read_refused(context.landed(batch))[0]}
    warned = [(number, version) for number, version, defect in defects if defect in WARNING]
    assert sum(key in refused for key in warned) <= 0.01 * len(warned)


def findings_by_record(context: Context, batch_id: str) -> dict[tuple[str, int], set[str]]:
    """Which rules spoke about which record, warnings too, by running the same pure functions again."""
    from hub.quality.batch import COLUMNS, cross_row_findings

    with context.connect() as conn:
        batch = batches.recent_batches(conn, FEED, 1)[0]
    landed = context.landed(batch)
    found: dict[tuple[str, int], set[str]] = {}
    columns: dict[str, list[object]] = {name: [] for name in COLUMNS}
    start = 0
    for name, size in batch.counts["pages"].items():
        header, _ = landed.read(name)
        task = PageTask(FEED, "sandbox", "quarantine", landed.uri, batch.batch_id, landed.key, name, start)
        page = map_page(task)
        for record in page.refused:
            found.setdefault((record.key, record.source_version), set()).update(f["rule"] for f in record.findings)
        for key, values in page.columns.items():
            columns[key].extend(values)
        warnings_of_page(task, header, found)
        start += size
    for row, findings in cross_row_findings(columns).items():
        key = (str(columns["personal_id"][row]), int(str(columns["version"][row])))
        found.setdefault(key, set()).update(f.rule for f in findings)
    return found


def warnings_of_page(task: PageTask, header: list[list[object]], found: dict[tuple[str, int], set[str]]) -> None:
    """Adds the warnings of single records, which a page only counts."""
    from hub.mapping import load_compiled
    from hub.pipeline.feeds import find_feed
    from hub.pipeline.landing import LandedBatch, slices
    from hub.pipeline.mapper import WireRefused, local_date, read_wire
    from hub.quality.rules import row_findings

    feed = find_feed(task.feed)
    _, payload = LandedBatch(task.uri, task.batch_id, task.key).read(task.page)
    for (key, version, *_), raw in zip(header, slices([int(str(h[3])) for h in header], payload), strict=True):
        number, moment = str(key), int(str(version))
        try:
            wire, _ = read_wire(feed, bytes(raw), number, "quarantine")
        except WireRefused:
            continue
        mapped = load_compiled(feed.mapping)(wire, local_date(moment))
        rules = {note.rule for note in mapped.notes}
        if mapped.record is not None:
            rules |= {each.rule for each in row_findings(mapped.record, moment)}
        found.setdefault((number, moment), set()).update(rules)
