"""A running application over a real database, one consumer with its key, and people in the store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import orjson
import psycopg
import pytest
from fastapi import FastAPI
from psycopg.rows import dict_row

from hub.api.app import create_app
from hub.exchange import consumers
from hub.exchange.tokens import ASSERTION_TYPE, make_assertion, new_client_key
from hub.settings import Role, Settings
from hub.store import engine
from hub.store.records import PublishRow, publish_rows
from hub.trust.keys import KeyRing
from schemas.canonical import Kind, kinds

PROCEDURE = "1.004623"
DOSSIER = "G16.01-261122-0007"
OFFICER = "CB-00123"
CONSUMER = "portal-g16"
PERSONAL_ID = "100050000017"
NAME = "Nguyễn Văn Thử"
ATTRIBUTES = [
    "person.personal_id",
    "person.name.full",
    "person.gender",
    "person.birth_date",
    "person.nationality",
    "person.residence",
    "person.current_residence",
]
VERSION = 1_763_000_000_000


def person(personal_id: str = PERSONAL_ID, **changes: str | None) -> dict[str, str]:
    """Makes a canonical record of an invented person; a change to None leaves the key out."""
    record: dict[str, str | None] = {
        "personal_id": personal_id,
        "number_status": "active",
        "name.full": NAME,
        "name.raw": NAME,
        "gender": "male",
        "birth_date": "1950-03-21",
        "life_status": "alive",
        "nationality": "VN",
        "ethnicity": "01",
        "residence.province": "01",
        "residence.province_recorded": "01",
        "residence.commune": "00004",
        "residence.detail": "Số 1, phố Thử Nghiệm",
        "current_residence.province": "01",
        "current_residence.commune_candidates": "00004|00008",
    }
    record.update(changes)
    return {key: value for key, value in record.items() if value is not None}


@dataclass
class Client:
    """A consumer's side of the API."""

    http: httpx.AsyncClient
    private_key: dict[str, Any]
    audience: str = "http://127.0.0.1:8000"
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def authorize(self) -> str:
        """Gets a token and sends it with every later call."""
        answer = await self.http.post("/oauth/token", data=self.form())
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]
        self.headers = {"Authorization": f"Bearer {self.token}"}
        return self.token

    def form(self, assertion: str | None = None) -> dict[str, str]:
        """Returns the form of a token request."""
        signed = assertion or make_assertion(self.private_key, consumer_id=CONSUMER, audience=self.audience)
        return {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": signed,
        }

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        """Posts a JSON body with the token."""
        return await self.http.post(path, json=body, headers=self.headers | headers)

    async def register(self, **changes: Any) -> httpx.Response:
        """Registers the usual dossier."""
        body = {"dossier": DOSSIER, "procedure": PROCEDURE, "subject": {"personal_id": PERSONAL_ID}, "officer": OFFICER}
        return await self.post("/v1/dossiers", body | changes)

    async def lookup(self, subject: dict[str, str] | None = None, **changes: Any) -> httpx.Response:
        """Asks for the usual dossier."""
        claim = {"personal_id": PERSONAL_ID, "name": NAME, "birth_date": "1950"} if subject is None else subject
        body = {"subject": claim, "procedure": PROCEDURE, "dossier": DOSSIER, "officer": OFFICER}
        return await self.post("/v1/lookup", body | changes)


@pytest.fixture
def owner(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the owner, which administers consumers."""
    with engine.connect(settings, Role.OWNER, autocommit=True) as connection:
        yield connection


@pytest.fixture
def private_key(owner: psycopg.Connection[Any]) -> dict[str, Any]:
    """The private key of a consumer that is registered with an officer and a grant."""
    private, public = new_client_key()
    consumers.add_consumer(owner, consumer_id=CONSUMER, name="Portal", jwk=public, by="root")
    consumers.add_officer(owner, consumer_id=CONSUMER, officer=OFFICER, by="root")
    consumers.grant(
        owner, consumer_id=CONSUMER, procedure=PROCEDURE, attributes=ATTRIBUTES, legal_basis="Law 91/2025", by="root"
    )
    return private


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """The application, not yet started."""
    return create_app(settings)


@pytest.fixture
async def client(app: FastAPI, private_key: dict[str, Any]) -> AsyncIterator[Client]:
    """A client of the started application, with a token."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx.ASGITransport(app=app)
        http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://hub"))
        made = Client(http, private_key)
        await until(lambda: _ready(http))
        await made.authorize()
        yield made


async def _ready(http: httpx.AsyncClient) -> bool:
    return (await http.get("/health/ready")).status_code == 200


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
    """Waits for a condition, and fails when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.02)


@dataclass
class Store:
    """Puts records into the store as a pipeline would."""

    conn: psycopg.Connection[Any]
    ring: KeyRing
    batch_id: Any = None

    def publish(
        self, *records: dict[str, str], version: int = VERSION, status: str = "current", age: timedelta = timedelta(0)
    ) -> None:
        """Publishes canonical records."""
        self.publish_as("population", kinds()["person"], *records, version=version, status=status, age=age)

    def publish_enterprises(self, *records: dict[str, Any], version: int = VERSION, status: str = "current") -> None:
        """Publishes canonical records of enterprises."""
        self.publish_as("business", kinds()["organisation"], *records, version=version, status=status)

    def publish_as(
        self,
        register: str,
        kind: Kind,
        *records: dict[str, Any],
        version: int = VERSION,
        status: str = "current",
        age: timedelta = timedelta(0),
    ) -> None:
        """Publishes records of a kind as a register brings them."""
        batch_id = self._batch()
        rows = [
            PublishRow(
                position,
                record[kind.key],
                version,
                status,
                record.get("replaced_by"),
                record.get("former_id"),
                orjson.dumps(record),
                roles=tuple(kind.holders(record)),
            )
            for position, record in enumerate(records)
        ]
        publish_rows(
            self.conn,
            self.ring,
            register=register,
            kind=kind,
            batch_id=batch_id,
            fetched_at=datetime.now(UTC) - age,
            mapping_version=1,
            rows=rows,
        )
        self.conn.commit()

    def quarantine(self, number: str, version: int, status: str = "open", feed: str = "population.citizens") -> None:
        """Puts a version of a record into quarantine."""
        self.conn.execute(
            """insert into hub.quarantine (entry_id, batch_id, position, feed, stage, rule_id, field, error_group,
                   severity, findings, key_digest, source_version, wire_digest, master_version, wrapped_key,
                   sealed_wire, status, due_on)
               values (%s, %s, 0, %s, 'row', 'conflict.number_gender', 'gender', 'conflict',
                   'quarantine', '[]', %s, %s, '', 1, '', '', %s, now())""",
            (uuid4(), self._batch(), feed, self.ring.digest(number.encode()), version, status),
        )
        self.conn.commit()

    def _batch(self) -> Any:
        batch_id = uuid4()
        self.conn.execute("insert into hub.feed (name) values ('population.citizens') on conflict do nothing")
        self.conn.execute(
            """insert into hub.batch (batch_id, feed, state, since, until, asked_until, scope, legal_basis, landed_uri,
                                      master_version)
               values (%s, 'population.citizens', 'landed', now() - interval '1 h', now(), now(), 'all', 'a law', 'x',
                       1)""",
            (batch_id,),
        )
        return batch_id


@pytest.fixture
def store(conn: psycopg.Connection[Any], ring: KeyRing) -> Store:
    """The store, to put records into."""
    return Store(conn, ring)


@pytest.fixture
def entries(owner: psycopg.Connection[Any]) -> Callable[..., list[dict[str, Any]]]:
    """Reads the exchange log, oldest first, of one kind when asked."""

    def read(kind: str | None = None) -> list[dict[str, Any]]:
        with owner.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(
                "select * from hub.exchange_log where %(kind)s::text is null or kind = %(kind)s order by at, sequence",
                {"kind": kind},
            ).fetchall()

    return read
