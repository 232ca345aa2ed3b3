"""The national population database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import httpx

from connectors.base import IdentityClaim
from connectors.population import Population
from hub.settings import RegisterSettings
from sandbox_mocks.country import Country
from sandbox_mocks.population.app import PATH, create_app
from sandbox_mocks.population.requests import glance
from tests.conformance.answers import XmlAnswers
from tests.conformance.case import OFFICER, Case, Feed, PersonQuestion, Twin
from tests.conformance.suite import conformance


async def _somebody(twin: httpx.AsyncClient) -> IdentityClaim:
    """Claims a person of the twin, by the name and the date that the register has."""
    answer = await twin.post("/_sandbox/sample", json={"count": 1, "seed": 7})
    (person,) = answer.json()["people"]
    truth: dict[str, Any] = person["truth"]
    birth = truth["NgayThangNamSinh"]
    whole = birth.get("NgayThangNam", "")
    return IdentityClaim(
        personal_id=person["personal_id"],
        name=" ".join(part for part in truth["HoVaTen"].values() if part),
        birth_date=f"{whole[:4]}-{whole[4:6]}-{whole[6:]}" if whole else birth["Nam"],
    )


def _config(url: str) -> RegisterSettings:
    return RegisterSettings(
        url=url,
        logical_url="http://mock.local/qldc/population",
        user="sandbox-hub",
        secret="env:SECRET",
        api_key="env:KEY",
        client_id="VN/GOV/G16/lienthong",
        officers={OFFICER: "CB-00123"},
    )


@lru_cache(1)
def _country() -> Country:
    return Country(1, 400, 0.0)


POPULATION = Case(
    twin=Twin(
        app=lambda: create_app(_country()),
        path=PATH,
        operation=lambda request: glance(request.content)[0],
        answers=XmlAnswers(entry="CongDan", total="TongSo"),
    ),
    config=_config,
    secrets={"env:SECRET": "sandbox-secret", "env:KEY": "sandbox-key"},
    secret="env:SECRET",
    question=PersonQuestion(
        method="citizen", operation="TraCuuThongTinCongDan", claim=_somebody, optional="SoSoHoKhau"
    ),
    feed=Feed(
        method="citizens",
        operation="DongBoThongTinCongDan",
        since=datetime(1970, 1, 1, tzinfo=UTC),
        until=datetime(2026, 11, 1, tzinfo=UTC),
        withdrawn=frozenset({"2"}),
        whole=True,
    ),
    lacks={"login": "each request is signed by itself", "verdict": "answers with a record"},
)
KIN = replace(
    POPULATION,
    question=PersonQuestion(method="kin", operation="XacMinhThongTinNhanThan", claim=_somebody, optional="HoVaTen"),
)
VERIFY = replace(
    POPULATION,
    twin=Twin(
        app=lambda: create_app(_country()),
        path=PATH,
        operation=lambda request: glance(request.content)[0],
        answers=XmlAnswers(entry="KetQuaXacThuc", total="TongSo"),
    ),
    question=PersonQuestion(method="verify", operation="XacThucThongTinCongDan", claim=_somebody, verdict="TonTai"),
    lacks={"login": "each request is signed by itself", "record": "answers with yes or no"},
)

TestPopulation = conformance(Population, POPULATION)
TestPopulationKin = conformance(Population, KIN, only="question")
TestPopulationVerify = conformance(Population, VERIFY, only="question")
