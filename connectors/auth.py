"""How registers want to be signed in to, each as an httpx auth generator."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from hashlib import sha256

import httpx

from connectors.errors import Refused
from connectors.ports import RegisterConfig, Secrets
from connectors.records import epoch_ms

AuthScheme = Callable[[str, RegisterConfig, Secrets, Callable[[], datetime]], httpx.Auth]
"""Makes the auth of a connector from its register's name, its settings, the secrets and the clock."""


def security_server_basic(user: str, secret: str, timestamp: str, logical_url: str) -> str:
    """Returns the `Authorization` header that a population security server expects.

    SHA-256 over address, account, time and secret, as hex, takes the place of the password. The address is the one
    that the register was told, which is often not the one that is called.
    """
    digest = sha256(f"{logical_url}{user}{timestamp}{secret}".encode()).hexdigest()
    return "Basic " + b64encode(f"{user}:{digest}".encode()).decode()


class SecurityServerBasic(httpx.Auth):
    """Signs each request anew for a security server of the X-Road kind: Basic, Timestamp, X-Road-Client, ApiKey.

    The secrets are asked for each request, so that a rotated one is used at once. The time is the hub's own, in
    milliseconds or seconds as the register wants it.

    Raises:
        Refused: a setting is missing or names no secret.
    """

    def __init__(self, register: str, config: RegisterConfig, secrets: Secrets, clock: Callable[[], datetime]) -> None:
        self._register = register
        self._config = config
        self._secrets = secrets
        self._clock = clock

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Yields the request with its signature; httpx runs this for every request, a repeated one too."""
        config = self._config
        secret = await self._secret("secret", config.secret)
        if not config.user:
            raise Refused(self._register, "sign", "secret_missing", fields=("user",))
        milliseconds = epoch_ms(self._clock())
        timestamp = str(milliseconds if config.timestamp_unit == "ms" else milliseconds // 1000)
        request.headers["Authorization"] = security_server_basic(
            config.user, secret, timestamp, config.logical_url or config.url
        )
        request.headers["Timestamp"] = timestamp
        if config.client_id:
            request.headers["X-Road-Client"] = config.client_id
        if config.api_key:
            request.headers["ApiKey"] = await self._secret("api_key", config.api_key)
        yield request

    async def _secret(self, field: str, reference: str | None) -> str:
        try:
            if reference:
                return (await self._secrets.get(reference)).strip()
        except LookupError:
            pass
        raise Refused(self._register, "sign", "secret_missing", fields=(field,))
