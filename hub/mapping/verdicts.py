"""What a compiled mapping says about a record."""

from __future__ import annotations

from typing import Any, NamedTuple


class Finding(NamedTuple):
    """A rule that spoke about a field; never a value."""

    field: str
    rule: str


class Mapped(NamedTuple):
    """The outcome for one wire record: the flat canonical record, or the refusals that stand in its way.

    `notes` are repairs that were made on the way; they warn and refuse nothing.
    """

    record: dict[str, Any] | None
    refusals: list[Finding]
    notes: list[Finding]
