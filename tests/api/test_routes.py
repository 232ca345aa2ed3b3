"""All routes: closed without a token, documented with examples, silent about people."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import psycopg
import pytest
import structlog
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from hub.api.app import OPERATIONS
from hub.api.catalogue import PROBLEMS
from hub.api.models import LookupAnswer, ProcedureAnswer, ProceduresAnswer
from hub.api.openapi import codes_of
from hub.store import migrate
from tests.api.conftest import NAME, PERSONAL_ID, PROCEDURE, Client, Store, person, until

PUBLIC = {"/health/live", "/health/ready", "/metrics", "/status", "/openapi.json", "/docs"}
Entries = Callable[..., list[dict[str, Any]]]


async def test_every_route_refuses_without_a_token(client: Client, app: FastAPI) -> None:
    """But for the few public ones, which hold nothing personal; `/oauth/token` wants its assertion."""
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    closed = [route for route in routes if route.path not in PUBLIC]
    assert len(closed) == len(OPERATIONS)
    for route in closed:
        for method in route.methods - {"HEAD"}:
            form = {"content-type": "application/x-www-form-urlencoded"} if route.path == "/oauth/token" else {}
            answer = await client.http.request(method, route.path.replace("{code}", PROCEDURE), headers=form)
            assert answer.status_code == (400 if form else 401), route.path


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
async def test_a_lookup_is_posted_only(client: Client, method: str) -> None:
    """No other verb reaches the lookup, so that no number ever stands in an address."""
    answer = await client.http.request(method, "/v1/lookup", headers=client.headers)
    assert answer.status_code == 405 and answer.headers["allow"] == "POST"


async def test_unknown_addresses_are_problems_too(client: Client) -> None:
    """A wrong path answers in the same shape, without repeating the path."""
    answer = await client.http.get(f"/v1/people/{PERSONAL_ID}", headers=client.headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "route.unknown")
    assert PERSONAL_ID not in answer.text


async def test_every_operation_is_documented_with_examples(client: Client) -> None:
    """The OpenAPI document shows an example of each request, answer and refusal by its code."""
    document = (await client.http.get("/openapi.json")).json()
    for operation in OPERATIONS:
        described = document["paths"][operation.path][operation.method.lower()]
        shown = described["responses"]
        for status in operation.success:
            assert shown[str(status)]["content"]["application/json"]["example"]
        for code in codes_of(operation):
            content = shown[str(PROBLEMS[code].status)]["content"]["application/problem+json"]
            assert content["examples"][code]["value"]["code"] == code
        if operation.request is not None:
            assert described["requestBody"]["content"][operation.request_type]["example"]
        assert described["summary"] and described["description"]


def test_every_example_fits_its_model() -> None:
    """What the document shows is what the models say."""
    for operation in OPERATIONS:
        operation.answer.model_validate_json(TypeAdapter(dict[str, Any]).dump_json(operation.example))
        if operation.request is not None:
            operation.request.model_validate_json(
                TypeAdapter(dict[str, Any]).dump_json(operation.request_example or {})
            )


async def test_answers_fit_their_models(client: Client, store: Store) -> None:
    """Answers are built as plain dicts and still are what the document promises."""
    store.publish(person())
    await client.register()
    LookupAnswer.model_validate_json((await client.lookup(max_age="P1D")).content)
    listed = await client.http.get("/v1/procedures", headers=client.headers)
    shown = await client.http.get(f"/v1/procedures/{PROCEDURE}", headers=client.headers)
    assert [each.procedure for each in ProceduresAnswer.model_validate_json(listed.content).procedures] == [PROCEDURE]
    form = ProcedureAnswer.model_validate_json(shown.content).form
    assert form["full_name"].prefill and form["full_name"].source == "population"
    assert form["ethnicity"].withheld == ["person.ethnicity"] and not form["ethnicity"].prefill
    assert form["phone"].ask == "citizen" and form["age"].compute == "age_on_submission"


@pytest.mark.parametrize(("code", "status"), [("1.004628", 403), ("1.999999", 404), ("x", 404)])
async def test_a_procedure_that_is_not_granted_is_not_shown(client: Client, code: str, status: int) -> None:
    """Unknown and not granted are told apart: the list of procedures is public, the grant is not."""
    answer = await client.http.get(f"/v1/procedures/{code}", headers=client.headers)
    assert answer.status_code == status


async def test_the_page_of_the_api_needs_no_other_host(client: Client) -> None:
    """The page to read has no script, and nothing on it comes from elsewhere."""
    page = await client.http.get("/docs")
    assert page.status_code == 200 and "POST /v1/lookup" in page.text
    assert "<script" not in page.text and "http://" not in page.text and "https://" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


async def test_metrics_do_not_tell_why_nothing_matched(client: Client, store: Store) -> None:
    """The counter of calls moves alike for no record, another name and an old number, as the answer is alike."""
    await client.register()
    await client.lookup()
    store.publish(person())
    await client.lookup({"personal_id": PERSONAL_ID, "name": "Lê Thị Khác", "birth_date": "1950"})
    await client.lookup({"former_id": "100500017", "name": NAME, "birth_date": "1950"})
    metrics = (await client.http.get("/metrics")).text
    assert 'hub_exchanges_total{code="",kind="lookup",outcome="no_match"} 3.0' in metrics
    assert "claim." not in metrics


@pytest.mark.parametrize(
    ("host", "headers"),
    [("203.0.113.9", {}), ("not an address", {}), ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"})],
)
async def test_metrics_are_shown_on_this_machine_only(
    client: Client, app: FastAPI, host: str, headers: dict[str, str]
) -> None:
    """To everybody else, and to whom a proxy serves, there is no such address."""
    transport = httpx.ASGITransport(app=app, client=(host, 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as http:
        answer = await http.get("/metrics", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "route.unknown")
    assert (await client.http.get("/metrics")).status_code == 200


async def test_public_pages_are_rendered_once(client: Client) -> None:
    """A hundred calls for each page cost less than rendering it a few times would."""
    await client.http.get("/docs")
    started = time.perf_counter()
    for _ in range(100):
        await client.http.get("/docs")
        await client.http.get("/openapi.json")
    assert time.perf_counter() - started < 1.0


async def test_readiness_gives_reasons(client: Client) -> None:
    """Each thing that answers depend on is named."""
    document = (await client.http.get("/health/ready")).json()
    assert document["status"] == "ready"
    assert set(document["checks"]) == {"database", "migrations", "partition", "keys", "policy"}
    assert (await client.http.get("/health/live")).json() == {"status": "live"}


async def test_readiness_is_found_out_once_for_many(client: Client, owner: psycopg.Connection[Any]) -> None:
    """A flood of questions is answered from the last verdict, and a bad one is asked again soon."""
    answers = await asyncio.gather(*(client.http.get("/health/ready") for _ in range(50)))
    assert {each.status_code for each in answers} == {200}
    owner.execute("update hub.alembic_version set version_num = '0000'")
    assert (await client.http.get("/health/ready")).status_code == 200

    async def unready() -> bool:
        return (await client.http.get("/health/ready")).status_code == 503

    await until(unready)
    owner.execute("update hub.alembic_version set version_num = %s", (migrate.newest(),))
    started = time.monotonic()
    await until(_is_ready(client))
    assert time.monotonic() - started < 3


def _is_ready(client: Client) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        return (await client.http.get("/health/ready")).status_code == 200

    return ready


async def test_a_missing_key_makes_unready(client: Client, store: Store, owner: psycopg.Connection[Any]) -> None:
    """A subject under a newer master key than this process holds, found without reading all subjects."""
    store.publish(person())
    owner.execute("update hub.subject_key set master_version = 2")

    async def names_the_key() -> bool:
        checks = (await client.http.get("/health/ready")).json()["checks"]
        return not checks["keys"]["ok"] and "master key 2" in checks["keys"]["reason"]

    await until(names_the_key)


async def test_nobody_is_seen_outside_the_answer(
    client: Client, store: Store, entries: Entries, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Number and name of a marked person are in no log row, metric, problem document or application log."""
    caplog.set_level(logging.DEBUG)
    structlog.get_logger().info("the application's log is listened to")
    store.publish(person())
    await client.register()
    await client.lookup()
    refusals = [
        await client.lookup(dossier=f"G16.01-{PERSONAL_ID[:6]}-{PERSONAL_ID[6:]}x"),
        await client.lookup({"personal_id": PERSONAL_ID, "name": NAME, "birth_date": NAME}),
        await client.lookup(officer=PERSONAL_ID),
        await client.lookup(**{PERSONAL_ID: NAME}),
        await client.lookup(attributes=[NAME]),
    ]
    metrics = (await client.http.get("/metrics")).text
    printed = capsys.readouterr()
    seen = [repr(entries()), metrics, caplog.text, printed.out, printed.err, *(each.text for each in refusals)]
    assert 'hub_exchanges_total{code="",kind="lookup",outcome="partial"} 1.0' in metrics
    assert "is listened to" in printed.out + printed.err + caplog.text
    for text in seen:
        assert PERSONAL_ID not in text and NAME not in text and "Thử" not in text
