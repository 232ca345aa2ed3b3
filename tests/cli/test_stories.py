"""The commands of an operator's day, as real processes against a real database, twin and API."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from hub.demo import truth
from hub.launch import configuration, ports, readiness
from hub.launch.configuration import Addresses
from hub.settings import ROOT, Role, Settings
from hub.store.engine import connect
from tests.cli.test_commands import ENV, hub

FEED = "population.citizens"
BY = ("--by", "lan.nt")
WHY = ("--reason", "asked the commune")


def ready(answers: Any, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not answers():
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a twin with few people and many defects."""
    port = ports.choose(0)
    command = [sys.executable, "-m", "sandbox_mocks", "--port", str(port), "--seed", "7", "--people", "300"]
    process = subprocess.Popen(command, env=ENV, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ready(lambda: readiness.answers(f"http://127.0.0.1:{port}/_sandbox/health"), process)
    yield port
    process.terminate()
    process.wait(20)


@pytest.fixture
def addresses(twin: int) -> Addresses:
    """Where the servers of the sandbox listen."""
    return Addresses(api=ports.choose(0), airflow=1, twin=twin)


@pytest.fixture
def var(settings: Settings, addresses: Addresses) -> Path:
    """A folder whose hub.env names the test's database, keys and twin, as the launcher writes it."""
    names = ("database_url", "database_url_pipeline", "database_url_api", "database_url_retention")
    urls = {f"HUB_{name.upper()}": str(getattr(settings, name)) for name in names}
    configuration.write_sandbox(
        settings.var_dir, addresses, urls | {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql+psycopg://none"}
    )
    return settings.var_dir


@pytest.fixture
def filled(var: Path) -> Path:
    """The same after one run of the feed."""
    done = hub("run", FEED, "--json", var=var)
    assert (done.returncode, len(json.loads(done.stdout)["published"])) == (0, 1), done.stderr
    return var


def as_json(*arguments: str, var: Path) -> Any:
    done = hub(*arguments, "--json", var=var)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def change(settings: Settings, statement: str) -> None:
    with connect(settings, Role.OWNER) as conn:
        conn.execute(statement.encode())


def logged(conn: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return conn.execute("select exchange_id::text, outcome from hub.exchange_log where kind = 'steward'").fetchall()


def test_keys_are_made_once(var: Path, tmp_path: Path) -> None:
    """`hub keys init` makes a ring and a token key, private, and never replaces what is there."""
    folder = tmp_path / "new"

    made = hub("keys", "init", "--json", var=var, HUB_KEYS_DIR=str(folder))
    again = hub("keys", "init", var=var, HUB_KEYS_DIR=str(folder))

    assert made.returncode == 0, made.stderr
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o600}
    assert again.returncode == 1


def test_the_store_outlives_its_keys(filled: Path, settings: Settings) -> None:
    """Both rotations move every row, leave one version in force, and the register's numbers are still found."""
    master, index = as_json("keys", "rotate", "master", var=filled), as_json("keys", "rotate", "index", var=filled)
    unknown = hub("keys", "rotate", "all", var=filled)

    assert master["moved"] > 0
    assert index["moved"] > 0
    assert (master["retired"], index["retired"]) == ([1], [1])
    assert as_json("reconcile", FEED, var=filled)["agrees"]
    assert (unknown.returncode, "master or index" in unknown.stderr) == (1, True)


def test_a_difference_makes_the_comparison_and_the_doctor_fail(filled: Path, settings: Settings) -> None:
    """`hub reconcile` exits 1 when a record is lost, and the doctor tells what to do until it has come again."""
    agreed, well = hub("reconcile", FEED, var=filled), hub("doctor", "--json", var=filled)
    change(settings, "delete from hub.record where identifier_id in (select min(identifier_id) from hub.record)")
    differs, ill = hub("reconcile", FEED, "--json", var=filled), hub("doctor", "--json", var=filled)

    assert (agreed.returncode, well.returncode) == (0, 0), well.stdout
    assert (differs.returncode, json.loads(differs.stdout)["missing"]) == (1, 1)
    said = {each["check"]: each for each in json.loads(ill.stdout)}[f"reconciliation {FEED}"]
    assert (ill.returncode, said["ok"]) == (1, False)
    assert f"hub run {FEED} --since" in said["said"]
    assert f"hub reconcile {FEED}" in said["said"]


def test_a_look_and_a_decision_stand_in_the_log_by_entry(filled: Path, settings: Settings) -> None:
    """Who opens a quarantined record, and who discards it, is logged with the entry's own id; nothing else is."""
    entries = as_json("quarantine", "list", var=filled)
    nowhere = str(uuid4())

    missing = hub("quarantine", "show", nowhere, "--values", *BY, var=filled)
    hidden = hub("quarantine", "show", entries[0]["entry_id"], var=filled)
    opened = hub("quarantine", "show", entries[0]["entry_id"], "--values", *BY, "--json", var=filled)
    discarded = hub("quarantine", "discard", entries[0]["entry_id"], *BY, *WHY, var=filled)
    twice = hub("quarantine", "discard", entries[0]["entry_id"], *BY, *WHY, var=filled)
    short = hub("quarantine", "discard", entries[1]["entry_id"], *BY, "--reason", "no", var=filled)

    assert (missing.returncode, hidden.returncode, opened.returncode) == (1, 0, 0), opened.stderr
    assert "SoDinhDanh" in json.loads(opened.stdout)["wire"]
    assert "SoDinhDanh" not in hidden.stdout
    assert (discarded.returncode, twice.returncode, short.returncode) == (0, 1, 1), discarded.stderr
    assert "discarded already" in twice.stderr
    assert "a reason of at least 5 characters" in short.stderr
    with connect(settings, Role.OWNER) as conn:
        assert logged(conn) == [
            (entries[0]["entry_id"], "quarantine_read"),
            (entries[0]["entry_id"], "quarantine_discarded"),
        ]


def test_a_changed_mapping_is_tried_on_the_last_batch(filled: Path, settings: Settings, tmp_path: Path) -> None:
    """`hub mapping diff` counts and masks; values are for somebody with a name, and then the log says who read what."""
    name, file = "population/citizen", tmp_path / "citizen.yaml"
    text = (ROOT / "mappings" / f"{name}.yaml").read_text(encoding="utf-8")
    marital = "marital_status: {from: TinhTrangHonNhan, codes: population/marital"
    file.write_text(text.replace(marital, f"{marital}, when: {{TrangThai: never}}"), encoding="utf-8")

    ask = ("mapping", "diff", name, "--to", str(file))
    masked, told = as_json(*ask, var=filled), hub(*ask, var=filled)
    nobody = hub(*ask, "--values", var=filled)
    nothing = hub("mapping", "diff", name, var=filled)
    before = as_json(*ask[:3], "--from", str(file), var=filled)
    shown = as_json(*ask, "--values", *BY, var=filled)

    change = masked["fields"]["marital_status"]
    assert (masked["changed"], list(masked["fields"])) == (change["records"], ["marital_status"])
    assert (masked["records"] > 200, masked["quarantined"], masked["released"]) == (True, 0, 0)
    assert "raise the mapping's version above 1" in told.stdout
    assert "married" not in told.stdout + json.dumps(masked)
    assert "married" in json.dumps(shown)
    assert before["fields"]["marital_status"]["records"] == change["records"]
    assert {after for _, after in before["fields"]["marital_status"]["examples"]} <= {"ma***", "***", "di***", "wi***"}
    assert (nobody.returncode, "give --by" in nobody.stderr) == (1, True)
    assert (nothing.returncode, "--to" in nothing.stderr) == (1, True)
    with connect(settings, Role.OWNER) as conn:
        assert logged(conn) == [(shown["batch"], "mapping_values_read")]


def test_a_published_batch_is_not_dropped(filled: Path) -> None:
    """What is published can't be discarded as a batch."""
    batch = as_json("batch", "list", var=filled)[0]["batch_id"]
    published = hub("batch", "discard", batch, *BY, *WHY, var=filled)

    assert published.returncode == 1
    assert "is published" in published.stderr


def test_a_register_keeps_to_its_wsdl(var: Path, addresses: Addresses) -> None:
    """The twin serves what is pinned; an address that serves no WSDL, or an unknown register, is said."""
    same = hub("connector", "diff", "population", var=var)
    url = f"http://127.0.0.1:{addresses.twin}/_sandbox/health"
    other = hub("connector", "diff", "population", var=var, HUB_REGISTERS__POPULATION__URL=url)
    unknown = hub("connector", "diff", "[/x]", var=var)

    assert same.returncode == 0, same.stdout + same.stderr
    assert (other.returncode, "no WSDL 1.1" in other.stderr) == (1, True), other.stderr
    assert (unknown.returncode, "no register '[/x]'; known are: business, population" in unknown.stderr) == (1, True)


def test_a_refused_consumer_leaves_no_key(var: Path) -> None:
    """A key whose public half was refused is not left behind, a file that was there stays; a key can be stopped."""
    one, two = var / "one.jwk", var / "two.jwk"
    add = ("consumer", "add", "portal-a", "--name", "[/x]\x1b[31mPortal", *BY, "--json", "--new-key")

    first, second = hub(*add, str(one), var=var), hub(*add, str(two), var=var)
    third = hub("consumer", "rotate", "nobody", *BY, "--new-key", str(two), var=var)
    fourth = hub(*add, str(one), var=var)
    kid = json.loads(first.stdout)["kid"]
    stopped = [hub("consumer", "disable", "portal-a", "--key", each, *BY, var=var) for each in (kid, "none")]
    listed = hub("consumer", "list", var=var)

    assert [each.returncode for each in (first, second, third, fourth)] == [0, 1, 1, 1], first.stderr
    assert (one.exists(), two.exists()) == (True, False)
    assert [each.returncode for each in stopped] == [0, 1], stopped[0].stderr
    assert kid not in listed.stdout.replace("\n", "")
    assert (listed.returncode, "[/x]�[31mPortal" in listed.stdout.replace("\n", "")) == (0, True), listed.stdout


def test_a_form_is_filled_by_the_command(filled: Path, addresses: Addresses, tmp_path: Path) -> None:
    """`hub lookup` asks as a dossier system: values for who may ask, a refusal and exit code 1 for who may not."""
    where = {"alive": True, "adult": True, "defect_free": True}
    sampled = httpx.post(
        f"{addresses.twin_url}/_sandbox/sample", json={"count": 1, "seed": 1, "where": where}, trust_env=False
    )
    record = sampled.json()["people"][0]["truth"]
    subject, key = tmp_path / "claim.json", tmp_path / "portal.jwk"
    claim = {"personal_id": record["SoDinhDanh"], "name": truth.full_name(record)}
    subject.write_text(json.dumps(claim | {"birth_date": truth.birth_date(record)}))
    hub("consumer", "add", "portal-g16", "--name", "Portal", "--new-key", str(key), *BY, var=filled)
    hub("consumer", "officer", "portal-g16", "CB-00123", *BY, var=filled)
    command = [sys.executable, "-m", "uvicorn", "hub.api.app:create_app", "--factory", "--port", str(addresses.api)]
    api = subprocess.Popen(
        command,
        env=ENV | {"HUB_VAR_DIR": str(filled)},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    ask = (
        *("lookup", "--consumer", "portal-g16", "--key", str(key), "--procedure", "1.004623", "--officer", "CB-00123"),
        *("--dossier", "G16.01-261122-0001", "--subject", str(subject), "--open-dossier", "--language", "en"),
    )

    firm = tmp_path / "firm.json"
    firm.write_text(json.dumps({"enterprise_code": "0314409058", "name": "Công ty TNHH Cầu Vồng"}))
    about_both = ("--procedure", "1.005160", "--dossier", "G16.01-261122-0002", "--enterprise", str(firm))

    try:
        ready(lambda: readiness.answers(f"{addresses.api_url}/health/ready"), api)
        refused = hub(*ask, var=filled)
        hub("consumer", "grant", "portal-g16", "1.004623", *BY, var=filled)
        malformed = hub(*ask, "--dossier", "17", var=filled)
        filled_in, shown = hub(*ask, "--json", var=filled), hub(*ask, var=filled)
        hub("consumer", "grant", "portal-g16", "1.005160", *BY, var=filled)
        both = hub(*ask, *about_both, "--json", var=filled)
    finally:
        api.terminate()
        api.wait(20)
    away = hub(*ask, var=filled)

    assert (refused.returncode, "grant.missing" in refused.stderr) == (1, True), refused.stderr
    assert (malformed.returncode, "body.invalid" in malformed.stderr) == (1, True), malformed.stderr
    assert "\n  dossier: " in malformed.stderr
    answer = json.loads(filled_in.stdout)
    assert answer["attributes"]["person.personal_id"]["value"] == record["SoDinhDanh"]
    assert (shown.returncode, truth.full_name(record) in shown.stdout) == (0, True), shown.stderr
    # No enterprise was copied: the person is answered, nothing is said of the other.
    assert (both.returncode, json.loads(both.stdout)["match"]) == (0, {"name": "exact"}), both.stderr
    assert (away.returncode, "does not answer" in away.stderr) == (1, True)
