"""The scope `known_subjects` on a feed in two steps: a register is not asked about whom nobody has a dossier for."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from connectors.base import FeedEntry, Page, Wanted, feed
from connectors.memory import memory_ports
from connectors.population import Population
from hub.pipeline.reconcile import reconcile
from hub.pipeline.run import run_feed
from hub.settings import Role, Settings
from schemas.population import Citizen
from tests.pipeline.conftest import ENTERPRISES, FEED, SECRETS, MakeContext, MakeTwin, Twin, at, rows
from tests.pipeline.test_run import claim_all

WINDOW = {"since": at("2026-09-01"), "until": at("2026-11-01")}
LEDGER = "select fetched, filtered from hub.ledger order by written_at desc limit 1"


class Watched:
    """A twin's application that remembers about which enterprises it was asked."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.asked: Counter[str] = Counter()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Notes a question and passes it on."""
        if scope["path"].endswith("/chiTietDoanhNghiep"):
            self.asked.update(parse_qs(scope["query_string"].decode())["msdn"])
        await self._app(scope, receive, send)


@pytest.fixture
def watched(make_twin: MakeTwin) -> Twin:
    twin = make_twin(people=4000, defect_rate=0)
    return Twin(twin.country, Watched(twin.app))


def test_nobody_is_asked_about_without_a_dossier(watched: Twin, make_context: MakeContext) -> None:
    """With no dossier at all the register is asked for its list alone, and every record counts as filtered."""
    context = make_context(watched, scope="known_subjects")

    run_feed(ENTERPRISES, context, **WINDOW)

    assert watched.app.asked == {}
    fetched, filtered = rows(context, LEDGER)[0]
    assert fetched == filtered > 10
    assert rows(context, "select count(*) from hub.record") == [(0,)]


def test_only_the_enterprises_of_dossiers_are_asked_about(watched: Twin, make_context: MakeContext) -> None:
    """The enterprise that a dossier is about is asked about and copied; a reconciliation asks about none."""
    run_feed(ENTERPRISES, make_context(watched), **WINDOW)
    everybody = set(watched.app.asked)
    context = make_context(watched, scope="known_subjects")
    with context.connect(Role.OWNER) as conn:
        conn.execute("insert into hub.consumer (consumer_id, name) values ('portal', 'Portal')")
        conn.execute(
            "insert into hub.dossier (consumer_id, dossier, procedure, organisation_id)"
            " select 'portal', 'G16.01-261122-0001', '1.004628', subject_id from hub.record"
            " where kind = 'organisation' order by subject_id limit 1"
        )
    watched.app.asked.clear()

    run_feed(ENTERPRISES, context, **WINDOW)

    assert len(watched.app.asked) == 1
    assert set(watched.app.asked) < everybody
    fetched, filtered = rows(context, LEDGER)[0]
    assert (fetched, filtered) == (len(everybody), len(everybody) - 1)
    with context.connect() as conn:
        conn.execute("update hub.feed set watermark = %s", (WINDOW["until"],))
    watched.app.asked.clear()
    reconcile(ENTERPRISES, context)
    assert watched.app.asked == {}


class CitizensInTwoSteps(Population):
    """Tells a citizen only when wanted, as a register would that lists numbers first."""

    @feed(Citizen, overlap=timedelta(minutes=10))
    async def citizens(
        self, since: datetime, until: datetime, *, page_size: int = 500, wanted: Wanted | None = None
    ) -> AsyncIterator[Page[FeedEntry]]:
        """Citizens changed in the window, those that are not wanted without contents."""
        async for page in super().citizens(since, until, page_size=page_size):
            told = wanted([entry.key for entry in page.entries]) if wanted else {entry.key for entry in page.entries}
            shown = [
                entry if entry.key in told else FeedEntry(entry.key, entry.version, "", b"") for entry in page.entries
            ]
            yield Page(shown, page.number, page.total)


def test_a_number_that_replaces_a_known_one_is_asked_about_too(make_twin: MakeTwin, make_context: MakeContext) -> None:
    """Nobody knows a new number before the old one's record is read; the batch is then read again, with both."""
    import asyncio

    twin = make_twin(people=1500)
    entries = twin.country.feed.window(0, int(datetime.now(UTC).timestamp() * 1000))
    clean = [entry for entry in entries if twin.country.defect(entry) is None and entry.kind != "duplicate_person"]
    replaced = next(entry.number for entry in clean if entry.form == "former")

    def make(settings: Settings, register: str, settle_lag: timedelta) -> Population:
        return CitizensInTwoSteps(
            settings.registers[register],
            memory_ports(SECRETS),
            environment="sandbox",
            transport=twin.transport(),
            settle_lag=settle_lag,
        )

    context = replace(make_context(twin, scope="known_subjects", page_size=500), make_connector=make)
    with context.connect(Role.OWNER) as conn:
        conn.execute("insert into hub.consumer (consumer_id, name) values ('portal', 'Portal')")
    asyncio.run(claim_all(context, [replaced]))

    run_feed(FEED, context)

    assert rows(context, "select count(distinct subject_id), count(*) from hub.record") == [(1, 2)]
    assert rows(context, "select count(*) from hub.quarantine") == [(0,)]
