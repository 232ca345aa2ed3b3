"""Runs the Great Expectations suite of a batch and turns its results into findings.

Great Expectations takes seconds to import, so that happens in the call. Its results lose every unexpected and observed
value here, before anything is kept: what remains are verdicts, counts and figures over many records.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from hub.quality.expectations import Expectation, load_expectations
from hub.quality.frame import DERIVED, Derived, build_frame, count_values
from hub.quality.rule import Finding, RuleFailed, intern_finding

if TYPE_CHECKING:
    import pandas as pd

Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """What one expectation said about a batch, without a value of any record.

    `observed` holds figures over many records only: a mean, a count, quantiles.
    """

    rule: str
    success: bool
    rows: int
    unexpected: int | None = None
    observed: float | Mapping[str, Sequence[float]] | None = None


@dataclass(slots=True)
class SuiteResult:
    """What the suite said about a batch.

    `findings` go by row index, `batch_failures` concern the batch as a whole: of severity stop they park it.
    `not_evaluated` names expectations with too few values, and how many there were.
    """

    findings: dict[int, list[Finding]] = field(default_factory=dict)
    batch_failures: list[Finding] = field(default_factory=list)
    evaluated: list[ExpectationResult] = field(default_factory=list)
    not_evaluated: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Returns what reports and Data Docs are later made of: plain JSON without a value of any record."""
        return {
            "evaluated": [asdict(result) for result in self.evaluated],
            "not_evaluated": dict(self.not_evaluated),
        }


def run_suite(columns: Columns) -> SuiteResult:
    """Runs the suite of people once over the columns of a batch (see `hub.quality.batch.COLUMNS`).

    Raises:
        RuleFailed: an expectation could not be evaluated, as when its column is missing; no value is shown.
    """
    return run_expectations(load_expectations(), columns)


def run_expectations(
    expectations: Sequence[Expectation], columns: Columns, derived: Mapping[str, Derived] = DERIVED
) -> SuiteResult:
    """Runs some expectations over the columns of a batch, as `run_suite` does with all of the suite of people.

    `derived` tells how the columns that the expectations name come about.
    """
    result = SuiteResult()
    try:
        frame = build_frame(columns, [name for each in expectations for name in each.columns], derived)
        rows = {each.rule.id: count_values(frame, each.column, each.condition) for each in expectations}
    except Exception as error:
        raise RuleFailed("suite.frame", type(error).__name__) from None
    ready = [each for each in expectations if rows[each.rule.id] >= each.min_rows]
    result.not_evaluated = {each.rule.id: rows[each.rule.id] for each in expectations if each not in ready}
    if ready:
        by_row: dict[int, list[Finding]] = defaultdict(list)
        answers = _validate(ready, frame)
        for each in ready:
            result.evaluated.append(_read(each, answers[each.rule.id], rows[each.rule.id], result, by_row))
        result.findings = dict(by_row)
    return result


def _validate(expectations: Sequence[Expectation], frame: pd.DataFrame) -> dict[str, Any]:
    """Returns the raw result of each expectation by rule id: they come back in no particular order."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults

    first = expectations[0].rule.id
    try:
        # The plain ephemeral context makes a folder for its documents in the system's temporary one.
        defaults = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
        config = DataContextConfig(store_backend_defaults=defaults, progress_bars={"globally": False})
        context = gx.get_context(project_config=config, mode="ephemeral")
        asset = context.data_sources.add_pandas("hub").add_dataframe_asset("batch")
        batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})
        suite = gx.ExpectationSuite(name="suite", expectations=[dict(each.config) for each in expectations])
        # Not through a validation definition: that stores the raw results, values and all, in its context.
        # No index columns: plain row numbers come back seventy times faster.
        answer = batch.validate(suite, result_format={"result_format": "COMPLETE"})
    except Exception as error:
        raise RuleFailed(first, type(error).__name__) from None
    answers = {each.expectation_config.meta["rule_id"]: each for each in answer.results}
    for each in expectations:
        if each.rule.id not in answers:
            raise RuleFailed(each.rule.id, "no result")
    return answers


def _read(
    expectation: Expectation, answer: Any, rows: int, result: SuiteResult, by_row: dict[int, list[Finding]]
) -> ExpectationResult:
    """Turns one raw result into findings and keeps of it what shows no value."""
    rule = expectation.rule
    details: Mapping[str, Any] = answer.result or {}
    if _raised(answer.exception_info) or not details:
        raise RuleFailed(rule.id, "the expectation raised an error")
    name = rule.fields[0] if rule.fields else ""
    finding = intern_finding(rule.id, name, rule.severity, rule.stage, rule.group)
    success = bool(answer.success)
    unexpected = details.get("unexpected_index_list")
    if not success and unexpected:
        for row in unexpected:
            by_row[int(row)].append(finding)
    elif not success:
        result.batch_failures.append(finding)
    count = details.get("unexpected_count")
    return ExpectationResult(
        rule.id, success, rows, None if count is None else int(count), figures(details.get("observed_value"))
    )


def _raised(info: Mapping[str, Any] | None) -> bool:
    """Tells whether an expectation failed to run; the mapping is flat, or one entry for each metric."""
    entries = [info] if info and "raised_exception" in info else list((info or {}).values())
    return any(isinstance(entry, Mapping) and entry.get("raised_exception") for entry in entries)


def figures(observed: Any) -> float | dict[str, list[float]] | None:
    """Returns an observed value if it is a figure or quantiles, and None for anything that could be someone's value."""
    if hasattr(observed, "item"):
        observed = observed.item()
    if isinstance(observed, bool) or observed is None:
        return None
    if isinstance(observed, int | float):
        return float(observed)
    if isinstance(observed, Mapping) and set(observed) == {"quantiles", "values"}:
        values = {key: [figures(value) for value in observed[key]] for key in ("quantiles", "values")}
        if all(isinstance(value, float) for series in values.values() for value in series):
            return {
                key: [float(value) for value in series if isinstance(value, float)] for key, series in values.items()
            }
    return None
