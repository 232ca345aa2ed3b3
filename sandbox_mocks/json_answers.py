"""JSON over HTTP with the faults that look the same at every register that speaks it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sandbox_mocks import outages
from sandbox_mocks.faults import Fault

_JSON = "application/json; charset=utf-8"
_MEGABYTE = b" " * 1_048_576
_NESTED = b"[" * 200_000
_FAULT = {"error_code": "500", "message": "Lỗi hệ thống, vui lòng liên hệ quản trị"}


def as_json(content: Mapping[str, Any], status: int = 200) -> Response:
    """Answers with JSON."""
    return Response(orjson.dumps(content), status, media_type=_JSON)


async def read_limited(request: Request, largest: int) -> bytes | None:
    """Reads the body of a call; None when it is longer than `largest` bytes."""
    message = bytearray()
    async for chunk in request.stream():
        message += chunk
        if len(message) > largest:
            return None
    return bytes(message)


def fail_early(faults: Mapping[str, Fault], error: Mapping[str, Any]) -> Response | None:
    """Returns the answer of a fault that strikes before the call is looked at.

    Args:
        error: the register's own words for an error, which `ok_with_error` sends with status 200.
    """
    common = outages.fail(faults)
    if common is not None:
        return common
    if "garbage" in faults:
        return Response(b"\x00\xff\xfe{{{ \x1f\x8b\x08 not json", media_type=_JSON)
    if "bomb" in faults:
        return Response(_NESTED, media_type=_JSON)
    if "ok_with_error" in faults:
        return as_json(_FAULT if faults["ok_with_error"].parameters["form"] == "fault" else error)
    return None


async def finish(answer: Mapping[str, Any], faults: Mapping[str, Fault]) -> Response:
    """Sends an answer with the faults that strike after the work is done."""
    await wait(faults, "timeout_after_commit")
    content = orjson.dumps(answer)
    if "truncated" in faults:
        content = content[: len(content) * 3 // 5]
    if "oversize" in faults:
        return StreamingResponse(_pad(content, int(faults["oversize"].parameters["mb"])), media_type=_JSON)
    return Response(content, media_type=_JSON)


async def wait(faults: Mapping[str, Fault], kind: str) -> None:
    """Waits as long as a fault of this kind asks for, if there is one."""
    if kind in faults:
        await asyncio.sleep(faults[kind].parameters["ms"] / 1000)


async def _pad(content: bytes, megabytes: int) -> AsyncIterator[bytes]:
    """Blows an answer up with white space before its end, where JSON allows it."""
    yield content[:-1]
    for _ in range(megabytes):
        yield _MEGABYTE
        await asyncio.sleep(0)
    yield content[-1:]
