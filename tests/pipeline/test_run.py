"""A feed from the twin to the store."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from hub.pipeline.context import Context
from hub.pipeline.decisions import decide
from hub.pipeline.errors import NotParked, UnknownFeed, WindowTooDense
from hub.pipeline.fetch import fetch
from hub.pipeline.run import run_feed
from hub.store import batches
from tests.pipeline.conftest import FEED, MakeContext, MakeTwin, Twin, at, newest_versions, rows

LEDGER = (
    "select sum(fetched), sum(published), sum(unchanged), sum(superseded), sum(quarantined), sum(duplicate),"
    " sum(filtered) from hub.ledger"
)


def stored_versions(context: Context) -> dict[bytes, int]:
    """Blind index and version of every record in the store."""
    found = rows(
        context,
        "select i.blind_index, r.source_version from hub.record r join hub.subject_identifier i using (identifier_id)"
        " where i.scheme = 'personal_id'",
    )
    return {bytes(index): version for index, version in found}


def test_everything_the_source_holds_is_published_or_quarantined(twin: Twin, context: Context) -> None:
    """Each number of the register stands in the store with its latest version, or waits in quarantine."""
    outcome = run_feed(FEED, context)
    assert len(outcome.published) == 1
    assert outcome.parked is None
    stored = stored_versions(context)
    quarantined = {bytes(d) for (d,) in rows(context, "select key_digest from hub.quarantine")}
    index = context.ring.index_versions[0]
    lost = [
        number
        for number, version in newest_versions(twin, datetime.now(UTC)).items()
        if stored.get(context.ring.blind_index(index, "personal_id", number)) != version
        and context.ring.digest(number.encode()) not in quarantined
    ]
    assert lost == []


def test_the_ledger_balances_and_the_watermark_moves_with_it(context: Context) -> None:
    """What was fetched is what was published, unchanged, superseded, quarantined, duplicate or filtered."""
    run_feed(FEED, context)
    fetched, *parts = rows(context, LEDGER)[0]
    assert fetched > 300
    assert fetched == sum(parts)
    assert rows(context, "select watermark from hub.feed") == rows(context, "select max(until) from hub.batch")


def test_an_identical_second_run_rewrites_no_row(twin: Twin, context: Context) -> None:
    """Reading the same window again touches no record, no version and no subject."""
    run_feed(FEED, context)
    state = (
        "select (select array_agg(r.xmin::text || r.ctid::text order by r.identifier_id) from hub.record r),"
        " (select count(*) from hub.record_version), (select count(*) from hub.subject),"
        " (select count(*) from hub.subject_identifier), (select watermark from hub.feed)"
    )
    before = rows(context, state)
    window = rows(context, "select since, until from hub.batch")[0]
    run_feed(FEED, context, since=window[0], until=window[1])
    assert before == rows(context, state)
    again = rows(context, "select published, unchanged from hub.ledger join hub.batch using (batch_id) where backfill")
    assert again[0][0] == 0
    assert again[0][1] > 250


def test_a_big_window_becomes_several_complete_batches(twin: Twin, make_context: MakeContext) -> None:
    """Batches of a bounded size tile the window: none overlaps, none is missing, all are published in order."""
    context = make_context(twin, batch_size=100)
    outcome = run_feed(FEED, context)
    assert len(outcome.published) >= 3
    windows = rows(context, "select since, until from hub.batch order by sequence")
    assert all(left[1] == right[0] for left, right in itertools.pairwise(windows))
    assert max(row[0] for row in rows(context, "select fetched from hub.ledger")) <= 100
    assert len(stored_versions(context)) + len(rows(context, "select from hub.quarantine")) >= 300


def test_pages_mapped_on_two_processes_give_the_same_store(twin: Twin, make_context: MakeContext) -> None:
    """The pool of processes changes nothing but the time."""
    context = make_context(twin, page_size=20, workers=2)
    run_feed(FEED, context)
    alone = rows(context, LEDGER)
    window = rows(context, "select since, until from hub.batch")[0]
    run_feed(FEED, make_context(twin, page_size=20, workers=1), since=window[0], until=window[1])
    ledger = rows(
        context, LEDGER.replace("from hub.ledger", "from hub.ledger join hub.batch using (batch_id) where backfill")
    )
    assert alone[0][0] == ledger[0][0]
    assert ledger[0][1] == 0


def test_only_known_subjects_are_copied_by_default(make_context: MakeContext, twin: Twin) -> None:
    """Without a dossier nobody is known, and nothing of anybody is written to the disk."""
    context = make_context(twin, scope="known_subjects")
    run_feed(FEED, context)
    assert rows(context, "select count(*) from hub.record") == [(0,)]
    fetched, *_, filtered = rows(context, LEDGER)[0]
    assert fetched == filtered > 300


def test_an_empty_first_load_waits_for_a_human(twin: Twin, context: Context) -> None:
    """A register that answers with nothing at all parks the feed instead of passing for an empty country."""
    twin.script({"kind": "empty", "operation": "DongBoThongTinCongDan"})
    outcome = run_feed(FEED, context)
    assert outcome.parked is not None
    assert outcome.published == []
    assert rows(context, "select parked_rule, state from hub.batch") == [("batch.empty", "parked")]


def test_a_shrunken_feed_waits_and_yesterdays_data_stays(twin: Twin, context: Context) -> None:
    """A window that brings far less than such windows usually do is parked; later runs say so and fetch nothing."""
    run_feed(FEED, context)
    window = rows(context, "select since, until from hub.batch")[0]
    before = stored_versions(context)
    twin.script({"kind": "shrunken", "operation": "DongBoThongTinCongDan", "keep": 0.1})
    parked = run_feed(FEED, context, since=window[0], until=window[1]).parked
    assert parked is not None
    assert before == stored_versions(context)
    assert fetch(FEED, context).parked == parked


@pytest.mark.parametrize(("decision", "state"), [("release", "published"), ("discard", "discarded")])
def test_a_human_releases_or_discards_a_parked_batch(twin: Twin, context: Context, decision: str, state: str) -> None:
    """The decision, who took it and why stand in the hub's own table, and the feed goes on."""
    from uuid import UUID

    twin.script({"kind": "empty", "operation": "DongBoThongTinCongDan", "times": 1})
    parked = run_feed(FEED, context).parked
    assert parked is not None
    decide(UUID(parked), decision, "steward", "looked at with the ministry", context)
    run_feed(FEED, context)
    found = rows(context, "select state, decision, decided_by from hub.batch where batch_id = %s", parked)
    assert found == [(state, decision, "steward")]
    with pytest.raises(NotParked):
        decide(UUID(parked), decision, "steward", "looked at with the ministry", context)
    logged = rows(context, "select officer, outcome from hub.exchange_log where kind = 'steward'")
    assert logged == [("steward", f"batch_{decision}")]


def test_after_a_discard_the_window_is_fetched_again(twin: Twin, context: Context) -> None:
    """Discarding a bad batch loses nothing: the watermark has not moved."""
    from uuid import UUID

    twin.script({"kind": "empty", "operation": "DongBoThongTinCongDan", "times": 1})
    parked = run_feed(FEED, context).parked
    assert parked is not None
    decide(UUID(parked), "discard", "steward", "the source was asleep", context)
    run_feed(FEED, context)
    assert len(stored_versions(context)) > 250


def test_a_decision_needs_a_reason(twin: Twin, context: Context) -> None:
    """A release without a word why is refused and changes nothing."""
    from uuid import UUID

    twin.script({"kind": "empty", "operation": "DongBoThongTinCongDan", "times": 1})
    parked = run_feed(FEED, context).parked
    assert parked is not None
    with pytest.raises(ValueError, match="reason"):
        decide(UUID(parked), "release", "steward", " ", context)
    assert rows(context, "select state from hub.batch") == [("parked",)]


def test_an_unknown_feed_is_named_with_the_known_ones(context: Context) -> None:
    """A mistyped feed says which feeds there are."""
    with pytest.raises(UnknownFeed, match=r"population\.citizens"):
        fetch("population.citizen", context)


def test_one_instant_with_too_many_records_says_which_setting(twin: Twin, make_context: MakeContext) -> None:
    """A batch may not split an instant; when one is too dense the message names the setting."""
    with pytest.raises(WindowTooDense, match="BATCH_SIZE"):
        fetch(FEED, make_context(twin, batch_size=1, page_size=50))


def test_two_runs_of_one_feed_do_not_meet(context: Context) -> None:
    """While one process works on a feed, another is told so."""
    with context.connect() as conn:
        batches.lock_feed(conn, FEED)
        with pytest.raises(batches.FeedBusy, match="another process"):
            run_feed(FEED, context)


def test_changes_over_time_become_versions(make_twin: MakeTwin, make_context: MakeContext) -> None:
    """A later correction replaces the record and keeps what was; a replaced number leads to the same subject."""
    twin = make_twin(people=1500)
    context = make_context(twin, page_size=500)
    middle = at("2025-09-01T00:00:00")
    run_feed(FEED, context, since=at("1970-01-01"), until=middle)
    run_feed(FEED, context)
    versions = rows(context, "select count(*) from hub.record_version")[0][0]
    assert versions > 10
    shared = rows(
        context,
        "select subject_id from hub.record group by subject_id having count(*) > 1",
    )
    assert shared, "no replaced number in this country: choose another seed"
    states = rows(
        context, "select array_agg(status order by status) from hub.record where subject_id = %s", shared[0][0]
    )
    assert states[0][0] == ["cancelled", "current"]


def test_an_older_record_never_overwrites_a_newer_one(twin: Twin, context: Context) -> None:
    """Going back in time publishes nothing: every older version counts as superseded."""
    run_feed(FEED, context)
    before = stored_versions(context)
    run_feed(FEED, context, since=at("1970-01-01"), until=at("2024-01-01"))
    assert before == stored_versions(context)
    superseded = rows(
        context, "select superseded, published from hub.ledger join hub.batch using (batch_id) where backfill"
    )
    assert superseded[0][0] > 0
    assert superseded[0][1] == 0


def test_the_next_run_reaches_back_by_the_overlap(twin: Twin, context: Context) -> None:
    """An incremental run begins ten minutes before the watermark, for changes that the source dates late."""
    run_feed(FEED, context)
    mark = rows(context, "select watermark from hub.feed")[0][0]
    run_feed(FEED, context)
    newest = rows(context, "select since from hub.batch order by sequence desc limit 1")[0][0]
    assert mark - newest == timedelta(minutes=10)
