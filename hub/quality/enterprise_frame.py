"""The data frame that the suite of enterprises looks at: indicators and figures derived from the columns of a batch.

As in `hub.quality.frame`, no name, number or date of a person goes in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.quality.frame import Derived

DERIVED: Final[Mapping[str, Derived]] = {}
"""Every column that an expectation on enterprises may name, and how it comes about."""
