"""Guessing the name or birth date that belongs to a number: a handful of tries, then the dossier is locked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import psycopg
import pytest

from hub.api.app import create_app
from hub.settings import Settings
from tests.api.conftest import DOSSIER, NAME, OFFICER, PERSONAL_ID, Client, Store, person, until

Entries = Callable[..., list[dict[str, Any]]]


def _claim(year: int) -> dict[str, str]:
    return {"personal_id": PERSONAL_ID, "name": NAME, "birth_date": str(year)}


async def test_five_different_mismatches_lock_a_dossier(
    client: Client, store: Store, entries: Entries, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sixth call is refused even with the right claim; it is logged, and a warning says so without a value."""
    store.publish(person())
    await client.register()
    guesses = [(await client.lookup(_claim(1951 + year))).json()["outcome"] for year in range(5)]
    right = await client.lookup()
    assert guesses == ["no_match"] * 5
    assert (right.status_code, right.json()["code"]) == (403, "dossier.locked")
    assert NAME not in right.text and entries("lookup")[-1]["code"] == "dossier.locked"
    warning = next(line for line in capsys.readouterr().out.splitlines() if "dossier.locked" in line)
    assert "warning" in warning and PERSONAL_ID not in warning and NAME not in warning and DOSSIER not in warning


async def test_the_same_mismatch_again_is_no_new_guess(client: Client, store: Store) -> None:
    """A portal that repeats its question is not locked out; what differs only by a try is."""
    await client.register()
    for _ in range(8):
        await client.lookup()
    store.publish(person())
    assert (await client.lookup()).json()["match"] == {"name": "exact"}


async def test_a_lock_does_not_tell_whether_a_record_is_stored(client: Client) -> None:
    """Guesses about somebody of whom nothing is stored lock the dossier just the same."""
    await client.register()
    answers = [(await client.lookup(_claim(1951 + year))).status_code for year in range(6)]
    assert answers == [200] * 5 + [403]


async def test_guesses_sent_all_at_once_are_counted(client: Client, store: Store) -> None:
    """Of thirty guesses in flight together five are answered; a short deadline of the caller's changes nothing."""
    store.publish(person())
    await client.register()
    answers = await asyncio.gather(*(client.lookup(_claim(1900 + year)) for year in range(30)))
    assert sum(each.status_code == 200 for each in answers) == 5
    assert {each.json().get("code") for each in answers if each.status_code != 200} == {"dossier.locked"}


async def test_a_lock_holds_in_every_worker(client: Client, store: Store, settings: Settings) -> None:
    """Another process that starts later refuses the dossier too."""
    store.publish(person())
    await client.register()
    for year in range(5):
        await client.lookup(_claim(1951 + year))
    app = create_app(settings)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx.ASGITransport(app=app)
        http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://hub"))
        other = Client(http, client.private_key)

        async def ready() -> bool:
            return (await http.get("/health/ready")).status_code == 200

        await until(ready)
        await other.authorize()
        refused = await other.lookup()
    assert (refused.status_code, refused.json()["code"]) == (403, "dossier.locked")


async def test_a_new_dossier_is_the_way_out(client: Client, store: Store, owner: psycopg.Connection[Any]) -> None:
    """The locked one is closed, and another code answers."""
    store.publish(person())
    await client.register()
    for year in range(5):
        await client.lookup(_claim(1951 + year))
    closed = await client.post("/v1/dossiers/close", {"dossier": DOSSIER, "officer": OFFICER})
    await client.register(dossier="G16.01-261122-0008")
    again = await client.lookup(dossier="G16.01-261122-0008")
    assert (closed.status_code, again.json()["match"]) == (200, {"name": "exact"})
    kept = owner.execute("select cardinality(mismatches) from hub.dossier order by dossier").fetchall()
    assert kept == [(5,), (0,)]


async def test_an_incomplete_claim_opens_nothing(client: Client, store: Store, owner: psycopg.Connection[Any]) -> None:
    """Its answer does not wait for the record: a record that no key opens makes no difference to it."""
    store.publish(person())
    await client.register()
    owner.execute("update hub.record set sealed = 'broken'")
    assert (await client.lookup({"personal_id": PERSONAL_ID})).json()["outcome"] == "incomplete_claim"
    assert (await client.lookup()).json()["code"] == "hub.record_unreadable"
