"""What goes into a publish and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from schemas.canonical import Holder, Kind


class PublishRow(NamedTuple):
    """One canonical record on its way into the store.

    `status` is `current`, `cancelled` or `withdrawn`; a withdrawn record with an empty document keeps the stored one.
    `roles` are those that others hold in its subject; only a current record gives any.
    """

    position: int
    key: str
    source_version: int
    status: str
    replaced_by: str | None
    former_id: str | None
    document: bytes
    correction: int = 0
    roles: tuple[Holder, ...] = ()

    def __repr__(self) -> str:
        return f"PublishRow(position={self.position}, status={self.status})"


@dataclass(frozen=True, slots=True)
class PublishResult:
    """What became of the rows; `conflicts` are positions whose version is stored already with another content."""

    published: int
    unchanged: int
    superseded: int
    conflicts: list[int]


@dataclass(frozen=True, slots=True)
class Scope:
    """What all rows of a publish share."""

    register: str
    kind: Kind
    batch_id: UUID
    fetched_at: datetime
    mapping_version: int

    def parameters(self) -> dict[str, Any]:
        """Returns the values by the names that the statements use."""
        return {
            "register": self.register,
            "kind": self.kind.name,
            "batch_id": self.batch_id,
            "fetched_at": self.fetched_at,
            "mapping_version": self.mapping_version,
        }

    @property
    def scheme(self) -> str:
        """The scheme of the numbers that records of this kind stand under."""
        return self.kind.scheme

    def number_status(self, record_status: str) -> str:
        """Returns the status of a number from that of its record: a withdrawn number is as gone as a cancelled one.

        A record of a kind that does not govern its numbers says nothing about them.
        """
        if not self.kind.governs:
            return "claimed"
        return "current" if record_status == "current" else "cancelled"

    def ended_at(self, row: PublishRow) -> datetime | None:
        """Returns when the number of a record ended, as far as the register's version tells."""
        if not self.kind.governs or row.status == "current":
            return None
        return datetime.fromtimestamp(row.source_version / 1000, UTC)
