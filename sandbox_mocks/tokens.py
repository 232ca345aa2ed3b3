"""Bearer tokens with an end, as the twins give them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

TOKEN_SECONDS = 300
_REMEMBERED_TOKENS = 1000


class Tokens:
    """The tokens that one twin has given."""

    def __init__(self) -> None:
        self._ends: dict[str, int] = {}

    def give(self, now_ms: int, seconds: int) -> str:
        """Returns a new token that lives for some seconds."""
        while len(self._ends) >= _REMEMBERED_TOKENS:
            self._ends.pop(next(iter(self._ends)))
        token = secrets.token_hex(16)
        self._ends[token] = now_ms + seconds * 1000
        return token

    def is_alive(self, headers: Mapping[str, str], now_ms: int) -> bool:
        """Whether the token of a call lives."""
        return self._ends.get(_token(headers), 0) > now_ms

    def kill(self, headers: Mapping[str, str]) -> None:
        """Ends the token of a call."""
        self._ends.pop(_token(headers), None)


def _token(headers: Mapping[str, str]) -> str:
    return headers.get("authorization", "").removeprefix("Bearer ")
