"""Cross-row rules on enterprises: the rows of one batch against each other, in one pass each over plain columns.

An enterprise may come in several versions within a batch; rules about enterprises look at the newest of each code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from hub.quality.batch import Columns, Hits, contradicting_rows, findings_of, implausible_versions, newest_rows
from hub.quality.known import NOTHING, Known, Mentioned
from hub.quality.rules import Finding

COLUMNS: Final[tuple[str, ...]] = (
    "position",
    "version",
    "digest",
    "code",
    "kind",
    "status",
    "name.full",
    "founded_on",
    "capital",
    "office.province",
    "office.commune",
    "activities",
    "members",
    "representatives",
)
"""What the cross-row rules and the suite name, as `hub.quality.batch.COLUMNS` does for people; a list is a list of flat
items, or None."""


def mentions(columns: Columns) -> Mentioned:
    """Names the representatives of enterprises that are not closed, and the enterprises that own one."""
    status, representatives, members = columns["status"], columns["representatives"], columns["members"]
    newest = newest_rows(columns, "code").values()
    people = (each for row in newest if status[row] != "closed" for each in representatives[row] or ())
    owners = (each for row in newest for each in members[row] or ())
    return Mentioned(
        frozenset(number for each in people if (number := each.get("personal_id"))),
        frozenset(code for each in owners if (code := each.get("enterprise_code"))),
    )


def cross_row_findings(
    columns: Columns, *, now: datetime | None = None, known: Known = NOTHING
) -> dict[int, list[Finding]]:
    """Checks the enterprises of a batch against each other; findings by row index.

    Args:
        now: the moment after which no version can have been written, such as the end of the batch's window.
        known: what the store knows about the numbers that `mentions` names.

    Raises:
        RuleFailed: a rule could not be evaluated, as when a column is missing; the message holds no value.
    """

    def hits() -> dict[str, Hits]:
        newest = newest_rows(columns, "code")
        return {
            "duplicate.enterprise_code": contradicting_rows(columns, "code"),
            "outlier.version_time": implausible_versions(columns, "code", now),
            "reference.ownership_circle": _ownership_circles(columns, newest, known),
            "duplicate.enterprise_name": _same_name(columns, newest),
            "mismatch.representative_deceased": _dead_representatives(columns, newest, known),
        }

    return findings_of("duplicate.enterprise_code", hits)


def _same_name(columns: Columns, newest: Mapping[str, int]) -> Hits:
    """Two active enterprises of one name in one commune: one is registered twice, or nobody can tell them apart."""
    names, communes, status = columns["name.full"], columns["office.commune"], columns["status"]
    alike: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in newest.values():
        if status[row] == "active" and communes[row] is not None:
            alike[names[row].casefold(), communes[row]].append(row)
    for rows in alike.values():
        if len(rows) > 1:
            for row in rows:
                yield row, "name.full"


def _dead_representatives(columns: Columns, newest: Mapping[str, int], known: Known) -> Hits:
    """The population register calls a representative dead; an enterprise that is closed needs no other."""
    status, representatives = columns["status"], columns["representatives"]
    for row in newest.values():
        named = representatives[row] or ()
        if status[row] != "closed" and any(each.get("personal_id") in known.deceased for each in named):
            yield row, "representatives.personal_id"


def _ownership_circles(columns: Columns, newest: Mapping[str, int], known: Known) -> Hits:
    """Enterprises that own each other in the end; one that owns itself has a rule of its own.

    Of an enterprise that is in the batch the batch says who owns it, of any other the store.
    """
    owners: dict[str, list[str]] = {code: sorted(above) for code, above in known.owned_by.items() if code not in newest}
    members = columns["members"]
    for code, row in newest.items():
        if members[row]:
            named = {owner for member in members[row] if (owner := member.get("enterprise_code"))}
            if named:
                owners[code] = sorted(named)
    for circle in _circles(owners):
        for code in circle & newest.keys():
            yield newest[code], "members.enterprise_code"


def _circles(arrows: Mapping[str, Sequence[str]]) -> list[set[str]]:
    """Returns the groups of nodes that all lead to each other (Kosaraju): by a first walk they are put in order of
    leaving, and a second walk against the arrows, in the reverse of that order, stays within one group."""
    left: list[str] = []
    seen: set[str] = set()
    for start in arrows:
        path = [] if start in seen else [(start, iter(arrows[start]))]
        seen.add(start)
        while path:
            node, targets = path[-1]
            target = next((each for each in targets if each not in seen), None)
            if target is None:
                left.append(node)
                path.pop()
            else:
                seen.add(target)
                path.append((target, iter(arrows.get(target, ()))))
    against: dict[str, list[str]] = defaultdict(list)
    for source, targets_of in arrows.items():
        for each in targets_of:
            against[each].append(source)
    circles = []
    grouped: set[str] = set()
    for root in reversed(left):
        group, todo = set(), [root]
        while todo:
            node = todo.pop()
            if node not in grouped:
                grouped.add(node)
                group.add(node)
                todo += against.get(node, ())
        if len(group) > 1:
            circles.append(group)
    return circles
