"""How a twin that speaks SOAP answers, with the faults that are scripted for a call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

from starlette.responses import Response, StreamingResponse

from sandbox_mocks import outages
from sandbox_mocks.faults import Fault
from sandbox_mocks.json_answers import as_json, wait

XML = "text/xml; charset=utf-8"
_ERROR_TEXT = "Lỗi hệ thống, vui lòng liên hệ quản trị"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_OPEN = f'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="{_SOAP}"><soap:Body>'
_CLOSE = "</soap:Body></soap:Envelope>"
_MEGABYTE = b" " * 1_048_576
_BOMB = b"".join(
    (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b0 "ha">',
        *(b'<!ENTITY b%d "%s">' % (n, b"&b%d;" % (n - 1) * 10) for n in range(1, 11)),
        b']><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">',
        b"<soap:Body>&b10;</soap:Body></soap:Envelope>",
    )
)


def envelope(namespace: str, root: str, content: str) -> bytes:
    """Wraps an answer's content."""
    return f'{_OPEN}<{root} xmlns="{namespace}">{content}</{root}>{_CLOSE}'.encode()


def fault(code: str, text: str, side: str = "Client") -> bytes:
    """Writes a SOAP 1.1 fault."""
    return (
        f"{_OPEN}<soap:Fault><faultcode>soap:{side}</faultcode><faultstring>{escape(text)}</faultstring>"
        f"<detail><MaLoi>{escape(code)}</MaLoi></detail></soap:Fault>{_CLOSE}"
    ).encode()


def element(name: str, value: Any) -> str:
    """Writes a value as an element; None writes nothing, a dict its parts, a list one element each."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return f"<{name}>{elements(value)}</{name}>"
    if isinstance(value, list):
        return "".join(element(name, item) for item in value)
    text = str(value)
    return f"<{name}>{escape(text)}</{name}>" if text else f"<{name}/>"


def elements(values: dict[str, Any]) -> str:
    """Writes the parts of an element in the order of the dict."""
    return "".join(element(name, value) for name, value in values.items())


def respond(message: bytes, status: int = 200) -> Response:
    """Sends a message."""
    return Response(message, status, media_type=XML)


async def fail_early(faults: Mapping[str, Fault]) -> Response | None:
    """Waits if it must, and returns the answer of a fault that strikes before the call is looked at."""
    await wait(faults, "delay")
    common = outages.fail(faults)
    if common is not None:
        return common
    if "garbage" in faults:
        return Response(b"\x00\xff\xfe<<<&&& \x1f\x8b\x08 not xml", media_type=XML)
    if "bomb" in faults:
        return Response(_BOMB, media_type=XML)
    if "ok_with_error" in faults:
        if faults["ok_with_error"].parameters["form"] == "fault":
            return respond(fault("500", _ERROR_TEXT, "Server"))
        return as_json({"error_code": "500", "message": _ERROR_TEXT})
    return None


async def finish(answer: bytes, faults: Mapping[str, Fault], status: int = 200) -> Response:
    """Sends an answer with the faults that strike after the work is done."""
    await wait(faults, "timeout_after_commit")
    if "truncated" in faults:
        answer = answer[: len(answer) * 3 // 5]
    if "oversize" in faults:
        return StreamingResponse(_pad(answer, int(faults["oversize"].parameters["mb"])), status, media_type=XML)
    return respond(answer, status)


async def _pad(answer: bytes, megabytes: int) -> AsyncIterator[bytes]:
    """Blows an answer up with white space before its end, where XML allows it."""
    end = answer.rfind(b"</soap:Body>")
    yield answer[:end]
    for _ in range(megabytes):
        yield _MEGABYTE
        await asyncio.sleep(0)
    yield answer[end:]
