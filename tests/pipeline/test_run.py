"""A feed from the twin to the store."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from hub.pipeline.check import check
from hub.pipeline.context import Context
from hub.pipeline.decisions import decide
from hub.pipeline.errors import NotParked, UnknownFeed, WindowTooDense
from hub.pipeline.fetch import fetch
from hub.pipeline.reports import write_report
from hub.pipeline.run import run_feed
from hub.settings import Role
from hub.store import batches, subjects
from hub.store.engine import create_pool
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


async def claim_all(context: Context, numbers: list[str]) -> None:
    """Opens a dossier about each number, as the API does."""
    async with create_pool(context.settings, Role.API) as pool, pool.acquire() as conn:
        for order, number in enumerate(numbers):
            subject = await subjects.claim(conn, context.ring, number)
            await conn.execute(
                "insert into hub.dossier (consumer_id, dossier, procedure, subject_id)"
                " values ('portal', $1, '1.004623', $2)",
                f"G16.01-261122-{order:04d}",
                subject,
            )


def test_who_stands_in_a_dossier_is_copied_and_nobody_else(make_twin: MakeTwin, make_context: MakeContext) -> None:
    """Exactly the subjects of dossiers reach the store, with the numbers that replaced theirs."""
    import asyncio

    twin = make_twin(people=1500)
    context = make_context(twin, scope="known_subjects", page_size=500)
    entries = twin.country.feed.window(0, int(datetime.now(UTC).timestamp() * 1000))
    clean = [entry for entry in entries if twin.country.defect(entry) is None and entry.kind != "duplicate_person"]
    replaced = next(entry.number for entry in clean if entry.form == "former")
    plain = next(entry.number for entry in clean if entry.form == "plain" and entry.number != replaced)
    with context.connect(Role.OWNER) as conn:
        conn.execute("insert into hub.consumer (consumer_id, name) values ('portal', 'Portal')")
    asyncio.run(claim_all(context, [plain, replaced]))
    run_feed(FEED, context)
    subjects_stored = rows(context, "select count(distinct subject_id), count(*) from hub.record")
    assert subjects_stored == [(2, 3)], "one person under one number, one under two"
    fetched, *_, filtered = rows(context, LEDGER)[0]
    assert 0 < fetched - filtered < 20


def test_an_empty_first_load_waits_for_a_human(twin: Twin, context: Context) -> None:
    """A register that answers with nothing at all parks the feed instead of passing for an empty country."""
    twin.script({"kind": "empty", "operation": "DongBoThongTinCongDan"})
    outcome = run_feed(FEED, context)
    assert outcome.parked is not None
    assert outcome.published == []
    assert rows(context, "select parked_rule, state from hub.batch") == [("batch.empty", "parked")]


def test_a_shrunken_feed_waits_and_yesterdays_data_stays(twin: Twin, context: Context) -> None:
    """A window that brings far less than such windows usually do is parked; later runs say so and fetch nothing."""
    window = {"since": at("2021-07-01"), "until": at("2025-07-01")}
    run_feed(FEED, context, **window)
    before = stored_versions(context)
    twin.script({"kind": "shrunken", "operation": "DongBoThongTinCongDan", "keep": 0.1})
    parked = run_feed(FEED, context, **window).parked
    assert parked is not None
    assert rows(context, "select parked_rule from hub.batch where state = 'parked'") == [("batch.shrunken",)]
    assert before == stored_versions(context)
    assert fetch(FEED, context).parked == parked


def test_a_backfill_of_busy_years_makes_no_ordinary_window_look_small(twin: Twin, context: Context) -> None:
    """The first years brought everybody at once; after reading them again the next quiet window is not parked."""
    run_feed(FEED, context)
    run_feed(FEED, context, since=at("2021-07-01"), until=at("2021-09-01"))
    with context.connect() as conn:
        conn.execute("update hub.feed set watermark = %s", (datetime.now(UTC) - timedelta(days=50),))
    outcome = run_feed(FEED, context)
    assert outcome.parked is None
    busy, quiet = (row[0] for row in rows(context, "select fetched from hub.ledger order by written_at desc limit 2"))
    assert quiet > 2 * busy


def test_a_register_that_falls_silent_waits_for_a_human(twin: Twin, context: Context) -> None:
    """One empty window is ordinary; when the silence has lasted longer than the feed's pace explains, a human looks."""
    run_feed(FEED, context, since=at("2021-07-01"), until=at("2025-01-01"))
    with context.connect() as conn:
        # From here on the feed runs by its watermark, as it does every hour.
        conn.execute("update hub.batch set backfill = false")
        conn.execute("update hub.feed set watermark = %s", (at("2025-01-01"),))
    twin.script({"kind": "empty", "operation": "DongBoThongTinCongDan"})
    outcome = run_feed(FEED, context)
    assert outcome.parked is not None
    assert rows(context, "select parked_rule from hub.batch where state = 'parked'") == [("batch.empty",)]


def test_what_comes_after_a_parked_batch_waits_with_it(twin: Twin, make_context: MakeContext) -> None:
    """Batches behind a parked one are neither checked nor published, and go with it when it is discarded."""
    from uuid import UUID

    context = make_context(twin, batch_size=100)
    twin.script({"kind": "drift", "operation": "DongBoThongTinCongDan", "field": "TruongMoi", "page": 1, "times": 1})
    frozen = make_context(twin, batch_size=100, drift="freeze")
    fetched = fetch(FEED, frozen).batches
    states = [check(UUID(batch), frozen) for batch in fetched]
    assert states == ["parked", *["landed"] * (len(fetched) - 1)]
    decide(UUID(fetched[0]), "discard", "steward", "the source mended its answer", frozen)
    assert {row[0] for row in rows(context, "select state from hub.batch")} == {"discarded"}
    run_feed(FEED, context)
    assert len(stored_versions(context)) > 250


def test_a_backfill_cut_off_between_two_batches_is_finished_by_the_next_run(
    twin: Twin, make_context: MakeContext
) -> None:
    """The end that was asked for is remembered: a kill between two batches of a backfill loses none of its window."""
    from uuid import UUID

    def die_at_the_second(stage: str, count: int) -> None:
        if stage == "batch opened" and opened.append(count) is None and len(opened) == 2:
            raise KeyboardInterrupt

    opened: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        fetch(
            FEED,
            make_context(twin, batch_size=100, progress=die_at_the_second),
            since=at("2021-07-01"),
            until=at("2025-01-01"),
        )
    context = make_context(twin, batch_size=100)
    with context.connect(Role.OWNER) as conn:
        # As if the kill had come a moment earlier, before the second batch had its row.
        conn.execute("delete from hub.batch where state = 'fetching'")
    fetch(FEED, context)
    reached = rows(context, "select max(until), max(asked_until) from hub.batch where backfill")[0]
    assert reached == (at("2025-01-01"), at("2025-01-01"))
    assert check(UUID(str(rows(context, "select batch_id from hub.batch order by sequence limit 1")[0][0])), context)


def test_a_backfill_that_is_killed_and_asked_for_again_is_read_once(twin: Twin, make_context: MakeContext) -> None:
    """A retry of the task asks for the same window: its batches follow upon each other, and none comes twice."""

    def die_at_the_second(stage: str, count: int) -> None:
        if stage == "batch opened" and opened.append(count) is None and len(opened) == 2:
            raise KeyboardInterrupt

    opened: list[int] = []
    window = {"since": at("2021-07-01"), "until": at("2025-01-01")}
    with pytest.raises(KeyboardInterrupt):
        fetch(FEED, make_context(twin, batch_size=100, progress=die_at_the_second), **window)
    context = make_context(twin, batch_size=100)
    fetch(FEED, context, **window)
    read = rows(context, "select since, until from hub.batch order by sequence")
    assert len(read) > 2
    assert [since for since, _ in read] == [at("2021-07-01"), *(until for _, until in read[:-1])]
    assert read[-1][1] == at("2025-01-01")


def test_a_window_read_again_does_not_double_quarantine(twin: Twin, make_context: MakeContext) -> None:
    """A refused record that comes again under the same version is the same entry, and counts as a duplicate."""
    context = make_context(twin)
    window = {"since": at("1970-01-02"), "until": at("2026-01-01")}
    run_feed(FEED, context, **window)
    before = rows(context, "select entry_id from hub.quarantine order by 1")
    assert before
    run_feed(FEED, context, **window)
    assert before == rows(context, "select entry_id from hub.quarantine order by 1")
    account = "select quarantined, duplicate from hub.ledger join hub.batch using (batch_id) order by sequence"
    again = rows(context, account)
    assert again[1] == (0, again[0][0] + again[0][1])


def test_a_published_batch_is_announced_until_its_report_is_written(twin: Twin, context: Context) -> None:
    """A kill between publish and the end of its task loses no report: the batch is announced again."""
    from uuid import UUID

    batch = run_feed(FEED, context).published[0]
    with context.connect() as conn:
        assert batches.unreported(conn, FEED) == [UUID(batch)]
    write_report(UUID(batch), context)
    with context.connect() as conn:
        assert batches.unreported(conn, FEED) == []


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
