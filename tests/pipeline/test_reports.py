"""The reports of a batch: both languages, an account that balances, and no value of any record."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest

from hub.pipeline.context import Context
from hub.pipeline.fetch import fetch
from hub.pipeline.reports import write_report
from hub.pipeline.run import run_feed
from hub.store.batches import UnknownBatch
from tests.pipeline.conftest import FEED, MakeContext, MakeTwin, newest_versions


def test_a_published_batch_has_its_reports(make_twin: MakeTwin, make_context: MakeContext) -> None:
    """Two pages, the same as JSON and Data Docs; the account balances, and no number of the country is in any file."""
    twin = make_twin(people=900, defect_rate=3.0)
    context = make_context(twin, page_size=500)
    batch = run_feed(FEED, context).published[0]
    paths = write_report(UUID(batch), context)
    assert {"vi", "en", "json", "data_docs"} == set(paths)
    told = json.loads(paths["json"].read_text())
    assert told["balanced"] is True
    assert told["ledger"]["quarantined"] > 0
    text = "".join(path.read_text() for path in paths["json"].parent.rglob("*.html")) + paths["json"].read_text()
    from datetime import UTC, datetime

    assert [number for number in newest_versions(twin, datetime.now(UTC)) if number in text] == []


def test_a_batch_that_was_not_checked_has_no_report(context: Context) -> None:
    """The message says in which state the batch is."""
    batch = fetch(FEED, context).batches[0]
    with pytest.raises(LookupError, match="landed: nothing was checked yet"):
        write_report(UUID(batch), context)


def test_an_unknown_batch_is_told(context: Context) -> None:
    """The message names the command that lists batches."""
    with pytest.raises(UnknownBatch, match="hub batch list"):
        write_report(uuid4(), context)
