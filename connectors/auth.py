"""How registers want to be signed in to, each as an httpx auth generator."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import ClassVar

import httpx

from connectors.errors import BrokenContract, Denied, Refused, Unavailable
from connectors.ports import Ports, RegisterConfig, Token
from connectors.records import epoch_ms
from connectors.strict_json import read_object
from connectors.transfer import Transfer

OFFICER = "lienthong.officer"
"""The extension of a request that names the register's own code of the officer who asks."""

RENEW_BEFORE = 30.0
"""Seconds before its end at which a token is no longer used; a short-lived one a tenth of its life before."""
UNSTATED_LIFE = 60.0
LONGEST_LIFE = 86_400.0
"""Seconds for which a token is kept when the register names no life, and at most."""

_REFUSALS = (401, 403)
_FORM = b"grant_type=client_credentials"
_MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Account:
    """What a sign-in may use: the register's settings, the ports, the clock, and the client for a log-in of its own.

    `used` are the references whose secrets were given out, for `refused`.
    """

    register: str
    config: RegisterConfig
    ports: Ports
    clock: Callable[[], datetime]
    http: httpx.AsyncClient
    used: set[str] = field(default_factory=set)

    async def secret(self, field: str, reference: str | None) -> str:
        """Returns the secret that a setting refers to.

        Raises:
            Refused: the setting is empty, or names no secret.
        """
        try:
            secret = (await self.ports.secrets.get(reference)).strip() if reference else ""
        except LookupError:
            secret = ""
        if not reference or not secret:
            raise Refused(self.register, "sign", "secret_missing", fields=(field,))
        self.used.add(reference)
        return secret

    def refused(self) -> None:
        """Takes note that the register refused what was signed: kept secrets are asked for anew before the next try."""
        for reference in self.used:
            self.ports.secrets.forget(reference)

    def setting(self, field: str) -> str:
        """Returns a setting of the account that may not be empty.

        Raises:
            Refused: it is.
        """
        value = getattr(self.config, field)
        if not value:
            raise Refused(self.register, "sign", "secret_missing", fields=(field,))
        return str(value)


AuthScheme = Callable[[Account], httpx.Auth]
"""Makes the auth of a connector."""


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

    def __init__(self, account: Account) -> None:
        self._account = account

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Yields the request with its signature; httpx runs this for every request, a repeated one too."""
        account, config = self._account, self._account.config
        secret = await account.secret("secret", config.secret)
        milliseconds = epoch_ms(account.clock())
        timestamp = str(milliseconds if config.timestamp_unit == "ms" else milliseconds // 1000)
        request.headers["Authorization"] = security_server_basic(
            account.setting("user"), secret, timestamp, config.logical_url or config.url
        )
        request.headers["Timestamp"] = timestamp
        if config.client_id:
            request.headers["X-Road-Client"] = config.client_id
        if config.api_key:
            request.headers["ApiKey"] = await account.secret("api_key", config.api_key)
        response = yield request
        if response.status_code in _REFUSALS:
            account.refused()


class ApiKey(httpx.Auth):
    """Signs each request with a key in a header, the secret that the setting `api_key` refers to.

    A register whose header has another name gets a class of its own that says so: `header = "X-API-Key"`.

    Raises:
        Refused: the setting is missing or names no secret.
    """

    header: ClassVar[str] = "ApiKey"

    def __init__(self, account: Account) -> None:
        self._account = account

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Yields the request with the key, which is asked for anew each time: it may have been rotated."""
        request.headers[self.header] = await self._account.secret("api_key", self._account.config.api_key)
        response = yield request
        if response.status_code in _REFUSALS:
            self._account.refused()


class LgspToken(httpx.Auth):
    """Signs requests for an LGSP of the VNPT kind: a bearer token, `lgspaccesstoken` and the officer's `AuthHash`.

    The token lies in the shared port, so that all processes log in once: within a process one log-in is under way at a
    time, and the others wait for its token. A token that a 401 refused is not used again; the request that met the 401
    is repeated once by its transfer, and that logs in anew. Keys are read from their references for every request, and
    nothing of them is kept here. When the token service refuses them and they have been rotated meanwhile, it is asked
    once more.

    Raises:
        Refused: a setting is missing or names no secret.
        Denied: `login_refused`, the token service knows no such keys; they are not tried twice.
        BrokenContract, Unavailable: the token service answers badly, or not.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._one_at_a_time = asyncio.Lock()
        self._refused = b""
        """Digest of the last token that was refused: another process may not know yet."""

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Yields the request with its headers, and notes a token that was refused."""
        officer = request.extensions.get(OFFICER) or self._account.config.sync_officer
        # Before a log-in, so that nothing goes out when one is missing; and the keys again, as the log-in had them.
        await self._keys()
        request.headers["AuthHash"] = await self._officer_pass(officer)
        token = await self._token()
        request.headers["lgspaccesstoken"] = await self._keys()
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == 401:
            self._refused = _digest(token)
        if response.status_code in _REFUSALS:
            self._account.refused()

    async def _keys(self) -> str:
        """Writes the account's keys as the header `lgspaccesstoken` wants them."""
        account = self._account
        parts = {
            "AccessKey": account.setting("access_key"),
            "SecretKey": await account.secret("secret", account.config.secret),
            "AppName": account.setting("app_name"),
            "PartnerCode": account.setting("partner_code"),
            "PartnerCodeCus": account.setting("partner_code_cus"),
        }
        return b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode()

    async def _officer_pass(self, officer: str) -> str:
        """Writes an officer's `key:pass`, which one reference holds, as the header `AuthHash` wants it."""
        reference = self._account.config.officer_secrets.get(officer)
        return b64encode((await self._account.secret("officer_secrets", reference)).encode()).decode()

    async def _token(self) -> str:
        tokens, register, name = self._account.ports.tokens, self._account.register, self._name()
        if (token := self._usable(await tokens.get(register, name))) is not None:
            return token
        async with self._one_at_a_time:
            if (token := self._usable(await tokens.get(register, name))) is not None:
                return token
            fresh = await self._fresh()
            await tokens.put(register, name, fresh)
            return fresh.value

    def _usable(self, token: Token | None) -> str | None:
        return None if token is None or _digest(token.value) == self._refused else token.value

    def _name(self) -> str:
        """Names the token after the account that it belongs to, so that changed settings do not meet an old one."""
        config = self._account.config
        parts = (config.url, config.access_key, config.app_name, config.partner_code, config.partner_code_cus)
        return f"lgsp-{sha256(repr(parts).encode()).hexdigest()[:16]}"

    async def _fresh(self) -> Token:
        """Logs in; refused keys are tried once more only if they are others by then, because accounts get locked."""
        keys = await self._keys()
        try:
            return await self._log_in(keys)
        except Denied:
            self._account.refused()
            if (rotated := await self._keys()) == keys:
                raise
            return await self._log_in(rotated)

    async def _log_in(self, keys: str) -> Token:
        account = self._account
        transfer = Transfer(
            account.http, account.register, "token", _MAX_BYTES, account.clock, {"101": "login_refused"}, False
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded", "lgspaccesstoken": keys}
        asked_at = datetime.now(UTC)
        try:
            answer = await transfer.send(
                "POST", account.config.url.rstrip("/") + "/token", headers, _FORM, signed=False
            )
        except Denied as error:
            if error.code not in ("credentials", "forbidden"):
                raise
            raise transfer.error(Denied, "login_refused") from None
        if answer.status == 400:
            raise transfer.error(Denied, "login_refused", "HTTP 400")
        found = read_object(answer, transfer)
        value = found.get("access_token")
        if value is None and not {"error", "error_code", "message"}.isdisjoint(found):
            raise transfer.error(Unavailable, "error_in_200")
        if not isinstance(value, str) or not (value.isascii() and value.isprintable() and value.strip() == value != ""):
            raise transfer.error(BrokenContract, "field_missing", "access_token")
        life = _seconds(found.get("expires_in"))
        # The port's clock is the real one, so the life is counted on it too.
        return Token(value, asked_at + timedelta(seconds=life - min(RENEW_BEFORE, life / 10)))


def _seconds(stated: object) -> float:
    if isinstance(stated, str) and stated.isascii() and stated.isdigit():
        stated = int(stated[:9])
    if isinstance(stated, bool) or not isinstance(stated, int) or stated <= 0:
        return UNSTATED_LIFE
    return min(float(stated), LONGEST_LIFE)


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
