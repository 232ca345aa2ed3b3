"""The ports of the connectors on PostgreSQL: what all processes of the hub share about a register."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.ports import Ports
from hub.settings import Role, Settings
from hub.store.breaker import StoreBreaker
from hub.store.budget import StoreBudget
from hub.store.link import Link
from hub.store.secret_sources import StoreSecrets
from hub.store.tokens import StoreTokens
from hub.trust.keys import KeyRing


@dataclass(frozen=True, slots=True)
class StorePorts(Ports):
    """Ports that hold a few connections, which `aclose` gives back."""

    link: Link

    async def aclose(self) -> None:
        """Closes the connections; the next call would open new ones."""
        await self.link.aclose()


def make_ports(settings: Settings, role: Role = Role.PIPELINE, ring: KeyRing | None = None) -> StorePorts:
    """Returns the ports for a process of a role; nothing is opened before the first call."""
    link = Link(settings, role)
    return StorePorts(
        secrets=StoreSecrets(settings.var_dir),
        budget=StoreBudget(link),
        breaker=StoreBreaker(link),
        tokens=StoreTokens(link, settings, ring),
        link=link,
    )
