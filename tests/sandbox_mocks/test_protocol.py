"""What the population twin refuses, and how it says so."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from sandbox_mocks.country import Country
from sandbox_mocks.population.app import PATH
from tests.sandbox_mocks.caller import Caller, claim, fault_code, headers, message, window
from tests.sandbox_mocks.conftest import NOW

LOOKUP, SYNC = "TraCuuThongTinCongDan", "DongBoThongTinCongDan"


@pytest.fixture
def fields(clean: Country) -> dict[str, Any]:
    """The elements of a lookup that succeeds."""
    record = clean.truth(1_500, NOW)
    assert record is not None
    return claim(record)


def milliseconds(offset: float = 0) -> str:
    return str(int((time.time() + offset) * 1000))


@pytest.mark.parametrize(("offset", "digits"), [(0, 13), (0, 10), (-200, 13), (200, 13)])
async def test_timestamps_near_now_pass(caller: Caller, fields: dict[str, Any], offset: int, digits: int) -> None:
    """Milliseconds and seconds are accepted, up to five minutes off."""
    timestamp = milliseconds(offset)[:digits]
    assert (await caller.send(message(LOOKUP, fields), timestamp=timestamp)).status_code == 200


@pytest.mark.parametrize("sent", [-400, 400, "", "yesterday", "9" * 30, "١٢٣"])
async def test_other_timestamps_are_turned_away(caller: Caller, fields: dict[str, Any], sent: str | int) -> None:
    """A time that is more than five minutes off, or none at all, gives 401 with a body that says so."""
    timestamp = milliseconds(sent) if isinstance(sent, int) else sent
    made = headers(timestamp=timestamp)
    raw = {name.encode(): value.encode() for name, value in made.items()}
    response = await caller.client.post(PATH, content=message(LOOKUP, fields), headers=raw)
    assert (response.status_code, response.json()["error_code"]) == (401, "TIMESTAMP_INVALID")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"secret": "other"}, 401, "AUTH_FAILED"),
        ({"Authorization": "Basic !!!"}, 401, "AUTH_FAILED"),
        ({"Authorization": "Bearer abc"}, 401, "AUTH_FAILED"),
        ({"ApiKey": "other"}, 401, "APIKEY_INVALID"),
        ({"X-Road-Client": "VN/GOV/G99/other"}, 403, "UNKNOWN_MEMBER"),
    ],
)
async def test_strangers_are_turned_away(
    caller: Caller, fields: dict[str, Any], change: dict[str, str], status: int, code: str
) -> None:
    """Wrong credentials are refused before the message is read."""
    response = await caller.send(message(LOOKUP, fields), **change)
    assert (response.status_code, response.json()["error_code"]) == (status, code)


async def test_a_used_request_id_is_refused(caller: Caller, fields: dict[str, Any]) -> None:
    """The same MaYeuCau is answered once; a refused call doesn't use it up."""
    wrong = message(LOOKUP, {**fields, "MaCanBo": "nobody"})
    assert fault_code(await caller.send(wrong)) == "MACANBO_UNKNOWN"
    assert (await caller.send(message(LOOKUP, fields))).status_code == 200
    assert fault_code(await caller.send(message(LOOKUP, fields))) == "MAYEUCAU_DUPLICATE"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"MaYeuCau": ""}, "MAYEUCAU_MISSING"),
        ({"MaCanBo": "CB-99999"}, "MACANBO_UNKNOWN"),
        ({"MaDVC": "G99"}, "MADVC_UNKNOWN"),
        ({"MaTichHop": "003"}, "MATICHHOP_INVALID"),
        ({"SoDinhDanh": ""}, "CLAIM_MISSING"),
        ({"HoVaTen": " "}, "CLAIM_MISSING"),
        ({"NgayThangNamSinh": {}}, "BIRTH_INVALID"),
        ({"NgayThangNamSinh": {"NgayThangNam": "1950"}}, "BIRTH_INVALID"),
        ({"NgayThangNamSinh": {"Nam": "1950", "NgayThangNam": "19500321"}}, "BIRTH_INVALID"),
        ({"NgayThangNamSinh": None}, "ELEMENT_MISSING"),
        ({"HoVaTen": None}, "ELEMENT_MISSING"),
        ({"SoDinhDanh": None}, "CLAIM_MISSING"),
        ({"HoVaTen": {"Ho": "Nguyễn"}}, "ELEMENT_INVALID"),
    ],
)
async def test_incomplete_or_unknown_values_are_refused(
    caller: Caller, fields: dict[str, Any], change: dict[str, Any], code: str
) -> None:
    """Each missing or unregistered part of a lookup has its fault."""
    sent = {name: value for name, value in {**fields, **change}.items() if value is not None}
    assert fault_code(await caller.send(message(LOOKUP, sent))) == code


async def test_both_numbers_are_one_too_many(caller: Caller, fields: dict[str, Any]) -> None:
    """A lookup is by one kind of number."""
    at = list(fields).index("HoVaTen")
    sent = dict([*list(fields.items())[:at], ("SoCMND", "100000001"), *list(fields.items())[at:]])
    assert fault_code(await caller.send(message(LOOKUP, sent))) == "CLAIM_INVALID"


async def test_elements_must_stand_in_order(caller: Caller, fields: dict[str, Any]) -> None:
    """Two elements exchanged, one twice, or an unknown one are refused."""
    names = list(fields)
    for at in range(len(names) - 1):
        exchanged = [*names[:at], names[at + 1], names[at], *names[at + 2 :]]
        response = await caller.send(message(LOOKUP, {name: fields[name] for name in exchanged}))
        assert fault_code(response) == "ORDER_INVALID"
    twice = message(LOOKUP, fields).replace(b"<MaDVC>", b"<MaDVC>G16</MaDVC><MaDVC>")
    assert fault_code(await caller.send(twice)) == "ORDER_INVALID"
    assert fault_code(await caller.send(message(LOOKUP, {**fields, "Khac": "1"}))) == "ELEMENT_UNKNOWN"


async def test_optional_elements_are_accepted_in_their_place(caller: Caller, fields: dict[str, Any]) -> None:
    """The unit, account and telephone of the caller may be given."""
    at = list(fields).index("SoDinhDanh")
    optional = [("MaDonVi", "G16"), ("TaiKhoan", "x"), ("SoDienThoai", "0")]
    sent = dict([*list(fields.items())[:at], *optional, *list(fields.items())[at:]])
    assert (await caller.send(message(LOOKUP, sent))).status_code == 200


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"TuNgay": "abc"}, "NUMBER_INVALID"),
        ({"TuNgay": -1}, "NUMBER_INVALID"),
        ({"DenNgay": "9" * 20}, "NUMBER_INVALID"),
        ({"TuNgay": 10, "DenNgay": 9}, "WINDOW_INVALID"),
        ({"Trang": 0}, "PAGE_INVALID"),
        ({"SoBanGhi": 0}, "PAGE_INVALID"),
        ({"SoBanGhi": 1001}, "PAGE_INVALID"),
        ({"Loai": "KHAC"}, "LOAI_INVALID"),
        ({"MaCanBo": "CB-99999"}, "MACANBO_UNKNOWN"),
    ],
)
async def test_impossible_windows_are_refused(caller: Caller, change: dict[str, Any], code: str) -> None:
    """Each wrong part of a pull has its fault."""
    assert fault_code(await caller.send(message(SYNC, {**window(), **change}))) == code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "XML_INVALID"),
        (b"not xml", "XML_INVALID"),
        (b"<a/>", "NOT_SOAP"),
        (message("KhongCo", {}), "OPERATION_UNKNOWN"),
        (message(SYNC, {}).replace(b"http://dancuquocgia.bca", b"http://other"), "OPERATION_UNKNOWN"),
        (message(SYNC, window()).replace(b"<s:Body>", b"<s:Body><x/>"), "BODY_INVALID"),
        (
            b'<!DOCTYPE a [<!ENTITY b "c">]>' + message(SYNC, window(Loai="&b;")).replace(b"&amp;", b"&"),
            "DTD_FORBIDDEN",
        ),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd">' + message(SYNC, window()), "DTD_FORBIDDEN"),
    ],
)
async def test_broken_or_dangerous_messages_are_refused(caller: Caller, content: bytes, code: str) -> None:
    """What is no SOAP call, or has a DTD, is refused with a fault."""
    assert fault_code(await caller.send(content)) == code


async def test_a_huge_message_is_refused(caller: Caller) -> None:
    """A message of more than 256 KB is not read."""
    assert (await caller.send(b" " * 300_000)).status_code == 413


async def test_faults_repeat_no_value(caller: Caller, fields: dict[str, Any]) -> None:
    """A refusal never repeats what the caller sent."""
    for change in ({"MaCanBo": "x"}, {"NgayThangNamSinh": {"Nam": "x"}}, {"Khac": "1"}):
        response = await caller.send(message(LOOKUP, {**fields, **change}))
        assert fields["SoDinhDanh"] not in response.text
        assert fields["HoVaTen"] not in response.text


async def test_the_wsdl_is_served_as_it_is_published(caller: Caller) -> None:
    """The WSDL comes byte by byte; without asking for it the address only takes calls."""
    import sandbox_mocks.population

    published = Path(sandbox_mocks.population.__file__).with_name("population.wsdl").read_bytes()
    assert (await caller.client.get(f"{PATH}?wsdl")).content == published
    assert (await caller.client.get(f"{PATH}?WSDL")).content == published
    assert (await caller.client.get(PATH)).status_code == 405
