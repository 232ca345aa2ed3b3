"""Each fault does what its name says, as often and where it is told to."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from lxml import etree

from tests.sandbox_mocks.caller import REPLY, Caller, bodies, entries, fault_code, message, payload, text, window

SYNC = "DongBoThongTinCongDan"


async def pull_raw(caller: Caller, **asked: Any) -> httpx.Response:
    return await caller.send(message(SYNC, window(**asked)))


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"kind": "status", "code": 502}, 502),
        ({"kind": "throttle", "retry_after": 7}, 429),
        ({"kind": "token"}, 401),
        ({"kind": "clock"}, 401),
    ],
)
async def test_a_refusing_status_is_sent(caller: Caller, fault: dict[str, Any], status: int) -> None:
    """5xx, 429 and 401 are answered instead of the call, once each here."""
    await caller.script({**fault, "times": 1})
    response = await pull_raw(caller)
    assert response.status_code == status
    assert response.headers.get("Retry-After") == ("7" if status == 429 else None)
    if status == 401:
        assert response.json()["error_code"] == {"token": "TOKEN_EXPIRED", "clock": "TIMESTAMP_INVALID"}[fault["kind"]]
    assert (await pull_raw(caller)).status_code == 200


async def test_delay_answers_late(caller: Caller) -> None:
    """The answer comes, but not before the delay is over."""
    await caller.script({"kind": "delay", "ms": 300})
    start = time.monotonic()
    assert (await pull_raw(caller)).status_code == 200
    assert time.monotonic() - start >= 0.3


async def test_timeout_after_commit_does_the_work_first(caller: Caller) -> None:
    """A caller that gave up has used its request id: the call was carried out."""
    await caller.script({"kind": "timeout_after_commit", "ms": 300, "times": 1})
    call = message(SYNC, window())
    start = time.monotonic()
    assert (await caller.send(call)).status_code == 200
    assert time.monotonic() - start >= 0.3
    assert fault_code(await caller.send(call)) == "MAYEUCAU_DUPLICATE"


async def test_drop_gives_no_answer(caller: Caller) -> None:
    """In process the caller gets the error of a closed connection, and the call was not carried out."""
    await caller.script({"kind": "drop", "times": 1})
    call = message(SYNC, window())
    with pytest.raises(httpx.RemoteProtocolError):
        await caller.send(call)
    assert (await caller.send(call)).status_code == 200


@pytest.mark.parametrize("kind", ["garbage", "truncated"])
async def test_unreadable_answers_come_with_200(caller: Caller, kind: str) -> None:
    """Garbage and a cut answer are no XML, though the status is good."""
    await caller.script({"kind": kind})
    response = await pull_raw(caller)
    assert response.status_code == 200
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(response.content)


async def test_errors_come_with_200(caller: Caller) -> None:
    """An error body without SOAP, or a fault, is sent with status 200."""
    await caller.script({"kind": "ok_with_error"})
    response = await pull_raw(caller)
    assert (response.status_code, response.json()["error_code"]) == (200, "500")
    await caller.script({"kind": "ok_with_error", "form": "fault"})
    response = await pull_raw(caller)
    assert response.status_code == 200
    assert payload(response.content).findtext("detail/MaLoi") == "500"


async def test_a_page_is_repeated(caller: Caller) -> None:
    """Page 2 comes again where page 3 was asked for."""
    await caller.script({"kind": "repeated_page", "page": 2})
    pages = [await caller.pull(page=page, size=10) for page in (1, 2, 3, 4)]
    assert entries(pages[1]) == entries(pages[2])
    assert text(pages[2], "Trang") == "3"
    assert len({tuple(entries(page)) for page in pages}) == 3


async def test_a_page_is_missing(caller: Caller) -> None:
    """Page 2 is left out and those after it move up, while the total stays."""
    right = [await caller.pull(page=page, size=10) for page in (1, 2, 3, 4)]
    await caller.script({"kind": "missing_page", "page": 2})
    wrong = [await caller.pull(page=page, size=10) for page in (1, 2, 3)]
    assert [entries(page) for page in wrong] == [entries(right[at]) for at in (0, 2, 3)]
    assert text(wrong[0], "TongSo") == text(right[0], "TongSo")


async def test_the_list_is_empty(caller: Caller) -> None:
    """The register suddenly knows nobody."""
    await caller.script({"kind": "empty"})
    answer = await caller.pull()
    assert (text(answer, "TongSo"), entries(answer)) == ("0", [])


async def test_the_list_has_shrunk(caller: Caller) -> None:
    """Only the first tenth of the list is there, and its total agrees."""
    total = int(text(await caller.pull(size=1), "TongSo") or 0)
    await caller.script({"kind": "shrunken", "keep": 0.1})
    pages = [await caller.pull(page=page, size=200) for page in range(1, 4)]
    assert int(text(pages[0], "TongSo") or 0) == total // 10
    assert sum(len(entries(page)) for page in pages) == total // 10


async def test_an_answer_is_oversized(caller: Caller) -> None:
    """The answer is well formed, but megabytes long."""
    await caller.script({"kind": "oversize", "mb": 3})
    response = await pull_raw(caller)
    assert len(response.content) > 3_000_000
    assert payload(response.content).tag == f"{REPLY}DanhSachCongDan"


async def test_an_answer_is_a_bomb(caller: Caller) -> None:
    """A small answer declares entities that would grow to gigabytes."""
    await caller.script({"kind": "bomb"})
    response = await pull_raw(caller)
    assert len(response.content) < 2_000
    assert b"<!ENTITY b10" in response.content


async def test_records_drift(caller: Caller) -> None:
    """Every record has a field that no schema knows."""
    await caller.script({"kind": "drift", "field": "MaQR"})
    assert all("MaQR" in body for body in bodies(await caller.pull(size=20)))
    await caller.script()
    assert not any("MaQR" in body for body in bodies(await caller.pull(size=20)))


async def test_a_fault_hits_its_operation_page_and_turn(caller: Caller) -> None:
    """A fault waits for its operation and page, lets `after` calls pass, and stops after `times`."""
    await caller.script({"kind": "status", "operation": SYNC, "page": 2, "after": 1, "times": 2})
    asked = [1, 2, 2, 1, 2, 2]
    assert [(await pull_raw(caller, page=page, size=5)).status_code for page in asked] == [200, 200, 503, 200, 503, 200]
    listed = (await caller.client.get("/_sandbox/faults")).json()["faults"]
    assert [(fault["met"], fault["fired"]) for fault in listed] == [(4, 2)]
    await caller.script({"kind": "status", "operation": "TraCuuThongTinCongDan"})
    assert (await pull_raw(caller)).status_code == 200


async def test_faults_are_taken_away(caller: Caller) -> None:
    """DELETE ends every fault."""
    await caller.script({"kind": "status"}, {"kind": "delay", "ms": 1})
    await caller.client.delete("/_sandbox/faults")
    assert (await pull_raw(caller)).status_code == 200


@pytest.mark.parametrize(
    ("fault", "names"),
    [
        ({"kind": "meteor"}, "unknown kind"),
        ({}, "unknown kind"),
        ({"kind": "delay", "seconds": 1}, "seconds"),
        ({"kind": "delay", "ms": "long"}, "ms"),
        ({"kind": "drift", "field": 3}, "field"),
        ({"kind": "status", "page": 0}, "page"),
        ({"kind": "status", "times": True}, "times"),
        ({"kind": "repeated_page"}, "needs a page"),
        ({"kind": "status", "operation": 1}, "operation"),
    ],
)
async def test_a_mistaken_script_is_refused(caller: Caller, fault: dict[str, Any], names: str) -> None:
    """A script with a mistake is refused with its reason, and changes nothing."""
    await caller.script({"kind": "status", "code": 500})
    response = await caller.script(fault)
    assert response.status_code == 422
    assert names in response.json()["error"]
    assert len((await caller.client.get("/_sandbox/faults")).json()["faults"]) == 1
