"""The data frame that the suite of enterprises looks at: indicators and figures derived from the columns of a batch.

As in `hub.quality.frame`, no name, code or number goes in, and of the lists only whether and how they are filled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from hub.quality.enterprise import DEPENDENT, HOUSEHOLD, Item, figure
from hub.quality.frame import Columns, Derived, is_one_of, token_of

_NO_FIRM: Final = DEPENDENT | {HOUSEHOLD}


def _is_filled(name: str) -> Derived:
    def derive(columns: Columns) -> list[int]:
        return [int(bool(value)) for value in columns[name]]

    return derive


def _of_firms(name: str, derive: Callable[[Any], float | None]) -> Derived:
    """A figure of a column for firms alone: branches, locations and household businesses have neither capital nor
    owners of their own."""

    def derive_all(columns: Columns) -> list[float | None]:
        rows = zip(columns["kind"], columns[name], strict=True)
        return [None if kind in _NO_FIRM else derive(value) for kind, value in rows]

    return derive_all


def _founded_year(columns: Columns) -> list[int | None]:
    return [int(text[:4]) if text is not None and text[:4].isdecimal() else None for text in columns["founded_on"]]


def _founded_is_january_first(columns: Columns) -> list[int | None]:
    return [
        int(text[5:] == "01-01") if text is not None and len(text) == 10 else None for text in columns["founded_on"]
    ]


def _active_is_represented(columns: Columns) -> list[int | None]:
    rows = zip(columns["status"], columns["representatives"], strict=True)
    return [int(bool(people)) if status == "active" else None for status, people in rows]


def _has_one_main_activity(columns: Columns) -> list[int | None]:
    return [
        int(sum(each.get("main") == "yes" for each in activities) == 1) if activities else None
        for activities in columns["activities"]
    ]


def _shares_are_whole(members: Sequence[Item] | None) -> float | None:
    shares = [figure(member.get("ratio")) for member in members or ()]
    known = [share for share in shares if share is not None]
    return float(99 <= sum(known) <= 101) if known and len(known) == len(shares) else None


def _name_token(columns: Columns) -> list[float]:
    return [token_of(name) for name in columns["name.full"]]


def _key_token(columns: Columns) -> list[float]:
    return [token_of(key) for key in zip(columns["code"], columns["version"], strict=True)]


DERIVED: Final[Mapping[str, Derived]] = {
    "status_is_closed": is_one_of("status", "closed"),
    "founded_year": _founded_year,
    "founded_is_january_first": _founded_is_january_first,
    "founded_is_known": _is_filled("founded_on"),
    "office_has_commune": _is_filled("office.commune"),
    "has_activity": _is_filled("activities"),
    "has_one_main_activity": _has_one_main_activity,
    "active_is_represented": _active_is_represented,
    "firm_has_owner": _of_firms("members", lambda members: float(bool(members))),
    "firm_capital": _of_firms("capital", figure),
    "firm_shares_are_whole": _of_firms("members", _shares_are_whole),
    "name_token": _name_token,
    "key_token": _key_token,
    "kind": lambda columns: columns["kind"],
    "office.province": lambda columns: columns["office.province"],
}
"""Every column that an expectation on enterprises may name, and how it comes about."""
