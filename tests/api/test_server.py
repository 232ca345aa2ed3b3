"""The API as it runs: a real uvicorn process, real HTTP, and a fuzzer that reads its OpenAPI document."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hub.exchange.tokens import ASSERTION_TYPE, make_assertion
from hub.settings import ROOT, Role, Settings
from tests.api.conftest import CONSUMER, DOSSIER, NAME, OFFICER, PERSONAL_ID, PROCEDURE, Store, person


@dataclass
class Server:
    """A running uvicorn process."""

    url: str
    process: subprocess.Popen[bytes]
    output: Path


@pytest.fixture
def server(settings: Settings, private_key: dict[str, Any], tmp_path: Path) -> Iterator[Server]:
    """The API in a process of its own, as an operator starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "HUB_ENVIRONMENT": "sandbox",
        "HUB_VAR_DIR": str(settings.var_dir),
        "HUB_DATABASE_URL_API": settings.url(Role.API),
    }
    output = tmp_path / "api.log"
    command = [sys.executable, "-m", "hub.api", "--port", str(port)]
    with output.open("wb") as file:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT)
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while True:
            try:
                if httpx.get(f"{url}/health/ready").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            assert process.poll() is None and time.monotonic() < deadline, output.read_text()
            time.sleep(0.1)
        yield Server(url, process, output)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=15)


def _token(server: Server, private: dict[str, Any]) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": make_assertion(private, consumer_id=CONSUMER, audience="http://127.0.0.1:8000"),
    }
    return str(httpx.post(f"{server.url}/oauth/token", data=form).raise_for_status().json()["access_token"])


def test_a_form_is_filled_over_real_http(
    server: Server, private_key: dict[str, Any], store: Store, conn: psycopg.Connection[Any]
) -> None:
    """Token, dossier, lookup; then SIGTERM ends the process cleanly, and its output holds nobody."""
    store.publish(person())
    headers = {"Authorization": f"Bearer {_token(server, private_key)}"}
    with httpx.Client(base_url=server.url, headers=headers) as http:
        registered = http.post(
            "/v1/dossiers",
            json={
                "dossier": DOSSIER,
                "procedure": PROCEDURE,
                "subject": {"personal_id": PERSONAL_ID},
                "officer": OFFICER,
            },
        )
        answer = http.post(
            "/v1/lookup",
            json={
                "subject": {"personal_id": PERSONAL_ID, "name": NAME.upper(), "birth_date": "1950"},
                "procedure": PROCEDURE,
                "dossier": DOSSIER,
                "officer": OFFICER,
            },
        )
        broken = http.post("/v1/lookup", content=b"{" + NAME.encode())
    assert registered.status_code == 201
    assert answer.json()["attributes"]["person.name.full"]["value"] == NAME
    assert broken.status_code == 415
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=15) in (0, -signal.SIGTERM)
    written = server.output.read_text()
    assert PERSONAL_ID not in written and NAME not in written and "Traceback" not in written


def test_an_entry_survives_the_death_of_the_process(
    server: Server, private_key: dict[str, Any], store: Store, owner: psycopg.Connection[Any]
) -> None:
    """SIGKILL right after an answer: every answered call has its entry."""
    headers = {"Authorization": f"Bearer {_token(server, private_key)}"}
    ids = [
        re.sub("^.*:", "", httpx.post(f"{server.url}/v1/lookup", json={}, headers=headers).json()["instance"])
        for _ in range(5)
    ]
    server.process.kill()
    rows = owner.execute("select exchange_id::text from hub.exchange_log where kind = 'lookup'").fetchall()
    assert {row[0] for row in rows} == set(ids)


def test_a_caller_that_hangs_up_is_in_the_log_all_the_same(
    server: Server, private_key: dict[str, Any], store: Store, owner: psycopg.Connection[Any]
) -> None:
    """What was read is logged, whether or not the caller waited for it."""
    token = _token(server, private_key).encode()
    request = b"POST /v1/lookup HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer %s\r\n" % token
    with socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1]))) as connection:
        connection.sendall(request + b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
    deadline = time.monotonic() + 5
    while not owner.execute("select 1 from hub.exchange_log where kind = 'lookup'").fetchone():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_api_withstands_what_its_document_allows(server: Server, private_key: dict[str, Any], store: Store) -> None:
    """Fuzzed from the OpenAPI document, every answer is one that the document describes, and none is a 5xx."""
    store.publish(person())
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    headers = {"Authorization": f"Bearer {_token(server, private_key)}"}
    checks: list[Any] = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    ]
    operations = [operation.ok() for operation in schema.get_all_operations()]
    # The fuzzer leaves out the address that it read the document from.
    assert {each.path for each in operations} == set(schema.raw_schema["paths"]) - {"/openapi.json"}
    for operation in operations:
        _fuzz(operation.as_strategy(), headers, checks)
        if operation.method == "post" or "{" in operation.path:
            # Where nothing can be sent, nothing wrong can be.
            _fuzz(operation.as_strategy(generation_mode=_NEGATIVE), headers, checks)


def _fuzz(strategy: Any, headers: dict[str, str], checks: list[Any]) -> None:
    @hypothesis_settings(
        max_examples=25,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def call(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=checks)

    call()


_NEGATIVE = schemathesis.GenerationMode.NEGATIVE
