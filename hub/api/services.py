"""What the routes of one API process share: settings, keys, pools, policy, log, procedures and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import asyncpg

from hub.api.metrics import Metrics
from hub.exchange.cache import PolicyCache
from hub.exchange.keyring import LiveKeyRing
from hub.exchange.log import ExchangeLog
from hub.exchange.needs import needs_of
from hub.exchange.signing_keys import SigningKeys
from hub.exchange.tokens import TokenVerifier
from hub.mapping.procedures import Procedure, load_procedures
from hub.settings import Role, Settings
from hub.store.engine import create_pool

READ_CONNECTIONS = 10
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
    metrics: Metrics = field(init=False)

    def __post_init__(self) -> None:
        self.metrics = Metrics(self.policy.age)

    @property
    def issuer(self) -> str:
        """The public address of this hub: issuer and audience of tokens."""
        return issuer_of(self.settings)


def issuer_of(settings: Settings) -> str:
    """Returns the public address of the hub without a closing slash."""
    return settings.api_url.rstrip("/")


def make_services(settings: Settings) -> Services:
    """Reads keys and procedures and prepares the pools; nothing is connected yet.

    Raises:
        KeyRefused: keys are missing or open to others.
        MappingError: a procedure file is wrong.
    """
    ring = LiveKeyRing(settings)
    signing_keys = SigningKeys.load(settings)
    procedures = load_procedures()
    # Reading and writing apart: a flood of lookups must not keep the log from being written.
    reading = create_pool(
        settings,
        Role.API,
        min_size=0,
        max_size=READ_CONNECTIONS,
        timeout=_STORE_SECONDS,
        command_timeout=_STORE_SECONDS,
        connection_class=SessionlessConnection,
    )
    writing = create_pool(
        settings,
        Role.API,
        min_size=0,
        max_size=2,
        timeout=_STORE_SECONDS,
        connection_class=SessionlessConnection,
    )
    policy = PolicyCache(writing, needs_of(procedures), on_key_change=ring.reload)
    return Services(
        settings,
        ring,
        signing_keys,
        procedures,
        reading,
        writing,
        policy,
        ExchangeLog(writing),
        TokenVerifier(signing_keys, issuer_of(settings)),
    )
