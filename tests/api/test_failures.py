"""What happens when something of ours fails: no answer without its entry, no hang, and recovery."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from hub.api.app import create_app
from hub.exchange.consumers import add_consumer, add_officer, grant
from hub.exchange.tokens import new_client_key
from hub.settings import ROOT, Environment, Role, Settings
from hub.store import engine, migrate
from hub.trust.keys import KeyRing, rotate_master
from tests.api.conftest import (
    ATTRIBUTES,
    CONSUMER,
    NAME,
    OFFICER,
    PROCEDURE,
    Client,
    Store,
    person,
    until,
)
from tests.breakable import Server

Entries = Callable[..., list[dict[str, Any]]]


async def test_no_answer_leaves_when_its_entry_can_not_be_written(
    client: Client, store: Store, owner: psycopg.Connection[Any], entries: Entries
) -> None:
    """With the log closed, lookups, refusals and registrations answer 503 without data; then all is well again."""
    store.publish(person())
    await client.register()
    before = len(entries())
    owner.execute("revoke insert on hub.exchange_log from hub_api")
    answers = [
        await client.lookup(),
        await client.lookup(officer="CB-99999"),
        await client.register(dossier="G16.01-261122-0008"),
        await client.http.post("/oauth/token", data=client.form()),
        await client.http.get("/v1/procedures"),
    ]
    assert [each.status_code for each in answers] == [503] * 5
    assert {each.json()["code"] for each in answers} == {"hub.log_unwritable"}
    assert all(NAME not in each.text and "1950" not in each.text for each in answers)
    assert len(entries()) == before
    assert owner.execute("select count(*) from hub.dossier").fetchone() == (1,)
    owner.execute("grant insert on hub.exchange_log to hub_api")
    assert (await client.lookup()).status_code == 200


async def test_the_entry_is_there_before_the_answer(client: Client, store: Store, entries: Entries) -> None:
    """At the first byte of an answer its entry is already to be seen by another connection."""
    store.publish(person())
    await client.register()
    seen: list[int] = []
    app: Any = client.http._transport.app  # type: ignore[attr-defined]
    body = client.http.build_request(
        "POST",
        "/v1/lookup",
        headers=client.headers,
        json={
            "subject": {"personal_id": person()["personal_id"], "name": NAME, "birth_date": "1950"},
            "procedure": PROCEDURE,
            "dossier": "G16.01-261122-0007",
            "officer": OFFICER,
        },
    )

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body.content, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            seen.append(len(entries("lookup")))

    headers = [(name.lower(), value) for name, value in body.headers.raw]
    await app({"type": "http", "method": "POST", "path": "/v1/lookup", "headers": headers}, receive, send)
    assert seen == [1]


async def test_a_record_under_a_newer_master_key_opens_without_a_restart(
    client: Client, settings: Settings, store: Store
) -> None:
    """A running API finds new key files by itself when a record needs them."""
    rotate_master(settings)
    Store(store.conn, KeyRing.load(settings)).publish(person())
    await client.register()

    async def answered() -> bool:
        return (await client.lookup()).status_code == 200

    await until(answered, 10)


async def test_a_record_that_does_not_open_is_our_fault_and_gives_nothing(
    client: Client, store: Store, owner: psycopg.Connection[Any]
) -> None:
    """A changed ciphertext is refused with its own code."""
    store.publish(person())
    await client.register()
    owner.execute("update hub.record set sealed = sealed || '\\x00'")
    answer = await client.lookup()
    assert (answer.status_code, answer.json()["code"]) == (503, "hub.record_unreadable")


async def test_an_erased_subject_looks_like_nobody(
    client: Client, store: Store, owner: psycopg.Connection[Any]
) -> None:
    """Once the data key is destroyed there is no match, and no error."""
    store.publish(person())
    await client.register()
    owner.execute("delete from hub.subject_key")
    assert (await client.lookup()).json()["outcome"] == "no_match"


@pytest.fixture
async def stoppable(tmp_path: Path) -> AsyncIterator[tuple[Server, Client]]:
    """A PostgreSQL of our own that may be broken, and a client of an API on it."""
    folder = ROOT / "var" / "tmp" / f"api-{uuid4().hex[:8]}"
    with Server(folder, durable=False) as postgres:
        settings = Settings(
            _env_file=None,
            environment=Environment.SANDBOX,
            var_dir=tmp_path / "var",
            database_url=postgres.url(Role.OWNER),
            database_url_api=postgres.url(Role.API),
        )
        migrate.upgrade(settings)
        KeyRing.create(settings.keys_path())
        private, public = new_client_key()
        with engine.connect(settings, Role.OWNER) as conn:
            add_consumer(conn, consumer_id=CONSUMER, name="Portal", jwk=public, by="root")
            add_officer(conn, consumer_id=CONSUMER, officer=OFFICER, by="root")
            grant(
                conn, consumer_id=CONSUMER, procedure=PROCEDURE, attributes=ATTRIBUTES, legal_basis="a law", by="root"
            )
        app = create_app(settings)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx.ASGITransport(app=app)
            http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://hub"))
            client = Client(http, private)

            async def ready() -> bool:
                return (await http.get("/health/ready")).status_code == 200

            await until(ready)
            await client.authorize()
            yield postgres, client
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("how", [Server.shut_down, Server.kill])
async def test_a_database_that_is_down_is_said_quickly_and_recovered_from(
    how: Callable[[Server], None], stoppable: tuple[Server, Client]
) -> None:
    """503 with the reason within seconds, readiness names the database, and after its restart calls work again."""
    postgres, client = stoppable
    await client.register()
    await asyncio.to_thread(how, postgres)
    started = time.monotonic()
    down = [await client.lookup(), await client.register(), await client.http.post("/oauth/token", data=client.form())]
    took = time.monotonic() - started

    async def unready() -> bool:
        return (await client.http.get("/health/ready")).status_code == 503

    # A verdict holds for five seconds.
    await until(unready)
    health = await client.http.get("/health/ready")
    assert [each.status_code for each in down] == [503] * 3
    assert {each.json()["code"] for each in down} == {"hub.database_down"}
    assert [str(each.json()["retry_after"]) for each in down] == [each.headers["retry-after"] for each in down]
    assert took < 10
    assert health.status_code == 503 and health.json()["checks"]["database"]["ok"] is False
    assert "the database does not answer" in health.json()["checks"]["database"]["reason"]
    assert (await client.http.get("/health/live")).status_code == 200
    await asyncio.to_thread(postgres.recover)

    async def works() -> bool:
        return (await client.lookup()).status_code == 200

    await until(works, 15)
