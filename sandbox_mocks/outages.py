"""Faults that look the same in front of every register: what a proxy or a server on its bad day answers."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import lru_cache

from starlette.responses import Response

from sandbox_mocks.dropping import ConnectionDropped
from sandbox_mocks.faults import Fault

_TEXT = "text/plain; charset=utf-8"
_MEGABYTE = b" " * 1_048_576
_LOGIN_PAGE = """<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"><title>Đăng nhập</title></head><body>
<form method="post" action="/login"><input name="username"><input name="password" type="password"></form></body></html>
"""


def fail(faults: Mapping[str, Fault]) -> Response | None:
    """Returns the answer of a fault that strikes before the call is looked at, or None.

    Raises:
        ConnectionDropped: the connection is to end without an answer.
    """
    if "drop" in faults:
        raise ConnectionDropped
    if "status" in faults:
        text = "Hệ thống đang bận, vui lòng thử lại sau"
        return Response(text, int(faults["status"].parameters["code"]), media_type=_TEXT)
    if "throttle" in faults:
        retry_after = str(int(faults["throttle"].parameters["retry_after"]))
        return Response("Quá số lượng yêu cầu cho phép", 429, {"Retry-After": retry_after}, _TEXT)
    if "html" in faults:
        return Response(_LOGIN_PAGE, media_type="text/html; charset=utf-8")
    if "redirect" in faults:
        return Response(status_code=302, headers={"Location": faults["redirect"].parameters["to"]})
    if "gzip_bomb" in faults:
        packed = _pack(int(faults["gzip_bomb"].parameters["mb"]))
        return Response(packed, headers={"Content-Encoding": "gzip"}, media_type="application/json; charset=utf-8")
    return None


@lru_cache(maxsize=1)
def _pack(megabytes: int) -> bytes:
    """Packs megabytes of white space and an empty object into about a thousandth of that."""
    packer = zlib.compressobj(wbits=31)
    return b"".join(packer.compress(_MEGABYTE) for _ in range(megabytes)) + packer.compress(b"{}") + packer.flush()
