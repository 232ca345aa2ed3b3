"""The story, in order: the pipelines run by Airflow's scheduler, then a dossier system fills forms.

Whatever is told was compared with the twin's truth before. The first thing that did not happen, or differs, ends it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from hub.demo.airflow import Airflow
from hub.demo.dossiers import FilledForm, fill_forms
from hub.demo.enterprises import compare_enterprises
from hub.demo.errors import DemoFailed
from hub.launch.configuration import Addresses
from hub.pipeline.context import Context
from hub.pipeline.reconcile import Reconciliation, reconcile
from hub.settings import Settings
from hub.store import batches, quarantine
from hub.store.batches import Batch
from hub.trust.keys import KeyRing

FEED, ENTERPRISES = "population.citizens", "business.enterprises"
_HANOI = timezone(timedelta(hours=7))

# The business register tells its history only by walking its list five days at a time, as often as its courtesy allows:
# this year is enough for a story.
BUSINESS_SINCE = datetime(2026, 1, 1, tzinfo=_HANOI)
_THIS_YEAR = {"since": BUSINESS_SINCE.isoformat()}
_RUNS = (("population_sync", FEED, None), ("business_sync", ENTERPRISES, _THIS_YEAR))


@dataclass(frozen=True)
class PublishedBatch:
    """One batch with its ledger and its reports."""

    batch: Batch
    ledger: dict[str, int]
    reports: list[Path]


@dataclass
class Account:
    """Everything that the demonstration tells."""

    addresses: Addresses
    var: Path
    batches: list[PublishedBatch] = field(default_factory=list)
    quarantined: dict[str, int] = field(default_factory=dict)
    reconciliation: Reconciliation | None = None
    enterprises: int = 0
    forms: list[FilledForm] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


def play(var: Path, addresses: Addresses, say: Callable[[str], None]) -> Account:
    """Plays the story against running servers and returns what there is to tell.

    Raises:
        DemoFailed: something did not happen, or differs from the truth.
    """
    settings = Settings(_env_file=var / "hub.env")
    context = Context(settings, KeyRing.load(settings))
    account = Account(addresses, var)
    with Airflow(addresses.airflow_url, var) as airflow:
        with _stage(account, "pipelines by Airflow's scheduler", say):
            for dag, feed, window in _RUNS:
                airflow.wait_for_dag(dag)
                airflow.wait_for_run(dag, airflow.start(dag, window))
                _read_batches(account, context, feed)
        with _stage(account, "reports by asset event", say):
            for each in account.batches:
                airflow.wait_for_partition("quality_report", str(each.batch.batch_id))
                each.reports.extend(_reports(var, each.batch))
    with _stage(account, "comparison with the register's keys", say):
        account.reconciliation = reconcile(FEED, context)
        if not account.reconciliation.agrees:
            raise DemoFailed(f"the store and the register differ: {asdict(account.reconciliation)}")
    with _stage(account, "comparison of enterprises with the twin", say):
        account.enterprises = compare_enterprises(context, addresses.twin_url, _read_up_to(account, ENTERPRISES))
    with _stage(account, "dossiers", say):
        up_to = {feed: _read_up_to(account, feed) for _, feed, _ in _RUNS}
        account.forms = fill_forms(settings, addresses, var, up_to[FEED], (BUSINESS_SINCE, up_to[ENTERPRISES]))
    return account


def _read_batches(account: Account, context: Context, feed: str) -> None:
    found: list[PublishedBatch] = []
    with context.connect() as conn:
        for batch in reversed(batches.recent_batches(conn, feed, 100)):
            ledger = batches.ledger_of(conn, batch.batch_id)
            if ledger is None:
                raise DemoFailed(f"batch {batch.batch_id} is {batch.state}: see `hub batch show {batch.batch_id}`")
            if ledger["fetched"] != sum(count for name, count in ledger.items() if name != "fetched"):
                raise DemoFailed(f"the ledger of batch {batch.batch_id} does not balance")
            found.append(PublishedBatch(batch, ledger, []))
        waiting = quarantine.count_open(conn, feed)
    if not any(each.ledger["published"] for each in found):
        raise DemoFailed(f"the pipeline of {feed} published nothing: see its runs in Airflow")
    if sum(waiting.values()) != sum(each.ledger["quarantined"] for each in found):
        raise DemoFailed("the ledgers and the quarantine disagree: see `hub quarantine list`")
    account.batches += found
    for rule, count in waiting.items():
        account.quarantined[rule] = account.quarantined.get(rule, 0) + count


def _read_up_to(account: Account, feed: str) -> datetime:
    return max(each.batch.until for each in account.batches if each.batch.feed == feed)


def _reports(var: Path, batch: Batch) -> list[Path]:
    folder = var / "reports" / str(batch.batch_id)
    found = [*sorted(folder.glob("*.html"), reverse=True), *folder.glob("*/index.html")]
    if not found:
        raise DemoFailed(f"the run of quality_report left no report of batch {batch.batch_id} in {var}/reports")
    return found


@contextmanager
def _stage(account: Account, name: str, say: Callable[[str], None]) -> Iterator[None]:
    """Times one part of the story and says when it is over."""
    began = time.monotonic()
    yield
    account.seconds[name] = took = time.monotonic() - began
    say(f"{name} ({took:.1f} s)")
