"""The policy in memory: read at start, re-read when PostgreSQL announces a change, and never trusted when it is old.

Triggers announce every change of consumers, keys, officers and grants on the channel `hub_policy`. A lost connection
loses announcements, so the policy is also re-read at intervals, and a policy that could not be confirmed for `max_age`
answers nothing: a revoked right must not live on because the database is away.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import asyncpg
import orjson
import structlog

from hub.exchange.outages import DATABASE_AWAY
from hub.exchange.policy import Consumer, ConsumerKey, Grant, Needs, Policy
from hub.exchange.refusals import Unready

log = structlog.get_logger()

CHANNEL, KEY_CHANNEL = "hub_policy", "hub_keys"

CONSUMERS = "select consumer_id, status from hub.consumer"
KEYS = "select consumer_id, kid, jwk::text as jwk, status, expires_at from hub.consumer_key"
OFFICERS = "select consumer_id, officer from hub.officer where status = 'active'"
GRANTS = "select consumer_id, procedure, attributes, legal_basis, valid_from, valid_to from hub.consumer_grant"


async def read_policy(connection: Any, needs: Mapping[str, Needs]) -> Policy:
    """Reads all consumers with their rights in one snapshot of the database."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        consumers = await connection.fetch(CONSUMERS)
        keys = await connection.fetch(KEYS)
        officers = await connection.fetch(OFFICERS)
        grants = await connection.fetch(GRANTS)
    return Policy.of(
        [
            Consumer(
                row["consumer_id"],
                row["status"] == "active",
                {key["kid"]: _key(key) for key in keys if key["consumer_id"] == row["consumer_id"]},
                frozenset(each["officer"] for each in officers if each["consumer_id"] == row["consumer_id"]),
                {each["procedure"]: _grant(each) for each in grants if each["consumer_id"] == row["consumer_id"]},
            )
            for row in consumers
        ],
        needs,
    )


class PolicyCache:
    """Keeps one policy fresh; `current()` is what a call is judged by."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        needs: Mapping[str, Needs],
        *,
        on_key_change: Callable[[], None] = lambda: None,
        refresh: float = 20.0,
        max_age: float = 60.0,
        retry: float = 1.0,
    ) -> None:
        self._pool = pool
        self._needs = needs
        self._on_key_change = on_key_change
        self._refresh = refresh
        self._max_age = max_age
        self._retry = retry
        self._policy: Policy | None = None
        self._confirmed = 0.0
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def current(self) -> Policy:
        """Returns the policy.

        Raises:
            Unready: it was never read, or not confirmed for too long.
        """
        if self._policy is None or self.age() > self._max_age:
            raise Unready("hub.policy_unknown")
        return self._policy

    def age(self) -> float:
        """Returns for how many seconds the policy was not confirmed."""
        return time.monotonic() - self._confirmed

    async def open(self) -> None:
        """Begins to follow the database; an unreachable one is retried for as long as the process lives."""
        self._task = asyncio.create_task(self._follow())

    async def close(self) -> None:
        """Stops following."""
        # The flag, because a connection that breaks at this very moment replaces the cancellation by its own error.
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _follow(self) -> None:
        while not self._closed:
            try:
                async with self._pool.acquire(timeout=3) as connection:
                    await self._listen(connection)
            except (*DATABASE_AWAY, asyncpg.PostgresError) as error:
                log.warning("policy.unreadable", error=type(error).__name__, age_seconds=round(self.age()))
            await asyncio.sleep(self._retry)

    async def _listen(self, connection: Any) -> None:
        def announced(*_: object) -> None:
            self._changed.set()

        def key_changed(*_: object) -> None:
            self._on_key_change()

        # Listening starts before reading, so that no change falls between the two.
        await connection.add_listener(CHANNEL, announced)
        await connection.add_listener(KEY_CHANNEL, key_changed)
        # A connection that ends wakes the reader, whose next read then fails and connects anew.
        connection.add_termination_listener(announced)
        if self._policy is not None:
            # Announcements were missed while the connection was lost.
            self._on_key_change()
        try:
            while True:
                self._changed.clear()
                started = time.monotonic()
                async with asyncio.timeout(5):
                    self._policy = await read_policy(connection, self._needs)
                self._confirmed = started
                try:
                    async with asyncio.timeout(self._refresh):
                        await self._changed.wait()
                except TimeoutError:
                    continue
        finally:
            connection.remove_termination_listener(announced)
            if not connection.is_closed():
                await connection.remove_listener(CHANNEL, announced)
                await connection.remove_listener(KEY_CHANNEL, key_changed)


def _key(row: Any) -> ConsumerKey:
    return ConsumerKey(row["kid"], orjson.loads(row["jwk"]), row["status"] == "active", row["expires_at"])


def _grant(row: Any) -> Grant:
    return Grant(row["procedure"], frozenset(row["attributes"]), row["legal_basis"], row["valid_from"], row["valid_to"])
