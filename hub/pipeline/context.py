"""What every pipeline step needs: settings, keys, a connection, a way to report progress."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg

from connectors import registry
from connectors.base import Connector
from hub.pipeline.errors import NotThere
from hub.pipeline.feeds import Feed
from hub.pipeline.landing import LandedBatch
from hub.settings import NotConfigured, Role, Settings, get_settings
from hub.store.batches import Batch
from hub.store.engine import connect
from hub.store.ports import make_ports
from hub.trust.keys import KeyRing

Progress = Callable[[str, int], None]
"""Called with the name of the stage that has just been reached and a count."""

ConnectorFactory = Callable[[Settings, str, timedelta], AbstractAsyncContextManager[Connector]]
"""Opens the connector of a register, with its ports, for a settle lag."""


@asynccontextmanager
async def production_connector(settings: Settings, register: str, settle_lag: timedelta) -> AsyncIterator[Connector]:
    """Opens a connector on the ports in PostgreSQL, and closes both.

    Raises:
        NotConfigured: there is no address for the register.
    """
    config = settings.registers.get(register)
    if config is None:
        name = f"HUB_REGISTERS__{register.upper()}__URL"
        raise NotConfigured(f"register {register} is not configured: set {name} and its credentials")
    environment = settings.environment.value
    async with (
        aclosing(make_ports(settings)) as ports,
        registry()[register](config, ports, environment=environment, settle_lag=settle_lag) as connector,
    ):
        yield connector


def silent(stage: str, count: int) -> None:
    """Reports nothing."""


@dataclass(frozen=True, slots=True)
class Context:
    """The surroundings of a step. Tests pass their own settings, connector and observer."""

    settings: Settings
    ring: KeyRing
    progress: Progress = silent
    make_connector: ConnectorFactory = production_connector
    workers: int | None = field(default=None)

    @classmethod
    def from_environment(cls, progress: Progress = silent) -> Context:
        """Makes the context of this process from its settings."""
        settings = get_settings()
        return cls(settings, KeyRing.load(settings), progress)

    def connect(self, role: Role = Role.PIPELINE) -> psycopg.Connection[Any]:
        """Opens a connection of its own for one step."""
        return connect(self.settings, role)

    def connector(self, feed: Feed) -> AbstractAsyncContextManager[Connector]:
        """Opens the connector of a feed's register, with the ports that all processes share."""
        return self.make_connector(self.settings, feed.register, self.settings.feed(feed.name).settle_lag)

    def landed(self, batch: Batch) -> LandedBatch:
        """Returns the landed files of a batch.

        Raises:
            NotThere: the batch key was destroyed at the end of its retention.
        """
        if batch.wrapped_key is None:
            raise NotThere(f"batch {batch.batch_id}: its landed files and their key are past retention")
        key = self.ring.unwrap(batch.master_version, batch.wrapped_key, batch_aad(batch.batch_id))
        return LandedBatch(batch.landed_uri, batch.batch_id, key)


def batch_aad(batch_id: UUID) -> bytes:
    """Binds a batch key to its batch."""
    return f"batch|{batch_id}".encode()
