"""Dossiers sent for registration: taken in once, moved on by time or an officer, listed when registered."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox_mocks.civil_status_caller import CivilStatusCaller, birth, read
from tests.sandbox_mocks.conftest import TODAY

CODE = "H01.14-261122-0001"
ASKED = {"maDonVi": "200097", "maHoSo": CODE}


def xml(**fields: str) -> str:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return f"<hotich><hoso>{inner}</hoso></hotich>"


async def status(civil: CivilStatusCaller) -> str:
    return str((await civil.ask("traTrangThaiHoSo", **ASKED))["trangThai"])


async def test_a_dossier_moves_on_by_the_clock(civil: CivilStatusCaller) -> None:
    """Received, eligible after hours, registered after a day, then listed, and the child's number comes later."""
    assert (await civil.push())["trangThai"] == "1"
    assert (await civil.ask("ketQuaDangKyHS", **ASKED))["errorCode"] == "200"
    assert (await civil.ask("traHoSo", module="KS", maHoSo=CODE))["errorCode"] == "200"
    civil.clock.set(TODAY + timedelta(hours=5))
    assert await status(civil) == "3"
    assert CODE not in await civil.day("KS", "23/11/2026")
    civil.clock.set(TODAY + timedelta(days=1))
    assert await status(civil) == "4"
    assert CODE in await civil.day("KS", "23/11/2026")
    result = await civil.ask("ketQuaDangKyHS", **ASKED)
    record = read(result["data"])
    assert record["nksSoDinhDanh"] == ""
    assert record["nksHoTen"] == birth()["nksHoTen"]
    assert (record["so"], record["ngayDangKy"]) == ("1", "23/11/2026")
    civil.clock.set(TODAY + timedelta(days=4))
    assert CODE in await civil.day("KS", "25/11/2026")
    number = read((await civil.ask("traHoSo", module="KS", maHoSo=CODE))["data"])["nksSoDinhDanh"]
    assert number.startswith("100326") and len(number) == 12
    assert civil.books.country.find(number, civil.clock.now_ms()) == []


async def test_a_repeat_changes_nothing(civil: CivilStatusCaller) -> None:
    """The same dossier sent again, even later, has the same answer and is registered once."""
    await civil.push()
    civil.clock.set(TODAY + timedelta(hours=5))
    assert (await civil.push())["trangThai"] == "3"
    civil.clock.set(TODAY + timedelta(days=2))
    assert (await civil.push())["trangThai"] == "4"
    assert (await civil.day("KS", "23/11/2026")).count(CODE) == 1


async def test_another_dossier_can_not_have_its_code(civil: CivilStatusCaller) -> None:
    """Other data under a code in use are refused, and the dossier stays as it was."""
    await civil.push()
    answer = await civil.push(data=json.dumps(birth(nksGioiTinh="1"), ensure_ascii=False))
    assert (answer["status"], answer["errorCode"]) == ("0", "500")
    assert "nmaHoSo đã tồn tại" in answer["errorMessage"]
    civil.clock.set(TODAY + timedelta(days=1))
    assert read((await civil.ask("traHoSo", module="KS", maHoSo=CODE))["data"])["nksGioiTinh"] == "2"


async def test_an_officer_asks_for_more(civil: CivilStatusCaller) -> None:
    """A dossier that needs more waits, may then be sent anew, and goes on from the beginning."""
    await civil.push()
    order = {"maHoSo": CODE, "trangThai": "2"}
    assert (await civil.client.post("/_sandbox/civil-status/decide", json=order)).status_code == 200
    civil.clock.set(TODAY + timedelta(days=9))
    answer = await civil.ask("traTrangThaiHoSo", **ASKED)
    assert (answer["trangThai"], bool(answer["ghiChu"])) == ("2", True)
    data = json.dumps(birth(meDanToc="63001"), ensure_ascii=False)
    assert (await civil.push(data=data))["trangThai"] == "1"
    await civil.client.post("/_sandbox/civil-status/decide", json={**order, "trangThai": "4"})
    assert await status(civil) == "4"
    assert CODE in await civil.day("KS", "01/12/2026")


async def test_an_interlinked_dossier_has_two_codes(civil: CivilStatusCaller) -> None:
    """The interlinked service's code and the one-stop desk's both find it; it is listed as a birth."""
    asked = {
        "module": "LTKS", "maHoSoLT": "LT-0001", "maHoSoMCDT": CODE, "maDonVi": "200097",
        "ngayTiepNhan": "22/11/2026 08:00:00", "data": json.dumps(birth(), ensure_ascii=False),
    }  # fmt: skip
    assert (await civil.ask("nhanHoSoDKHT", **asked))["maHoSo"] == "LT-0001"
    assert await status(civil) == "1"
    civil.clock.set(TODAY + timedelta(days=1))
    assert "LT-0001" in await civil.day("KS", "23/11/2026")
    assert (await civil.ask("nhanHoSoDKHT", **asked))["trangThai"] == "4"
    assert (await civil.ask("nhanHoSoDKHT", **{**asked, "module": "KS"}))["errorCode"] == "302"


async def test_the_old_shape_is_taken_too(civil: CivilStatusCaller) -> None:
    """XML with flat fields is read like JSON."""
    data = xml(nktHoTen="Trần Gió Đông", nktGioiTinh="1", nktNgayChet="2025", nktNoiChet="Tại nhà", nycHoTen="Lê Mây")
    assert (await civil.push(module="KT", data=data))["trangThai"] == "1"
    civil.clock.set(TODAY + timedelta(days=1))
    assert CODE in await civil.day("KT", "23/11/2026")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"maDonVi": "999999"}, "106"),
        ({"maDonVi": "102200"}, "106"),
        ({"module": "BS"}, "302"),
        ({"data": {"nksHoTen": "no text"}}, "302"),
        ({"data": "neither"}, "302"),
        ({"data": "[1]"}, "302"),
        ({"data": "<hotich></hotich>"}, "302"),
        ({"data": "<hoso>"}, "302"),
        ({"data": '<!DOCTYPE a [<!ENTITY b "c">]><hotich><hoso/></hotich>'}, "302"),
        ({"data": "{}"}, "200"),
        ({"maHoSo": ""}, "200"),
        ({"ngayTiepNhan": "2026-11-22"}, "500"),
    ],
)
async def test_wrong_dossiers_get_their_code(civil: CivilStatusCaller, changes: dict[str, Any], code: str) -> None:
    """An unknown or former unit, an unreadable or empty text, a wrong module or date: nothing is taken in."""
    answer = await civil.push(**changes)
    assert (answer["status"], answer["errorCode"]) == ("0", code)
    assert (await civil.ask("traTrangThaiHoSo", **ASKED))["errorCode"] == "201"


async def test_a_former_unit_registered_former_dossiers(civil: CivilStatusCaller) -> None:
    """The unit must be one of the time of receipt: an old commune's for a dossier of 2024."""
    assert (await civil.push(maDonVi="102200", ngayTiepNhan="01/02/2024"))["status"] == "1"
    assert (await civil.push("H01.14-240201-0002", ngayTiepNhan="01/02/2024"))["errorCode"] == "106"


async def test_wrong_data_get_one_long_sentence(civil: CivilStatusCaller) -> None:
    """All problems stand in one sentence, each field glued to the `n` of the line break before it."""
    data = birth(
        nksNgaySinh="31/02/2026", nksDanToc="01", nksGioiTinh="0", meSoGiayToTuyThan="1001990000011",
        nksHoTen="Mây" * 60, meNgaySinh={"thangSinh": "05"},
    )  # fmt: skip
    answer = await civil.push(data=json.dumps(data, ensure_ascii=False))
    assert answer["errorCode"] == "500"
    assert answer["errorMessage"] == (
        "Dữ liệu không hợp lệ:nnksHoTen vượt quá số lượng cho phépnnksGioiTinh không tồn tại"
        "nnksNgaySinh định dạng không đúngnnksDanToc không tồn tạinmeNgaySinh định dạng không đúng"
        "nmeSoGiayToTuyThan vượt quá số lượng cho phép"
    )


async def test_text_that_looks_like_a_declaration_is_text_in_json(civil: CivilStatusCaller) -> None:
    """What is forbidden in XML, because entities grow, is harmless in JSON."""
    data = json.dumps(birth(ghiChu="<!DOCTYPE"), ensure_ascii=False)
    assert (await civil.push(data=data))["trangThai"] == "1"


async def test_missing_data_are_named(civil: CivilStatusCaller) -> None:
    """What is missing stands in the same kind of sentence, with another code."""
    data = birth(nksHoTen={"Ho": "", "Ten": " "}, nycHoTen="")
    del data["nksNoiSinh"]
    data["nksHoTen"] = ""
    answer = await civil.push(data=json.dumps(data))
    assert answer["errorCode"] == "200"
    assert answer["errorMessage"] == (
        "Dữ liệu không hợp lệ:nnksHoTen không được để trốngnnksNoiSinh không được để trốngnnycHoTen không được để trống"
    )


async def test_a_dossier_is_asked_for_by_its_unit(civil: CivilStatusCaller) -> None:
    """Another unit's question about a dossier is refused."""
    await civil.push()
    answer = await civil.ask("traTrangThaiHoSo", maDonVi="226737", maHoSo=CODE)
    assert answer["errorCode"] == "106"
