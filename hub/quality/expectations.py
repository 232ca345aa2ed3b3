"""The batch suites as data: reads `schemas/expectations/*.json` and makes a rule of each expectation.

A kind of record has the suite that is called as its prefix, or else the one for records of any kind.
The files are Great Expectations suites. The `meta` of an expectation carries what every rule has, and `min_rows`: with
fewer values a share or a distribution says nothing, so that the expectation is reported as not evaluated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import schemas
from hub.quality.rule import CounterExample, ErrorGroup, Rule, Severity, Stage, Wording
from schemas.canonical import kinds

ANY_KIND: Final = "record"
"""The suite of the kinds that have none of their own."""

_FOLDER: Final = Path(schemas.__file__).parent / "expectations"


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation of the suite: its rule, and its configuration as Great Expectations takes it."""

    rule: Rule
    config: Mapping[str, Any]
    min_rows: int

    @property
    def column(self) -> str:
        """The column of the batch frame that it looks at."""
        return str(self.config["kwargs"]["column"])

    @property
    def condition(self) -> Mapping[str, Any] | None:
        """The comparison that selects the rows it looks at, or None for all."""
        condition: Mapping[str, Any] | None = self.config["kwargs"].get("row_condition")
        return condition

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the batch frame that it names."""
        return (self.column,) if self.condition is None else (self.column, str(self.condition["column"]["name"]))


def suite_names() -> list[str]:
    """Lists all suites by the names of their files."""
    return sorted(file.stem for file in _FOLDER.glob("*.json"))


def suite_of(prefix: str) -> str:
    """Returns the name of the suite of the kind of record with this prefix."""
    return prefix if (_FOLDER / f"{prefix}.json").is_file() else ANY_KIND


def suite_source(name: str) -> bytes:
    """Returns the file of a suite as it is, for the version of the rules."""
    return (_FOLDER / f"{name}.json").read_bytes()


def load_expectations(kind: str = "person") -> tuple[Expectation, ...]:
    """Reads the suite of a kind of canonical record; raises as `load_suite` does."""
    return load_suite(suite_of(kinds()[kind].prefix))


@cache
def load_suite(name: str) -> tuple[Expectation, ...]:
    """Reads a suite; once a process.

    Raises:
        ValueError: an expectation lacks a part that every rule has.
    """
    return tuple(parse_expectation(config) for config in json.loads(suite_source(name))["expectations"])


def parse_expectation(config: Mapping[str, Any]) -> Expectation:
    """Makes an expectation and its rule of one entry of a suite file.

    Raises:
        ValueError: a part that every rule has is missing.
    """
    meta = config.get("meta", {})
    try:
        rule = Rule(
            id=meta["rule_id"],
            group=ErrorGroup(meta["group"]),
            severity=Severity(meta["severity"]),
            stage=Stage.BATCH,
            fields=tuple(meta["fields"]),
            vi=Wording(**meta["vi"]),
            en=Wording(**meta["en"]),
            source=meta["source"],
            counter_example=CounterExample("rows", (meta["counter_example"],)),
        )
        return Expectation(rule, config, int(meta["min_rows"]))
    except (KeyError, TypeError) as error:
        name = meta.get("rule_id", config.get("type", "an expectation"))
        raise ValueError(f"{name}: its meta lacks or misspells {error}") from None
