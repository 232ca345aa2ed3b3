"""Finds what a rule says about itself, wherever it is declared: in code, or as an expectation of the batch suite."""

from __future__ import annotations

from hub.quality.expectations import load_expectations
from hub.quality.rule import Rule
from hub.quality.rules import RULES


def explain(rule_id: str) -> Rule:
    """Returns a rule with its group, severity and its words in Vietnamese and English.

    Raises:
        LookupError: no rule has this id.
    """
    if rule_id in RULES:
        return RULES[rule_id]
    for expectation in load_expectations():
        if expectation.rule.id == rule_id:
            return expectation.rule
    raise LookupError(f"no rule is called {rule_id!r}")
