"""Copies what changed in the national population database, every hour; a backfill by its parameters."""

from datetime import timedelta

from airflow.sdk import Asset, AsyncCallback, DeadlineAlert, DeadlineReference, Param, RetryAction, RetryRule, dag, task
from airflow.sdk import ExceptionRetryPolicy as RetryPolicy
from airflow.sdk.exceptions import AirflowSkipException

FEED = "population.citizens"
CITIZENS = Asset("population_citizens", uri="hub://population/citizens")
PARKED = Asset("parked_batches", uri="hub://batches/parked")
ISO_8601 = r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$"  # `format` alone is not checked
INSTANT = Param(None, type=["null", "string"], format="date-time", pattern=ISO_8601)
BRIEF = ["connectors.errors.Unavailable", "hub.store.batches.FeedBusy", "builtins.OSError", "psycopg.OperationalError"]
RETRIES = RetryPolicy([RetryRule(each, action=RetryAction.RETRY) for each in BRIEF], default=RetryAction.FAIL)
EACH = {"retries": 3, "retry_delay": timedelta(minutes=2), "retry_policy": RETRIES}
WINDOW = {"since": INSTANT, "until": INSTANT}
SLOW = AsyncCallback("hub.alerts.run_is_slow", kwargs={"feed": FEED})
DUE = DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, timedelta(minutes=45), SLOW, name="hourly-sync")


@dag(schedule="0 * * * *", max_active_runs=1, params=WINDOW, default_args=EACH, deadline=DUE, tags=["population"])
def population_sync():
    @task
    def fetch(params):
        from hub.pipeline import tasks

        batches, parked = tasks.fetch(FEED, params["since"], params["until"])
        if parked:
            raise AirflowSkipException(
                f"batch {parked} waits for a human: release_batch, or `hub batch release|discard`"
            )
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

    @task(outlets=[PARKED])
    def ask(checked, *, outlet_events):
        if not (parked := [each["batch"] for each in checked if each["state"] == "parked"]):
            raise AirflowSkipException("no batch waits for a human")
        outlet_events[PARKED].add_partitions(parked)

    checked = check.expand(batch_id=fetch())
    [publish(checked), ask(checked)]


population_sync()
