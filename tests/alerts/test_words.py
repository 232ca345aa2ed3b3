"""The words of alerts: both languages say the same things, and every one has its advice for the night."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub.alerts.conditions import CONDITIONS, Condition, fill
from hub.settings import ROOT

OPERATE = (ROOT / Path("docs/operate.md")).read_text(encoding="utf-8")


@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=lambda each: each.id)
def test_both_languages_name_the_same_facts(condition: Condition) -> None:
    """Neither language leaves out what the other one tells."""
    vi, en = (set(re.findall(r"\{(\w+)\}", f"{words.what} {words.do}")) for words in (condition.vi, condition.en))

    assert vi == en
    assert condition.vi.do and condition.en.do


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_alert_says_what_to_do_at_night(name: str) -> None:
    """Each condition has its row in the table for two in the morning."""
    assert f"| `{name}` |" in OPERATE


def test_a_fact_that_is_missing_does_not_silence_an_alert() -> None:
    """An alert that another version of the hub noted is told with a gap instead of not at all."""
    words = fill(CONDITIONS["feed.silent"], "en", "population.citizens", {})

    assert words.what == "Feed population.citizens has been silent for … h (limit: … h)"
