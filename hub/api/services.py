"""What the routes of one API process share: settings, keys, pools, policy, log, procedures and metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from hub.api.metrics import Metrics
from hub.exchange.cache import PolicyCache
from hub.exchange.guesses import Guesses
from hub.exchange.keyring import LiveKeyRing
from hub.exchange.log import ExchangeLog
from hub.exchange.needs import needs_of
from hub.exchange.query import Finder
from hub.exchange.reading import SERVER_SETTINGS
from hub.exchange.signing_keys import SigningKeys
from hub.exchange.strangers import Strangers
from hub.exchange.tokens import TokenVerifier
from hub.mapping.procedures import Procedure, load_procedures
from hub.settings import Role, Settings
from hub.store.engine import create_pool

READ_CONNECTIONS = 10
# Calls that register a dossier or get a token, and claims that did not match and are counted.
_WORKS, _COUNTS = 4, 2
# Two more: the listener and the group commit.
WRITING_CONNECTIONS = 2 + _WORKS + _COUNTS
_STORE_SECONDS = 3.0


class SessionlessConnection(asyncpg.Connection):
    """A connection on which nothing is left behind: only single statements run on it, so there is nothing to reset.

    The pool's usual reset is a round trip of its own after every call.
    """

    def get_reset_query(self) -> str:
        """Returns no query."""
        return ""


@dataclass(slots=True)
class Services:
    """Opened once a process; `procedures` are those of `mappings/procedures/`."""

    settings: Settings
    ring: LiveKeyRing
    signing_keys: SigningKeys
    procedures: Mapping[str, Procedure]
    reading: asyncpg.Pool
    writing: asyncpg.Pool
    policy: PolicyCache
    log: ExchangeLog
    verifier: TokenVerifier
    finder: Finder = field(init=False)
    guesses: Guesses = field(init=False)
    strangers: Strangers = field(init=False)
    metrics: Metrics = field(init=False)

    def __post_init__(self) -> None:
        self.finder = Finder(self.reading)
        self.guesses = Guesses(self.writing, under_way=_COUNTS)
        self.strangers = Strangers(self.log)
        self.metrics = Metrics(self.policy.age)

    @property
    def issuer(self) -> str:
        """The public address of this hub: issuer and audience of tokens."""
        return issuer_of(self.settings)


def issuer_of(settings: Settings) -> str:
    """Returns the public address of the hub without a closing slash."""
    return settings.api_url.rstrip("/")


@dataclass(frozen=True, slots=True)
class Foundations:
    """What a process reads before it serves: a mistake in it keeps the process from starting."""

    settings: Settings
    ring: LiveKeyRing
    signing_keys: SigningKeys
    procedures: Mapping[str, Procedure]


def lay_foundations(settings: Settings) -> Foundations:
    """Reads keys and procedures; nothing is connected yet.

    Raises:
        KeyRefused: keys are missing or open to others.
        MappingError: a procedure file is wrong.
    """
    return Foundations(settings, LiveKeyRing(settings), SigningKeys.load(settings), load_procedures())


@asynccontextmanager
async def open_services(foundations: Foundations) -> AsyncIterator[Services]:
    """Opens the pools in the running loop and follows the policy; a database that is down is waited for meanwhile."""
    # Reading and writing apart: a flood of lookups must not keep the log from being written.
    reading = await _pool(
        foundations.settings, READ_CONNECTIONS, command_timeout=_STORE_SECONDS, server_settings=SERVER_SETTINGS
    )
    writing = await _pool(foundations.settings, WRITING_CONNECTIONS)
    policy = PolicyCache(writing, needs_of(foundations.procedures), on_key_change=foundations.ring.reload)
    services = Services(
        foundations.settings,
        foundations.ring,
        foundations.signing_keys,
        foundations.procedures,
        reading,
        writing,
        policy,
        ExchangeLog(writing, works=_WORKS),
        TokenVerifier(foundations.signing_keys, issuer_of(foundations.settings)),
    )
    await policy.open()
    try:
        yield services
    finally:
        await services.strangers.drain()
        await services.log.drain()
        await policy.close()
        reading.terminate()
        writing.terminate()


async def _pool(settings: Settings, size: int, **options: Any) -> asyncpg.Pool:
    return await create_pool(
        settings,
        Role.API,
        min_size=0,
        max_size=size,
        timeout=_STORE_SECONDS,
        connection_class=SessionlessConnection,
        **options,
    )
