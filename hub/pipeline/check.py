"""The check step: map every landed page, judge the batch as a whole, and say whether it may be published.

Layers, in order: wire model → mapping → row rules (per page, on both cores) → cross-row rules → the Great Expectations
suite → volume. Nothing of a batch reaches the store before all of them have spoken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import accumulate
from typing import Any
from uuid import UUID

import psycopg

from hub.mapping import load_compiled
from hub.pipeline.context import Context
from hub.pipeline.feeds import find_feed
from hub.pipeline.known import ask_store
from hub.pipeline.landing import LandedBatch
from hub.pipeline.mapper import MAPPED, MappedPage, PageTask
from hub.pipeline.memory import batch_memory
from hub.pipeline.verdict import Verdict, rule_rows, write_refused
from hub.pipeline.workers import PageMapper
from hub.quality.known import Known
from hub.quality.rules import Finding, finding
from hub.quality.rulesets import Ruleset
from hub.quality.suite import SuiteResult
from hub.quality.version import rules_version
from hub.store import batches
from hub.store.batches import Batch

ENOUGH = 20
"""Records below which a share says nothing: an empty hour is ordinary."""


def check(batch_id: UUID, context: Context) -> str:
    """Checks one landed batch and returns its state: `checked`, or `parked` when a human must decide.

    A batch that is already past its check is left as it is, so that the step may be repeated; so is one behind a batch
    that waits for a human (`landed`).

    Raises:
        UnknownBatch: there is no batch of this id.
        LandedDamaged: a landed file does not open.
        RuleFailed: a rule could not be evaluated; the batch stays landed and nothing is published.
    """
    with context.connect() as conn, PageMapper(context.workers) as mapper:
        batches.lock_feed(conn, batches.load_batch(conn, batch_id).feed)
        batch = batches.load_batch(conn, batch_id)
        if batch.state != "landed" or batches.waits_behind(conn, batch):
            return batch.state
        return judge(conn, context, batch, begin_mapping(context, mapper, batch))


def begin_mapping(context: Context, mapper: PageMapper, batch: Batch) -> Iterator[MappedPage]:
    """Begins to map the pages of a landed batch; the caller holds its feed."""
    landed = context.landed(batch)
    landed.clear(MAPPED)
    return mapper.begin(_page_tasks(context, batch, landed))


@batch_memory()
def judge(conn: psycopg.Connection[Any], context: Context, batch: Batch, pages: Iterator[MappedPage]) -> str:
    """Judges a landed batch by its mapped pages and returns its state; raises as `check` does."""
    landed = context.landed(batch)
    verdict = Verdict()
    feed = find_feed(batch.feed)
    columns: dict[str, list[Any]] = {name: [] for name in feed.rules.columns}
    drifted = False
    for page in pages:
        drifted = drifted or page.drift
        verdict.add_page(page)
        for name, values in page.columns.items():
            columns[name].extend(values)
        context.progress("page mapped", page.records)
    kept = verdict.drop_repeats(columns, feed.rules.key)
    known = ask_store(conn, context.ring, feed.rules, kept)
    suite = _judge_together(feed.rules, kept, known, verdict, batch.until)
    write_refused(landed, verdict)
    stops = list(suite.batch_failures)
    if drifted and context.settings.feed(batch.feed).drift == "freeze":
        stops.append(finding("batch.drift", ""))
    stops += _volume(conn, context, batch, sum(record.announced is None for record in verdict.refused.values()))
    stops = [stop for stop in stops if stop.severity == "stop"]
    verdict.counts.update({found: 1 for found in suite.batch_failures if found.severity != "stop"})
    verdict.counts.update(dict.fromkeys(stops, 1))
    mapping = load_compiled(feed.mapping)
    _save(conn, batch, verdict, suite, mapping.version, stops[0].rule if stops else None)
    conn.commit()
    context.progress("parked" if stops else "checked", len(kept["position"]))
    return "parked" if stops else "checked"


def _page_tasks(context: Context, batch: Batch, landed: LandedBatch) -> list[PageTask]:
    drift, environment = context.settings.feed(batch.feed).drift, context.settings.environment.value
    sizes: dict[str, int] = batch.counts["pages"]
    starts = accumulate(sizes.values(), initial=0)
    return [
        PageTask(batch.feed, environment, drift, landed.uri, batch.batch_id, landed.key, name, start)
        for name, start in zip(sizes, starts, strict=False)
    ]


def _judge_together(
    rules: Ruleset, columns: dict[str, list[Any]], known: Known, verdict: Verdict, until: datetime
) -> SuiteResult:
    positions: list[int] = columns["position"]
    suite = rules.run_suite(columns)
    for found_in in (rules.cross_row_findings(columns, now=until, known=known), suite.findings):
        for row, findings in found_in.items():
            verdict.add_findings(positions[row], findings)
    return suite


def _volume(conn: psycopg.Connection[Any], context: Context, batch: Batch, refused: int) -> Iterable[Finding]:
    """An empty first load, a batch far smaller than usual or one mostly refused waits for a human.

    What lags behind its announcement does not count as refused: it is read again without a human.
    """
    fetched = batch.counts["landed"] + batch.counts["filtered"]
    if batch.counts["landed"] >= ENOUGH and refused > batch.counts["landed"] / 2:
        return [finding("batch.mostly_refused", "")]
    if fetched == 0 and batches.is_first(conn, batch):
        return [finding("batch.empty", "")]
    if batch.until < batch.asked_until:
        return []  # it ended because it was full
    # Silence is measured from when the feed last brought anything: an empty hour is ordinary, an empty week is not.
    since = batches.last_heard(conn, batch) if fetched == 0 else batch.since
    usual = batches.usual_rate(conn, batch, batch.until - since)
    if usual is None or usual < ENOUGH or fetched >= usual * context.settings.feed(batch.feed).shrink_floor:
        return []
    return [finding("batch.empty" if fetched == 0 else "batch.shrunken", "")]


def _save(
    conn: psycopg.Connection[Any],
    batch: Batch,
    verdict: Verdict,
    suite: SuiteResult,
    mapping_version: int,
    parked_rule: str | None,
) -> None:
    """Writes what the rules said; one transaction with the state of the batch."""
    batches.clear_rule_results(conn, batch.batch_id)
    batches.add_rule_results(conn, batch.batch_id, rule_rows(verdict.counts))
    batches.mark_checked(
        conn,
        batch.batch_id,
        mapping_version=mapping_version,
        rules_version=rules_version(),
        counts={"refused": len(verdict.refused), "duplicate": len(verdict.repeated), "suite": suite.as_json()},
        parked_rule=parked_rule,
    )
