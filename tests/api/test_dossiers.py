"""Registering and closing dossiers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg

from tests.api.conftest import DOSSIER, OFFICER, Client, Store, person

Entries = Callable[..., list[dict[str, Any]]]


async def test_a_new_dossier_is_registered_and_logged(client: Client, entries: Entries) -> None:
    """201, and one entry that says who registered what about whom."""
    answer = await client.register()
    entry = entries("dossier")[-1]
    assert (answer.status_code, answer.json()["status"]) == (201, "open")
    assert (entry["outcome"], entry["dossier"], entry["officer"]) == ("registered", DOSSIER, OFFICER)
    assert entry["subject_id"] is not None and str(entry["exchange_id"]) == answer.json()["exchange"]


async def test_the_same_registration_changes_nothing(client: Client, entries: Entries) -> None:
    """Repeating is safe and answers 200."""
    await client.register()
    again = await client.register()
    assert again.status_code == 200
    assert [row["outcome"] for row in entries("dossier")] == ["registered", "unchanged"]


async def test_a_dossier_code_stands_for_one_person(client: Client) -> None:
    """Registering a taken code for somebody else is a conflict, and leaves no new subject behind."""
    await client.register()
    other = await client.register(subject={"personal_id": "100050000025"})
    assert (other.status_code, other.json()["code"]) == (409, "dossier.conflict")


async def test_a_refused_registration_leaves_no_subject(client: Client, owner: psycopg.Connection[Any]) -> None:
    """What a refused call would have created is rolled back; only its log entry stays."""
    await client.register()
    await client.register(subject={"personal_id": "100050000025"})
    count = owner.execute("select count(*) from hub.subject").fetchone()
    assert count == (1,)


async def test_a_taken_code_does_not_tell_whom_the_hub_knows(
    client: Client, store: Store, entries: Entries, owner: psycopg.Connection[Any]
) -> None:
    """Somebody else's number is only sought, never claimed: no sequence moves, and a known person's log has the try."""
    store.publish(person("100050000025"))
    await client.register()
    drawn = "select last_value from hub.subject_id_seq"
    before = owner.execute(drawn).fetchone()
    known = await client.register(subject={"personal_id": "100050000025"})
    unknown = await client.register(subject={"personal_id": "100050000033"})
    bodies = [{**each.json(), "instance": ""} for each in (known, unknown)]
    stranger = owner.execute("select subject_id from hub.record").fetchone()
    assert bodies[0] == bodies[1] and bodies[0]["code"] == "dossier.conflict"
    assert owner.execute(drawn).fetchone() == before
    assert [(row["outcome"], row["subject_id"]) for row in entries("dossier")[1:]] == [
        ("refused", stranger[0] if stranger else 0),
        ("refused", None),
    ]


async def test_one_code_is_registered_once_at_a_time(client: Client) -> None:
    """Of two registrations that come together one is new, and the other finds it."""
    answers = await asyncio.gather(*(client.register() for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [200, 200, 200, 201]


async def test_a_closed_dossier_answers_nothing(client: Client, store: Store) -> None:
    """After closing, lookups and new registrations under the code are refused; closing again is fine."""
    store.publish(person())
    await client.register()
    closed = await client.post("/v1/dossiers/close", {"dossier": DOSSIER, "officer": OFFICER})
    again = await client.post("/v1/dossiers/close", {"dossier": DOSSIER, "officer": OFFICER})
    asked, registered = await client.lookup(), await client.register()
    assert (closed.status_code, closed.json()["status"], again.status_code) == (200, "closed", 200)
    assert (asked.status_code, asked.json()["code"]) == (409, "dossier.closed")
    assert (registered.status_code, registered.json()["code"]) == (409, "dossier.closed")


async def test_an_unregistered_dossier_can_not_be_closed(client: Client) -> None:
    """Another consumer's dossier or none at all: the same refusal."""
    answer = await client.post("/v1/dossiers/close", {"dossier": DOSSIER, "officer": OFFICER})
    assert (answer.status_code, answer.json()["code"]) == (403, "dossier.unregistered")
