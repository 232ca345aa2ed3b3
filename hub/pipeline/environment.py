"""Which numbers of a canonical record belong to another environment: those that the store would make subjects of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.guard import EnvironmentGuard
from schemas.canonical import SCHEMES, Holder, Kind


def foreign_field(
    guard: EnvironmentGuard, kind: Kind, record: Mapping[str, Any], holders: Sequence[Holder]
) -> str | None:
    """Returns the field of a record with a number of another environment; None when there is none.

    The code of an enterprise tells no environment, so those who stand behind it are looked at too.
    """
    if not guard.allows_key(record[kind.key], kind.scheme):
        return kind.key
    for holder in holders:
        if holder.number and not guard.allows_key(holder.number, SCHEMES[holder.subject]):
            return next(role.items for role in kind.roles if role.kind == holder.kind)
    return None
