"""The whole hub as it runs: real servers, Airflow's own scheduler, real signals. The order of the tests is a story."""

from __future__ import annotations

import json
import re
import signal
import stat
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from hub.demo.airflow import Airflow
from hub.store.batches import recent_batches
from tests.servers.conftest import Servers

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def get(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url, headers=headers, trust_env=False, timeout=30)


def run_sync(airflow: Airflow, **parameters: str) -> str:
    run = airflow.start("population_sync", parameters)
    airflow.wait_for_run("population_sync", run, 240)
    return run


def states(airflow: Airflow, dag: str, run: str) -> dict[str, str]:
    found = airflow.get(f"/dags/{dag}/dagRuns/{run}/taskInstances")["task_instances"]
    return {task["task_id"]: task["state"] for task in found}


def question(airflow: Airflow, seconds: float = 90) -> dict[str, Any]:
    """Waits until Airflow asks a human, and returns the task that asks."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        asked = airflow.get("/dags/~/dagRuns/~/hitlDetails", response_received=False)["hitl_details"]
        if asked and asked[0]["task_instance"]["state"] == "awaiting_input":
            return dict(asked[0]["task_instance"])
        time.sleep(0.5)
    raise AssertionError("nobody was asked")


def answer(airflow: Airflow, task: dict[str, Any], option: str, reason: str | None) -> int:
    path = f"/dags/{task['dag_id']}/dagRuns/{task['dag_run_id']}/taskInstances/{task['task_id']}/-1/hitlDetails"
    body = {"chosen_options": [option], "params_input": {"reason": reason}}
    return airflow.send("PATCH", path, body).status_code


def settle(airflow: Airflow, task: dict[str, Any], option: str, reason: str | None) -> None:
    """Answers like a human until the run has ended.

    An answer within seconds of the question meets a race of Airflow 3.3: its scheduler may read the end of the
    asking as the end of the answered task. It then fails that try, and the next try asks again.
    """
    end = time.monotonic() + 180
    while time.monotonic() < end:
        assert answer(airflow, task, option, reason) in (200, 409)
        for _ in range(20):
            time.sleep(0.5)
            run = airflow.get(f"/dags/{task['dag_id']}/dagRuns/{task['dag_run_id']}")
            if run["state"] in ("success", "failed"):
                assert run["state"] == "success"
                return
    raise AssertionError("the answer was never taken")


def batches(servers: Servers) -> list[dict[str, Any]]:
    with servers.context().connect() as conn:
        return [
            {"id": str(each.batch_id), "state": each.state, "by": each.decided_by, "reason": each.decision_reason}
            for each in reversed(recent_batches(conn))
        ]


def test_a_taken_port_is_replaced_and_said(servers: Servers) -> None:
    """Somebody listens on port 8000, so the API takes another port and the launcher says which."""
    port = urlsplit(servers.urls["api"]).port

    assert port != 8000
    assert f"port 8000 is taken: the API listens on {port} instead" in servers.said
    assert get(f"{servers.urls['api']}/health/ready").status_code == 200


def test_nobody_gets_in_without_a_login(servers: Servers) -> None:
    """Airflow's API and the reports refuse who is not logged in; the passwords lie in a private file."""
    passwords = servers.var / "airflow" / "passwords.json"

    assert get(f"{servers.urls['airflow']}/api/v2/dags").status_code == 401
    assert get(f"{servers.urls['airflow']}/hub/reports/").status_code == 401
    assert stat.S_IMODE(passwords.stat().st_mode) == 0o600
    assert set(json.loads(passwords.read_text())) == {"admin", "steward", "auditor"}


def test_servers_listen_on_loopback_alone(servers: Servers) -> None:
    """No server of the family can be reached from another machine."""
    listening = {
        (connection.laddr.ip, connection.laddr.port)
        for process in servers.family()
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }

    assert len(listening) >= 4
    assert {address for address, _ in listening} == {"127.0.0.1"}


def test_an_empty_first_load_waits_for_a_human(servers: Servers) -> None:
    """An empty register parks the batch: runs skip, a viewer may not decide, an answer without a reason asks anew."""
    servers.faults({"kind": "empty", "operation": "DongBoThongTinCongDan"})
    with servers.airflow() as admin, servers.airflow("steward") as steward, servers.airflow("auditor") as auditor:
        admin.wait_for_dag("population_sync")
        first = run_sync(admin)
        assert states(admin, "population_sync", first)["publish"] == "skipped"
        asked = question(steward)

        second = run_sync(admin)
        assert set(states(admin, "population_sync", second).values()) == {"skipped"}

        assert answer(auditor, asked, "discard", "I may not decide this") == 403
        settle(steward, asked, "discard", None)
        again = question(steward)
        assert again["dag_run_id"] != asked["dag_run_id"]
        settle(steward, again, "discard", "the register was down")

    assert [(each["state"], each["by"], each["reason"]) for each in batches(servers)] == [
        ("discarded", "steward", "the register was down")
    ]


def test_the_scheduler_runs_the_pipeline_and_an_event_writes_its_report(servers: Servers) -> None:
    """A run through Airflow's API publishes; each batch's asset event starts the run that writes its report."""
    servers.faults()
    with servers.airflow() as admin:
        run = run_sync(admin)
        published = batches(servers)[-1]
        assert (published["state"], states(admin, "population_sync", run)["publish"]) == ("published", "success")
        admin.wait_for_partition("quality_report", published["id"], 120)
        token = admin._http.headers["Authorization"]

    listed = get(f"{servers.urls['airflow']}/hub/reports/", Authorization=token).text
    links = re.findall(r'href="(/hub/reports/[^"]+)"', listed)
    assert any(published["id"] in link for link in links)
    pages = [get(f"{servers.urls['airflow']}{link}", Authorization=token) for link in links]
    assert {page.status_code for page in pages} == {200}


def test_a_released_batch_is_published(servers: Servers) -> None:
    """A backfill with an unknown field waits for a human; released with a reason it is published and reported."""
    servers.faults({"kind": "drift", "operation": "DongBoThongTinCongDan", "field": "TruongMoi"})
    with servers.airflow() as admin, servers.airflow("steward") as steward:
        run_sync(admin, since="2021-01-01T00:00:00+07:00", until="2022-01-01T00:00:00+07:00")
        assert batches(servers)[-1]["state"] == "parked"
        asked = question(steward)
        settle(steward, asked, "release", "announced by the ministry")
        released = batches(servers)[-1]
        admin.wait_for_partition("quality_report", released["id"], 120)

    servers.faults()
    assert (released["state"], released["by"], released["reason"]) == (
        "published",
        "steward",
        "announced by the ministry",
    )


def test_tasks_pass_ids_and_counts_alone(servers: Servers) -> None:
    """What tasks hand to each other through Airflow's database holds batch ids, states and counts, no value."""
    with servers.airflow() as admin:
        entries = admin.get("/dags/population_sync/dagRuns/~/taskInstances/~/xcomEntries", limit=200)["xcom_entries"]
        values = [
            admin.get(
                f"/dags/population_sync/dagRuns/{each['run_id']}/taskInstances/{each['task_id']}/xcomEntries/{each['key']}",
                map_index=each["map_index"],
                deserialize=True,
            )["value"]
            for each in entries
        ]

    text = re.sub(UUID, "", json.dumps(values))
    assert values
    assert not re.search(r"\d{9}", text)
    assert set(re.findall(r"[a-z_]+", text)) <= {"batch", "state", "checked", "parked"}


def test_wrong_parameters_never_start_a_run(servers: Servers) -> None:
    """A backfill whose window is no time is refused by Airflow before anything runs."""
    with servers.airflow() as admin:
        body = {"logical_date": None, "conf": {"since": "yesterday"}}
        refused = admin.send("POST", "/dags/population_sync/dagRuns", body)

    assert refused.status_code == 400


def test_sigterm_stops_every_process(servers: Servers) -> None:
    """SIGTERM to the launcher ends it with 0 and leaves no process, within seconds."""
    family = servers.family()
    began = time.monotonic()

    code = servers.stop(signal.SIGTERM)

    assert code == 0
    assert psutil.wait_procs(family, timeout=5)[1] == []
    assert time.monotonic() - began < 30
    assert not (servers.var / "servers.json").exists()
