"""The services of the civil-status twin: lists, records, catalogues, questions for a person, and refusals."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sandbox_mocks.app import create_app
from sandbox_mocks.country import Country
from sandbox_mocks.country.civil_status.dates import in_figures, in_parts
from sandbox_mocks.country.civil_status.records import joined, moment_text
from tests.sandbox_mocks.civil_status_caller import BASIC, CivilStatusCaller, read
from tests.sandbox_mocks.conftest import NOW

DAY = "10/09/2021"


async def test_a_day_is_listed_and_each_record_is_there(civil: CivilStatusCaller) -> None:
    """The list of a day has the codes that `traHoSo` knows; the old shape is XML with flat fields."""
    codes = await civil.day("KS", DAY)
    assert len(codes) > 3
    for code in codes:
        answer = await civil.ask("traHoSo", module="KS", maHoSo=code)
        record = read(answer["data"])
        assert (answer["status"], record["maHoSo"]) == ("1", code)
        key = civil.books.find(code)
        assert key is not None
        assert answer["ngayCapNhat"] == moment_text(civil.books.version(key, NOW) or 0)


async def test_a_recent_record_is_json_with_parts(civil: CivilStatusCaller) -> None:
    """The shape of 2025 has names and addresses in parts, and dates as texts or in parts."""
    listed = civil.books.registrations.window("KS", NOW - 90 * 86_400_000, NOW)
    for _, key in listed[-20:]:
        answer = await civil.ask("traHoSo", module="KS", maHoSo=civil.books.identify(key))
        record = read(answer["data"])
        assert set(record["nksHoTen"]) == {"Ho", "ChuDem", "Ten"}
        assert set(record["nksNoiSinh"]) == {"dcChiTiet", "quocGia", "maTinh", "maXa"}
        assert isinstance(record["nksNgaySinh"], str) or "namSinh" in record["nksNgaySinh"]


async def test_a_single_code_comes_bare(civil: CivilStatusCaller) -> None:
    """A list of one is that one, not a list; an empty one is a list."""
    found: set[type] = set()
    for day in range(1, 29):
        answer = await civil.ask("dsHoSoDangKy", module="KT", ngayCapNhat=f"{day:02d}/03/2024")
        codes = answer["dsMaHoSo"]
        assert isinstance(codes, str) is (answer["soLuong"] == "1")
        found.add(type(codes))
    assert found == {str, list}


async def test_the_day_that_is_not_over_grows(civil: CivilStatusCaller) -> None:
    """Nothing is listed before it was written."""
    whole = civil.books.registrations.window("KS", NOW - 40 * 86_400_000, NOW + 1)
    last, key = whole[-1]
    day = moment_text(last)[:10]
    civil.clock.set(datetime.fromtimestamp((last - 1) / 1000, UTC))
    assert civil.books.identify(key) not in await civil.day("KS", day)
    civil.clock.set(datetime.fromtimestamp(last / 1000, UTC))
    assert civil.books.identify(key) in await civil.day("KS", day)


async def test_records_come_in_portions(civil: CivilStatusCaller) -> None:
    """Up to a hundred records come in one call; those that can't be had are named."""
    codes = [*await civil.day("KS", DAY), "KS0999999999"]
    answer = await civil.ask("traDanhSachHoSo", maTinh="01", module="KS", dsMaHoSo=codes)
    assert [each["maHoSo"] for each in answer["dsHoSo"]] == codes[:-1]
    assert answer["dsLoi"] == [{"maHoSo": "KS0999999999", "errorCode": "201"}]
    one = await civil.ask("traHoSo", module="KS", maHoSo=codes[0])
    assert answer["dsHoSo"][0]["data"] == one["data"]


@pytest.mark.parametrize(
    ("service", "asked", "code"),
    [
        ("dsHoSoDangKy", {"module": "XX", "ngayCapNhat": DAY}, "302"),
        ("dsHoSoDangKy", {"module": "KS", "ngayCapNhat": "2021-09-10"}, "302"),
        ("dsHoSoDangKy", {"module": "KS", "ngayCapNhat": "31/02/2021"}, "302"),
        ("traHoSo", {"module": "KS", "maHoSo": "KS0999999999"}, "201"),
        ("traHoSo", {"module": "KT", "maHoSo": "KS0000000001"}, "201"),
        ("traHoSo", {}, "201"),
        ("traDanhSachHoSo", {"maTinh": "99", "module": "KS", "dsMaHoSo": []}, "108"),
        ("traDanhSachHoSo", {"maTinh": "01", "module": "KS", "dsMaHoSo": "KS0000000001"}, "302"),
        ("traDanhSachHoSo", {"maTinh": "01", "module": "KS", "dsMaHoSo": ["x"] * 101}, "500"),
        ("danhMuc", {"loaiDanhMuc": "9"}, "302"),
        ("traTrangThaiHoSo", {"maDonVi": "200097", "maHoSo": "nobody's"}, "201"),
        ("ketQuaDangKyHS", {"maDonVi": "200097", "maHoSo": "nobody's"}, "201"),
        ("traCuuHoTich", {"module": "KH"}, "200"),
        ("traHoSo", ["no", "object"], "302"),
    ],
)
async def test_mistakes_get_their_code(civil: CivilStatusCaller, service: str, asked: Any, code: str) -> None:
    """Each mistake has the code of civil status, with status 200 of HTTP and "0" of its own."""
    response = await civil.send(service, asked)
    assert response.status_code == 200
    answer = response.json()
    assert (answer["status"], answer["errorCode"]) == ("0", code)
    assert answer["errorMessage"]


async def test_catalogues_have_their_own_numbers(civil: CivilStatusCaller) -> None:
    """Ethnicities have civil status' own numbers, provinces those of today, papers one digit."""
    lists = [(await civil.ask("danhMuc", loaiDanhMuc=str(kind)))["danhMuc"] for kind in range(1, 6)]
    assert {"id": "63001", "ten": "Kinh"} in lists[2]
    assert len(lists[2]) == 55
    assert len(lists[3]) == 34
    assert {"id": "1", "ten": "Chứng minh nhân dân"} in lists[4]


async def test_a_call_needs_a_living_token(civil: CivilStatusCaller) -> None:
    """Without the right key there is no token, without a token no answer: code 100."""
    assert (await civil.sign_in("Basic bm9ib2R5OndoYXQ=")).json()["errorCode"] == "100"
    civil.token = "of nobody"
    response = await civil.send("danhMuc", {"loaiDanhMuc": "3"})
    assert (response.status_code, response.json()["errorCode"]) == (401, "100")
    await civil.sign_in(BASIC)
    assert (await civil.send("danhMuc", {"loaiDanhMuc": "3"})).status_code == 200


async def claim(civil: CivilStatusCaller, index: int, module: str, **changes: str) -> dict[str, Any]:
    country = civil.books.country
    known = country.truth(index, NOW)
    assert known is not None
    _, birth = country.records.identity(index, country.demography.place(index))
    asked = {
        "module": module,
        "soDinhDanh": known["SoDinhDanh"],
        "hoTen": joined(known["HoVaTen"]).upper(),
        "ngaySinh": in_figures(in_parts(birth)),
        **changes,
    }
    return await civil.ask("traCuuHoTich", **asked)


async def test_a_person_is_asked_for(civil: CivilStatusCaller) -> None:
    """Found, nothing on file, or nothing can be said: three answers, and a wrong claim gets the third."""
    seen: dict[str, int] = {}
    books, country = civil.books, civil.books.country
    for index in range(0, country.demography.cohort_start(2008), 25):
        life = country.lives.life(index, country.demography.place(index))
        if country.version(index, NOW) is None or (life.misc == "correct" and life.misc_at > NOW) or life.replaced:
            continue
        answer = await claim(civil, index, "KH")
        keys = [books.identify(key) for key in books.of_person(index, NOW) if key.module == "KH"]
        assert answer["dsMaHoSo"] == keys
        assert (answer["ketLuan"] == "1") is bool(keys)
        if books.registrations.on_paper("KH", index):
            assert answer["ketLuan"] == "2"
        seen[answer["ketLuan"]] = index
    assert set(seen) == {"0", "1", "2"}
    for wrong in ({"hoTen": "Ai Đó"}, {"ngaySinh": "01/01/1901"}, {"soDinhDanh": "100099999999"}):
        answer = await claim(civil, seen["1"], "KH", **wrong)
        assert (answer["ketLuan"], answer["dsMaHoSo"]) == ("2", [])


async def test_truth_tells_clean_content(civil: CivilStatusCaller) -> None:
    """Truth by code and by person has the clean content of the latest version and all its versions."""
    code = (await civil.day("KS", DAY))[0]
    found = (await civil.client.post("/_sandbox/civil-status/truth", json={"record": code})).json()["records"][0]
    key = civil.books.find(code)
    assert key is not None
    assert found["truth"] == civil.books.truth(key, found["versions"][-1])
    number = civil.books.country.records.number(civil.books.country.demography.place(key.number), NOW)
    by_person = (await civil.client.post("/_sandbox/civil-status/truth", json={"personal_id": number})).json()
    assert code in [each["record"] for each in by_person["records"]]


async def test_samples_are_repeatable(civil: CivilStatusCaller) -> None:
    """The same seed finds the same records, of the module that was asked for."""
    order = {"module": "KH", "count": 5, "seed": 3, "defect_free": True}
    found = (await civil.client.post("/_sandbox/civil-status/sample", json=order)).json()
    assert found == (await civil.client.post("/_sandbox/civil-status/sample", json=order)).json()
    assert len({each["record"] for each in found["records"]}) == 5
    assert {each["module"] for each in found["records"]} == {"KH"}


@pytest.mark.parametrize("name", ["truth", "sample", "decide"])
async def test_control_is_for_this_machine(clean: Country, name: str) -> None:
    """Other machines are refused, mistaken orders explained, and no route tells the defects."""
    transport = httpx.ASGITransport(create_app(clean), client=("10.0.0.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://twin.local") as client:
        assert (await client.post(f"/_sandbox/civil-status/{name}", json={})).status_code == 403
    near = httpx.ASGITransport(create_app(clean))
    async with httpx.AsyncClient(transport=near, base_url="http://twin.local") as client:
        refused = await client.post(f"/_sandbox/civil-status/{name}", json={"count": 0})
        assert (refused.status_code, bool(refused.json()["error"])) == (422, True)
        assert (await client.get("/_sandbox/civil-status/defects")).status_code == 404
