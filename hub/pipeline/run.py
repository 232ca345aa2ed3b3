"""One feed from the register to the store, without Airflow: what `hub run` does."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

from hub.pipeline.check import begin_mapping, judge
from hub.pipeline.context import Context
from hub.pipeline.feeds import Feed, find_feed
from hub.pipeline.fetch import fetch
from hub.pipeline.mapper import MappedPage
from hub.pipeline.publish import PublishOutcome, publish_batch
from hub.pipeline.workers import PageMapper, warm_up
from hub.store import batches
from hub.store.batches import Batch


def run_feed(
    feed_name: str, context: Context, *, since: datetime | None = None, until: datetime | None = None
) -> PublishOutcome:
    """Fetches, checks and publishes a feed; the same steps that the DAG orders.

    Raises:
        PipelineError, ConnectorError, RuleFailed, FeedBusy: as the steps do; what was done before stays done.
    """
    warm_up()
    fetched = fetch(feed_name, context, since=since, until=until)
    if fetched.parked:
        return PublishOutcome(feed_name, parked=fetched.parked)
    return load(feed_name, context)


def load(feed_name: str, context: Context) -> PublishOutcome:
    """Checks and publishes what lies landed, batch by batch, up to the first that a human must decide about.

    Three batches are under way at a time: one is published, the next is judged, and the workers map the one after it.

    Raises:
        PipelineError, RuleFailed, FeedBusy: as the steps do; batches before the one at fault are published.
    """
    feed = find_feed(feed_name)
    published: list[Future[str]] = []
    parked = None
    with context.connect() as conn, PageMapper(context.workers) as mapper, ThreadPoolExecutor(1) as publisher:
        batches.lock_feed(conn, feed.name)
        waiting = deque(batches.pending_batches(conn, feed.name))
        begun = _begin(context, mapper, waiting)
        while waiting and parked is None:
            batch, pages = waiting.popleft(), begun
            begun = _begin(context, mapper, waiting)
            state = batch.state if pages is None else judge(conn, context, batch, pages)
            for done in published[-1:]:
                done.result()  # what fails to be published ends the run
            if state == "parked":
                parked = str(batch.batch_id)
            else:
                published.append(publisher.submit(_publish, feed, context, batch.batch_id))
    return PublishOutcome(feed.name, [done.result() for done in published], parked)


def _publish(feed: Feed, context: Context, batch_id: UUID) -> str:
    """Publishes a batch on a connection of its own; `load` holds the feed meanwhile."""
    with context.connect() as conn:
        publish_batch(feed, context, conn, batches.load_batch(conn, batch_id))
    return str(batch_id)


def _begin(context: Context, mapper: PageMapper, waiting: Sequence[Batch]) -> Iterator[MappedPage] | None:
    """Begins to map the next batch; None when there is none, or when it is past its check."""
    return begin_mapping(context, mapper, waiting[0]) if waiting and waiting[0].state == "landed" else None
