"""Bad input at every layer: a clear message, a name for the rule, and nothing lost."""

from __future__ import annotations

import resource
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from connectors.errors import BrokenContract, ConnectorError, Denied, Unavailable
from hub.pipeline.check import check
from hub.pipeline.context import Context
from hub.pipeline.decisions import decide, release_entry
from hub.pipeline.errors import LandedDamaged, LandingFailed, LedgerUnbalanced, ReleaseRefused
from hub.pipeline.fetch import fetch
from hub.pipeline.landing import LandedBatch, slices
from hub.pipeline.publish import publish
from hub.pipeline.run import run_feed
from hub.settings import Environment
from hub.store import batches, quarantine
from hub.store.engine import StoreUnavailable
from hub.trust.sealing import new_data_key
from tests.pipeline.conftest import ENTERPRISES, FEED, MakeContext, MakeTwin, Twin, at, rows

SYNC = "DongBoThongTinCongDan"


@pytest.mark.parametrize(
    ("drift", "state", "quarantined"),
    [("quarantine", "published", True), ("evolve", "published", False), ("freeze", "parked", False)],
)
def test_drift_is_handled_by_the_feeds_policy(
    twin: Twin, make_context: MakeContext, drift: str, state: str, quarantined: bool
) -> None:
    """An unknown field refuses the record, is passed over with a warning, or stops the feed: as the policy says."""
    twin.script({"kind": "drift", "operation": SYNC, "field": "TruongMoi", "page": 1})
    context = make_context(twin, drift=drift)
    run_feed(FEED, context)
    assert rows(context, "select state from hub.batch") == [(state,)]
    counted = rows(context, "select severity from hub.rule_result where rule_id = 'wire.drift'")
    assert counted
    waiting = rows(context, "select count(*) from hub.quarantine where rule_id = 'wire.drift'")[0][0]
    assert quarantined == (waiting > 0)


def test_invented_people_never_reach_the_store_of_production(twin: Twin, make_context: MakeContext) -> None:
    """A number of another environment waits, whatever the connector let through, and nobody may release it."""
    context = make_context(twin)
    context.settings.environment = Environment.PRODUCTION

    run_feed(FEED, context)

    assert rows(context, "select state, parked_rule from hub.batch") == [("parked", "batch.mostly_refused")]
    batch = rows(context, "select batch_id from hub.batch")[0][0]
    decide(batch, "release", "CB-1", "tests what becomes of it", context)
    publish(FEED, context)
    assert rows(context, "select count(*) from hub.record") == [(0,)]
    entry = rows(context, "select entry_id from hub.quarantine where rule_id = 'environment.foreign_id' limit 1")[0][0]
    with pytest.raises(ReleaseRefused, match=r"environment\.foreign_id"):
        release_entry(entry, "CB-1", "tries it all the same", context)


def test_enterprises_of_invented_people_never_reach_the_store_of_production(
    make_twin: MakeTwin, make_context: MakeContext
) -> None:
    """The code of an enterprise tells no environment: the people whom it names do, and none of them gets a subject."""
    context = make_context(make_twin(people=4000, defect_rate=0))
    context.settings.environment = Environment.PRODUCTION

    run_feed(ENTERPRISES, context, since=at("2026-09-01"), until=at("2026-11-01"))

    assert rows(context, "select state from hub.batch") == [("published",)]
    refused = rows(context, "select rule_id, field from hub.quarantine")
    assert ("environment.foreign_id", "representatives") in refused
    assert rows(context, "select count(*) from hub.subject where kind = 'person'") == [(0,)]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "garbage"}, BrokenContract),
        ({"kind": "truncated"}, Unavailable),
        ({"kind": "status", "code": 503}, Unavailable),
        ({"kind": "token", "page": 2}, Denied),
        ({"kind": "repeated_page", "page": 2}, ConnectorError),
        ({"kind": "missing_page", "page": 2}, ConnectorError),
    ],
)
def test_a_fault_mid_fetch_loses_nothing(
    twin: Twin, context: Context, fault: dict[str, object], error: type[ConnectorError]
) -> None:
    """A fetch that breaks leaves its batch open, and the next run takes it up where it began."""
    twin.script({"operation": SYNC, **fault})
    with pytest.raises(error):
        run_feed(FEED, context)
    assert rows(context, "select state from hub.batch") == [("fetching",)]
    twin.control("DELETE", "/_sandbox/faults")
    run_feed(FEED, context)
    assert rows(context, "select count(distinct batch_id) from hub.ledger")[0][0] >= 1
    assert rows(context, "select count(*) from hub.batch where state <> 'published'") == [(0,)]
    assert rows(context, "select count(*) from hub.record")[0][0] > 250


def test_a_mended_mapping_publishes_the_same_version(twin: Twin, context: Context) -> None:
    """The same source version under a higher mapping version replaces the record and keeps the old one."""
    run_feed(FEED, context)
    key = rows(context, "select identifier_id from hub.record where status = 'current' limit 1")[0][0]
    window = rows(context, "select since, until from hub.batch")[0]
    with context.connect() as conn:
        # What an older mapping would have left: the version before, with another content.
        conn.execute(
            "update hub.record set mapping_version = mapping_version - 1, digest = %s where identifier_id = %s",
            (b"another digest", key),
        )
    run_feed(FEED, context, since=window[0], until=window[1])
    assert rows(context, "select published from hub.ledger join hub.batch using (batch_id) where backfill") == [(1,)]
    assert rows(context, "select count(*) from hub.record_version where identifier_id = %s", key) == [(1,)]


def test_same_version_with_another_content_is_quarantined(twin: Twin, context: Context) -> None:
    """When the source tells two stories under one version, the stored one stays and the other waits for a steward."""
    run_feed(FEED, context)
    key = rows(context, "select identifier_id from hub.record where status = 'current' limit 1")[0][0]
    window = rows(context, "select since, until from hub.batch")[0]
    with context.connect() as conn:
        conn.execute("update hub.record set digest = %s where identifier_id = %s", (b"another digest", key))
    run_feed(FEED, context, since=window[0], until=window[1])
    found = rows(context, "select count(*) from hub.quarantine where rule_id = 'conflict.same_version'")
    assert found == [(1,)]
    assert rows(context, "select digest from hub.record where identifier_id = %s", key) == [(b"another digest",)]


def test_a_damaged_landed_file_says_what_to_do(context: Context) -> None:
    """A landed file that was changed does not open; the batch stays, and discarding it fetches it again."""
    batch_id = UUID(fetch(FEED, context).batches[0])
    with context.connect() as conn:
        batch = batches.load_batch(conn, batch_id)
    page = Path(batch.landed_uri.removeprefix("file://")) / "page-00001"
    page.write_bytes(page.read_bytes()[:-1] + b"x")
    with pytest.raises(LandedDamaged, match="hub batch discard"):
        check(batch_id, context)
    assert rows(context, "select state from hub.batch") == [("landed",)]
    decide(batch_id, "discard", "engineer", "a damaged file on the disk", context)
    run_feed(FEED, context)
    assert rows(context, "select count(*) from hub.record")[0][0] > 250


def test_a_mapped_page_that_vanished_is_told_and_fetched_again(context: Context) -> None:
    """A file that is gone between check and publish stops the publish with the same way out."""
    batch_id = UUID(fetch(FEED, context).batches[0])
    check(batch_id, context)
    folder = Path(rows(context, "select landed_uri from hub.batch")[0][0].removeprefix("file://"))
    (folder / "mapped-00002").unlink()
    with pytest.raises(LandedDamaged, match="hub batch discard"):
        publish(FEED, context)
    assert rows(context, "select count(*) from hub.record") == [(0,)]
    decide(batch_id, "discard", "engineer", "a file was deleted", context)
    run_feed(FEED, context)
    assert rows(context, "select count(*) from hub.record")[0][0] > 250


def test_a_disk_that_is_full_mid_fetch_loses_nothing(twin: Twin, make_context: MakeContext) -> None:
    """A write that the system refuses stops the fetch; once there is room, the next run takes the batch up."""
    context = make_context(twin, page_size=100)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(LandingFailed, match="cannot be written"):
            fetch(FEED, context)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert rows(context, "select state from hub.batch") == [("fetching",)]
    run_feed(FEED, context)
    assert rows(context, "select count(*) from hub.batch where state <> 'published'") == [(0,)]
    assert rows(context, "select count(*) from hub.record")[0][0] > 250


@pytest.mark.parametrize("body", [b"no json at all", b'{"SoDinhDanh": ["100050000017"]}', b"[]"])
def test_a_malformed_wire_record_is_quarantined_and_its_neighbours_pass(
    twin: Twin, context: Context, body: bytes
) -> None:
    """One record that no model can read waits as it was sent; the rest of its page is published."""
    batch_id = UUID(fetch(FEED, context).batches[0])
    with context.connect() as conn:
        landed = context.landed(batches.load_batch(conn, batch_id))
    header, payload = landed.read("page-00001")
    bodies = [bytes(each) for each in slices([entry[3] for entry in header], payload)]
    bodies[7], header[7][3] = body, len(body)
    landed.write("page-00001", header, bodies)
    run_feed(FEED, context)
    found = rows(context, "select entry_id, rule_id from hub.quarantine where stage = 'wire'")
    assert [rule for _, rule in found] == ["wire.not_json" if body.startswith(b"no") else "wire.malformed"]
    with context.connect() as conn:
        assert quarantine.open_documents(conn, context.ring, found[0][0]) == (body, None)
    assert rows(context, "select count(*) from hub.record")[0][0] > 250


def test_a_full_disk_is_told_and_leaves_no_half_file(tmp_path: Path) -> None:
    """No space left: the message names the folder and the setting, and nothing half-written stays."""
    (tmp_path / ".page-00001.part").symlink_to("/dev/full")
    landed = LandedBatch(tmp_path.as_uri(), uuid4(), new_data_key())
    with pytest.raises(LandingFailed, match=r"no space left.*HUB_LANDED_URI"):
        landed.write("page-00001", [], [b"x" * 100_000])
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_folder_is_told(tmp_path: Path) -> None:
    """A folder that is a file gives a message that names it."""
    (tmp_path / "landed").write_text("")
    landed = LandedBatch((tmp_path / "landed" / "x").as_uri(), uuid4(), new_data_key())
    with pytest.raises(LandingFailed, match="cannot be written"):
        landed.write("page-00001", [], [b"x"])


def test_a_database_that_is_down_is_told_at_once(context: Context) -> None:
    """Without its database a step stops with one sentence that names no password."""
    down = context.settings.model_copy(
        update={"database_url_pipeline": "postgresql+psycopg://hub_pipeline:canarypassword@127.0.0.1:1/hub"}
    )
    with pytest.raises(StoreUnavailable) as caught:
        run_feed(FEED, replace(context, settings=down))
    assert "canarypassword" not in str(caught.value)


def test_an_unbalanced_batch_cannot_be_published(context: Context) -> None:
    """When a record is missing from the account, the transaction is refused and the store stays as it was."""
    batch_id = UUID(fetch(FEED, context).batches[0])
    check(batch_id, context)
    with context.connect() as conn:
        conn.execute("update hub.batch set counts = counts || '{\"landed\": 1}' where batch_id = %s", (batch_id,))
    with pytest.raises(LedgerUnbalanced, match="hub batch discard"):
        publish(FEED, context)
    assert rows(context, "select count(*) from hub.record") == [(0,)]
    assert rows(context, "select state from hub.batch") == [("checked",)]
    assert rows(context, "select watermark from hub.feed") == [(None,)]
