"""Looks every five minutes what is wrong with registers and feeds, and tells people what began and what ended."""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task

# A zero here: by default a schedule that was due shortly before the file was first seen would start at once.
OFTEN = CronTriggerTimetable("*/5 * * * *", timezone="Asia/Ho_Chi_Minh", run_immediately=timedelta(0))


# What a channel did not take waits for the next round, so nothing is retried here.
@dag(schedule=OFTEN, max_active_runs=1)
def alerts():
    @task(execution_timeout=timedelta(minutes=4))
    def tell():
        from hub.alerts import round

        return round.run()

    tell()


alerts()
