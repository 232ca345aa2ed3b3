"""The business register is away for days: nothing moves meanwhile, and afterwards everything is caught up with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from connectors.base import epoch_ms
from connectors.errors import Unavailable
from hub.pipeline.context import Context
from hub.pipeline.run import run_feed
from sandbox_mocks.country.enterprises import Enterprises
from tests.pipeline.conftest import ENTERPRISES, MakeContext, MakeTwin, Twin, rows

DAYS_AWAY = 12


class Noted:
    """A twin's application that remembers for which days its list was asked."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.asked: list[int] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Notes a window and passes the question on."""
        if scope["path"].endswith("/danhSachHoSo"):
            asked = parse_qs(scope["query_string"].decode())
            first, last = (datetime.strptime(asked[name][0], "%d/%m/%Y") for name in ("from_date", "to_date"))  # noqa: DTZ007
            self.asked.append((last - first).days + 1)
        await self._app(scope, receive, send)


def state(context: Context) -> list[tuple[Any, ...]]:
    return rows(context, "select watermark, (select count(*) from hub.record) from hub.feed")


def test_days_of_outage_are_caught_up_with(make_twin: MakeTwin, make_context: MakeContext) -> None:
    """No window is longer than the register allows; every enterprise of those days stands once, as it is now."""
    country = make_twin(people=40_000, defect_rate=0)
    twin = Twin(country.country, Noted(country.app))
    context = make_context(twin)
    away_since = datetime.now(UTC) - timedelta(days=DAYS_AWAY)
    run_feed(ENTERPRISES, context, since=away_since - timedelta(days=20), until=away_since)
    with context.connect() as conn:
        conn.execute("update hub.feed set watermark = %s", (away_since,))
    before = state(context)
    twin.app.asked.clear()
    twin.script({"kind": "status", "code": 503, "operation": "danhSachHoSo"})
    with pytest.raises(Unavailable, match="server_error"):
        run_feed(ENTERPRISES, context)
    assert state(context) == before
    twin.control("DELETE", "/_sandbox/faults")

    run_feed(ENTERPRISES, context)

    assert max(twin.app.asked) == 5
    until = state(context)[0][0]
    enterprises = Enterprises(twin.country)
    changed = {
        enterprises.key(each.unit): each.time
        for each in enterprises.dossiers(epoch_ms(away_since), epoch_ms(until))
        if each.approved
    }
    assert len(changed) > 3
    index = context.ring.index_versions[0]
    blinds = {context.ring.blind_index(index, "enterprise_code", key): moment for key, moment in changed.items()}
    stored = rows(
        context,
        "select i.blind_index, r.source_version from hub.record r join hub.subject_identifier i using (identifier_id)"
        " where i.key_version = %s and i.blind_index = any(%s)",
        index,
        list(blinds),
    )
    assert sorted((bytes(blind), version) for blind, version in stored) == sorted(blinds.items())
    assert rows(context, "select count(*) from hub.quarantine") == [(0,)]
