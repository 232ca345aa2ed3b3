"""Writes the validation report of every published batch: an HTML page in Vietnamese and English, and Data Docs."""

from datetime import timedelta

from airflow.sdk import Asset, PartitionedAssetTimetable, dag, task

PUBLISHED = Asset("published_batches", uri="hub://batches/published")


# One run for one batch: a plain asset schedule would melt several events into one run.
@dag(schedule=PartitionedAssetTimetable(assets=PUBLISHED), max_active_runs=4)
def quality_report():
    @task(retries=2, retry_delay=timedelta(minutes=1))
    def write(dag_run):
        from hub.pipeline import tasks

        return tasks.report(dag_run.partition_key)

    write()


quality_report()
