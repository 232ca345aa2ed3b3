"""Who may call: keys for a token in one header, then the token, the same keys and the officer's hash in three."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox_mocks.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a caller must know; an officer's hash is of key and password."""

    access_key: str = "sandbox-access"
    secret_key: str = "sandbox-business-secret"  # noqa: S105  a sandbox's, printed in its documentation
    app_name: str = "lienthong"
    partner_code: str = "G16"
    partner_code_cus: str = "G16"
    officer_key: str = "sandbox-officer-key"
    officer_pass: str = "sandbox-officer-pass"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Denial:
    """Why a call is turned away before its question is read."""

    status: int
    code: str
    text: str


WRONG_KEYS = Denial(401, "101", "Khóa truy cập hoặc mã đối tác không hợp lệ")
DEAD_TOKEN = Denial(401, "token_expired", "Token không tồn tại hoặc đã hết hạn")
_WRONG_OFFICER = Denial(403, "auth_hash", "Cán bộ chưa được cấp quyền khai thác")


class Gate:
    """Gives tokens and checks the headers of calls."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._tokens = Tokens()

    def give_token(self, headers: Mapping[str, str], now_ms: int, seconds: int) -> str | None:
        """Returns a new token that lives for some seconds, or None when the keys are wrong."""
        return self._tokens.give(now_ms, seconds) if self._knows_keys(headers) else None

    def check(self, headers: Mapping[str, str], now_ms: int) -> Denial | None:
        """Checks the headers of a call."""
        if not self._knows_keys(headers):
            return WRONG_KEYS
        if not self._tokens.is_alive(headers, now_ms):
            return DEAD_TOKEN
        officer = f"{self._credentials.officer_key}:{self._credentials.officer_pass}"
        given = _decoded(headers.get("authhash", ""))
        return None if hmac.compare_digest(given, officer.encode()) else _WRONG_OFFICER

    def kill_token(self, headers: Mapping[str, str]) -> None:
        """Ends the token of a call."""
        self._tokens.kill(headers)

    def _knows_keys(self, headers: Mapping[str, str]) -> bool:
        try:
            given: Any = json.loads(_decoded(headers.get("lgspaccesstoken", "")))
        except ValueError:
            return False
        known = self._credentials
        wanted = {
            "AccessKey": known.access_key,
            "SecretKey": known.secret_key,
            "AppName": known.app_name,
            "PartnerCode": known.partner_code,
            "PartnerCodeCus": known.partner_code_cus,
        }
        return isinstance(given, dict) and all(
            hmac.compare_digest(str(given.get(name, "")).encode(), value.encode()) for name, value in wanted.items()
        )


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
