"""Applies the retention periods, every night: keys are destroyed first, what they sealed goes after."""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task

# A zero here: by default a schedule that was due shortly before the file was first seen would start at once.
NIGHTLY = CronTriggerTimetable("0 2 * * *", timezone="Asia/Ho_Chi_Minh", run_immediately=timedelta(0))


@dag(schedule=NIGHTLY, max_active_runs=1)
def retention():
    @task(retries=3, retry_delay=timedelta(minutes=10))
    def apply():
        from hub.pipeline import tasks

        return tasks.retain()

    apply()


retention()
