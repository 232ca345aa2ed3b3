"""A pipeline over a small country: real PostgreSQL, the real connector, the twin in process."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import uvicorn

from connectors import registry
from connectors.base import Connector
from connectors.memory import memory_ports
from hub.pipeline.context import ConnectorFactory, Context
from hub.settings import FeedScope, FeedSettings, RegisterSettings, Settings
from hub.trust.keys import KeyRing
from sandbox_mocks.app import create_app
from sandbox_mocks.country import Country

FEED, ENTERPRISES = "population.citizens", "business.enterprises"
REGISTER = RegisterSettings(
    url="http://twin.local/qldc/population",
    logical_url="http://mock.local/qldc/population",
    user="sandbox-hub",
    secret="env:SECRET",
    api_key="env:KEY",
    client_id="VN/GOV/G16/lienthong",
)

BUSINESS = RegisterSettings(
    url="http://twin.local/dkkd",
    access_key="sandbox-access",
    secret="env:BUSINESS",
    app_name="lienthong",
    partner_code="G16",
    partner_code_cus="G16",
    sync_officer="CB-SYNC",
    officer_secrets={"CB-SYNC": "env:OFFICER"},
)
SECRETS = {
    "env:SECRET": "sandbox-secret",
    "env:KEY": "sandbox-key",
    "env:BUSINESS": "sandbox-business-secret",
    "env:OFFICER": "sandbox-officer-key:sandbox-officer-pass",
}


@dataclass
class Twin:
    """The twins of the registers, in process, and their control routes."""

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


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Twin, str]]:
    """The twin behind a real HTTP server on a free port."""
    country = Country(7, 240)
    app = create_app(country)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Twin(country, app), f"http://127.0.0.1:{port}/qldc/population"
    server.should_exit = True
    thread.join(10)


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
    """Returns settings whose feeds copy everybody, in small pages, but for what the test changes."""
    base = {"scope": FeedScope.ALL, "legal_basis": "sandbox", "page_size": 50, "settle_lag": "PT0S"}
    feed = FeedSettings.model_validate(base | changes)
    feeds = {"population_citizens": feed, "business_enterprises": feed}
    registers = {"population": REGISTER, "business": BUSINESS}
    return settings.model_copy(update={"feeds": feeds, "registers": registers})


def serve(base: Settings, url: str) -> Settings:
    """Returns settings whose population register answers at an address, and writes them for other processes."""
    secrets = base.var_dir / "secrets"
    secrets.mkdir(mode=0o700, exist_ok=True)
    for name, value in (("population.secret", "sandbox-secret"), ("population.key", "sandbox-key")):
        (secrets / name).touch(mode=0o600)
        (secrets / name).write_text(value)
    register = base.registers["population"].model_copy(
        update={
            "url": url,
            "secret": f"file:{secrets}/population.secret",
            "api_key": f"file:{secrets}/population.key",
        }
    )
    base = base.model_copy(update={"registers": {"population": register}})
    (base.var_dir / "hub.env").write_text("".join(f"{k}={v}\n" for k, v in as_environment(base).items()))
    return base


def as_environment(settings: Settings) -> dict[str, str]:
    """Returns the settings as a child reads them."""
    plain: dict[str, Any] = settings.model_dump(mode="json", exclude_none=True)
    return {
        f"HUB_{name.upper()}": value if isinstance(value, str) else json.dumps(value) for name, value in plain.items()
    }


def connector_over(twin: Twin) -> ConnectorFactory:
    def make(settings: Settings, register: str, settle_lag: timedelta) -> Connector:
        ports = memory_ports(SECRETS)
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


def assert_nothing_lost_or_doubled(context: Context, twin: Twin) -> None:
    """Holds the store against the twin's own account of every number and its latest version."""
    assert rows(context, "select count(*) from hub.batch where state not in ('published')") == [(0,)]
    windows = rows(context, "select since, until from hub.batch where state = 'published' order by sequence")
    assert all(left[1] >= right[0] for left, right in itertools.pairwise(windows)), "a window is missing"
    mark = rows(context, "select watermark from hub.feed")[0][0]
    assert mark == windows[-1][1]
    index = context.ring.index_versions[0]
    stored: dict[bytes, list[int]] = {}
    for blind, version in rows(
        context,
        "select i.blind_index, r.source_version from hub.record r join hub.subject_identifier i using (identifier_id)"
        " where i.scheme = 'personal_id'",
    ):
        stored.setdefault(bytes(blind), []).append(version)
    assert all(len(versions) == 1 for versions in stored.values()), "a number stands twice"
    waiting = {bytes(row[0]) for row in rows(context, "select key_digest from hub.quarantine")}
    lost = [
        number
        for number, version in newest_versions(twin, mark).items()
        if stored.get(context.ring.blind_index(index, "personal_id", number)) != [version]
        and context.ring.digest(number.encode()) not in waiting
    ]
    assert len(lost) == 0, f"{len(lost)} numbers are lost"
    doubled = rows(context, "select batch_id, position from hub.quarantine group by 1, 2 having count(*) > 1")
    assert doubled == []


def sentence_of(stderr: str) -> str:
    """Returns the one line that a failed command ends with; whatever else it wrote must be progress."""
    lines = [line for line in stderr.splitlines() if line.strip() and not line.startswith(FEED)]
    assert len(lines) == 1, stderr
    return lines[0]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
