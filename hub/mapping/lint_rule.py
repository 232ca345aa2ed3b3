"""What the lint rules share: a demand on a mapping, told by file and line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from hub.mapping.errors import Problem
from hub.mapping.places import INPUTS
from hub.mapping.rule import Rule
from hub.mapping.spec import FieldRule, LoadedMapping
from hub.mapping.wire import NoSuchField, wire_path


class LintRule(Rule):
    """One demand on a mapping."""

    def __init__(self, mapping: LoadedMapping, root: Path, today: date | None) -> None:
        self.mapping = mapping
        self.spec = mapping.spec
        self.root = root
        self.today = today

    def problem(self, *where: str | int, **values: Any) -> Problem:
        """Tells the problem of a place in the mapping."""
        source = self.mapping.source
        return self.told(source.file, source.line(where), **values)

    def rules(self) -> Iterator[tuple[str, FieldRule]]:
        """Yields every rule of the mapping with the canonical field that it fills."""
        yield from self.spec.fields.items()

    def plain_types(self, path: str) -> frozenset[type]:
        """Returns the types that a wire field may hold; none for an unknown field or an element."""
        try:
            return wire_path(self.mapping.wire, path).types
        except NoSuchField:
            return frozenset()


def targets_of(target: str, rule: FieldRule) -> list[str]:
    """Lists the canonical keys that a rule may fill: its own, or those below it for the verb place."""
    return [f"{target}.{part}" for part in INPUTS] if rule.place is not None else [target]


def read_paths(rule: FieldRule) -> list[str]:
    """Lists the wire fields that a rule reads, those of its conditions included."""
    if rule.place is not None:
        return sorted({f"{rule.place}.{part}" for inputs in INPUTS.values() for part in inputs})
    return [*rule.paths, *rule.when]
