"""What all processes share about a register, as small ports: `hub/store` implements them on PostgreSQL.

`connectors/memory.py` holds the implementations for one process, which the tests use.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from connectors.courtesy import Courtesy, Interval


class Secrets(Protocol):
    """Where secrets come from; settings hold references only (`file:…`, `env:…`, `command:…`)."""

    async def get(self, reference: str) -> str:
        """Returns the secret that a reference names; it is asked before every call, so keep it cheap.

        Raises:
            LookupError: there is no such secret. The message holds no secret.
        """

    def forget(self, reference: str) -> None:
        """Takes note that a register refused a secret: what is kept of it is asked for anew at the next `get`."""


class QuotaSpent(Exception):
    """The quota of a register is used up; it is renewed in `renewed_in` seconds."""

    def __init__(self, renewed_in: float) -> None:
        super().__init__(f"the quota is used up; it is renewed in {renewed_in:.0f} s")
        self.renewed_in = renewed_in


class Budget(Protocol):
    """How often and how many at a time all processes together may call a register."""

    def acquire(self, register: str, courtesy: Courtesy, timeout: float) -> AbstractAsyncContextManager[None]:
        """Waits for a turn and holds one of the register's places until the block is left.

        Entering raises TimeoutError when `timeout` seconds pass without a turn, and QuotaSpent when the day's or the
        month's calls are used up; nothing is held then. Leaving gives the place back, also after an exception or a
        cancellation. The rate is an average with a burst of at most one second's calls. A turn counts against the
        quota when it is given, whatever becomes of the call: so does the register count.
        """


class Breaker(Protocol):
    """Spares a register that is ill, and the callers who would wait for it."""

    async def before(self, register: str) -> float | None:
        """Returns None when a call may go out, otherwise the seconds until the next trial.

        When half open, one caller gets None as the trial and the others wait.
        """

    async def after(self, register: str, healthy: bool | None) -> None:
        """Tells how a call ended that `before` let through.

        True: the register answered, even if it refused us. False: it did not. None: no evidence (cancelled, or
        throttled): a half-open trial gives its place back and no count changes.
        """


@dataclass(frozen=True, slots=True)
class Token:
    """An access token of the hub at a register."""

    value: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Token(expires_at={self.expires_at.isoformat()})"


class Tokens(Protocol):
    """Access tokens shared by all processes, so that each register sees one login and not one per worker."""

    async def get(self, register: str, name: str) -> Token | None:
        """Returns the stored token unless it has expired."""

    async def put(self, register: str, name: str, token: Token) -> None:
        """Stores a token in the place of the earlier one."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports that a connector gets."""

    secrets: Secrets
    budget: Budget
    breaker: Breaker
    tokens: Tokens


class RegisterConfig(Protocol):
    """How to reach one register: the part of `hub.settings.RegisterSettings` that connectors read."""

    @property
    def url(self) -> str: ...
    @property
    def logical_url(self) -> str | None: ...
    @property
    def user(self) -> str | None: ...
    @property
    def secret(self) -> str | None: ...
    @property
    def api_key(self) -> str | None: ...
    @property
    def client_id(self) -> str | None: ...
    @property
    def service_code(self) -> str: ...
    @property
    def sync_officer(self) -> str: ...
    @property
    def officers(self) -> dict[str, str]: ...
    @property
    def ca_file(self) -> Path | None: ...
    @property
    def client_certificate(self) -> Path | None: ...
    @property
    def client_key(self) -> str | None: ...
    @property
    def client_key_passphrase(self) -> str | None: ...
    @property
    def timestamp_unit(self) -> str: ...
    @property
    def access_key(self) -> str | None: ...
    @property
    def app_name(self) -> str | None: ...
    @property
    def partner_code(self) -> str | None: ...
    @property
    def partner_code_cus(self) -> str | None: ...
    @property
    def officer_secrets(self) -> Mapping[str, str]: ...
    @property
    def per_second(self) -> float | None: ...
    @property
    def concurrent(self) -> int | None: ...
    @property
    def per_day(self) -> int | None: ...
    @property
    def per_month(self) -> int | None: ...
    @property
    def windows(self) -> str | None: ...
    @property
    def maintenances(self) -> tuple[Interval, ...]: ...
