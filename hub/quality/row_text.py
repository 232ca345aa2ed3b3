"""Row rules on names."""

from __future__ import annotations

from typing import Final

from hub.quality.rule import Rule

RULES: Final[tuple[Rule, ...]] = ()
"""Rules on names."""
