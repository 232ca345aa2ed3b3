"""The rules of each kind of record, so that the pipeline asks for a kind and names no rule's module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.quality import batch, enterprise_batch, enterprise_frame, rules
from hub.quality.expectations import load_expectations
from hub.quality.rule import Finding
from hub.quality.suite import Columns, SuiteResult, run_expectations, run_suite


@dataclass(frozen=True, slots=True)
class Ruleset:
    """What one kind of record is checked by.

    `key` is the column that names a record, `columns` what `cross_row_findings` (called with `now=`) and `run_suite`
    want of a batch. Each raises RuleFailed when a rule could not be evaluated.
    """

    kind: str
    key: str
    columns: tuple[str, ...]
    row_findings: Callable[[Mapping[str, Any], int], list[Finding]]
    cross_row_findings: Callable[..., dict[int, list[Finding]]]
    run_suite: Callable[[Columns], SuiteResult]


def _run_organisation_suite(columns: Columns) -> SuiteResult:
    return run_expectations(load_expectations("organisation"), columns, enterprise_frame.DERIVED)


_RULESETS: Final[Mapping[str, Ruleset]] = {
    each.kind: each
    for each in (
        Ruleset("person", "personal_id", batch.COLUMNS, rules.row_findings, batch.cross_row_findings, run_suite),
        Ruleset(
            "organisation",
            "code",
            enterprise_batch.COLUMNS,
            rules.organisation_findings,
            enterprise_batch.cross_row_findings,
            _run_organisation_suite,
        ),
    )
}


def ruleset(kind: str) -> Ruleset:
    """Returns the rules for records of a kind: `person` or `organisation`.

    Raises:
        LookupError: no rules are written for that kind.
    """
    if kind not in _RULESETS:
        raise LookupError(f"no rules are written for records of kind {kind!r}: add them to hub/quality/rulesets.py")
    return _RULESETS[kind]
