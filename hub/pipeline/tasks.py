"""What the DAGs call: the pipeline's steps with ids and counts in and out, as Airflow passes them from task to task."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog

from hub.pipeline import check as checking
from hub.pipeline import fetch as fetching
from hub.pipeline import publish as publishing
from hub.pipeline import reconcile as reconciling
from hub.pipeline import retention
from hub.pipeline.context import Context
from hub.store import batches

_log = structlog.get_logger("hub.pipeline")


def context() -> Context:
    """Returns the context of a task: its progress goes to the task's log."""
    return Context.from_environment(lambda stage, count: _log.info(stage, count=count))


def fetch(feed: str, since: str | None = None, until: str | None = None) -> tuple[list[str], str | None]:
    """Lands what changed, or a window given in ISO 8601; returns the unpublished batches and the parked one."""
    outcome = fetching.fetch(feed, context(), since=_instant(since), until=_instant(until))
    return outcome.batches, outcome.parked


def check(batch_id: str) -> dict[str, str]:
    """Checks one batch and returns its state."""
    return {"batch": batch_id, "state": checking.check(UUID(batch_id), context())}


def publish(feed: str) -> list[str]:
    """Publishes what is checked and returns the batches without a report: an event that a kill has lost comes again."""
    ctx = context()
    publishing.publish(feed, ctx)
    with ctx.connect() as conn:
        return [str(batch_id) for batch_id in batches.unreported(conn, feed)]


def unasked(feed: str) -> list[str]:
    """Returns the parked batches about which no human was asked yet."""
    with context().connect() as conn:
        return [str(batch_id) for batch_id in batches.unasked(conn, feed)]


def report(batch_id: str) -> dict[str, str]:
    """Writes the reports of one published batch and returns where they lie."""
    from hub.pipeline import reports  # brings the page templates, which no other task needs

    return {name: str(path) for name, path in reports.write_report(UUID(batch_id), context()).items()}


def reconcilable() -> list[str]:
    """Returns the feeds that can be compared with their registers."""
    return reconciling.reconcilable()


def reconcile(feed: str) -> dict[str, str | int]:
    """Compares the store with the source and returns the counts.

    Raises:
        ReconciliationDiffers: they hold different records; the comparison is kept all the same.
    """
    found = reconciling.reconcile(feed, context())
    reconciling.require_agreement(found)
    counts: dict[str, Any] = asdict(found)
    return {name: value if isinstance(value, int) else str(value) for name, value in counts.items()}


def retain() -> dict[str, int]:
    """Applies the retention periods and returns what went."""
    return retention.apply_retention(context())


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
