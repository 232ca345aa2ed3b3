"""Callers that prove nobody: each refusal is logged, and a flood of them can't fill the log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import CONSUMER, PERSONAL_ID, Client

Entries = Callable[..., list[dict[str, Any]]]


async def test_a_flood_of_strangers_is_counted_in_one_entry(client: Client, entries: Entries) -> None:
    """Beyond so many a second they are told to come back later; who has a token is served meanwhile."""
    before = len(entries())
    answers = await asyncio.gather(*(client.http.get("/v1/procedures") for _ in range(400)))
    turned_away = [each for each in answers if each.status_code == 429]
    served = await client.http.get("/v1/procedures", headers=client.headers)
    await client.http._transport.app.state.services.strangers.drain()  # type: ignore[attr-defined]
    rows = entries()[before:]
    counted = [row["code"] for row in rows if row["kind"] == "unknown"]
    assert {each.status_code for each in answers} == {401, 429} and served.status_code == 200
    assert turned_away[0].headers["retry-after"] == "1" and turned_away[0].json()["code"] == "calls.too_many"
    assert sum(int(code.removeprefix("calls.too_many:")) for code in counted) == len(turned_away) >= 100
    assert len([row for row in rows if row["code"] == "token.missing"]) == 400 - len(turned_away)


async def test_a_consumers_own_refusals_are_not_bounded(client: Client, entries: Entries) -> None:
    """Whoever proved who it is has an entry for every refusal."""
    answers = await asyncio.gather(*(client.lookup(officer="CB-99999") for _ in range(300)))
    assert {each.json()["code"] for each in answers} == {"officer.unknown"}
    assert len(entries("lookup")) == 300


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [("GET", f"/v1/people/{PERSONAL_ID}", "route.unknown"), ("GET", "/v1/lookup", "method.not_allowed")],
)
async def test_wrong_addresses_are_in_the_log(
    client: Client, entries: Entries, method: str, path: str, code: str
) -> None:
    """With the consumer when it has a token, and never with the address."""
    known = await client.http.request(method, path, headers=client.headers)
    stranger = await client.http.request(method, path)
    rows = entries("unknown")
    assert [(row["consumer_id"], row["outcome"], row["code"]) for row in rows] == [
        (CONSUMER, "refused", code),
        (None, "refused", code),
    ]
    assert [f"urn:uuid:{row['exchange_id']}" for row in rows] == [each.json()["instance"] for each in (known, stranger)]
    assert PERSONAL_ID not in repr(rows)
