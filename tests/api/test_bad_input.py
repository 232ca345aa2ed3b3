"""Bad input: each has its code, says what to do, and is in the log before the answer leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from hub.api.parsing import read_body
from hub.exchange import consumers
from hub.exchange.refusals import Refused
from tests.api.conftest import CONSUMER, DOSSIER, NAME, OFFICER, PERSONAL_ID, PROCEDURE, Client, Store, person, until

Entries = Callable[..., list[dict[str, Any]]]
CLAIM = {"personal_id": PERSONAL_ID, "name": NAME, "birth_date": "1950"}


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"procedure": "1.999999"}, 404, "procedure.unknown"),
        ({"procedure": "1.004628"}, 403, "grant.missing"),
        ({"dossier": "G16.01-261122-9999"}, 403, "dossier.unregistered"),
        ({"officer": "CB-99999"}, 403, "officer.unknown"),
    ],
)
async def test_what_policy_forbids_is_refused_and_logged(
    client: Client, entries: Entries, changes: dict[str, Any], status: int, code: str
) -> None:
    """The refusal has its code, and the log holds the same exchange id and code."""
    await client.register()
    answer = await client.lookup(**changes)
    entry = entries("lookup")[-1]
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (entry["outcome"], entry["code"], entry["attributes"]) == ("refused", code, None)
    assert answer.json()["instance"] == f"urn:uuid:{entry['exchange_id']}"


async def test_a_dossier_of_another_procedure_is_refused(client: Client, owner: psycopg.Connection[Any]) -> None:
    """The dossier's own procedure decides, even when another one is granted."""
    await client.register()
    consumers.grant(
        owner,
        consumer_id=CONSUMER,
        procedure="1.004628",
        attributes=["person.gender"],
        legal_basis="a law",
        by="root",
    )

    async def refused() -> bool:
        answer = await client.lookup(procedure="1.004628")
        return bool(answer.json().get("code") == "dossier.other_procedure")

    await until(refused, 5)


@pytest.mark.parametrize(
    ("body", "path", "reason"),
    [
        ({"subject": CLAIM | {"birth_date": "21/03/1950"}}, "subject.birth_date", "format"),
        ({"subject": CLAIM | {"birth_date": "1950-02-30"}}, "subject.birth_date", "format"),
        ({"subject": CLAIM | {"personal_id": "10005000001"}}, "subject.personal_id", "format"),
        ({"subject": CLAIM | {"personal_id": 100050000017}}, "subject.personal_id", "type"),
        ({"subject": CLAIM | {"personal_id": f"{1:03d}050000017"}}, "subject.personal_id", "environment"),
        ({"subject": CLAIM | {"former_id": "100500017"}}, "subject", "one_number"),
        ({"subject": {"name": NAME, "birth_date": "1950"}}, "subject", "one_number"),
        ({"subject": CLAIM | {"name": ""}}, "subject.name", "length"),
        ({"subject": CLAIM | {"nickname": "x"}}, "subject.nickname", "unknown_field"),
        ({"subject": CLAIM | {"100050000017": "x"}}, "subject.?", "unknown_field"),
        ({"subject": "100050000017"}, "subject", "type"),
        ({"dossier": "G16.01"}, "dossier", "format"),
        ({"procedure": "tour guide"}, "procedure", "format"),
        ({"officer": "100050000017"}, "officer", "format"),
        ({"officer": None}, "officer", "type"),
        ({"attributes": []}, "attributes", "length"),
        ({"attributes": ["x; drop table"]}, "attributes[0]", "format"),
        ({"max_age": "-P1D"}, "max_age", "range"),
        ({"max_age": "yesterday"}, "max_age", "format"),
        ({"deadline_ms": 1}, "deadline_ms", "range"),
        ({"limit": 10}, "limit", "unknown_field"),
    ],
)
async def test_a_malformed_body_is_refused_by_path(
    client: Client, body: dict[str, Any], path: str, reason: str
) -> None:
    """The wrong field is named, its value never shown."""
    answer = await client.lookup(**body)
    assert (answer.status_code, answer.json()["code"]) == (422, "body.invalid")
    assert [(each["name"], each["code"]) for each in answer.json()["invalid_params"]] == [(path, reason)]
    assert PERSONAL_ID not in answer.text and NAME not in answer.text


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"{", {}, 400, "body.not_json"),
        (b"", {}, 400, "body.not_json"),
        (b"\xff\xfe", {}, 400, "body.not_json"),
        (b"[]", {}, 422, "body.invalid"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "body.media_type"),
        (b"{}", {"Content-Type": "application/json; charset=utf-16"}, 415, "body.media_type"),
        (b"{}", {"Content-Encoding": "gzip"}, 415, "body.media_type"),
        (b"[" * 65_000, {}, 400, "body.not_json"),
        (b" " * 65_537, {}, 413, "body.too_large"),
    ],
)
async def test_a_body_that_is_no_json_object_is_refused(
    client: Client, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    """Not JSON, not an object, not typed, compressed, nested without end or too large."""
    sent = {"Content-Type": "application/json"} | client.headers | headers
    answer = await client.http.post("/v1/lookup", content=content, headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_body_without_a_length_is_bounded_too(client: Client) -> None:
    """A chunked body is cut off at the limit."""

    async def chunks() -> Any:
        for _ in range(70):
            yield b" " * 1024

    sent = {"Content-Type": "application/json"} | client.headers
    answer = await client.http.post("/v1/lookup", content=chunks(), headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (413, "body.too_large")


async def test_an_unauthenticated_call_learns_nothing_about_its_body(client: Client, entries: Entries) -> None:
    """Who does not show a token gets 401 whatever it sends, and the log has the call."""
    client.headers = {}
    answer = await client.http.post("/v1/lookup", content=b"{")
    assert (answer.status_code, answer.json()["code"]) == (401, "token.missing")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert entries("lookup")[-1]["code"] == "token.missing"


async def test_the_language_of_the_caller_is_spoken(client: Client) -> None:
    """Vietnamese unless English is preferred."""
    vietnamese = await client.lookup(dossier="G16.01-261122-9999")
    english = await client.post("/v1/lookup", {}, **{"Accept-Language": "en-GB, vi;q=0.5"})
    assert (vietnamese.json()["title"], vietnamese.headers["content-language"]) == ("Hồ sơ chưa được đăng ký", "vi")
    assert (english.json()["title"], english.headers["content-language"]) == (
        "The body does not fit its schema",
        "en",
    )


async def test_only_a_request_id_that_looks_like_one_is_echoed(client: Client) -> None:
    """A UUID or a trace id comes back; anything else could be data."""
    good = await client.post("/v1/lookup", {}, **{"X-Request-ID": "0199a3f2-7c00-7aaa-8000-00000000000a"})
    bad = await client.post("/v1/lookup", {}, **{"X-Request-ID": PERSONAL_ID})
    assert good.headers["x-request-id"] == "0199a3f2-7c00-7aaa-8000-00000000000a"
    assert "x-request-id" not in bad.headers


async def test_a_grant_that_ends_stops_lookups(client: Client, store: Store, owner: psycopg.Connection[Any]) -> None:
    """Revoking a grant reaches the running API within moments."""
    store.publish(person())
    await client.register()
    assert (await client.lookup()).status_code == 200
    consumers.revoke(owner, consumer_id=CONSUMER, procedure=PROCEDURE, by="root")

    async def refused() -> bool:
        return bool((await client.lookup()).json().get("code") == "grant.missing")

    await until(refused, 5)


async def test_a_disabled_officer_stops_acting(client: Client, owner: psycopg.Connection[Any]) -> None:
    """Disabling an officer reaches the running API within moments."""
    consumers.disable_officer(owner, consumer_id=CONSUMER, officer=OFFICER, by="root")

    async def refused() -> bool:
        answer = await client.post("/v1/dossiers/close", {"dossier": DOSSIER, "officer": OFFICER})
        return bool(answer.json()["code"] == "officer.unknown")

    await until(refused, 5)


async def test_a_body_that_never_begins_is_not_waited_for() -> None:
    """The time limit holds from the first byte that is due, not from the second part on."""

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(30)
        return {}

    with pytest.raises(Refused) as caught:
        await read_body({b"content-type": b"application/json"}, receive, "application/json", seconds=0.05)
    assert caught.value.code == "body.timeout"


async def test_a_body_that_stops_is_not_waited_for() -> None:
    """All parts together have one time limit."""

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b" ", "more_body": True}

    with pytest.raises(Refused) as caught:
        await read_body({b"content-type": b"application/json"}, receive, "application/json", seconds=0.1)
    assert caught.value.code == "body.timeout"
