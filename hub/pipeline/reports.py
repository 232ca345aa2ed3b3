"""The reports of one batch: HTML in two languages, JSON, and Data Docs; counts and rules, never a value."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from hub.pipeline.context import Context
from hub.pipeline.errors import NotThere
from hub.pipeline.feeds import find_feed
from hub.quality.datadocs import write_data_docs
from hub.quality.report import ReportInput, RuleCount
from hub.quality.report import write_report as write_pages
from hub.store import batches


def reports_dir(context: Context) -> Path:
    """Returns the folder of all reports, one sub-folder a batch."""
    return context.settings.var_dir / "reports"


def write_report(batch_id: UUID, context: Context) -> dict[str, Path]:
    """Writes the reports of a checked, parked or published batch and returns their paths by kind.

    Kinds: `vi`, `en`, `json` and, when the suite was run, `data_docs`.

    Raises:
        UnknownBatch: there is no such batch.
        NotThere: the batch is not checked yet, so that there is nothing to report.
    """
    with context.connect() as conn:
        batch = batches.load_batch(conn, batch_id)
        if batch.rules_version is None:
            raise NotThere(f"batch {batch_id} is {batch.state}: nothing was checked yet, so there is no report")
        ledger = batches.ledger_of(conn, batch_id)
        counts = [RuleCount(*row) for row in batches.rule_results(conn, batch_id)]
    folder = reports_dir(context) / str(batch_id)
    kind = find_feed(batch.feed).kind
    suite = batch.counts.get("suite")
    links: dict[str, str] = {}
    paths: dict[str, Path] = {}
    if suite and suite["evaluated"]:
        pages = write_data_docs(suite, folder / "data_docs", batch_id=str(batch_id), checked_at=batch.until, kind=kind)
        paths["data_docs"] = pages["index"]
        links["data_docs"] = pages["index"].relative_to(folder).as_posix()
    report = ReportInput(
        feed=batch.feed,
        batch_id=str(batch_id),
        state=batch.state,
        since=batch.since,
        until=batch.until,
        made_at=datetime.now(UTC),
        scope=batch.scope,
        legal_basis=batch.legal_basis,
        ledger=ledger,
        counts=counts,
        suite=suite,
        mapping_version=batch.mapping_version,
        rules_version=batch.rules_version,
        parked_rule=batch.parked_rule,
        decision=batch.decision,
        decided_at=batch.decided_at,
        links=links,
        kind=kind,
    )
    paths |= write_pages(report, folder)
    if batch.state == "published":
        with context.connect() as conn:
            batches.mark_reported(conn, batch_id)
    return paths
