"""The hub's own part in `bench/fetch.py`: its connectors as they are, but for the courtesy that would slow them down.

The declared rate is a promise to a real register (20 calls a second), so here each connector is a subclass with a rate
that is never reached. The ports stay what they are, in memory or in PostgreSQL; there each call still waits for its
turn and leaves its place by the same statements.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

import orjson
from contestants.plain_fetch import LOGICAL_URL, SECRETS, Record
from pydantic import BaseModel, ConfigDict

from connectors.base import Connector, Courtesy, FeedEntry, Page, feed
from connectors.business import Business
from connectors.delivery import Delivery
from connectors.files import Files
from connectors.memory import memory_ports
from connectors.population import Population
from connectors.sql import Sql, View
from hub.settings import RegisterSettings

_UNHURRIED = 1_000_000.0
"""Calls a second: more than any machine makes."""


class Card(BaseModel):
    """A library card: the small register that the files and the view deliver."""

    model_config = ConfigDict(extra="forbid")

    SoThe: str
    LoaiThe: str
    CapNhat: str


class DeliveredCards(Connector):
    """The cards as a file for each day."""

    system = "cards"
    service: ClassVar[Files] = Files()
    courtesy = Courtesy(per_second=_UNHURRIED, concurrent=1)
    delivery = Delivery(
        name="the_%Y%m%d.csv", first=date(2026, 1, 1), record=Card, key="SoThe", version="CapNhat", daily=False
    )

    @feed(Card, overlap=timedelta(days=1))
    def cards(self, since: datetime, until: datetime, *, page_size: int = 500) -> AsyncIterator[Page[FeedEntry]]:
        """Cards that changed in the window."""
        return self.service.pages(self, "cards", self.delivery, since, until, page_size)


class ViewedCards(Connector):
    """The cards as a view of a database."""

    system = "cards"
    service: ClassVar[Sql] = Sql()
    courtesy = Courtesy(per_second=_UNHURRIED, concurrent=1)
    view = View(name="cards", schema="bench", record=Card, key="SoThe", version="CapNhat")

    @feed(Card, overlap=timedelta(days=1))
    def cards(self, since: datetime, until: datetime, *, page_size: int = 500) -> AsyncIterator[Page[FeedEntry]]:
        """Cards that changed in the window."""
        return self.service.pages(self, "cards", self.view, since, until, page_size)


_CONNECTORS: dict[str, tuple[type[Connector], str]] = {
    "population": (Population, "citizens"),
    "business": (Business, "enterprises"),
    "files": (DeliveredCards, "cards"),
    "sql": (ViewedCards, "cards"),
}


def _settings(register: str, url: str) -> RegisterSettings:
    accounts: dict[str, dict[str, Any]] = {
        "population": {
            "logical_url": LOGICAL_URL,
            "user": "sandbox-hub",
            "secret": "env:BENCH_POPULATION_SECRET",
            "api_key": "env:BENCH_POPULATION_KEY",
            "client_id": "VN/GOV/G16/lienthong",
        },
        "business": {
            "access_key": "sandbox-access",
            "secret": "env:BENCH_BUSINESS_SECRET",
            "app_name": "lienthong",
            "partner_code": "G16",
            "partner_code_cus": "G16",
            "officer_secrets": {"HUB-SYNC": "env:BENCH_OFFICER"},
        },
        "sql": {"user": os.environ.get("BENCH_SQL_USER"), "secret": "env:BENCH_SQL_SECRET"},
        "files": {},
    }
    return RegisterSettings(url=url, **accounts[register])


def fetch(
    register: str, url: str, since: datetime, until: datetime, page_size: int, *, at_a_time: int, ports: str
) -> list[Record]:
    """Reads a window by the register's connector; `ports` is `memory` or `postgres`."""

    async def read() -> list[FeedEntry]:
        async with AsyncExitStack() as opened:
            if ports == "memory":
                given = memory_ports({f"env:{name}": os.environ[name] for name in os.environ if name in _KNOWN})
            else:
                from hub.settings import get_settings
                from hub.store.ports import make_ports

                given = await opened.enter_async_context(aclosing(make_ports(get_settings())))
            kind, stream = _CONNECTORS[register]
            lifted = type(kind.__name__, (kind,), {"courtesy": Courtesy(_UNHURRIED, at_a_time)})
            connector = lifted(_settings(register, url), given, environment="sandbox")
            await opened.enter_async_context(connector)
            return [
                entry
                async for page in getattr(connector, stream)(since, until, page_size=page_size)
                for entry in page.entries
            ]

    return [(entry.key, entry.version, entry.status, entry.body) for entry in asyncio.run(read())]


_KNOWN = {*SECRETS, "BENCH_SQL_SECRET"}


def contents(body: bytes) -> Any:
    """Reads the contents of a record, to compare them with another contestant's."""
    return orjson.loads(body)
