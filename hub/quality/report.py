"""The validation report of one batch: HTML in Vietnamese and English, and the same as JSON.

It shows counts, rules and what to do next, and never a value of a record: it gets none.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from hub.quality.report_words import LANGUAGES, WORDS, Language, decimal, number, percent
from hub.quality.rule import ErrorGroup, Severity, Wording
from hub.quality.rules import RULES
from schemas.canonical import kinds

OUTCOMES: Final = ("published", "unchanged", "superseded", "quarantined", "duplicate", "filtered")
"""What can become of a fetched record, in the order of the account."""

_LOCAL: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_SEVERITIES: Final = (Severity.STOP, Severity.QUARANTINE, Severity.WARN)


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many records of a batch broke a rule in a field."""

    rule: str
    field: str
    severity: str
    group: str
    records: int


@dataclass(frozen=True, slots=True)
class ReportInput:
    """Everything that a report says about a batch; `suite` is what `SuiteResult.as_json` returned, `kind` the kind of
    its records."""

    feed: str
    batch_id: str
    state: str
    since: datetime
    until: datetime
    made_at: datetime
    scope: str
    legal_basis: str
    ledger: Mapping[str, int] | None
    counts: Sequence[RuleCount]
    suite: Mapping[str, Any] | None
    mapping_version: int | None
    rules_version: str | None
    parked_rule: str | None = None
    decision: str | None = None
    decided_at: datetime | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    kind: str = "person"

    def balanced(self) -> bool:
        """Whether every fetched record is accounted for exactly once."""
        return self.ledger is not None and self.ledger["fetched"] == sum(self.ledger[name] for name in OUTCOMES)


def build_report(report: ReportInput, language: Language) -> str:
    """Returns the report as one self-contained HTML page."""
    words = WORDS[language]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            t=words,
            language=language,
            other=next(each for each in LANGUAGES if each != language),
            sections=_sections(report, language),
            groups=_groups(report),
            expectations=_expectations(report, language),
            parked=None if report.parked_rule is None else wording(report.parked_rule, language),
            outcomes=OUTCOMES,
            rules=len(RULES),
            number=lambda value: number(language, value),
            percent=lambda part, whole: percent(language, part, whole),
            local=lambda moment: local_time(moment, language),
        )
    )


def report_json(report: ReportInput) -> dict[str, Any]:
    """Returns the report as plain JSON: the same counts, for programs."""
    return {
        "feed": report.feed,
        "batch": report.batch_id,
        "state": report.state,
        "window": {"since": report.since.isoformat(), "until": report.until.isoformat()},
        "made_at": report.made_at.isoformat(),
        "scope": report.scope,
        "legal_basis": report.legal_basis,
        "mapping_version": report.mapping_version,
        "rules_version": report.rules_version,
        "ledger": None if report.ledger is None else {name: report.ledger[name] for name in ("fetched", *OUTCOMES)},
        "balanced": report.balanced(),
        "parked_rule": report.parked_rule,
        "decision": report.decision,
        "findings": [
            {
                "rule": each.rule,
                "field": each.field,
                "severity": each.severity,
                "group": each.group,
                "records": each.records,
                "text": {language: wording(each.rule, language).what for language in LANGUAGES},
                "next": {language: wording(each.rule, language).next for language in LANGUAGES},
            }
            for each in report.counts
        ],
        "suite": report.suite,
    }


def write_report(report: ReportInput, directory: Path) -> dict[str, Path]:
    """Writes `report.vi.html`, `report.en.html` and `report.json` into a directory and returns their paths by kind."""
    directory.mkdir(parents=True, exist_ok=True)
    paths: dict[str, Path] = {}
    for language in LANGUAGES:
        paths[language] = directory / f"report.{language}.html"
        paths[language].write_text(build_report(report, language), encoding="utf-8")
    paths["json"] = directory / "report.json"
    paths["json"].write_text(json.dumps(report_json(report), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return paths


def wording(rule_id: str, language: Language) -> Wording:
    """Returns what a rule says in a language; a rule that has since left the catalogue is named as such."""
    rule = RULES.get(rule_id)
    if rule is None:
        return Wording(WORDS[language]["unknown_rule"], WORDS[language]["see_version"])
    return rule.vi if language == "vi" else rule.en


def field_label(field: str, language: Language, kind: str = "person") -> str:
    """Returns what people call a field of a kind of record, or nothing."""
    parts, labels = field.split("."), kinds()[kind].attributes
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        words = labels.get(name)
        if words is not None:
            return words[LANGUAGES.index(language)]
    return ""


def local_time(moment: datetime, language: Language) -> str:
    """Writes a moment as people in Viet Nam read it."""
    return f"{moment.astimezone(_LOCAL):{'%d/%m/%Y %H:%M' if language == 'vi' else '%Y-%m-%d %H:%M'}}"


def _sections(report: ReportInput, language: Language) -> list[tuple[Severity, list[dict[str, Any]]]]:
    """Groups the counts by severity, the gravest first, the most frequent on top."""
    sections = []
    for severity in _SEVERITIES:
        counts = [each for each in report.counts if each.severity == severity]
        rows = [
            {
                "count": each,
                "label": field_label(each.field, language, report.kind),
                "text": wording(each.rule, language),
                "source": RULES[each.rule].source if each.rule in RULES else "",
            }
            for each in sorted(counts, key=lambda each: (-each.records, each.rule, each.field))
        ]
        if rows:
            sections.append((severity, rows))
    return sections


def _groups(report: ReportInput) -> list[tuple[str, int]]:
    totals: Counter[str] = Counter()
    for each in report.counts:
        totals[each.group] += each.records
    return [(group.value, totals[group.value]) for group in ErrorGroup]


def _expectations(report: ReportInput, language: Language) -> list[dict[str, Any]]:
    """Lists the suite's results: failures first, then what passed, then what had too few records."""
    if report.suite is None:
        return []
    rows = [
        {
            "rule": each["rule"],
            "verdict": "passed" if each["success"] else "failed",
            "values": each["rows"],
            "observed": _observed(each, language),
            "text": wording(each["rule"], language),
        }
        for each in sorted(report.suite["evaluated"], key=lambda each: each["success"])
    ]
    for rule, values in report.suite["not_evaluated"].items():
        text = wording(rule, language)
        rows.append({"rule": rule, "verdict": "not_evaluated", "values": values, "observed": "", "text": text})
    return rows


def _observed(result: Mapping[str, Any], language: Language) -> str:
    observed, unexpected = result["observed"], result["unexpected"]
    if isinstance(observed, Mapping):
        return " · ".join(f"{value:.0f}" for value in observed["values"])
    if observed is not None:
        whole = float(observed).is_integer() and abs(observed) > 1
        return decimal(language, observed, 0 if whole else 3)
    return "" if unexpected is None else number(language, unexpected)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("hub.quality", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
