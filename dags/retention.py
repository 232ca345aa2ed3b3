"""Applies the retention periods, every night: keys are destroyed first, what they sealed goes after."""

from datetime import timedelta

from airflow.sdk import dag, task


@dag(schedule="0 2 * * *", max_active_runs=1, tags=["trust"])
def retention():
    @task(retries=3, retry_delay=timedelta(minutes=10))
    def apply():
        from hub.pipeline import tasks

        return tasks.retain()

    apply()


retention()
