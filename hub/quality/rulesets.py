"""The rules of each kind of record, so that the pipeline asks for a kind and names no rule's module.

A kind has rules of its own when it is listed here with them; every other one is checked by what holds for any record
(`hub.quality.record_batch`), and by the suite of its own that `schemas/expectations/<prefix>.json` may hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

from hub.quality import batch, enterprise_batch, enterprise_frame, record_batch, rules
from hub.quality.expectations import load_expectations, load_suite, suite_of
from hub.quality.known import Mentioned
from hub.quality.rule import Finding
from hub.quality.suite import Columns, SuiteResult, run_expectations, run_suite
from schemas.canonical import Kind, kinds


@dataclass(frozen=True, slots=True)
class Ruleset:
    """What one kind of record is checked by.

    `key` is the column that names a record, `columns` what `cross_row_findings` (called with `now=` and `known=`) and
    `run_suite` want of a batch. Each raises RuleFailed when a rule could not be evaluated. `mentions` names the numbers
    of a batch that its rules want something known of; without it they ask nothing.
    """

    kind: str
    key: str
    columns: tuple[str, ...]
    row_findings: Callable[[Mapping[str, Any], int], list[Finding]]
    cross_row_findings: Callable[..., dict[int, list[Finding]]]
    run_suite: Callable[[Columns], SuiteResult]
    mentions: Callable[[Columns], Mentioned] | None = None


def _run_organisation_suite(columns: Columns) -> SuiteResult:
    return run_expectations(load_expectations("organisation"), columns, enterprise_frame.DERIVED)


_OWN: Final[Mapping[str, Ruleset]] = {
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
            enterprise_batch.mentions,
        ),
    )
}


@cache
def ruleset(kind: str) -> Ruleset:
    """Returns the rules for records of a kind.

    Raises:
        LookupError: there is no such kind.
    """
    if kind in _OWN:
        return _OWN[kind]
    if kind not in kinds():
        raise LookupError(f"there is no kind of record {kind!r}: a module of schemas/canonical/ defines it")
    return any_kind(kinds()[kind])


def any_kind(kind: Kind) -> Ruleset:
    """Returns what every kind is checked by that has no rules of its own."""
    return Ruleset(
        kind.name,
        kind.key,
        record_batch.columns_of(kind),
        record_batch.no_row_findings,
        partial(record_batch.cross_row_findings, key=kind.key),
        partial(_run_suite_of, kind),
    )


def _run_suite_of(kind: Kind, columns: Columns) -> SuiteResult:
    return run_expectations(load_suite(suite_of(kind.prefix)), columns, record_batch.derived_of(kind))
