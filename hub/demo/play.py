"""The story, in order: the pipeline runs by Airflow's scheduler, then a dossier system fills a form.

Whatever is told was compared with the twin's truth before. The first thing that did not happen, or differs, ends it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx

from hub.demo import truth
from hub.demo.airflow import Airflow
from hub.demo.dossier_system import DossierSystem, enrol
from hub.demo.enterprises import compare_enterprises
from hub.demo.errors import DemoFailed
from hub.launch.configuration import Addresses
from hub.mapping.procedures import Procedure, load_procedure
from hub.pipeline.context import Context
from hub.pipeline.reconcile import Reconciliation, reconcile
from hub.settings import Settings
from hub.store import batches, quarantine
from hub.store.batches import Batch
from hub.trust.keys import KeyRing

FEED, ENTERPRISES, PROCEDURE = "population.citizens", "business.enterprises", "1.004623"
PEOPLE = 3
"""People whose forms are filled; the first one's is shown."""

# The business register tells its history only by walking its list five days at a time, as often as its courtesy allows:
# this year is enough for a story.
_THIS_YEAR = {"since": "2026-01-01T00:00:00+07:00"}
_RUNS = (("population_sync", FEED, None), ("business_sync", ENTERPRISES, _THIS_YEAR))
_HANOI = timezone(timedelta(hours=7))


@dataclass(frozen=True)
class PublishedBatch:
    """One batch with its ledger and its reports."""

    batch: Batch
    ledger: dict[str, int]
    reports: list[Path]


@dataclass(frozen=True)
class Filled:
    """One person's form: what the hub answered, and the truth that it agrees with."""

    dossier: str
    answer: dict[str, Any]
    record: dict[str, Any]

    def value_of(self, attribute: str) -> Any:
        """Returns a released value."""
        return self.answer["attributes"].get(attribute, {}).get("value")


@dataclass
class Account:
    """Everything that the demonstration tells."""

    addresses: Addresses
    var: Path
    batches: list[PublishedBatch] = field(default_factory=list)
    quarantined: dict[str, int] = field(default_factory=dict)
    reconciliation: Reconciliation | None = None
    enterprises: int = 0
    procedure: Procedure | None = None
    form: dict[str, Any] = field(default_factory=dict)
    filled: list[Filled] = field(default_factory=list)
    checked: int = 0
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
    with _stage(account, f"{PEOPLE} dossiers", say):
        _fill_forms(account, settings)
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


def _fill_forms(account: Account, settings: Settings) -> None:
    account.procedure = load_procedure(PROCEDURE)
    private = enrol(settings, account.procedure, account.var / "demo" / "portal.jwk")
    published_up_to = _read_up_to(account, FEED)
    today = datetime.now(_HANOI)
    with DossierSystem(account.addresses.api_url, private) as portal:
        account.form = portal.form(PROCEDURE)
        for number, person in enumerate(_people(account.addresses.twin_url, published_up_to), start=1):
            record = truth.as_written(person["truth"], person["left_out"])
            claim = {
                "personal_id": record["SoDinhDanh"],
                "name": truth.full_name(record),
                "birth_date": truth.birth_date(record),
            }
            dossier = f"G16.01-{today:%y%m%d}-{number:04d}"
            answer = portal.prefill(claim, PROCEDURE, dossier)
            _compare(account, number, answer, record)
            account.filled.append(Filled(dossier, answer, record))


def _people(twin: str, published_up_to: datetime) -> list[dict[str, Any]]:
    """Finds grown-up citizens whom the twin sends without a defect and who have not changed since the pipeline ran."""
    with httpx.Client(base_url=twin, timeout=30, trust_env=False) as http:
        where = {"alive": True, "adult": True, "defect_free": True}
        answer = http.post("/_sandbox/sample", json={"count": 12, "seed": 1, "where": where}).raise_for_status()
        settled = [each for each in answer.json()["people"] if each["version"] < published_up_to.timestamp() * 1000]
        settled.sort(key=lambda each: truth.birth_date(each["truth"]), reverse=True)
        if len(settled) < PEOPLE:
            raise DemoFailed("the twin knows too few settled citizens: give it more people (--people)")
        # Asked again one by one: the truth as of now, by the number that the citizen shows.
        numbers = [each["personal_id"] for each in settled[:PEOPLE]]
        return [http.post("/_sandbox/truth", json={"personal_id": each}).raise_for_status().json() for each in numbers]


def _compare(account: Account, number: int, answer: dict[str, Any], record: dict[str, Any]) -> None:
    if answer["outcome"] not in ("complete", "partial") or not answer["attributes"]:
        raise DemoFailed(f"the lookup for citizen {number} ended as {answer['outcome']}")
    wrong = truth.differences(answer, record)
    if wrong:
        raise DemoFailed(f"citizen {number}: the answer differs from the twin's truth in {', '.join(wrong)}")
    account.checked += sum("value" in each for each in answer["attributes"].values())


@contextmanager
def _stage(account: Account, name: str, say: Callable[[str], None]) -> Iterator[None]:
    """Times one part of the story and says when it is over."""
    began = time.monotonic()
    yield
    account.seconds[name] = took = time.monotonic() - began
    say(f"{name} ({took:.1f} s)")
