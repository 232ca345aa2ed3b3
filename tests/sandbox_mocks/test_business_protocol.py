"""The business register on the wire: signing in, the four services, windows and pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from sandbox_mocks.business.app import PATH
from sandbox_mocks.business.credentials import Credentials
from sandbox_mocks.clock import Clock
from sandbox_mocks.country import Country
from sandbox_mocks.country.enterprises import Unit
from sandbox_mocks.country.timeline import VIETNAM, epoch_ms
from tests.sandbox_mocks.business_caller import FORM, BusinessCaller, days, keys_header, moment, officer_header
from tests.sandbox_mocks.conftest import NOW, TODAY
from tests.sandbox_mocks.test_enterprises import all_units

LIST, TODAYS, DETAIL, DOSSIER = "danhSachHoSo", "danhSachHoSoTrongNgay", "chiTietDoanhNghiep", "tinhTrangHoSo"
AUTUMN = datetime(2021, 9, 10, tzinfo=VIETNAM)


async def test_a_token_is_given_for_the_right_keys(business: BusinessCaller) -> None:
    """The answer names the token, its type and its seconds."""
    given = (await business.sign_in()).json()
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 300)
    assert len(given["access_token"]) > 20


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"Content-Type": "application/json"}, "grant_type=client_credentials", 415),
        ({"Content-Type": "text/plain"}, "grant_type=client_credentials", 415),
        ({"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, "grant_type=client_credentials", 200),
        (FORM, "grant_type=password", 400),
        (FORM, "", 400),
        ({**FORM, "lgspaccesstoken": keys_header(SecretKey="another")}, "grant_type=client_credentials", 401),
        ({**FORM, "lgspaccesstoken": keys_header(PartnerCodeCus="G15")}, "grant_type=client_credentials", 401),
        ({**FORM, "lgspaccesstoken": "not base64"}, "grant_type=client_credentials", 401),
        ({**FORM, "lgspaccesstoken": "W10="}, "grant_type=client_credentials", 401),
        ({**FORM, "lgspaccesstoken": ""}, "grant_type=client_credentials", 401),
        (FORM, "x" * 20_000, 413),
    ],
)
async def test_signing_in_is_checked(
    business: BusinessCaller, headers: dict[str, str], content: str, status: int
) -> None:
    """A wrong content type, grant, key or size gives its status and no token."""
    response = await business.client.post(
        f"{PATH}/token", content=content, headers={"lgspaccesstoken": keys_header(), **headers}
    )
    assert response.status_code == status
    assert ("access_token" in response.json()) is (status == 200)
    if status == 401:
        assert response.json()["error_code"] == "101"


@pytest.mark.parametrize("service", [LIST, TODAYS, DETAIL, DOSSIER])
@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Authorization": ""}, 401, "token_expired"),
        ({"Authorization": "Bearer nobody"}, 401, "token_expired"),
        ({"lgspaccesstoken": keys_header(AccessKey="another")}, 401, "101"),
        ({"lgspaccesstoken": ""}, 401, "101"),
        ({"AuthHash": ""}, 403, "auth_hash"),
        ({"AuthHash": officer_header(password="another")}, 403, "auth_hash"),
        ({"AuthHash": "ö".encode().hex()}, 403, "auth_hash"),
    ],
)
async def test_calls_are_checked(
    business: BusinessCaller, service: str, headers: dict[str, str], status: int, code: str
) -> None:
    """Each service refuses a call without a living token, the keys and the officer's hash."""
    response = await business.send(service, {}, **headers)
    assert (response.status_code, response.json()["error_code"]) == (status, code)


async def test_a_token_ends(clean: Country) -> None:
    """A token lives for 300 seconds of real time, whatever the country's clock says, and a new one works."""
    wall = [1_000_000]
    caller = BusinessCaller(clean, Clock(TODAY), wall_clock_ms=lambda: wall[0])
    await caller.sign_in()
    wall[0] += 299_999
    assert (await caller.send(DETAIL, {"msdn": ""})).status_code == 200
    wall[0] += 1
    assert (await caller.send(DETAIL, {"msdn": ""})).status_code == 401
    await caller.sign_in()
    assert (await caller.send(DETAIL, {"msdn": ""})).status_code == 200


async def test_other_credentials_can_be_set(clean: Country) -> None:
    """A twin with other keys refuses the sandbox's own."""
    caller = BusinessCaller(clean, credentials=Credentials(access_key="another"))
    assert (await caller.sign_in()).status_code == 401
    assert (await caller.sign_in(lgspaccesstoken=keys_header(AccessKey="another"))).status_code == 200


async def test_a_detail_is_the_state_now(business: BusinessCaller) -> None:
    """Every entry of the country is told as it is now, in the register's own shape."""
    for unit in all_units(business.enterprises, NOW)[::9]:
        answer = await business.ask(DETAIL, msdn=business.enterprises.key(unit))
        assert (answer.pop("Status"), answer.pop("DataCount"), answer.pop("Message")) == ("1", 1, "")
        assert answer == business.enterprises.truth(unit, NOW)


async def test_an_unknown_code_has_no_detail(business: BusinessCaller) -> None:
    """A code of nobody is no error: the answer has no MainInformation and counts 0."""
    for code in ("", "9900000000", "100000000000", "x"):
        assert await business.ask(DETAIL, msdn=code) == {"DataCount": 0, "Status": "1", "Message": ""}


async def test_the_list_has_the_dossiers_of_its_days(business: BusinessCaller) -> None:
    """Both days count, rows are in order, and each has what a row needs."""
    answer = await business.ask(LIST, **days(AUTUMN), offset=0, limit=200)
    since, until = epoch_ms(AUTUMN), epoch_ms(AUTUMN + timedelta(days=5))
    expected = business.enterprises.dossiers(since, until)
    assert len(expected) > 3
    assert answer["DataCount"] == len(expected) == len(answer["Data"])
    assert [moment(row["PROCESSED_DATE"]) for row in answer["Data"]] == [dossier.time for dossier in expected]
    keys = [(moment(row["PROCESSED_DATE"]), row["IN_JOURNAL_NO"]) for row in answer["Data"]]
    assert keys == sorted(keys)
    for row, dossier in zip(answer["Data"], expected, strict=True):
        assert row["ENTERPRISE_GDT_CODE"] == business.enterprises.code(dossier.unit)
        received = datetime.strptime(row["RECEIPT_DATE"], "%d/%m/%Y").replace(tzinfo=VIETNAM)
        assert epoch_ms(received) < dossier.time
        assert datetime.strptime(row["PLAN_DATE"], "%d/%m/%Y").replace(tzinfo=VIETNAM) > received


async def test_pages_make_the_whole_list(business: BusinessCaller) -> None:
    """Offset by offset, the pages are the list."""
    whole = (await business.ask(LIST, **days(AUTUMN), offset=0, limit=200))["Data"]
    pages = [
        (await business.ask(LIST, **days(AUTUMN), offset=offset, limit=2))["Data"]
        for offset in range(0, len(whole) + 2, 2)
    ]
    assert [row for page in pages for row in page] == whole


async def test_sites_are_listed_with_their_parent(business: BusinessCaller) -> None:
    """A branch's and a location's row names the parent, and parent and counter are what the location is asked by."""
    found: dict[str, dict[str, Any]] = {}
    for unit in all_units(business.enterprises, NOW):
        if unit.form in ("branch", "location"):
            version = business.enterprises.version(unit, NOW) or 0
            day = datetime.fromtimestamp(version / 1000, VIETNAM)
            rows = (await business.ask(LIST, **days(day, 1), offset=0, limit=200))["Data"]
            found[unit.form] = next(row for row in rows if moment(row["PROCESSED_DATE"]) == version)
    assert found["branch"]["ENTERPRISE_GDT_CODE"].startswith(found["branch"]["PARENT_GDT_CODE"] + "-00")
    row = found["location"]
    assert len(row["ENTERPRISE_GDT_CODE"]) == 5
    answer = await business.ask(DETAIL, msdn=f"{row['PARENT_GDT_CODE']}.{row['ENTERPRISE_GDT_CODE']}")
    assert answer["MainInformation"]["PARENT_GDT_CODE"] == row["PARENT_GDT_CODE"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (days(AUTUMN, 6), "WINDOW"),
        (days(AUTUMN, 400), "WINDOW"),
        ({"from_date": "10/09/2021", "to_date": "09/09/2021"}, "DATE"),
        ({"from_date": "2021-09-10", "to_date": "10/09/2021"}, "DATE"),
        ({"from_date": "31/02/2021", "to_date": "10/09/2021"}, "DATE"),
        ({"from_date": "10/09/2021"}, "DATE"),
        ({**days(AUTUMN), "limit": "201"}, "PAGE"),
        ({**days(AUTUMN), "limit": "0"}, "PAGE"),
        ({**days(AUTUMN), "limit": "many"}, "PAGE"),
        ({**days(AUTUMN), "offset": "-1"}, "PAGE"),
        ({**days(AUTUMN), "offset": ""}, "PAGE"),
    ],
)
async def test_a_mistaken_list_is_refused(business: BusinessCaller, asked: dict[str, str], code: str) -> None:
    """More than five days, a bad day or a bad page is refused with Status 0 and HTTP 200."""
    answer = await business.ask(LIST, **{"offset": "0", "limit": "10", **asked})
    assert (answer["Status"], answer["error_code"], answer["DataCount"], answer["Data"]) == ("0", code, 0, [])
    assert answer["Message"]


@pytest.mark.parametrize("minutes", [("25:00", "24:00"), ("10:00", "09:59"), ("1:00", "2:00"), ("", "")])
async def test_mistaken_minutes_are_refused(business: BusinessCaller, minutes: tuple[str, str]) -> None:
    """Minutes out of order or out of shape are refused."""
    answer = await business.ask(TODAYS, from_ts=minutes[0], to_ts=minutes[1], offset=0, limit=10)
    assert (answer["Status"], answer["error_code"]) == ("0", "TIME")


async def test_today_moves_on_with_the_clock(clean: Country) -> None:
    """The list of today ends at the twin's clock, has its minutes without the last one, and grows."""
    clock = Clock(AUTUMN.replace(hour=6))
    caller = BusinessCaller(clean, clock)
    await caller.sign_in()
    early = await caller.ask(TODAYS, from_ts="00:00", to_ts="24:00", offset=0, limit=200)
    clock.set(AUTUMN.replace(hour=23, minute=59))
    late = await caller.ask(TODAYS, from_ts="00:00", to_ts="24:00", offset=0, limit=200)
    assert late["Data"][: early["DataCount"]] == early["Data"]
    assert late["DataCount"] > early["DataCount"]
    at = moment(late["Data"][0]["PROCESSED_DATE"])
    minute = datetime.fromtimestamp(at / 1000, VIETNAM).replace(second=0)
    asked = {"from_ts": f"{minute:%H:%M}", "to_ts": f"{minute + timedelta(minutes=1):%H:%M}"}
    assert (await caller.ask(TODAYS, **asked, offset=0, limit=1))["DataCount"] == 1
    assert (await caller.ask(TODAYS, from_ts="00:00", to_ts=asked["from_ts"], offset=0, limit=1))["DataCount"] == 0
    assert (await caller.ask(LIST, **days(AUTUMN, 1), offset=0, limit=200))["Data"] == late["Data"]


async def test_the_future_is_not_listed(business: BusinessCaller) -> None:
    """Days to come are empty, though the country has their dossiers already."""
    answer = await business.ask(LIST, **days(TODAY + timedelta(days=1)), offset=0, limit=10)
    assert (answer["DataCount"], answer["Data"]) == (0, [])


async def test_a_dossier_tells_more_by_its_number(business: BusinessCaller) -> None:
    """Asked by number, a dossier has its row and whom to contact; a number of none counts 0."""
    rows = (await business.ask(LIST, **days(AUTUMN), offset=0, limit=200))["Data"]
    for row in rows:
        answer = await business.ask(DOSSIER, in_journal_no=row["IN_JOURNAL_NO"])
        assert answer["DataCount"] == 1
        told = answer["Data"][0]
        assert {name: told[name] for name in row} == row
        assert told["CONTACT_PHONE"].startswith("0100")
        assert told["CONTACT_NAME"] and told["SUBMISSION_TYPE"] and told["REGISTRATION_DATE"]
    for number in ("", "HS", "HS9999999999", "HS00000000x1", rows[0]["IN_JOURNAL_NO"].removeprefix("HS")):
        assert (await business.ask(DOSSIER, in_journal_no=number))["DataCount"] == 0


async def test_services_are_called_by_get(business: BusinessCaller) -> None:
    """The token is posted and questions are asked by GET, nothing else."""
    assert (await business.client.get(f"{PATH}/token")).status_code == 405
    assert (await business.client.post(f"{PATH}/apiCSDLDKDN/{DETAIL}")).status_code == 405
    assert (await business.client.get(f"{PATH}/apiCSDLDKDN/khac")).status_code == 404


async def test_the_whole_register_can_be_read(business: BusinessCaller) -> None:
    """Five days at a time, the approved rows so far lead to every entry that there is, each as new as its row."""
    found: dict[str, int] = {}
    day = datetime(2021, 7, 1, tzinfo=VIETNAM)
    while day < TODAY:
        answer = await business.ask(LIST, **days(day), offset=0, limit=200)
        assert answer["DataCount"] == len(answer["Data"])
        for row in answer["Data"]:
            code, parent = row["ENTERPRISE_GDT_CODE"], row.get("PARENT_GDT_CODE")
            if row["PROCESS_STATUS"] == "3":
                found[f"{parent}.{code}" if len(code) == 5 else code] = moment(row["PROCESSED_DATE"])
        day += timedelta(days=5)
    units: list[Unit] = all_units(business.enterprises, NOW)
    assert found == {business.enterprises.key(unit): business.enterprises.version(unit, NOW) for unit in units}
