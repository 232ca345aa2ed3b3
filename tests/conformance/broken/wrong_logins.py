"""Connectors that log in wrongly. Each differs from `Business` in one thing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from connectors.auth import LgspToken
from connectors.business import Business
from connectors.errors import ConnectorError, Denied
from connectors.memory import MemoryTokens
from connectors.ports import Ports, RegisterConfig


class _Blaming(LgspToken):
    async def _token(self, keys: str) -> str:
        try:
            return await super()._token(keys)
        except ConnectorError:
            raise Denied("business", "token", "login_refused") from None


class BlamesTheKeys(Business):
    """Takes a token service in trouble for one that knows no such keys."""

    service = replace(Business.service, auth=_Blaming)


class LogsInForItself(Business):
    """Keeps its token to itself."""

    def __init__(self, config: RegisterConfig, ports: Ports, **options: Any) -> None:
        super().__init__(config, replace(ports, tokens=MemoryTokens()), **options)
