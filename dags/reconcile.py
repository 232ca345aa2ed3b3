"""Compares counts and keys of the population feed with the register, every week: incremental feeds drift."""

from datetime import timedelta

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule, dag, task

FEED = "population.citizens"
RETRY = RetryRule("connectors.errors.Unavailable", action=RetryAction.RETRY)
RETRIES = ExceptionRetryPolicy([RETRY], default=RetryAction.FAIL)


@dag(schedule="0 3 * * SUN", max_active_runs=1, tags=["population", "quality"])
def reconcile():
    @task(retries=5, retry_delay=timedelta(minutes=10), retry_policy=RETRIES)
    def compare():
        from hub.pipeline import tasks

        return tasks.reconcile(FEED)

    compare()


reconcile()
