"""Each fault of the civil-status twin does what its name says."""

from __future__ import annotations

import asyncio
import json
import zlib
from typing import Any

import httpx
import pytest

from sandbox_mocks.faults import ELSEWHERE
from tests.sandbox_mocks.civil_status_caller import CivilStatusCaller, read
from tests.sandbox_mocks.test_civil_status_push import ASKED

DAY = "10/09/2021"
LIST = {"module": "KS", "ngayCapNhat": DAY}


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"kind": "status", "code": 502}, 502),
        ({"kind": "throttle", "retry_after": 0}, 429),
        ({"kind": "redirect"}, 302),
    ],
)
async def test_a_refusing_status_is_sent(civil: CivilStatusCaller, fault: dict[str, Any], status: int) -> None:
    """A proxy's answers come instead of the call, once each here."""
    await civil.script({**fault, "times": 1})
    response = await civil.send("dsHoSoDangKy", LIST)
    assert response.status_code == status
    assert response.headers.get("Retry-After") == ("0" if status == 429 else None)
    assert response.headers.get("Location") == (ELSEWHERE if status == 302 else None)
    assert await civil.day("KS", DAY)


@pytest.mark.parametrize("code", ["100", "101", "106", "108", "200", "201", "302", "500"])
async def test_every_code_can_be_had(civil: CivilStatusCaller, code: str) -> None:
    """Civil status refuses a call by any of its own codes, with status 200."""
    await civil.script({"kind": "refused", "code": code, "operation": "dsHoSoDangKy"})
    answer = await civil.ask("dsHoSoDangKy", **LIST)
    assert (answer["status"], answer["errorCode"], bool(answer["errorMessage"])) == ("0", code, True)
    assert (await civil.ask("danhMuc", loaiDanhMuc="3"))["status"] == "1"


async def test_a_token_dies_and_stays_dead(civil: CivilStatusCaller) -> None:
    """The token dies with one call; only a new one is answered."""
    await civil.script({"kind": "token", "operation": "traHoSo", "times": 1})
    for service in ("traHoSo", "danhMuc"):
        response = await civil.send(service, {})
        assert (response.status_code, response.json()["errorCode"]) == (401, "100")
    await civil.sign_in()
    assert await civil.day("KS", DAY)


async def test_a_short_token_says_so(civil: CivilStatusCaller) -> None:
    """A token may be dead as soon as it is given."""
    await civil.script({"kind": "short_token", "operation": "token", "seconds": 0})
    assert (await civil.sign_in()).json()["expires_in"] == 0
    assert (await civil.send("danhMuc", {})).status_code == 401


async def test_a_dossier_is_taken_in_though_the_answer_never_comes(civil: CivilStatusCaller) -> None:
    """After a time-out the dossier is there; sent again it is the same one."""
    await civil.script({"kind": "timeout_after_commit", "operation": "dangKyHoTich", "ms": 60_000, "times": 1})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(civil.push(), 0.2)
    assert (await civil.ask("traTrangThaiHoSo", **ASKED))["trangThai"] == "1"
    assert (await civil.push())["trangThai"] == "1"


@pytest.mark.parametrize("kind", ["garbage", "truncated"])
async def test_unreadable_answers_come_with_200(civil: CivilStatusCaller, kind: str) -> None:
    """Garbage and a cut answer are no JSON, though the status is good."""
    await civil.script({"kind": kind})
    response = await civil.send("dsHoSoDangKy", LIST)
    assert response.status_code == 200
    with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
        json.loads(response.content)


async def test_errors_come_with_200(civil: CivilStatusCaller) -> None:
    """An error is sent with status 200, in civil status' words or those of a platform in front of it."""
    await civil.script({"kind": "ok_with_error"})
    assert (await civil.ask("dsHoSoDangKy", **LIST))["status"] == "0"
    await civil.script({"kind": "ok_with_error", "form": "fault"})
    assert (await civil.ask("dsHoSoDangKy", **LIST))["error_code"] == "500"


async def test_bombs_and_login_pages_come_with_200(civil: CivilStatusCaller) -> None:
    """Deeply nested JSON, a small answer that unpacks to a big one, and a page of HTML."""
    await civil.script({"kind": "bomb"})
    with pytest.raises((RecursionError, json.JSONDecodeError)):
        json.loads((await civil.send("dsHoSoDangKy", LIST)).content)
    await civil.script({"kind": "gzip_bomb", "mb": 8})
    url = "http://twin.local/hotich/apiHoTich/danhMuc"
    async with civil.client.stream("POST", url, json={}) as response:
        packed = b"".join([chunk async for chunk in response.aiter_raw()])
    assert len(packed) < 20_000 < 8_000_000 < len(zlib.decompress(packed, wbits=31))
    await civil.script({"kind": "html"})
    assert b"<form" in (await civil.sign_in()).content


async def test_an_answer_is_oversized(civil: CivilStatusCaller) -> None:
    """The answer is good JSON, but megabytes long."""
    right = await civil.ask("dsHoSoDangKy", **LIST)
    await civil.script({"kind": "oversize", "mb": 3})
    response = await civil.send("dsHoSoDangKy", LIST)
    assert len(response.content) > 3_000_000
    assert response.json() == right


async def test_the_list_is_empty_or_has_shrunk(civil: CivilStatusCaller) -> None:
    """Suddenly there is nothing, or only a part, and the count agrees; a record is not found."""
    right = await civil.day("KS", DAY)
    await civil.script({"kind": "shrunken", "keep": 0.5})
    assert await civil.day("KS", DAY) == right[: len(right) // 2]
    await civil.script({"kind": "empty"})
    assert (await civil.ask("dsHoSoDangKy", **LIST))["soLuong"] == "0"
    assert (await civil.ask("traHoSo", module="KS", maHoSo=right[0]))["errorCode"] == "201"


async def test_both_shapes_drift(civil: CivilStatusCaller) -> None:
    """XML and JSON get a field that no schema knows."""
    await civil.script({"kind": "drift", "field": "maQR"})
    old = (await civil.day("KS", DAY))[0]
    new = civil.books.registrations.window("KS", civil.clock.now_ms() - 40 * 86_400_000, civil.clock.now_ms())[0][1]
    for code in (old, civil.books.identify(new)):
        record = read((await civil.ask("traHoSo", module="KS", maHoSo=code))["data"])
        assert record["maQR"] == "giá trị mới"


async def test_drop_gives_no_answer(civil: CivilStatusCaller) -> None:
    """In process the caller gets the error of a closed connection."""
    await civil.script({"kind": "drop", "times": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        await civil.day("KS", DAY)
    assert await civil.day("KS", DAY)
