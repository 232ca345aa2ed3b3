"""Lists inside a record: every item is mapped by the items' own mapping."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hub.mapping.verdicts import Finding, Mapped

ReadItems = Callable[[Sequence[Any] | None, dict[str, Any], list[Finding], list[Finding]], None]


def reading_items(target: str, map_item: Callable[[Any], Mapped]) -> ReadItems:
    """Builds the function that fills `target` with the mapped items of a list; what one refuses, the record does."""

    def read_items(
        items: Sequence[Any] | None, record: dict[str, Any], refusals: list[Finding], notes: list[Finding]
    ) -> None:
        mapped = [map_item(item) for item in items or ()]
        for outcome in mapped:
            # Ten items that break one rule are one finding about the list.
            refusals.extend(found for found in _below(target, outcome.refusals) if found not in refusals)
            notes.extend(found for found in _below(target, outcome.notes) if found not in notes)
        kept = [outcome.record for outcome in mapped if outcome.record]
        if kept:
            record[target] = kept

    return read_items


def _below(target: str, findings: list[Finding]) -> list[Finding]:
    return [Finding(f"{target}.{found.field}", found.rule) for found in findings]
