"""The business connector's live questions: codes out, wire records in, and the guards around both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from connectors import registry
from connectors.base import deadline_in
from connectors.business import Business
from connectors.errors import BrokenContract, ConnectorError, Refused, Unavailable
from schemas.business import DoanhNghiep
from tests.connectors.conftest import CONTEXT
from tests.connectors.lgsp import URL, Lgsp, code, detail, done, vn

Make = Callable[..., Business]
REAL = "001" + "050000017"
"""A number of a real province, put together so that none stands in this file."""


def test_the_registry_finds_the_connector() -> None:
    """The connector is listed under its register's name, with its feed and its questions."""
    assert registry()["business"] is Business
    assert {"enterprises"} == set(Business.feeds)
    assert {"enterprise", "dossier"} == set(Business.queries)
    assert Business.feeds["enterprises"].watermark == "at"


@pytest.mark.parametrize("key", [code(1), f"{code(1)}-001", f"{code(1)}.00002", "100050000017"])
async def test_an_enterprise_is_found_by_each_kind_of_code(business: Make, lgsp: Lgsp, key: str) -> None:
    """Enterprise, branch, business location and household business are asked for by code and read as one model."""
    lgsp.details[key] = detail(key)

    found = await business().enterprise(key, CONTEXT)

    assert found == DoanhNghiep.model_validate(detail(key))
    assert found.key == key
    assert [person.FULL_NAME for person in found.Representatives] == ["Nguyễn Văn An"]
    assert lgsp.asked() == [{"msdn": key}]
    assert str(lgsp.requests[0].url.copy_with(query=None)) == f"{URL}/apiCSDLDKDN/chiTietDoanhNghiep"


async def test_an_unknown_enterprise_is_none(business: Make, lgsp: Lgsp) -> None:
    """A code that the register does not know is no error."""
    assert await business().enterprise(code(1), CONTEXT) is None


@pytest.mark.parametrize(
    "wrong", ["", "99", "9900000001a", f"{code(1)}-1", f"{code(1)}.1", " " + code(1), code(1) + "\n", "９９00000001"]
)
async def test_a_malformed_code_is_not_sent(business: Make, lgsp: Lgsp, wrong: str) -> None:
    """What no register could know stays here, and stays out of the error."""
    with pytest.raises(Refused) as caught:
        await business().enterprise(wrong, CONTEXT)

    assert (caught.value.code, lgsp.requests) == ("code_malformed", [])
    assert caught.value.fields == ()


@pytest.mark.parametrize(("environment", "number"), [("sandbox", REAL), ("production", "100050000017")])
async def test_household_businesses_stay_in_their_environment(
    business: Make, lgsp: Lgsp, environment: str, number: str
) -> None:
    """A twelve-digit code is a person's number: the prefix 100 decides where it may be asked for."""
    with pytest.raises(Refused) as caught:
        await business(environment=environment).enterprise(number, CONTEXT)

    assert (caught.value.code, lgsp.requests) == ("person_outside_environment", [])


@pytest.mark.parametrize("environment", ["sandbox", "production"])
async def test_ten_digit_codes_pass_in_each_environment(business: Make, lgsp: Lgsp, environment: str) -> None:
    """A code of an enterprise is no person's number, and has no prefix that tells an invented one."""
    lgsp.details[code(1)] = detail(code(1))

    assert await business(environment=environment).enterprise(code(1), CONTEXT) is not None


async def test_an_answer_about_another_enterprise_is_refused(business: Make, lgsp: Lgsp) -> None:
    """Data of an enterprise that was not asked about never leaves the connector."""
    lgsp.details[code(1)] = detail(code(2))

    with pytest.raises(BrokenContract) as caught:
        await business().enterprise(code(1), CONTEXT)

    assert caught.value.code == "other_enterprise"


async def test_a_location_of_another_parent_is_another_enterprise(business: Make, lgsp: Lgsp) -> None:
    """The counter of a location says nothing without its parent."""
    lgsp.details[f"{code(1)}.00001"] = detail(f"{code(2)}.00001")

    with pytest.raises(BrokenContract) as caught:
        await business().enterprise(f"{code(1)}.00001", CONTEXT)

    assert caught.value.code == "other_enterprise"


@pytest.mark.parametrize(
    ("spoil", "code_", "field"),
    [
        ({"Moi": "kín"}, "drift", "Moi"),
        ({"Member": {"Moi": "kín"}}, "drift", "Member.Moi"),
        ({"HOAdress": "kín"}, "field_malformed", "HOAdress.DiaChiTruSo"),
        ({"BusinessActivity": [[]]}, "field_malformed", "BusinessActivity.0"),
    ],
)
async def test_a_changed_record_names_its_fields(
    business: Make, lgsp: Lgsp, spoil: dict[str, Any], code_: str, field: str
) -> None:
    """Unknown and malformed fields are named by path, without their values."""
    lgsp.details[code(1)] = detail(code(1)) | spoil

    with pytest.raises(BrokenContract) as caught:
        await business().enterprise(code(1), CONTEXT)

    assert caught.value.code == code_
    assert field in caught.value.fields
    assert "kín" not in str(caught.value)


async def test_a_dossier_is_found_by_its_number(business: Make, lgsp: Lgsp) -> None:
    """The state of one dossier comes under its journal number."""
    lgsp.approve(vn(19, 9), code(1), number="HS-1", state="2")

    found = await business().dossier("HS-1", CONTEXT)

    assert found is not None
    assert (found.IN_JOURNAL_NO, found.PROCESS_STATUS) == ("HS-1", "2")
    assert lgsp.asked() == [{"in_journal_no": "HS-1"}]


async def test_an_unknown_dossier_is_none(business: Make, lgsp: Lgsp) -> None:
    """A number that the register does not know is no error."""
    assert await business().dossier("HS-1", CONTEXT) is None


async def test_a_dossier_of_a_real_person_in_a_sandbox_is_refused(business: Make, lgsp: Lgsp) -> None:
    """The code of a household business in an answer is looked at like one in a question."""
    lgsp.approve(vn(19, 9), REAL, number="HS-1")

    with pytest.raises(BrokenContract) as caught:
        await business().dossier("HS-1", CONTEXT)

    assert caught.value.code == "foreign_person"


@pytest.mark.parametrize("number", ["", "HS 1", "HS&limit=1", "x" * 41])
async def test_a_malformed_dossier_number_is_not_sent(business: Make, lgsp: Lgsp, number: str) -> None:
    """A number that none could be stays here."""
    with pytest.raises(Refused) as caught:
        await business().dossier(number, CONTEXT)

    assert (caught.value.code, lgsp.requests) == ("code_malformed", [])


@pytest.mark.parametrize(
    "data", [[{"IN_JOURNAL_NO": "HS-2"}], [{"IN_JOURNAL_NO": "HS-1"}, {"IN_JOURNAL_NO": "HS-1"}], [{"NAME": "x"}]]
)
async def test_another_dossier_is_refused(business: Make, lgsp: Lgsp, data: list[dict[str, str]]) -> None:
    """An answer about another dossier, or two, is not taken for the one asked for."""
    lgsp.script.append(done({"Data": data, "DataCount": len(data)}))

    with pytest.raises(BrokenContract) as caught:
        await business().dossier("HS-1", CONTEXT)

    assert caught.value.code == "unexpected_answer"


@pytest.mark.parametrize(
    ("answer", "kind", "code_"),
    [
        (httpx.Response(200, text="<html>đăng nhập"), BrokenContract, "not_json"),
        (httpx.Response(200, json={"Status": "0", "Message": "x"}), Unavailable, "error_in_200"),
        (httpx.Response(200, json={"MainInformation": {}}), BrokenContract, "field_missing"),
        (httpx.Response(500), Unavailable, "server_error"),
    ],
)
async def test_bad_answers_are_classified(
    business: Make, lgsp: Lgsp, answer: httpx.Response, kind: type[ConnectorError], code_: str
) -> None:
    """The register's own status counts, and a log-in page is no answer."""
    lgsp.script.extend([answer] * 4)

    with pytest.raises(kind) as caught:
        await business().enterprise(code(1), CONTEXT)

    assert caught.value.code == code_


async def test_a_question_keeps_its_deadline(business: Make, lgsp: Lgsp) -> None:
    """A caller whose time has passed asks nothing."""
    with pytest.raises(Unavailable) as caught:
        await business().enterprise(code(1), replace(CONTEXT, deadline=deadline_in(-1)))

    assert (caught.value.code, lgsp.requests) == ("deadline", [])
