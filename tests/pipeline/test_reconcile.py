"""Reconciliation finds what the incremental feed has missed; retention removes what is past its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.pipeline.context import Context
from hub.pipeline.errors import ReconciliationDiffers
from hub.pipeline.reconcile import reconcile, require_agreement
from hub.pipeline.retention import apply_retention
from hub.pipeline.run import run_feed
from hub.settings import Role
from tests.pipeline.conftest import FEED, MakeContext, MakeTwin, Twin, rows


def test_a_complete_store_agrees_with_its_source(twin: Twin, context: Context) -> None:
    """After a full load nothing is missing, extra or stale; what is refused counts as quarantined."""
    run_feed(FEED, context)
    found = reconcile(FEED, context)
    assert found.agrees, found
    assert found.source_count == found.hub_count + found.quarantined


def test_a_lost_record_and_a_foreign_one_are_told_apart(make_twin: MakeTwin, make_context: MakeContext) -> None:
    """A record deleted here is missing, one that the source never had is extra, an old one is stale."""
    # No defects: a record whose newer version waits in quarantine is not called old.
    context = make_context(make_twin(defect_rate=0))
    run_feed(FEED, context)
    ids = [row[0] for row in rows(context, "select identifier_id from hub.record where status = 'current' limit 3")]
    with context.connect(Role.OWNER) as conn:
        conn.execute("delete from hub.record where identifier_id = %s", (ids[0],))
        conn.execute("update hub.record set source_version = 1 where identifier_id = %s", (ids[1],))
        conn.execute(
            "update hub.subject_identifier set blind_index = %s where identifier_id = %s", (b"somebody else", ids[2])
        )
    found = reconcile(FEED, context)
    assert (found.missing, found.extra, found.stale) == (2, 1, 1)
    with pytest.raises(ReconciliationDiffers, match="2 missing here, 1 not at the source, 1 older here"):
        require_agreement(found)


def test_a_feed_that_never_ran_has_nothing_to_compare(context: Context) -> None:
    """The message says to run the feed first."""
    with pytest.raises(LookupError, match="run the feed first"):
        reconcile(FEED, context)


def test_retention_destroys_the_key_and_then_the_files(twin: Twin, context: Context) -> None:
    """Landed files of old batches go with their key; the records they became stay."""
    run_feed(FEED, context)
    folder = Path(rows(context, "select landed_uri from hub.batch")[0][0].removeprefix("file://"))
    assert any(folder.iterdir())
    records = rows(context, "select count(*) from hub.record")
    done = apply_retention(context, now=datetime.now(UTC) + timedelta(days=31))
    assert done["batches"] == 1
    assert not folder.exists()
    assert rows(context, "select wrapped_key from hub.batch") == [(None,)]
    assert records == rows(context, "select count(*) from hub.record")
    assert apply_retention(context, now=datetime.now(UTC) + timedelta(days=31))["batches"] == 0


def test_retention_keeps_what_is_not_due(twin: Twin, context: Context) -> None:
    """Fresh batches, open quarantine and this month's log stay."""
    run_feed(FEED, context)
    waiting = rows(context, "select count(*) from hub.quarantine")
    assert sum(apply_retention(context).values()) == 0
    assert waiting == rows(context, "select count(*) from hub.quarantine")
