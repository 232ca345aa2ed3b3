"""The catalogue of rules, and the row rules at work on one record.

Every rule id that any stage of the pipeline may name stands here, so that each has a group, a severity, words in two
languages and a counter-example. `row_findings` runs the rules that look at one canonical person, and
`organisation_findings` those that look at one canonical enterprise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from hub.quality import (
    batch_rules,
    cross_row_rules,
    enterprise_batch_rules,
    record_batch_rules,
    row_dates,
    row_enterprise,
    row_enterprise_people,
    row_enterprise_text,
    row_identity,
    row_places,
    row_relations,
    row_text,
    wire_rules,
)
from hub.quality.enterprise import EnterpriseView
from hub.quality.expectations import load_suite, suite_names
from hub.quality.person import PersonView
from hub.quality.rule import (
    CounterExample,
    ErrorGroup,
    Finding,
    QualityError,
    RowCheck,
    Rule,
    RuleFailed,
    Severity,
    Stage,
    Wording,
    intern_finding,
)

__all__ = [
    "RULES",
    "CounterExample",
    "ErrorGroup",
    "Finding",
    "QualityError",
    "Rule",
    "RuleFailed",
    "Severity",
    "Stage",
    "Wording",
    "catalogue",
    "finding",
    "organisation_findings",
    "row_findings",
    "row_findings_by",
]


def catalogue(*themes: Iterable[Rule]) -> Mapping[str, Rule]:
    """Joins themes of rules into one catalogue by id, in order.

    Raises:
        ValueError: two rules share an id.
    """
    found: dict[str, Rule] = {}
    for theme in themes:
        for rule in theme:
            if rule.id in found:
                raise ValueError(f"two rules are called {rule.id}; a report could not tell them apart")
            found[rule.id] = rule
    return MappingProxyType(found)


_ORGANISATION_RULES: Final = (*row_enterprise_text.RULES, *row_enterprise.RULES, *row_enterprise_people.RULES)

# What is certainly wrong with the record itself comes before what follows from it: quarantine names the first finding.
RULES: Final = catalogue(
    wire_rules.RULES,
    row_text.RULES,
    row_identity.FORM_RULES,
    row_dates.RULES,
    row_identity.RULES,
    row_relations.RULES,
    row_places.RULES,
    _ORGANISATION_RULES,
    cross_row_rules.RULES,
    enterprise_batch_rules.RULES,
    record_batch_rules.RULES,
    batch_rules.RULES,
    (expectation.rule for name in suite_names() for expectation in load_suite(name)),
)
"""Every rule by its id; those of the batch suites come from `schemas/expectations`."""

_Checks = tuple[tuple[RowCheck, Rule], ...]
_View = Callable[[Mapping[str, Any], int], Any]


def _checks(rules: Iterable[Rule]) -> _Checks:
    return tuple((rule.check, rule) for rule in rules if rule.check is not None)


_NAME_CHECKS: Final = _checks(row_text.RULES)
_ORGANISATION_CHECKS: Final = _checks(_ORGANISATION_RULES)
_OTHER_CHECKS: Final = tuple(
    pair for pair in _checks(RULES.values()) if pair not in (*_NAME_CHECKS, *_ORGANISATION_CHECKS)
)


@lru_cache(maxsize=4096)
def finding(rule_id: str, field: str = "", *, severity: Severity | None = None) -> Finding:
    """Returns the finding of a rule in a field, with the rule's severity unless the feed's policy says another.

    Raises:
        LookupError: no such rule; a stage that names unknown rules is broken.
    """
    rule = RULES.get(rule_id)
    if rule is None:
        raise LookupError(f"no rule is called {rule_id!r}: add it to hub/quality before a stage names it")
    return intern_finding(rule.id, field, severity or rule.severity, rule.stage, rule.group)


def row_findings(record: Mapping[str, Any], version_ms: int) -> list[Finding]:
    """Checks one flat canonical person, as of the moment its source wrote it, by all row rules on people.

    Raises:
        RuleFailed: a rule could not be evaluated; its message holds no value.
    """
    return _run(None, record, version_ms)


def organisation_findings(record: Mapping[str, Any], version_ms: int) -> list[Finding]:
    """Checks one flat canonical enterprise as `row_findings` does a person, by all row rules on enterprises."""
    return _run(_ORGANISATION_CHECKS, record, version_ms, EnterpriseView)


def row_findings_by(
    rules: Iterable[Rule], record: Mapping[str, Any], version_ms: int, view: _View = PersonView
) -> list[Finding]:
    """Checks one record by some row rules of its kind, such as one that is being tried out."""
    return _run(_checks(rules), record, version_ms, view)


def _run(checks: _Checks | None, record: Mapping[str, Any], version_ms: int, view: _View = PersonView) -> list[Finding]:
    found: list[Finding] = []
    rule = None
    try:
        seen = view(record, version_ms)
        if checks is None:
            # One look settles all rules on names for nearly every record.
            checks = (*_NAME_CHECKS, *_OTHER_CHECKS) if row_text.name_faults(seen) else _OTHER_CHECKS
        for check, rule in checks:
            fields = check(seen)
            if fields:
                found += [finding(rule.id, field) for field in fields]
    except Exception as error:
        name = "record.view" if rule is None else rule.id
        raise RuleFailed(name, type(error).__name__, _where(error)) from None
    return found


def _where(error: BaseException) -> str:
    """Names file and line of the innermost frame; the traceback itself could show values."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
