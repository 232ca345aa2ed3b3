"""Each fault of the business twin does what its name says."""

from __future__ import annotations

import json
import time
import zlib
from datetime import datetime
from typing import Any

import httpx
import pytest

from sandbox_mocks.country.timeline import VIETNAM
from sandbox_mocks.faults import ELSEWHERE
from tests.sandbox_mocks.business_caller import BusinessCaller, days
from tests.sandbox_mocks.caller import Caller, message, window

LIST, DETAIL = "danhSachHoSo", "chiTietDoanhNghiep"
ASKED = days(datetime(2021, 9, 10, tzinfo=VIETNAM))


async def page(caller: BusinessCaller, offset: int = 0, limit: int = 2) -> dict[str, Any]:
    return await caller.ask(LIST, **ASKED, offset=offset, limit=limit)


def numbers(answer: dict[str, Any]) -> list[str]:
    return [row["IN_JOURNAL_NO"] for row in answer["Data"]]


async def whole(caller: BusinessCaller) -> list[str]:
    return numbers(await page(caller, limit=200))


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"kind": "status", "code": 502}, 502),
        ({"kind": "throttle", "retry_after": 0}, 429),
        ({"kind": "redirect"}, 302),
    ],
)
async def test_a_refusing_status_is_sent(business: BusinessCaller, fault: dict[str, Any], status: int) -> None:
    """A proxy's answers come instead of the call, once each here."""
    await business.script({**fault, "times": 1})
    response = await business.send(LIST, {**ASKED, "offset": 0, "limit": 2})
    assert response.status_code == status
    assert response.headers.get("Retry-After") == ("0" if status == 429 else None)
    assert response.headers.get("Location") == (ELSEWHERE if status == 302 else None)
    assert len(numbers(await page(business))) == 2


async def test_a_redirect_leads_to_another_host_without_tls(business: BusinessCaller) -> None:
    """The place to go can be chosen."""
    await business.script({"kind": "redirect", "to": "http://127.0.0.1:1/thief"})
    response = await business.send(LIST, ASKED)
    assert response.headers["Location"] == "http://127.0.0.1:1/thief"
    assert not ELSEWHERE.startswith("https")


async def test_a_login_page_comes_with_200(business: BusinessCaller) -> None:
    """Instead of JSON a page of HTML is sent, for a token as well as for a service."""
    await business.script({"kind": "html"})
    for response in (await business.send(DETAIL, {"msdn": "x"}), await business.sign_in()):
        assert response.status_code == 200
        assert response.headers["Content-Type"].startswith("text/html")
        assert b"<form" in response.content


async def test_a_token_dies_between_two_pages(business: BusinessCaller) -> None:
    """The token dies with the second page and stays dead; a new one reads on."""
    await business.script({"kind": "token", "operation": LIST, "page": 2, "times": 1})
    assert len(numbers(await page(business))) == 2
    for offset in (2, 0):
        response = await business.send(LIST, {**ASKED, "offset": offset, "limit": 2})
        assert (response.status_code, response.json()["error_code"]) == (401, "token_expired")
    await business.sign_in()
    assert len(numbers(await page(business, 2))) == 2


async def test_a_short_token_says_so(business: BusinessCaller) -> None:
    """A token may live for a second only, or not at all."""
    await business.script({"kind": "short_token", "operation": "token", "seconds": 0})
    assert (await business.sign_in()).json()["expires_in"] == 0
    assert (await business.send(DETAIL, {"msdn": "x"})).status_code == 401


async def test_a_next_page_is_at_another_host(business: BusinessCaller) -> None:
    """The answer is good but for a link that leads elsewhere."""
    right = await page(business)
    await business.script({"kind": "next_host"})
    assert await page(business) == {**right, "NextPage": ELSEWHERE}


async def test_a_small_answer_unpacks_to_a_big_one(business: BusinessCaller) -> None:
    """A gzip bomb is a thousandth of what it unpacks to."""
    await business.script({"kind": "gzip_bomb", "mb": 8})
    async with business.client.stream("GET", f"http://twin.local/dkkd/apiCSDLDKDN/{DETAIL}") as response:
        packed = b"".join([chunk async for chunk in response.aiter_raw()])
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(packed) < 20_000
    assert len(zlib.decompress(packed, wbits=31)) > 8_000_000


async def test_a_bomb_is_deeply_nested(business: BusinessCaller) -> None:
    """The JSON bomb is one that a recursive reader can't read."""
    await business.script({"kind": "bomb"})
    response = await business.send(DETAIL, {"msdn": "x"})
    with pytest.raises((RecursionError, json.JSONDecodeError)):
        json.loads(response.content)


async def test_the_list_moves_while_it_is_read(business: BusinessCaller) -> None:
    """A row that came before those already read pushes one of them onto the next page."""
    right = await whole(business)
    await business.script({"kind": "moved", "operation": LIST, "after": 1})
    pages = [await page(business, offset) for offset in range(0, len(right) + 1, 2)]
    found = [number for answer in pages for number in numbers(answer)]
    assert found == [*right[:2], right[1], *right[2:]]
    assert [answer["DataCount"] for answer in pages] == [len(right), *[len(right) + 1] * (len(pages) - 1)]
    first = (await page(business))["Data"]
    assert (len(first), first[0]["PROCESS_STATUS"], first[1]["IN_JOURNAL_NO"]) == (2, "2", right[0])


async def test_the_list_recedes_while_it_is_read(business: BusinessCaller) -> None:
    """A row that went away before those already read pulls one over the edge, unseen."""
    right = await whole(business)
    await business.script({"kind": "receded", "operation": LIST, "after": 1})
    pages = [await page(business, offset) for offset in range(0, len(right), 2)]
    found = [number for answer in pages for number in numbers(answer)]
    assert found == [*right[:2], *right[3:]]
    assert pages[1]["DataCount"] == len(right) - 1


async def test_pages_are_repeated_and_missing(business: BusinessCaller) -> None:
    """Page 2 comes again as page 3, or is left out, while the total stays."""
    right = await whole(business)
    await business.script({"kind": "repeated_page", "page": 2})
    assert numbers(await page(business, 4)) == right[2:4]
    await business.script({"kind": "missing_page", "page": 2})
    answer = await page(business, 2)
    assert (numbers(answer), answer["DataCount"]) == (right[4:6], len(right))


async def test_the_list_is_empty_or_has_shrunk(business: BusinessCaller) -> None:
    """Suddenly there is nothing, or only a part, and the total agrees."""
    right = await whole(business)
    await business.script({"kind": "shrunken", "keep": 0.5})
    answer = await page(business, limit=200)
    assert (numbers(answer), answer["DataCount"]) == (right[: len(right) // 2], len(right) // 2)
    await business.script({"kind": "empty"})
    answer = await page(business)
    assert (answer["Status"], answer["DataCount"], answer["Data"]) == ("1", 0, [])
    assert (await business.ask(DETAIL, msdn=business.enterprises.key(_some(business))))["DataCount"] == 0


def _some(caller: BusinessCaller) -> Any:
    since = 1_630_000_000_000
    return caller.enterprises.dossiers(since, since + 864_000_000)[0].unit


async def test_records_drift(business: BusinessCaller) -> None:
    """A detail has a field that no schema knows."""
    await business.script({"kind": "drift", "field": "QR_CODE"})
    answer = await business.ask(DETAIL, msdn=business.enterprises.key(_some(business)))
    assert answer["MainInformation"]["QR_CODE"]


@pytest.mark.parametrize("kind", ["garbage", "truncated"])
async def test_unreadable_answers_come_with_200(business: BusinessCaller, kind: str) -> None:
    """Garbage and a cut answer are no JSON, though the status is good."""
    await business.script({"kind": kind})
    response = await business.send(LIST, {**ASKED, "offset": 0, "limit": 2})
    assert response.status_code == 200
    with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
        json.loads(response.content)


async def test_errors_come_with_200(business: BusinessCaller) -> None:
    """An error is sent with status 200, with the register's Status or without."""
    await business.script({"kind": "ok_with_error"})
    assert (await page(business))["Status"] == "0"
    await business.script({"kind": "ok_with_error", "form": "fault"})
    answer = await page(business)
    assert "Status" not in answer and answer["error_code"] == "500"


async def test_an_answer_is_oversized(business: BusinessCaller) -> None:
    """The answer is good JSON, but megabytes long."""
    right = await page(business)
    await business.script({"kind": "oversize", "mb": 3})
    response = await business.send(LIST, {**ASKED, "offset": 0, "limit": 2})
    assert len(response.content) > 3_000_000
    assert response.json() == right


async def test_answers_are_late(business: BusinessCaller) -> None:
    """The answer comes, but not before the delay before it and the one after it are over."""
    await business.script({"kind": "delay", "ms": 150}, {"kind": "timeout_after_commit", "ms": 150})
    start = time.monotonic()
    assert len(numbers(await page(business))) == 2
    assert time.monotonic() - start >= 0.3


async def test_drop_gives_no_answer(business: BusinessCaller) -> None:
    """In process the caller gets the error of a closed connection."""
    await business.script({"kind": "drop", "times": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        await page(business)
    assert len(numbers(await page(business))) == 2


async def test_a_fault_of_the_token_leaves_the_services(business: BusinessCaller) -> None:
    """A fault hits its own operation and no other."""
    await business.script({"kind": "status", "operation": "token"})
    assert (await business.sign_in()).status_code == 503
    assert len(numbers(await page(business))) == 2


@pytest.mark.parametrize(
    ("fault", "status"), [({"kind": "html"}, 200), ({"kind": "redirect"}, 302), ({"kind": "throttle"}, 429)]
)
async def test_population_has_a_proxys_faults_too(caller: Caller, fault: dict[str, Any], status: int) -> None:
    """What a proxy answers looks the same in front of the population register."""
    await caller.script(fault)
    response = await caller.send(message("DongBoThongTinCongDan", window()))
    assert response.status_code == status
    assert response.headers.get("Location") == (ELSEWHERE if status == 302 else None)
