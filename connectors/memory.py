"""The ports of `connectors/ports.py` for one process: for tests, tools and a single worker.

Nothing here is shared: two processes with these ports call a register twice as often as its courtesy allows.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

from connectors.courtesy import Courtesy
from connectors.ports import Ports, QuotaSpent, Token
from connectors.quota import QuotaUsed


class MemorySecrets:
    """Secrets by reference, given as a mapping."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = dict(secrets)

    def __repr__(self) -> str:
        return f"MemorySecrets({len(self._secrets)} secrets)"

    async def get(self, reference: str) -> str:
        """Returns the secret; LookupError when the mapping has none."""
        try:
            return self._secrets[reference]
        except KeyError:
            raise LookupError(f"no secret under the reference {reference!r}") from None

    def forget(self, reference: str) -> None:
        """Nothing is kept but the mapping itself."""


class MemoryBudget:
    """A token bucket that holds one second's calls, a number of places and the quotas, for each register."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._places: dict[str, asyncio.Semaphore] = {}
        self._buckets: dict[str, tuple[float, float]] = {}
        self._used: dict[str, QuotaUsed] = {}

    @asynccontextmanager
    async def acquire(
        self,
        register: str,
        courtesy: Courtesy,
        timeout: float,  # noqa: ASYNC109 - the port's contract
    ) -> AsyncIterator[None]:
        """Waits for a place and a turn; TimeoutError when none comes in time, QuotaSpent when all calls are used."""
        places = self._places.setdefault(register, asyncio.Semaphore(courtesy.concurrent))
        ends = time.monotonic() + timeout
        self._quota(register, courtesy)
        async with asyncio.timeout(timeout):
            await places.acquire()
        try:
            used = self._quota(register, courtesy)
            wait = self._take(register, courtesy.per_second, latest=ends)
            self._used[register] = used.one_more()
            if wait > 0:
                await asyncio.sleep(wait)
            yield
        finally:
            places.release()

    def _quota(self, register: str, courtesy: Courtesy) -> QuotaUsed:
        now = self._clock()
        used = self._used.get(register, QuotaUsed(date.min)).at(now)
        if (rest := used.renewed_in(courtesy, now)) is not None:
            raise QuotaSpent(rest)
        return used

    def _take(self, register: str, per_second: float, latest: float) -> float:
        """Takes one call out of the bucket, which may go below zero: that is how long to wait."""
        now = time.monotonic()
        burst = max(1.0, per_second)
        calls, since = self._buckets.get(register, (burst, now))
        calls = min(burst, calls + (now - since) * per_second) - 1.0
        wait = max(0.0, -calls / per_second)
        if now + wait > latest:
            raise TimeoutError
        self._buckets[register] = calls, now
        return wait


class MemoryBreaker:
    """Opens after so many failures in a row, and lets one trial through after each rest."""

    def __init__(self, failures: int = 5, rest: float = 30.0) -> None:
        self._limit = failures
        self._rest = rest
        self._failures: dict[str, int] = {}
        self._until: dict[str, float] = {}
        self._trial: set[str] = set()

    async def before(self, register: str) -> float | None:
        """Returns None when a call may go out, otherwise the seconds to wait."""
        if self._failures.get(register, 0) < self._limit:
            return None
        wait = self._until[register] - time.monotonic()
        if wait > 0:
            return wait
        if register in self._trial:
            return self._rest
        self._trial.add(register)
        return None

    async def after(self, register: str, healthy: bool | None) -> None:
        """Counts a failure, forgets them all after a success, and ends a trial."""
        self._trial.discard(register)
        if healthy:
            self._failures[register] = 0
        elif healthy is False:
            self._failures[register] = self._failures.get(register, 0) + 1
            self._until[register] = time.monotonic() + self._rest


class MemoryTokens:
    """Access tokens in a dictionary."""

    def __init__(self) -> None:
        self._tokens: dict[tuple[str, str], Token] = {}

    async def get(self, register: str, name: str) -> Token | None:
        """Returns the stored token unless it has expired."""
        token = self._tokens.get((register, name))
        return token if token and token.expires_at > datetime.now(UTC) else None

    async def put(self, register: str, name: str, token: Token) -> None:
        """Stores a token in the place of the earlier one."""
        self._tokens[register, name] = token


def memory_ports(secrets: Mapping[str, str] | None = None) -> Ports:
    """Returns fresh ports of this process."""
    return Ports(MemorySecrets(secrets or {}), MemoryBudget(), MemoryBreaker(), MemoryTokens())
