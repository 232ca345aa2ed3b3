"""A marked person goes through the REST connector in addresses, bodies and failures, and leaves no trace anywhere."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.business import Business
from connectors.errors import ConnectorError
from tests.connectors.conftest import CONTEXT, business_settings
from tests.connectors.lgsp import NOW, Lgsp, code, detail, done, vn
from tests.connectors.register import Behaviour
from tests.connectors.test_redaction import NAME, NUMBER, WHO, assert_clean, failure

Make = Callable[..., Business]
SECRETS = ("sandbox-business-secret", "an-pass", "sync-pass", "token-1")


def everything(caplog: pytest.LogCaptureFixture) -> str:
    """Returns all that was logged, with what the log records hold."""
    return "\n".join(f"{record.getMessage()} {record.args} {vars(record)}" for record in caplog.records)


def listen(caplog: pytest.LogCaptureFixture) -> None:
    """Hears everything, also what the kit keeps quiet by the loggers' levels, which an operator may change."""
    for name in (None, "httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger=name)


def person() -> dict[str, Any]:
    """Makes the record of the marked person's business."""
    found = detail(NUMBER)
    found["MainInformation"]["NAME"] = f"Hộ kinh doanh {NAME}"
    found["Representatives"] = [{"FULL_NAME": NAME, "ID_NO": NUMBER}]
    return found


QUESTIONS: dict[str, Behaviour] = {
    "error with the person": httpx.Response(500, text=WHO),
    "log-in page with the person": httpx.Response(200, text=f"<html>{WHO}"),
    "broken-off": httpx.Response(200, content=json.dumps({"a": WHO}, ensure_ascii=False)[:-2].encode()),
    "status that quotes the person": httpx.Response(200, json={"Status": "0", "Message": WHO, "error_code": WHO}),
    "gateway error": httpx.Response(200, json={"error_code": NUMBER, "message": WHO}),
    "refused with the person": httpx.Response(404, json={"error_code": NUMBER}),
    "denied with the person": httpx.Response(401, json={"error_code": NUMBER, "message": WHO}),
    "forbidden with the person": httpx.Response(403, text=WHO),
    "redirect to the person": httpx.Response(302, headers={"Location": f"http://x.invalid/{NUMBER}"}),
    "throttled for the person": httpx.Response(429, headers={"Retry-After": NUMBER}, text=WHO),
    "library error that quotes the person": httpx.ReadError(WHO),
    "time-out that quotes the person": httpx.ReadTimeout(WHO),
    "stray error that quotes the person": KeyError(WHO),
    "key twice": httpx.Response(200, text=f'{{"{NUMBER}": 1, "{NUMBER}": 2}}'),
    "unknown field": done({**person(), "Moi": WHO, "DataCount": 1}),
    "field named after the person": done({**person(), NUMBER: WHO, "DataCount": 1}),
    "wrong form": done({**person(), "HOAdress": WHO, "DataCount": 1}),
    "another enterprise": done({**person(), "MainInformation": {"ENTERPRISE_GDT_CODE": "100199404405"}}),
    "no list": done({**person(), "Member": [WHO]}),
}
ROW = {"IN_JOURNAL_NO": "1", "ENTERPRISE_GDT_CODE": NUMBER, "PROCESS_STATUS": "3", "NAME": WHO}
LISTS: dict[str, Behaviour] = {
    "time that is the person": done({"Data": {**ROW, "PROCESSED_DATE": WHO}, "DataCount": 1}),
    "outside the window": done({"Data": {**ROW, "PROCESSED_DATE": "01/01/2020 09:00:00"}, "DataCount": 1}),
    "count that is the person": done({"Data": [], "DataCount": WHO}),
    "rows that are the person": done({"Data": [WHO], "DataCount": 1}),
    "always too few": done({"Data": {**ROW, "PROCESSED_DATE": "20/11/2026 09:00:00"}, "DataCount": 9}),
    "real person": done({"Data": {**ROW, "ENTERPRISE_GDT_CODE": "001" + NUMBER[3:],
                                  "PROCESSED_DATE": "20/11/2026 09:00:00"}, "DataCount": 1}),
}  # fmt: skip


@pytest.mark.parametrize("case", QUESTIONS)
async def test_no_failed_question_tells_about_the_person(
    business: Make, lgsp: Lgsp, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    """However the register misbehaves, error, traceback, pickle and logs hold neither the person nor a secret."""
    lgsp.script.extend([QUESTIONS[case]] * 4)

    said = await failure(lambda: business().enterprise(NUMBER, CONTEXT), caplog) + everything(caplog)

    assert_clean(said)
    assert [secret for secret in SECRETS if secret in said] == []


@pytest.mark.parametrize("case", LISTS)
async def test_no_failed_list_tells_about_the_person(
    business: Make, lgsp: Lgsp, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    """However a list is broken, error, traceback, pickle and logs hold nobody."""
    lgsp.script.extend([LISTS[case]] * 9)

    async def read() -> None:
        async for _ in business().enterprises(vn(20), NOW - timedelta(minutes=2)):
            pass

    assert_clean(await failure(read, caplog) + everything(caplog))


async def test_a_failed_detail_among_many_tells_nothing(
    business: Make, lgsp: Lgsp, caplog: pytest.LogCaptureFixture
) -> None:
    """A failure among concurrent questions leaves nothing behind either, not in asyncio's own log."""
    lgsp.approve(vn(20, 9), code(1))
    lgsp.approve(vn(20, 10), NUMBER)
    lgsp.script.extend([None, httpx.Response(302), httpx.Response(302, headers={"Location": f"/{NUMBER}"})])

    async def read() -> None:
        async for _ in business().enterprises(vn(20), NOW - timedelta(minutes=2)):
            pass

    assert_clean(await failure(read, caplog) + everything(caplog))


async def test_a_good_answer_leaves_no_trace_in_logs(
    business: Make, lgsp: Lgsp, caplog: pytest.LogCaptureFixture
) -> None:
    """httpx logs each address at INFO: the number that goes out in one is not in it."""
    listen(caplog)
    lgsp.details[NUMBER] = person()

    assert await business().enterprise(NUMBER, CONTEXT)

    assert lgsp.asked() == [{"msdn": NUMBER}]
    logged = [record.getMessage() for record in caplog.records if record.name == "httpx"]
    assert any("/chiTietDoanhNghiep " in line for line in logged)
    assert_clean(everything(caplog))


async def test_an_address_with_a_query_would_be_found(lgsp: Lgsp, caplog: pytest.LogCaptureFixture) -> None:
    """The search would find a number that httpx was given in an address."""
    listen(caplog)
    async with httpx.AsyncClient(transport=httpx.MockTransport(lgsp)) as http:
        await http.get("http://lgsp.invalid/x", params={"msdn": NUMBER})

    with pytest.raises(AssertionError):
        assert_clean(everything(caplog))


async def test_nothing_is_logged_over_real_sockets(
    business: Make, lgsp: Lgsp, caplog: pytest.LogCaptureFixture
) -> None:
    """Below httpx, httpcore logs each step at DEBUG: the number goes out over the wire and into no log."""
    listen(caplog)
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        seen.append(head.split(b"\r\n")[0])
        body = json.dumps({"access_token": "token-1", "expires_in": 300}).encode()
        if b"msdn" in seen[-1]:
            body = done({**person(), "DataCount": 1}).content
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/lgsp"
        async with business(config=business_settings(url=address), transport=None) as connector:
            assert await connector.enterprise(NUMBER, CONTEXT)

    assert seen == [
        b"POST /lgsp/token HTTP/1.1",
        f"GET /lgsp/apiCSDLDKDN/chiTietDoanhNghiep?msdn={NUMBER} HTTP/1.1".encode(),
    ]
    logged = everything(caplog)
    assert "httpcore" in logged
    assert_clean(logged)
    assert [secret for secret in SECRETS if secret in logged] == []


async def test_a_failed_connection_shows_no_address(business: Make, caplog: pytest.LogCaptureFixture) -> None:
    """Where nobody listens, the error and the logs do not say what was asked."""
    config = business_settings(url="http://127.0.0.1:9/lgsp")

    said = await failure(lambda: business(config=config, transport=None).enterprise(NUMBER, CONTEXT), caplog)

    assert_clean(said + everything(caplog))


async def test_records_show_nobody(business: Make, lgsp: Lgsp) -> None:
    """The repr of an entry and the error of a wire model hold no value."""
    lgsp.approve(vn(20, 9), NUMBER)
    lgsp.details[NUMBER] = person()
    lgsp.details[NUMBER]["MainInformation"]["LAST_AMEND_DATE"] = "20/11/2026 09:00:00"

    parts = [part async for part in business().enterprises(vn(20), NOW - timedelta(minutes=2))]

    assert parts[0].entries
    assert_clean(f"{parts!r} {parts[0].entries[0]}")
    with pytest.raises(ConnectorError) as caught:
        business().read("x", Business.queries["enterprise"].model, {"MainInformation": [WHO]})
    assert_clean(f"{caught.value!r}")
