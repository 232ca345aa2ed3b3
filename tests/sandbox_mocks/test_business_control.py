"""The business twin's control routes: truth and samples of enterprises."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sandbox_mocks.app import create_app
from sandbox_mocks.clock import Clock
from sandbox_mocks.country import Country
from sandbox_mocks.country.enterprises import Enterprises
from tests.sandbox_mocks.business_caller import BusinessCaller
from tests.sandbox_mocks.conftest import NOW, TODAY
from tests.sandbox_mocks.test_enterprises import all_units

TRUTH, SAMPLE = "/_sandbox/business/truth", "/_sandbox/business/sample"


@pytest.mark.parametrize("path", [TRUTH, SAMPLE])
async def test_other_machines_are_refused(clean: Country, path: str) -> None:
    """Control routes are closed to an address that is not loopback."""
    transport = httpx.ASGITransport(create_app(clean), client=("10.0.0.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://twin.local") as client:
        assert (await client.post(path, json={})).status_code == 403


async def test_no_route_tells_the_defects(business: BusinessCaller) -> None:
    """The injected defects are not to be had over HTTP, and no key of an enterprise belongs into a URL."""
    for path in ("/_sandbox/business/defects", "/_sandbox/business/injected", f"{TRUTH}/100", "/_sandbox/business"):
        assert (await business.client.get(path)).status_code == 404


async def test_truth_tells_the_clean_detail_and_its_people(business: BusinessCaller) -> None:
    """The truth of an entry is its clean detail, with the people behind it and what else they represent."""
    for unit in all_units(business.enterprises, NOW)[::20]:
        key = business.enterprises.key(unit)
        found = (await business.client.post(TRUTH, json={"key": key})).json()
        assert (found["key"], found["form"]) == (key, unit.form)
        assert found["truth"] == business.enterprises.truth(unit, NOW)
        assert found["version"] == business.enterprises.version(unit, NOW)
        assert [(each["index"], each["role"]) for each in found["people"]] == business.enterprises.ties(unit, NOW)
        person = business.enterprises.ties(unit, NOW)[0].person
        tied = business.enterprises.of_person(person, NOW)
        represented = [business.enterprises.key(tie.unit) for tie in tied if tie.role == "representative"]
        assert found["represented"] == represented
        assert key in represented


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        (TRUTH, {}, 422),
        (TRUTH, {"key": 5}, 422),
        (TRUTH, {"key": "9900000000"}, 404),
        (SAMPLE, {"count": 0}, 422),
        (SAMPLE, {"count": "many"}, 422),
        (SAMPLE, {"where": {"rich": True}}, 422),
        (SAMPLE, {"where": {"type": "none"}}, 404),
    ],
)
async def test_mistaken_orders_are_refused(
    business: BusinessCaller, path: str, content: dict[str, Any], status: int
) -> None:
    """A control route explains what it can't read or find."""
    response = await business.client.post(path, json=content)
    assert response.status_code == status
    assert response.json()["error"]


@pytest.mark.parametrize(
    "where",
    [
        {"type": "1", "active": True, "representative_alive": True, "number_current": True, "defect_free": True},
        {"form": "household", "active": True, "representative_alive": True},
        {"form": "firm", "represents_two": True},
        {"status": "05"},
        {"active": False},
    ],
)
async def test_samples_meet_their_conditions(business: BusinessCaller, where: dict[str, Any]) -> None:
    """A sample has what was asked for, and the same again for the same seed."""
    asked = {"count": 2, "seed": 5, "where": where}
    found = (await business.client.post(SAMPLE, json=asked)).json()
    assert found == (await business.client.post(SAMPLE, json=asked)).json()
    country = business.enterprises.country
    assert len({each["key"] for each in found["enterprises"]}) == 2
    for each in found["enterprises"]:
        main = each["truth"]["MainInformation"]
        person = next(tie for tie in each["people"] if tie["role"] == "representative")
        expected = {
            "form": each["form"],
            "type": main["ENTERPRISE_TYPE_ID"],
            "status": main["ENTERPRISE_STATUS"],
            "active": main["ENTERPRISE_STATUS"] == "00",
            "representative_alive": (country.truth(person["index"], NOW) or {})["TrangThai"] == "1",
            "number_current": each["truth"]["Representatives"][0]["ID_NO"] == person["personal_id"],
            "represents_two": len(each["represented"]) > 1,
            "defect_free": True,
        }
        assert {name: expected[name] for name in where} == where


async def test_defect_free_enterprises_have_no_defect() -> None:
    """In a country full of defects a defect-free entry's versions have none."""
    country = Country(seed=3, people=4_000, defect_rate=8)
    caller = BusinessCaller(country, Clock(TODAY))
    asked = {"count": 40, "where": {"defect_free": True}}
    found = (await caller.client.post(SAMPLE, json=asked)).json()["enterprises"]
    enterprises = Enterprises(country)
    assert len(found) == 40
    for each in found:
        unit = enterprises.unit(each["key"], NOW)
        assert unit is not None and each["key"].endswith(each["code"])
        assert all(enterprises.defect(unit, step.time) is None for step in enterprises.records.steps(unit, NOW))


async def test_a_small_country_has_people_for_a_demonstration() -> None:
    """Two thousand people are enough for each of the enterprises that a demonstration shows."""
    caller = BusinessCaller(Country(seed=1, people=2_000), Clock(TODAY))
    for where in (
        {"type": "1", "active": True, "representative_alive": True},
        {"form": "household", "active": True, "representative_alive": True},
        {"form": "firm", "represents_two": True},
    ):
        response = await caller.client.post(SAMPLE, json={"where": where})
        assert response.status_code == 200, where
