"""The DAG files: schedules and orders of steps, small, without import errors and without logic."""

from __future__ import annotations

import ast
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.settings import ROOT

FILES = sorted((ROOT / "dags").glob("*.py"))
SYNCS = sorted(file.stem for file in FILES if file.stem.endswith("_sync"))
NAMES = {*SYNCS, "quality_report", "release_batch", "reconcile", "retention", "alerts"}


def test_every_dag_imports(dag_bag: Any) -> None:
    """All DAGs are there, and no file fails to import."""
    assert dag_bag.import_errors == {}
    assert set(dag_bag.dags) == NAMES


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_a_dag_is_a_schedule_and_an_order(file: Path) -> None:
    """A DAG file has fewer than 60 lines and says in its first line what it is for."""
    text = file.read_text()

    assert len(text.splitlines()) < 60
    assert ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_nothing_of_the_hub_is_imported_at_the_top(file: Path) -> None:
    """The DAG processor parses a file again and again, so it imports Airflow's SDK alone."""
    tree = ast.parse(file.read_text())
    imported = [node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)]

    assert {name.split(".")[0] for name in imported} <= {"airflow", "datetime", "sync_feed"}
    assert not [node for node in tree.body if isinstance(node, ast.Import)]


@pytest.mark.parametrize(("name", "cron"), [("population_sync", "0 * * * *"), ("business_sync", "20 * * * *")])
def test_a_sync_is_hourly_and_alone(dag_bag: Any, name: str, cron: str) -> None:
    """A register is read every hour, by one run at a time, and never for hours that have passed."""
    sync = dag_bag.dags[name]

    assert (sync.timetable.expression, sync.max_active_runs, sync.catchup) == (cron, 1, False)
    assert sync.task_dict["check"].max_active_tis_per_dagrun == 1
    assert sync.deadline


@pytest.mark.parametrize("name", [*SYNCS, "reconcile", "retention", "alerts"])
def test_no_schedule_starts_because_its_file_was_just_seen(dag_bag: Any, name: str) -> None:
    """A schedule that was due before the file was first parsed waits for its next time: a first start is empty."""
    timetable = dag_bag.dags[name].timetable

    assert timetable.run_immediately == timedelta(0)
    assert str(timetable.timezone) == "Asia/Ho_Chi_Minh" or timetable.timezone.name == "Asia/Ho_Chi_Minh"


@pytest.mark.parametrize(("value", "fits"), [(None, True), ("2026-11-01T00:00:00+07:00", True), ("yesterday", False)])
def test_a_backfill_is_checked_before_it_starts(dag_bag: Any, value: str | None, fits: bool) -> None:
    """The window of a backfill is a JSON Schema date-time or empty."""
    from airflow.sdk.exceptions import ParamValidationError

    since = dag_bag.dags["population_sync"].params.get_param("since")

    if fits:
        assert since.resolve(value) == value
    else:
        with pytest.raises(ParamValidationError):
            since.resolve(value)


def test_both_ends_of_a_backfill_are_kept(dag_bag: Any) -> None:
    """Each end of the window is a parameter of its own: a shared one would give both the last value."""
    from airflow.sdk.definitions.param import process_params

    sync = dag_bag.dags["population_sync"]
    wanted = {"since": "2026-11-01T00:00:00Z", "until": "2026-11-02T00:00:00Z"}

    assert process_params(sync, sync.task_dict["fetch"], wanted, suppress_exception=False) == wanted


@pytest.mark.parametrize(
    ("error", "again"),
    [
        ("connectors.errors.Unavailable", True),
        ("hub.store.batches.FeedBusy", True),
        ("hub.store.engine.StoreUnavailable", True),
        ("connectors.errors.Denied", False),
        ("connectors.errors.BrokenContract", False),
        ("hub.quality.rules.RuleFailed", False),
    ],
)
def test_only_what_passes_is_tried_again(dag_bag: Any, error: str, again: bool) -> None:
    """Who is away is asked again; a refusal, a broken contract or a broken rule fails at once."""
    from airflow.sdk import RetryAction
    from airflow.sdk.module_loading import import_string

    policy = dag_bag.dags["population_sync"].task_dict["fetch"].retry_policy
    kind = import_string(error)

    decision = policy.evaluate(kind.__new__(kind), 1, 3)

    assert (decision.action is RetryAction.RETRY) is again


def test_reports_and_questions_come_one_for_each_batch(dag_bag: Any) -> None:
    """Both DAGs that follow a batch are partitioned, so that several batches never melt into one run."""
    from airflow.sdk import PartitionedAssetTimetable

    for name, asset in (("quality_report", "published_batches"), ("release_batch", "parked_batches")):
        timetable = dag_bag.dags[name].timetable
        assert isinstance(timetable, PartitionedAssetTimetable)
        assert timetable.asset_condition.name == asset


def test_the_question_is_a_plain_one(dag_bag: Any) -> None:
    """The answer of a plain HITLOperator reaches the next task; the branching one would lose who answered and why."""
    ask = dag_bag.dags["release_batch"].task_dict["ask"]

    assert type(ask).__name__ == "HITLOperator"
    assert ask.options == ["release", "discard"]
    assert ask.retries > 0  # an answer that breaks the form must be asked for again
    assert ask.params.get_param("reason").resolve(None) is None


def test_a_slow_run_is_told_unless_it_has_ended() -> None:
    """The deadline's callback speaks of a run that is still under way, and only of that."""
    script = (
        "import asyncio; from hub.alerts.late import run_is_slow\n"
        "for state in ('running', 'success'):\n"
        "    run = {'dag_run_id': state + '-run', 'state': state}\n"
        "    asyncio.run(run_is_slow(feed='population.citizens', context={'dag_run': run}))\n"
    )

    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    assert "running-run" in told
    assert "success-run" not in told
