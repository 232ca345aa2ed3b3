"""Everything fails, about people who are marked: no error, log, report or table says who they are."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psutil
import psycopg
import pytest

from hub.demo.dossier_system import CONSUMER, OFFICER, enrol
from hub.demo.errors import DemoFailed
from hub.embedded import EmbeddedPostgres
from hub.exchange.tokens import ASSERTION_TYPE, make_assertion
from hub.mapping.procedures import load_procedure
from sandbox_mocks.country import Country
from tests.servers.commands import run_command
from tests.servers.conftest import PEOPLE, SEED, Servers
from tests.servers.feed import FEED, ask, batches, wait_for
from tests.servers.leaks import leaks_below, people_of

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

SYNC = "DongBoThongTinCongDan"
PROCEDURE = "1.004623"
WINDOW = {"since": "2021-07-01T00:00:00+07:00", "until": "2022-01-01T00:00:00+07:00"}


@dataclass(frozen=True)
class Marked:
    """Somebody whose number and name the search looks for."""

    number: str
    name: str
    claim: dict[str, str]


@pytest.fixture(scope="module")
def marked() -> Marked:
    """One of the country's people, whose name is among those that are searched for."""
    country = Country(SEED, PEOPLE)
    names = people_of(country)[1]
    for entry in country.feed.window(0, 2**42):
        record = country.truth(entry.person, entry.time) or {}
        name = " ".join(part for part in record.get("HoVaTen", {}).values() if part)
        if name in names:
            claim = {"personal_id": entry.number, "name": name, "birth_date": "1950"}
            return Marked(entry.number, name, claim)
    raise AssertionError("nobody is marked")


def fault(kind: str, **parameters: object) -> dict[str, object]:
    return {"kind": kind, "operation": SYNC, **parameters}


def test_runs_fail_while_the_register_is_in_trouble(hurt: Servers) -> None:
    """An answer that breaks off is asked for again by the next try, garbage ends the run, drift parks a batch."""
    with hurt.airflow() as admin:
        admin.wait_for_dag("population_sync")
        hurt.faults(fault("truncated", times=4), fault("garbage", after=4))
        run = admin.start("population_sync", WINDOW)
        with pytest.raises(DemoFailed, match="is failed"):
            admin.wait_for_run("population_sync", run, 120)
        tried = admin.get(f"/dags/population_sync/dagRuns/{run}/taskInstances/fetch")["try_number"]
        hurt.faults(fault("drift"))
        admin.wait_for_run("population_sync", admin.start("population_sync", WINDOW), 120)

    parked, behind = (batches(hurt.context(), state) for state in ("parked", "landed"))
    assert (tried, len(parked)) == (2, 1)
    why = ["--by", "steward", "--reason", "the source was ill"]
    assert {run_command(hurt, "batch", "discard", batch, *why)[0] for batch in parked + behind} == {0}


@pytest.mark.parametrize(
    "trouble", ["ok_with_error", "missing_page", "token", "clock", "oversize", "bomb", "repeated_page"]
)
def test_a_command_fails_while_the_register_is_in_trouble(hurt: Servers, trouble: str) -> None:
    """`hub run` exits 1 with one sentence that names the operation and a code."""
    hurt.faults(fault(trouble, **({"page": 2} if "page" in trouble else {})))
    code, printed = run_command(hurt, "run", FEED, "--since", WINDOW["since"], "--until", WINDOW["until"])

    assert code == 1
    assert f"hub: population.{SYNC}" in printed.read_text()


def test_a_run_meets_a_database_that_refuses_everybody(hurt: Servers, marked: Marked) -> None:
    """A run whose database goes away in the middle is tried again and ends well; commands and lookups are refused."""
    hurt.faults(fault("delay", page=2, ms=3000, times=1), fault("drift", page=1))
    context = hurt.context()
    with hurt.airflow() as admin:
        run = admin.start("population_sync", WINDOW)
        wait_for(lambda: batches(context, "fetching"))
        with database_away(hurt):
            assert run_command(hurt, "run", FEED)[0] == 1
            assert run_command(hurt, "quarantine", "list")[0] == 1
            answer = call(hurt, "POST", "/v1/lookup", json={"subject": marked.claim})
            tries = f"/dags/population_sync/dagRuns/{run}/taskInstances/fetch"
            wait_for(lambda: admin.get(tries)["try_number"] > 1, pause=0.5)
        admin.wait_for_run("population_sync", run, 120)

    assert answer.status_code in (401, 503)
    assert (batches(context, "fetching"), batches(context, "landed")) == ([], [])
    assert ask(context, "select from hub.quarantine where rule_id = 'wire.drift' and status = 'open'")


@contextmanager
def database_away(hurt: Servers) -> Iterator[None]:
    """Has the server close the hub's database to everybody and end their connections."""
    address = httpx.URL(hurt.context().settings.database_url or "")
    server = EmbeddedPostgres(hurt.var, port=address.port or 0)
    with psycopg.connect(server.admin_url(), autocommit=True) as admin:
        admin.execute("alter database hub with allow_connections false")
        try:
            admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'hub'")
            yield
        finally:
            admin.execute("alter database hub with allow_connections true")


def call(hurt: Servers, method: str, path: str, **options: Any) -> httpx.Response:
    """Calls the lookup API and keeps what it says to a call that it refuses."""
    with httpx.Client(base_url=hurt.urls["api"], timeout=30, trust_env=False) as http:
        answer = http.request(method, path, **options)
    folder = hurt.var / "answers"
    folder.mkdir(exist_ok=True)
    if answer.is_error:
        said = f"{answer.headers}\n{answer.text}"
        (folder / f"{len(list(folder.iterdir())):03d}.txt").write_text(said)
    return answer


@pytest.fixture
def token(hurt: Servers) -> str:
    """The token of a consumer whose key lies in a file."""
    key = hurt.var / "demo" / "portal.jwk"
    if not key.exists():
        enrol(hurt.context().settings, key, load_procedure(PROCEDURE))
    assertion = make_assertion(json.loads(key.read_text()), consumer_id=CONSUMER, audience=hurt.urls["api"])
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    answer = call(hurt, "POST", "/oauth/token", data=form)
    return str(answer.json()["access_token"])


def test_lookups_are_refused(hurt: Servers, marked: Marked, token: str) -> None:
    """People stand in every place of a request where they do not belong; each is refused, and none is echoed."""
    asked = {"dossier": "G16.01-261122-0001", "procedure": PROCEDURE, "officer": OFFICER}
    person = {"subject": marked.claim}
    bearer = {"Authorization": f"Bearer {token}"}
    about = asked | {"subject": {"personal_id": marked.number}}
    assert call(hurt, "POST", "/v1/dossiers", json=about, headers=bearer).is_success
    wrong = asked | {"subject": marked.claim | {"name": "A"}}
    wrong_name = call(hurt, "POST", "/v1/lookup", json=wrong, headers=bearer)
    assert wrong_name.json()["outcome"] == "no_match"

    number, name = marked.number, marked.name
    bodies: list[Any] = [
        asked | person | {"dossier": "G16.01-261122-9999"},
        asked | person | {"dossier": f"G16.01-{number[:6]}-{number[6:]}"},
        asked | person | {"dossier": number},
        asked | person | {"procedure": number},
        asked | person | {"officer": number},
        asked | person | {"officer": f"CB-{number}"},
        asked | person | {"attributes": [number, f"person.{name}"]},
        asked | person | {"max_age": number},
        asked | person | {number: name, name: number},
        asked | {"subject": marked.claim | {number: name, "note": name}},
        asked | {"subject": marked.claim | {"birth_date": f"{name} {number}"}},
        asked | {"subject": number},
        [number, name],
    ]
    contents = [json.dumps(body).encode() for body in bodies]
    contents += [f'{{"subject": {{"personal_id": "{number}", "name": "{name}"'.encode(), f"{number} {name}".encode()]
    contents += [json.dumps(person, ensure_ascii=False).encode("utf-16"), json.dumps(person).encode() * 600]
    there = f"/{number}/{quote(name)}?personal_id={number}&name={quote(name)}"
    refused = [
        call(hurt, "POST", "/v1/lookup", content=content, headers=bearer | {"Content-Type": "application/json"})
        for content in contents
    ]
    refused += [
        call(hurt, method, f"{path}{there}", headers=headers, json=person)
        for method, path in (("POST", "/v1/lookup"), ("GET", "/v1/procedures"), ("PUT", "/oauth/token"), ("GET", ""))
        for headers in ({}, bearer)
    ]
    hidden = {"Authorization": f"Bearer {number}", "User-Agent": number, "X-Request-Id": number, "Cookie": number}
    traced = {"traceparent": f"00-{number}{'0' * 20}-{number}0000-01", "Accept-Language": number}
    refused += [call(hurt, "POST", "/v1/lookup", json=person, headers=headers) for headers in (hidden, bearer | traced)]
    forms: list[dict[str, str]] = [
        {"grant_type": number, "client_assertion_type": name, "client_assertion": f"{number}.{number}.{number}"},
        {"client_id": number, name: number},
    ]
    refused += [call(hurt, "POST", "/oauth/token", data=form) for form in forms]

    assert [answer.status_code for answer in refused if not answer.is_client_error] == []


def test_commands_are_refused(hurt: Servers, marked: Marked, tmp_path: Path) -> None:
    """People stand in the arguments and files of commands that can do nothing with them; each exits with an error."""
    number, name = marked.number, marked.name
    broken, odd = tmp_path / "broken.json", tmp_path / "odd.json"
    broken.write_text(f'{{"SoDinhDanh": "{number}", "HoVaTen": "{name}')
    odd.write_text(json.dumps({"SoDinhDanh": number, number: name, "HoVaTen": {name: number}, "GioiTinh": number}))
    key = str(hurt.var / "demo" / "portal.jwk")
    asked = ["--consumer", CONSUMER, "--key", key, "--procedure", PROCEDURE, "--officer", OFFICER]
    dossier = ["--dossier", "G16.01-261122-0001"]
    claim = json.dumps(marked.claim | {number: name})
    entry = str(ask(hurt.context(), "select entry_id from hub.quarantine where status = 'open' limit 1")[0][0])
    batch = batches(hurt.context(), "published")[0]
    why = ["--by", "steward", "--reason", f"as {number} told"]
    commands: list[tuple[list[str], str]] = [
        (["lookup", *asked, *dossier, "--subject", "-"], claim),
        (["lookup", *asked, *dossier, "--subject", "-"], claim[:-1]),
        (["lookup", *asked, "--dossier", number, "--subject", "-"], json.dumps(marked.claim)),
        (["lookup", *asked, *dossier, "--subject", str(broken)], ""),
        (["quarantine", "show", number], ""),
        (["quarantine", "show", entry, "--values"], ""),
        (["quarantine", "discard", entry, *why], ""),
        (["quarantine", "release", entry, *why], ""),
        (["quarantine", "list", "--limit", number], ""),
        (["batch", "show", number], ""),
        (["batch", "discard", batch, *why], ""),
        (["mapping", "preview", "population/citizen", "--record", str(broken)], ""),
        (["mapping", "preview", number, "--record", str(odd)], ""),
        (["mapping", "preview", "population/citizen", "--as-of", number], ""),
        (["connector", "diff", number], ""),
        (["run", number], ""),
        (["run", FEED, "--since", number], ""),
        (["run", FEED, "--scope", number], ""),
        (["report", number], ""),
        (["consumer", "add", "portal-x", "--name", "X", "--by", "steward", "--key", str(broken)], ""),
        (["consumer", "grant", number, "--procedure", PROCEDURE, "--by", "steward"], ""),
        ([number, name], ""),
    ]
    codes = [run_command(hurt, *arguments, typed=typed)[0] for arguments, typed in commands]
    masked, _ = run_command(hurt, "mapping", "preview", "population/citizen", "--record", str(odd))
    shown, _ = run_command(hurt, "quarantine", "show", entry)

    assert [commands[n][0] for n, code in enumerate(codes) if code not in (1, 2)] == []
    assert (masked, shown) == (0, 0)


def test_runs_with_people_in_their_parameters_are_refused(hurt: Servers, marked: Marked) -> None:
    """Airflow starts no run whose window or batch is a person."""
    with hurt.airflow() as admin:
        answers = [
            admin.send("POST", f"/dags/{dag}/dagRuns", {"logical_date": None, "conf": conf})
            for dag, conf in (
                ("population_sync", {"since": marked.number}),
                ("population_sync", {"until": marked.name}),
                ("release_batch", {"batch": marked.number}),
            )
        ]

    assert [answer.status_code for answer in answers] == [400, 400, 400]


def test_nothing_tells_who_they_were(hurt: Servers) -> None:
    """Logs, databases, WAL, task logs, reports, answers and what commands printed hold no number and no name.

    The servers end by a SIGKILL of their launcher, which leaves no process behind and nothing tidied up.
    """
    family = hurt.family()
    hurt.stop(signal.SIGKILL)
    assert len(family) > 15
    assert psutil.wait_procs(family, timeout=30)[1] == []

    found = leaks_below(hurt.var, Country(SEED, PEOPLE))
    assert not found, "\n".join(found)
    searched = {path.relative_to(hurt.var).parts[0] for path in hurt.var.rglob("*") if path.is_file()}
    assert {"postgres", "logs", "airflow", "reports", "landed", "answers", "commands"} <= searched
