"""One feed from the register to the store, without Airflow: what `hub run` does."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hub.pipeline.check import begin_mapping, judge
from hub.pipeline.context import Context
from hub.pipeline.feeds import find_feed
from hub.pipeline.fetch import fetch
from hub.pipeline.mapper import MappedPage
from hub.pipeline.publish import publish_batch
from hub.pipeline.workers import PageMapper, warm_up
from hub.store import batches
from hub.store.batches import Batch


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
    return load(feed_name, context)


def load(feed_name: str, context: Context) -> RunOutcome:
    """Checks and publishes what lies landed, batch by batch, up to the first that a human must decide about.

    While one batch is judged and published here, the pages of the next are mapped by the workers.

    Raises:
        PipelineError, RuleFailed, FeedBusy: as the steps do; batches before the one at fault are published.
    """
    feed = find_feed(feed_name)
    published: list[str] = []
    with context.connect() as conn, PageMapper(context.workers) as mapper:
        batches.lock_feed(conn, feed.name)
        waiting = deque(batches.pending_batches(conn, feed.name))
        begun = _begin(context, mapper, waiting)
        while waiting:
            batch, pages = waiting.popleft(), begun
            begun = _begin(context, mapper, waiting)
            state = batch.state if pages is None else judge(conn, context, batch, pages)
            if state == "parked":
                return RunOutcome(feed.name, published, str(batch.batch_id))
            publish_batch(feed, context, conn, batches.load_batch(conn, batch.batch_id))
            published.append(str(batch.batch_id))
    return RunOutcome(feed.name, published)


def _begin(context: Context, mapper: PageMapper, waiting: Sequence[Batch]) -> Iterator[MappedPage] | None:
    """Begins to map the next batch; None when there is none, or when it is past its check."""
    return begin_mapping(context, mapper, waiting[0]) if waiting and waiting[0].state == "landed" else None
