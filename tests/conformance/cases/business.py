"""The national business-registration database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

import httpx

from connectors.business import Business
from hub.settings import RegisterSettings
from sandbox_mocks.business.app import PATH, create_app
from sandbox_mocks.clock import Clock
from sandbox_mocks.country import Country
from tests.conformance.answers import JsonAnswers
from tests.conformance.case import OFFICER, Case, Feed, Question, Twin
from tests.conformance.suite import conformance

TODAY = datetime(2025, 7, 1, tzinfo=UTC)
"""The twin's time, which stands still: an enterprise is told as it is today."""


@dataclass(frozen=True, kw_only=True)
class CodeQuestion(Question):
    """A question by a code alone; a household business has its owner's number as its code."""

    def nobody(self, claim: str) -> str:
        """Asks for a code that nobody has."""
        return "100999999999"

    def renumbered(self, claim: str, number: str) -> str:
        """Asks for another code."""
        return number


@dataclass(frozen=True, kw_only=True)
class JournalQuestion(CodeQuestion):
    """A question by the journal number of a dossier."""

    def nobody(self, claim: str) -> str:
        """Asks for a number that no dossier has."""
        return "HS9999999998"


async def _journal_number(twin: httpx.AsyncClient) -> str:
    """Returns the number of one of the country's first dossiers."""
    return "HS0000000005"


async def _household(twin: httpx.AsyncClient) -> str:
    answer = await twin.post("/_sandbox/business/sample", json={"count": 1, "seed": 7, "where": {"form": "household"}})
    return str(answer.json()["enterprises"][0]["key"])


def _config(url: str) -> RegisterSettings:
    return RegisterSettings(
        url=url,
        access_key="sandbox-access",
        secret="env:SECRET",
        app_name="lienthong",
        partner_code="G16",
        partner_code_cus="G16",
        sync_officer="CB-SYNC",
        officers={OFFICER: "CB-SYNC"},
        officer_secrets={"CB-SYNC": "env:OFFICER"},
    )


@lru_cache(1)
def _country() -> Country:
    return Country(1, 20_000, 0.0)


_TWIN = Twin(
    app=lambda: create_app(_country(), clock=Clock(TODAY)),
    path=PATH,
    operation=lambda request: request.url.path.rpartition("/")[2],
    answers=JsonAnswers(rows="Data", total="DataCount", found="MainInformation"),
    login="token",
)

BUSINESS = Case(
    twin=_TWIN,
    config=_config,
    secrets={"env:SECRET": "sandbox-business-secret", "env:OFFICER": "sandbox-officer-key:sandbox-officer-pass"},
    secret="env:SECRET",
    question=CodeQuestion(method="enterprise", operation="chiTietDoanhNghiep", claim=_household, optional="SHORT_NAME"),
    feed=Feed(
        method="enterprises",
        operation="danhSachHoSo",
        details="chiTietDoanhNghiep",
        # A window of five days in Viet Nam.
        since=datetime(2025, 4, 10, 17, tzinfo=UTC),
        until=datetime(2025, 4, 15, 17, tzinfo=UTC),
        size=3,
        withdrawn=frozenset({"01"}),
    ),
    lacks={
        "claims": "asks by code alone",
        "signed_time": "signs with a token",
        "verdict": "answers with a record",
    },
)
DOSSIER = replace(
    BUSINESS,
    twin=replace(_TWIN, answers=JsonAnswers(rows="Data", total="DataCount", found="Data")),
    question=JournalQuestion(
        method="dossier", operation="tinhTrangHoSo", claim=_journal_number, optional="CONTACT_PHONE"
    ),
    lacks={**BUSINESS.lacks, "people": "a dossier's number is nobody's"},
)

TestBusiness = conformance(Business, BUSINESS)
TestBusinessDossier = conformance(Business, DOSSIER, only="question")
