"""The control routes: truth and samples for demonstrations, from this machine only."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sandbox_mocks.clock import Clock
from sandbox_mocks.country import Country
from sandbox_mocks.population.app import create_app
from tests.sandbox_mocks.caller import Caller
from tests.sandbox_mocks.conftest import NOW, TODAY

ROUTES = [
    ("GET", "/_sandbox/health"),
    ("GET", "/_sandbox/faults"),
    ("PUT", "/_sandbox/faults"),
    ("DELETE", "/_sandbox/faults"),
    ("PUT", "/_sandbox/clock"),
    ("GET", "/_sandbox/truth/1"),
    ("POST", "/_sandbox/truth"),
    ("POST", "/_sandbox/sample"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_other_machines_are_refused(clean: Country, method: str, path: str) -> None:
    """Every control route is closed to an address that is not loopback."""
    transport = httpx.ASGITransport(create_app(clean), client=("10.0.0.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://twin.local") as client:
        assert (await client.request(method, path)).status_code == 403


async def test_no_route_tells_the_defects(caller: Caller) -> None:
    """The injected defects are not to be had over HTTP."""
    for path in ("/_sandbox/defects", "/_sandbox/injected", "/_sandbox", "/docs", "/openapi.json"):
        assert (await caller.client.get(path)).status_code == 404


async def test_health_tells_who_is_there(caller: Caller) -> None:
    """Health names seed, size and the country's time."""
    found = (await caller.client.get("/_sandbox/health")).json()
    assert found == {"status": "ok", "seed": 6, "people": 3_000, "now": NOW}


async def test_truth_by_index_and_by_number_agree(caller: Caller) -> None:
    """The truth of a person is the same by index and by number."""
    by_index = (await caller.client.get("/_sandbox/truth/700")).json()
    by_number = (await caller.client.post("/_sandbox/truth", json={"personal_id": by_index["personal_id"]})).json()
    assert by_index == by_number
    assert by_index["truth"] == caller.country.truth(700, NOW)


async def test_truth_of_a_cancelled_number_is_its_cancellation(caller: Caller) -> None:
    """A former number gives the cancelled record and names the valid number."""
    entry = next(entry for entry in caller.country.feed.window(0, NOW) if entry.form == "former")
    found = (await caller.client.post("/_sandbox/truth", json={"personal_id": entry.number})).json()
    assert (found["personal_id"], found["truth"]["TrangThai"]) == (entry.number, "2")


@pytest.mark.parametrize("number", ["", "100", "9" * 12, "100" + "9" * 9, "100000000"])
async def test_truth_of_nobody_is_not_found(caller: Caller, number: str) -> None:
    """A number that nobody has, or that is no personal number, gives 404."""
    assert (await caller.client.post("/_sandbox/truth", json={"personal_id": number})).status_code == 404


async def test_unborn_people_have_no_truth(caller: Caller) -> None:
    """Who is born after now, or not at all, is not in the register yet."""
    assert (await caller.client.get(f"/_sandbox/truth/{caller.country.total - 1}")).status_code == 404
    assert (await caller.client.get("/_sandbox/truth/99999999")).status_code == 404


@pytest.mark.parametrize(
    "where",
    [
        {"alive": True, "adult": True, "defect_free": True},
        {"year_only": True, "alive": True},
        {"number_replaced": True},
        {"deceased": True, "number_replaced": None},
        {"married": True, "has_card": False, "year_only": False},
    ],
)
async def test_samples_meet_their_conditions(caller: Caller, where: dict[str, Any]) -> None:
    """A sample has as many people as asked for, each as described, and the same ones again for the same seed."""
    asked = {"count": 3, "seed": 5, "where": where}
    found = (await caller.client.post("/_sandbox/sample", json=asked)).json()
    assert found == (await caller.client.post("/_sandbox/sample", json=asked)).json()
    assert len({person["index"] for person in found["people"]}) == 3
    for person in found["people"]:
        truth = person["truth"]
        assert truth == caller.country.truth(person["index"], NOW)
        assert person["version"] == caller.country.version(person["index"], NOW)
        expected = {
            "alive": truth["TrangThai"] == "1",
            "deceased": truth["TrangThai"] == "3",
            "adult": truth["SoDinhDanh"][3:6] < "208",
            "year_only": "Nam" in truth["NgayThangNamSinh"],
            "number_replaced": person["former_personal_id"] is not None,
            "married": bool(truth["VoChong"] and truth["VoChong"]["SoDinhDanh"]),
            "has_card": bool(truth["SoCMND"]),
            "defect_free": True,
        }
        assert all(expected[name] is value for name, value in where.items() if value is not None)


async def test_defect_free_people_have_no_defect() -> None:
    """In a country full of defects a defect-free person's entries have none."""
    country = Country(seed=3, people=2_000, defect_rate=8)
    caller = Caller(country, Clock(TODAY))
    found = (await caller.client.post("/_sandbox/sample", json={"count": 100, "where": {"defect_free": True}})).json()
    for person in found["people"]:
        assert all(country.defect(entry) is None for entry in country.feed.entries_of(person["index"], NOW))


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("POST", "/_sandbox/sample", {"count": 0}),
        ("POST", "/_sandbox/sample", {"count": "many"}),
        ("POST", "/_sandbox/sample", {"where": {"rich": True}}),
        ("POST", "/_sandbox/truth", {}),
        ("PUT", "/_sandbox/clock", {}),
        ("PUT", "/_sandbox/clock", {"now": "2026-01-01T00:00:00"}),
        ("PUT", "/_sandbox/clock", {"now": 5}),
        ("PUT", "/_sandbox/faults", {"faults": "all"}),
    ],
)
async def test_mistaken_orders_are_refused(caller: Caller, method: str, path: str, content: dict[str, Any]) -> None:
    """A control route explains what it can't read."""
    response = await caller.client.request(method, path, json=content)
    assert response.status_code == 422
    assert response.json()["error"]


async def test_a_sample_that_does_not_exist_is_not_found(caller: Caller) -> None:
    """Conditions that nobody meets end with an answer, not with an endless search."""
    response = await caller.client.post("/_sandbox/sample", json={"where": {"alive": True, "deceased": True}})
    assert response.status_code == 404


async def test_the_clock_runs_again(caller: Caller) -> None:
    """Set to null, the clock follows real time."""
    await caller.client.put("/_sandbox/clock", json={"now": None})
    first = (await caller.client.get("/_sandbox/health")).json()["now"]
    assert first != NOW
