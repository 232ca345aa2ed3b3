"""A pipeline over a small country: real PostgreSQL, the real connector, the twin in process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors import registry
from connectors.base import Connector
from connectors.memory import memory_ports
from hub.pipeline.context import ConnectorFactory, Context
from hub.settings import FeedScope, FeedSettings, RegisterSettings, Settings
from hub.trust.keys import KeyRing
from sandbox_mocks.country import Country
from sandbox_mocks.population.app import create_app

FEED = "population.citizens"
REGISTER = RegisterSettings(
    url="http://twin.local/qldc/population",
    logical_url="http://mock.local/qldc/population",
    user="sandbox-hub",
    secret="memory:secret",
    api_key="memory:key",
    client_id="VN/GOV/G16/lienthong",
)


@dataclass
class Twin:
    """The twin of the population register, in process, and its control routes."""

    country: Country
    app: Any

    def transport(self) -> httpx.AsyncBaseTransport:
        return httpx.ASGITransport(app=self.app, client=("127.0.0.1", 1))

    def control(self, method: str, path: str, body: Any = None) -> httpx.Response:
        import asyncio

        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=self.transport(), base_url="http://twin.local") as client:
                return await client.request(method, path, json=body)

        response = asyncio.run(send())
        response.raise_for_status()
        return response

    def set_clock(self, moment: datetime) -> None:
        self.control("PUT", "/_sandbox/clock", {"now": moment.isoformat()})

    def script(self, *faults: dict[str, Any]) -> None:
        self.control("PUT", "/_sandbox/faults", {"faults": list(faults)})


MakeTwin = Callable[..., Twin]


@pytest.fixture
def make_twin() -> MakeTwin:
    def make(people: int = 300, seed: int = 7, defect_rate: float = 1.0) -> Twin:
        country = Country(seed, people, defect_rate=defect_rate)
        return Twin(country, create_app(country))

    return make


@pytest.fixture
def twin(make_twin: MakeTwin) -> Twin:
    return make_twin()


def feed_settings(settings: Settings, **changes: Any) -> Settings:
    """Returns settings whose citizen feed copies everybody, in small pages, but for what the test changes."""
    base = {"scope": FeedScope.ALL, "legal_basis": "sandbox", "page_size": 50, "settle_lag": "PT0S"}
    feed = FeedSettings.model_validate(base | changes)
    return settings.model_copy(update={"feeds": {"population_citizens": feed}, "registers": {"population": REGISTER}})


def connector_over(twin: Twin) -> ConnectorFactory:
    def make(settings: Settings, register: str, settle_lag: timedelta) -> Connector:
        ports = memory_ports({"memory:secret": "sandbox-secret", "memory:key": "sandbox-key"})
        return registry()[register](
            settings.registers[register],
            ports,
            environment="sandbox",
            transport=twin.transport(),
            settle_lag=settle_lag,
        )

    return make


MakeContext = Callable[..., Context]


@pytest.fixture
def make_context(settings: Settings, ring: KeyRing) -> MakeContext:
    def make(twin: Twin, **changes: Any) -> Context:
        workers = changes.pop("workers", 1)
        progress = changes.pop("progress", lambda stage, count: None)
        context = Context(feed_settings(settings, **changes), ring, progress, connector_over(twin), workers)
        return replace(context)

    return make


@pytest.fixture
def context(twin: Twin, make_context: MakeContext) -> Context:
    return make_context(twin)


def rows(context: Context, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Asks the hub's database."""
    with context.connect() as conn:
        return conn.execute(sql.encode(), values).fetchall()


def newest_versions(twin: Twin, until: datetime) -> dict[str, int]:
    """Every number of the country with its latest version before a moment, by the twin's own account."""
    return {entry.number: entry.time for entry in twin.country.feed.window(0, int(until.timestamp() * 1000))}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
