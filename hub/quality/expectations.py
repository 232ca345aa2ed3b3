"""The batch suites as data: reads `schemas/expectations/*.json` and makes a rule of each expectation.

The files are Great Expectations suites. The `meta` of an expectation carries what every rule has, and `min_rows`: with
fewer values a share or a distribution says nothing, so that the expectation is reported as not evaluated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from hub.quality.rule import CounterExample, ErrorGroup, Rule, Severity, Stage, Wording

SUITES: Final[Mapping[str, str]] = {"person": "person", "organisation": "enterprise"}
"""The suite of each kind of record, by the name of its file."""


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


def suite_source(kind: str = "person") -> bytes:
    """Returns the file of a kind's suite as it is, for the version of the rules."""
    return resources.files("schemas").joinpath("expectations", f"{SUITES[kind]}.json").read_bytes()


@cache
def load_expectations(kind: str = "person") -> tuple[Expectation, ...]:
    """Reads the suite of a kind of canonical record; once a process.

    Raises:
        ValueError: an expectation lacks a part that every rule has.
    """
    return tuple(parse_expectation(config) for config in json.loads(suite_source(kind))["expectations"])


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
