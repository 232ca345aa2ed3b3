"""Answering roles: which enterprises a person represents or owns, as those enterprises' own records say.

A list is released as far as it is known; `complete` says whether the hub's copy of the register may miss an enterprise.
An empty list is `none_on_file` only when it can't, and otherwise nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from hub.exchange.found import Fields, HeldRoles, StoredRecord
from hub.exchange.match import Claim
from hub.exchange.needs import REPRESENTS

_ITEMS = {"role.represents": "representatives", "role.owns": "members"}
_OWN = {"role.represents": "position", "role.owns": "ratio"}


def listed(name: str, held: HeldRoles, claim: Claim) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Returns the enterprises of a role by their codes, and the list's provenance; both are empty if there is none."""
    records = held.represents if name == REPRESENTS else held.owns
    if not records:
        return [], {}
    ordered = sorted(records, key=lambda record: str(record.fields["code"]))
    value = [_item(name, record.fields, claim) for record in ordered]
    provenance: dict[str, Any] = {
        "source": records[0].source,
        # As new as its newest part, and as old as the part that was fetched longest ago.
        "updated_at": instant(max(record.source_version for record in records)),
        "fetched_at": min(record.fetched_at for record in records),
        "freshness": "stored",
    }
    return value, provenance


def oldest(records: Iterable[StoredRecord]) -> StoredRecord:
    """Returns the record that was fetched longest ago."""
    return min(records, key=lambda record: record.fetched_at)


def represents(held: HeldRoles, claim: Claim, enterprise: Fields) -> str | None:
    """Tells, yes or no, whether an enterprise names a person as its representative; None when that is open.

    It is open while the enterprise names somebody without a number: that may be the very person.
    """
    named = enterprise.get("representatives", [])
    if held.represented or any(each.get("personal_id") == claim.personal_id for each in named):
        return "yes"
    return "no" if named and all("personal_id" in each for each in named) else None


def instant(milliseconds: int) -> datetime:
    """Turns a register's version into a time."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _item(name: str, enterprise: Fields, claim: Claim) -> dict[str, Any]:
    item = {
        "enterprise_code": enterprise["code"],
        "name": enterprise["name.full"],
        "kind": enterprise["kind"],
        "status": enterprise["status"],
    }
    entries = enterprise.get(_ITEMS[name], [])
    # By the number alone: a namesake's position or share could be taken for that of a person under an older number.
    entry = next((each for each in entries if each.get("personal_id") == claim.personal_id), None)
    if entry is not None and _OWN[name] in entry:
        item[_OWN[name]] = entry[_OWN[name]]
    return item
