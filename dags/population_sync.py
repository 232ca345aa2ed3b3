"""Copies what changed in the national population database, every hour; a backfill by its parameters."""

from datetime import timedelta

from airflow import sdk
from airflow.sdk import RetryAction, dag, task
from airflow.sdk.exceptions import AirflowSkipException

FEED = "population.citizens"
HOURLY = sdk.CronTriggerTimetable("0 * * * *", timezone="Asia/Ho_Chi_Minh", run_immediately=timedelta(0))
CITIZENS = sdk.Asset("population_citizens", uri="hub://population/citizens")
PARKED = sdk.Asset("parked_batches", uri="hub://batches/parked")
INSTANT = {"type": ["null", "string"], "format": "date-time", "pattern": r"^[\d-]{10}T[\d:.]+(Z|[+-][\d:]+)$"}
WINDOW = {name: sdk.Param(None, **INSTANT) for name in ("since", "until")}  # a Param of its own: it keeps its value
BRIEF = ["connectors.errors.Unavailable", "hub.store.batches.FeedBusy", "builtins.OSError", "psycopg.OperationalError"]
RULES = [sdk.RetryRule(each, action=RetryAction.RETRY) for each in BRIEF]  # whatever else fails, fails at once
POLICY = {"retry_policy": sdk.ExceptionRetryPolicy(RULES, default=RetryAction.FAIL), "retries": 3}
SLOW = sdk.AsyncCallback("hub.alerts.run_is_slow", kwargs={"feed": FEED})
DUE = sdk.DeadlineAlert(sdk.DeadlineReference.DAGRUN_QUEUED_AT, timedelta(minutes=45), SLOW, name="hourly-sync")


@dag(schedule=HOURLY, max_active_runs=1, params=WINDOW, default_args=POLICY, deadline=DUE)
def population_sync():
    @task
    def fetch(params):
        from hub.pipeline import tasks

        batches, parked = tasks.fetch(FEED, params["since"], params["until"])
        if parked:
            raise AirflowSkipException(f"batch {parked} waits for a human: see release_batch, or `hub batch show`")
        return batches

    @task(max_active_tis_per_dagrun=1)
    def check(batch_id):
        from hub.pipeline import tasks

        return tasks.check(batch_id)

    @task(outlets=[CITIZENS])
    def publish(_, *, outlet_events):
        from hub.pipeline import tasks

        if not (published := tasks.publish(FEED)):
            raise AirflowSkipException("nothing to publish")
        outlet_events[CITIZENS].add_partitions(published)

    @task(outlets=[PARKED], trigger_rule="all_done")
    def ask(_, *, outlet_events):
        from hub.pipeline import tasks

        if not (unasked := tasks.unasked(FEED)):
            raise AirflowSkipException("no batch waits for a human who was not asked")
        outlet_events[PARKED].add_partitions(unasked)

    checked = check.expand(batch_id=fetch())
    [publish(checked), ask(checked)]


population_sync()
