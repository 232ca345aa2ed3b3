"""Every connector keeps the rules: its case in `cases/` ends in a line for each of its questions and feeds."""

from __future__ import annotations

from connectors import registry
from tests.conformance import LINES
from tests.conformance.cases import lines
from tests.conformance.suite import without_line

globals().update(lines())


def test_every_query_and_feed_has_its_line() -> None:
    """What is found in the registry and not here would be held to nothing."""
    assert without_line(registry(), LINES) == []
