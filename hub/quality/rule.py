"""What a quality rule is, and what it finds.

    QualityError
    +-- RuleFailed      a rule could not be evaluated: the batch stops, nothing of it is published

A rule carries its own proof: a counter-example that must trip it and no other rule. One without can't be made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Literal

from hub.quality.known import NOTHING, Known

_RULE_ID = re.compile(r"[a-z]+(?:_[a-z]+)*\.[a-z0-9]+(?:_[a-z0-9]+)*")


class ErrorGroup(StrEnum):
    """The eight error groups of the national data-quality index (guidance 4856/BCA-TTDLQG of 14 September 2026)."""

    MISSING = "missing"
    OUTLIER = "outlier"
    DUPLICATE = "duplicate"
    FORMAT = "format"
    BROKEN_REFERENCE = "broken_reference"
    CONFLICT = "conflict"
    STALE = "stale"
    SOURCE_MISMATCH = "source_mismatch"


class Severity(StrEnum):
    """What a finding does: counts it, keeps the record back, or parks the batch for a human."""

    WARN = "warn"
    QUARANTINE = "quarantine"
    STOP = "stop"


class Stage(StrEnum):
    """Where in the flow a rule looks."""

    WIRE = "wire"
    MAPPING = "mapping"
    ROW = "row"
    CROSS_ROW = "cross_row"
    BATCH = "batch"
    PUBLISH = "publish"


@dataclass(frozen=True, slots=True)
class Wording:
    """What a rule says to a steward in one language: what is wrong, and what to do next."""

    what: str
    next: str


Sample = Literal[
    "record", "cancelled", "organisation", "wire", "enterprise", "rows", "organisation_rows", "record_rows", "batch"
]


@dataclass(frozen=True, slots=True)
class CounterExample:
    """Patches that must trip a rule, each on its own copy of a good sample of `hub.quality.examples`.

    `on` names the sample: the canonical `record` of a person, the tombstone of a `cancelled` number, the canonical
    `organisation`, the `wire` record of a citizen or of an `enterprise`, the `rows` of a batch of people, its
    `organisation_rows` (one row a patch) or the `record_rows` of any kind, or the `batch` figures. A patch gives keys
    new values; None takes a key away. `known` is what the store must know for a rule over a batch to find it.
    """

    on: Sample
    patches: tuple[Mapping[str, Any], ...]
    known: Known = NOTHING


Fields = tuple[str, ...]
RowCheck = Callable[[Any], Fields]
"""Takes the view of a record (`PersonView` or `EnterpriseView`, by the rule's kind) and names the fields that break the
rule; the empty tuple is the good case."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One quality rule, with everything that a steward needs to read about it.

    Raises:
        ValueError: the rule has no counter-example, no text, no source, or an id of another shape.
    """

    id: str
    group: ErrorGroup
    severity: Severity
    stage: Stage
    fields: Fields
    vi: Wording
    en: Wording
    source: str
    counter_example: CounterExample
    check: RowCheck | None = None

    def __post_init__(self) -> None:
        if _RULE_ID.fullmatch(self.id) is None:
            raise ValueError(f"rule id {self.id!r}: two lower-case words joined by a dot are needed")
        if not self.counter_example.patches or not all(self.counter_example.patches):
            raise ValueError(f"rule {self.id} has no counter-example: a rule that nothing trips proves nothing")
        if not all((self.source, self.vi.what, self.vi.next, self.en.what, self.en.next)):
            raise ValueError(f"rule {self.id} must explain itself in both languages and name its source")
        if (self.check is None) == (self.stage is Stage.ROW):
            raise ValueError(f"rule {self.id}: a row rule, and no other, has a check on one record")


def row_rule(
    rule_id: str,
    group: ErrorGroup,
    severity: Severity,
    check: RowCheck,
    *,
    fields: Fields,
    vi: Wording,
    en: Wording,
    source: str,
    trips: Mapping[str, Any],
    on: Literal["record", "cancelled", "organisation"] = "record",
) -> Rule:
    """Makes a rule on one record; `trips` is the patch on the good sample that it must find."""
    return Rule(rule_id, group, severity, Stage.ROW, fields, vi, en, source, CounterExample(on, (trips,)), check)


@dataclass(frozen=True, slots=True)
class Finding:
    """That a record or a batch breaks a rule in a field; equal findings are one object. Never holds a value."""

    rule: str
    field: str
    severity: Severity
    stage: Stage
    group: ErrorGroup

    def __reduce__(self) -> tuple[Callable[..., Finding], tuple[str, str, Severity, Stage, ErrorGroup]]:
        """Keeps a finding one object when it comes back from another process."""
        return intern_finding, (self.rule, self.field, self.severity, self.stage, self.group)


class QualityError(Exception):
    """The root of what this room raises."""


class RuleFailed(QualityError):
    """A rule could not be evaluated, so nobody knows whether the data is good: the batch must stop.

    The message names the rule, the kind of error and the place in the code, and no value of the record.
    """

    code = "batch.rule_failed"

    def __init__(self, rule_id: str, error: str, where: str = "") -> None:
        self.rule_id = rule_id
        place = f" at {where}" if where else ""
        super().__init__(
            f"rule {rule_id} could not be evaluated ({error}{place}); the batch was stopped and nothing of it was "
            "published. Mend the rule, prove it with its counter-example, then run the batch again."
        )


@lru_cache(maxsize=4096)
def intern_finding(rule: str, field: str, severity: Severity, stage: Stage, group: ErrorGroup) -> Finding:
    """Returns the one finding object with these parts: a batch of 100,000 warnings is one object counted often."""
    return Finding(rule, field, severity, stage, group)
