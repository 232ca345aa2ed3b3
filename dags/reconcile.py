"""Compares counts and keys of every feed with its register, every week: incremental feeds drift."""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, ExceptionRetryPolicy, RetryAction, RetryRule, dag, task

# A zero here: by default a schedule that was due shortly before the file was first seen would start at once.
WEEKLY = CronTriggerTimetable("0 3 * * SUN", timezone="Asia/Ho_Chi_Minh", run_immediately=timedelta(0))
RETRY = RetryRule("connectors.errors.Unavailable", action=RetryAction.RETRY)
RETRIES = ExceptionRetryPolicy([RETRY], default=RetryAction.FAIL)


@dag(schedule=WEEKLY, max_active_runs=1)
def reconcile():
    @task
    def feeds():
        from hub.pipeline import tasks

        return tasks.reconcilable()

    @task(retries=5, retry_delay=timedelta(minutes=10), retry_policy=RETRIES)
    def compare(feed):
        from hub.pipeline import tasks

        return tasks.reconcile(feed)

    compare.expand(feed=feeds())


reconcile()
