"""The order of steps in which a feed is copied: every sync DAG is this, a feed and a schedule."""

from datetime import timedelta

from airflow import sdk
from airflow.sdk.exceptions import AirflowSkipException

PUBLISHED = sdk.Asset("published_batches", uri="hub://batches/published")
PARKED = sdk.Asset("parked_batches", uri="hub://batches/parked")
INSTANT = {"type": ["null", "string"], "format": "date-time", "pattern": r"^[\d-]{10}T[\d:.]+(Z|[+-][\d:]+)$"}
BRIEF = ["connectors.errors.Unavailable", "hub.store.batches.FeedBusy", "builtins.OSError", "psycopg.OperationalError"]
RULES = [sdk.RetryRule(each, action=sdk.RetryAction.RETRY) for each in BRIEF]  # whatever else fails, fails at once
POLICY = {"retry_policy": sdk.ExceptionRetryPolicy(RULES, default=sdk.RetryAction.FAIL), "retries": 3}


def sync_feed(dag_id, feed, cron, due):
    """Makes the DAG of a feed: `cron` in Vietnamese time, `due` after how long a run is slow."""
    window = {name: sdk.Param(None, **INSTANT) for name in ("since", "until")}  # one Param for both would mix them up
    schedule = sdk.CronTriggerTimetable(cron, timezone="Asia/Ho_Chi_Minh", run_immediately=timedelta(0))
    slow = sdk.AsyncCallback("hub.alerts.late.run_is_slow", kwargs={"feed": feed})
    deadline = sdk.DeadlineAlert(sdk.DeadlineReference.DAGRUN_QUEUED_AT, due, slow, name=f"slow-{dag_id}")

    @sdk.dag(dag_id, schedule=schedule, max_active_runs=1, params=window, default_args=POLICY, deadline=deadline)
    def sync():
        @sdk.task
        def fetch(params):
            from hub.pipeline import tasks

            batches, parked = tasks.fetch(feed, params["since"], params["until"])
            if parked:
                raise AirflowSkipException(f"batch {parked} waits for a human: see release_batch, or `hub batch show`")
            return batches

        @sdk.task(max_active_tis_per_dagrun=1)
        def check(batch_id):
            from hub.pipeline import tasks

            return tasks.check(batch_id)

        @sdk.task(outlets=[PUBLISHED])
        def publish(_, *, outlet_events):
            from hub.pipeline import tasks

            if not (published := tasks.publish(feed)):
                raise AirflowSkipException("nothing to publish")
            outlet_events[PUBLISHED].add_partitions(published)

        @sdk.task(outlets=[PARKED], trigger_rule="all_done")
        def ask(_, *, outlet_events):
            from hub.pipeline import tasks

            if not (unasked := tasks.unasked(feed)):
                raise AirflowSkipException("no batch waits for a human who was not asked")
            outlet_events[PARKED].add_partitions(unasked)

        checked = check.expand(batch_id=fetch())
        [publish(checked), ask(checked)]

    sync()
