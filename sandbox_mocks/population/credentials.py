"""Who may call: the security server's Basic scheme with a hash over the logical URL and the time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

TOLERANCE_MS = 5 * 60_000


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a caller must know, and which service and officer codes are registered."""

    user: str = "sandbox-hub"
    secret: str = "sandbox-secret"  # noqa: S105  a sandbox's, printed in its documentation
    api_key: str = "sandbox-key"
    client: str = "VN/GOV/G16/lienthong"
    logical_url: str = "http://mock.local/qldc/population"
    services: tuple[str, ...] = ("G16.01", "G16")
    officers: tuple[str, ...] = ("CB-00123", "CB-00124", "HUB-SYNC")


@dataclass(frozen=True, slots=True)
class Denial:
    """Why a call is turned away before its message is read."""

    status: int
    code: str
    text: str


WRONG_TIME = Denial(401, "TIMESTAMP_INVALID", "Dấu thời gian của yêu cầu lệch quá 5 phút so với máy chủ")
EXPIRED = Denial(401, "TOKEN_EXPIRED", "Phiên xác thực đã hết hạn")
_UNKNOWN = Denial(401, "AUTH_FAILED", "Thông tin xác thực không hợp lệ")
_NO_KEY = Denial(401, "APIKEY_INVALID", "Khóa API không hợp lệ")
_NO_CLIENT = Denial(403, "UNKNOWN_MEMBER", "Hệ thống gọi (X-Road-Client) chưa được đăng ký")


def authorization(credentials: Credentials, timestamp: str) -> str:
    """Builds the Authorization header for a Timestamp header."""
    signed = credentials.logical_url + credentials.user + timestamp + credentials.secret
    digest = hashlib.sha256(signed.encode()).hexdigest()
    return "Basic " + base64.b64encode(f"{credentials.user}:{digest}".encode()).decode()


def check(headers: Mapping[str, str], credentials: Credentials, now_ms: int) -> Denial | None:
    """Checks a call's headers. Clients send the timestamp in milliseconds or in seconds; its length tells which."""
    if headers.get("x-road-client") != credentials.client:
        return _NO_CLIENT
    if not hmac.compare_digest(headers.get("apikey", "").encode(), credentials.api_key.encode()):
        return _NO_KEY
    timestamp = headers.get("timestamp", "")
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 13:
        return WRONG_TIME
    sent = int(timestamp) * (1000 if len(timestamp) <= 10 else 1)
    if abs(sent - now_ms) > TOLERANCE_MS:
        return WRONG_TIME
    try:
        given = base64.b64decode(headers.get("authorization", "").removeprefix("Basic "), validate=True)
    except (binascii.Error, ValueError):
        return _UNKNOWN
    wanted = base64.b64decode(authorization(credentials, timestamp).removeprefix("Basic "))
    return None if hmac.compare_digest(given, wanted) else _UNKNOWN
