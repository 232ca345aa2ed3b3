"""Asks a human about a parked batch; the decision, who took it and why are kept in the hub's own table."""

from datetime import timedelta

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Asset, Param, PartitionedAssetTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException

PUBLISHED = Asset("published_batches", uri="hub://batches/published")
PARKED = Asset("parked_batches", uri="hub://batches/parked")
TEXT = {"type": ["null", "string"]}
BATCH = Param(None, **TEXT, pattern="^[0-9a-f-]{36}$", description="The parked batch, when a human starts this run.")
# Null is allowed because a required answer without a default ends the task at its start; `decide` insists on a reason.
REASON = Param(None, **TEXT, minLength=5, maxLength=500, description="Why; no name and no number of a person.")


@dag(schedule=PartitionedAssetTimetable(assets=PARKED), params={"batch": BATCH})
def release_batch():
    @task
    def describe(params, dag_run):
        from hub.pipeline import parked, tasks

        batch = parked.describe(dag_run.partition_key or params["batch"], tasks.context())
        if batch is None:
            raise AirflowSkipException("the batch waits for no decision (any more)")
        return batch

    @task.branch
    def decide(batch, given):
        from hub.pipeline import parked, tasks

        by, reason = given["responded_by_user"]["id"], given["params_input"].get("reason")
        return parked.answer(batch["batch"], given["chosen_options"][0], by, reason, tasks.context())

    @task(outlets=[PUBLISHED])
    def publish(batch, *, outlet_events):
        from hub.pipeline import tasks

        outlet_events[PUBLISHED].add_partitions(tasks.publish(batch["feed"]))

    @task(outlets=[PARKED])
    def ask_again(batch, *, outlet_events):
        outlet_events[PARKED].add_partitions([batch["batch"]])

    text = "{{ ti.xcom_pull(task_ids='describe')['%s'] }}"
    options = {"options": ["release", "discard"], "params": {"reason": REASON}}
    again = {"retries": 9, "retry_delay": timedelta(seconds=5)}  # an answer that breaks the form asks again
    ask = HITLOperator(task_id="ask", subject=text % "subject", body=text % "body", **options, **again)
    batch = describe()
    batch >> ask
    decide(batch, ask.output) >> [publish(batch), ask_again(batch)]


release_batch()
