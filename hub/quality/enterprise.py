"""One canonical enterprise as the row rules see it: dates read once, its people and owners as lists."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hub.quality.person import days_of, version_day

Item = Mapping[str, str]
"""One flat item of a list: an activity, an owner, a representative."""

DEPENDENT: Final = frozenset(("branch", "business_location"))
"""Kinds that exist only beside a parent."""
HOUSEHOLD: Final = "household_business"

_FIGURE: Final = re.compile(r"\d{1,30}(?:\.\d{1,10})?", re.ASCII)


def figure(text: str | None) -> float | None:
    """Reads an amount or a ratio; None when there is none."""
    return float(text) if text is not None and _FIGURE.fullmatch(text) else None


class EnterpriseView:
    """What the row rules ask about one record; `get` reads any other key."""

    __slots__ = (
        "amended",
        "code",
        "faults",
        "founded",
        "get",
        "kind",
        "members",
        "parent",
        "representatives",
        "today",
    )

    def __init__(self, record: Mapping[str, Any], version_ms: int) -> None:
        get = self.get = record.get
        self.code: str = get("code", "")
        self.kind: str = get("kind", "")
        self.parent: str | None = get("parent_code")
        founded, amended = get("founded_on"), get("amended_on")
        self.founded = None if founded is None else days_of(founded)
        self.amended = None if amended is None else days_of(amended)
        self.members: Sequence[Item] = get("members", ())
        self.representatives: Sequence[Item] = get("representatives", ())
        self.today = version_day(version_ms)
        self.faults: dict[str, tuple[str, ...]] | None = None
