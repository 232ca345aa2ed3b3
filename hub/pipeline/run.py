"""One feed from the register to the store, without Airflow: what `hub run` does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from hub.pipeline.check import check
from hub.pipeline.context import Context
from hub.pipeline.fetch import fetch
from hub.pipeline.publish import publish
from hub.pipeline.workers import warm_up


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What a run did: the batches that it published, and the one that waits for a human."""

    feed: str
    published: list[str] = field(default_factory=list)
    parked: str | None = None


def run_feed(
    feed_name: str, context: Context, *, since: datetime | None = None, until: datetime | None = None
) -> RunOutcome:
    """Fetches, checks and publishes a feed; the same steps that the DAG orders.

    Raises:
        PipelineError, ConnectorError, RuleFailed, FeedBusy: as the steps do; what was done before stays done.
    """
    warm_up()
    fetched = fetch(feed_name, context, since=since, until=until)
    if fetched.parked:
        return RunOutcome(feed_name, parked=fetched.parked)
    for batch_id in fetched.batches:
        if check(UUID(batch_id), context) == "parked":
            break
    done = publish(feed_name, context)
    return RunOutcome(feed_name, done.published, done.parked)
