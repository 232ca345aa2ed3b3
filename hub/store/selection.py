"""Within one batch the newest row of a key wins; nothing here asks the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.store.rows import PublishRow
from hub.trust.keys import KeyRing


@dataclass(slots=True)
class Selection:
    """The newest row of each key, by number: a row's number is its place in `rows`.

    `values` holds the numbers' digits: first those of the rows, then those that only a link names.
    """

    rows: list[PublishRow]
    digests: list[bytes]
    values: list[str]
    links: dict[int, int]
    superseded: int
    repeated: int
    conflicts: list[int]


def select_newest(ring: KeyRing, rows: Sequence[PublishRow]) -> Selection:
    """Returns the newest row of each key, and what became of the others."""
    newest: dict[str, PublishRow] = {}
    ties: dict[str, list[PublishRow]] = {}
    superseded = 0
    for row in rows:
        other = newest.get(row.key)
        if other is None:
            newest[row.key] = row
            continue
        order, other_order = (row.source_version, row.correction), (other.source_version, other.correction)
        if order == other_order:
            ties.setdefault(row.key, []).append(row)
            continue
        if order > other_order:
            newest[row.key] = row
            superseded += 1 + len(ties.pop(row.key, ()))
        else:
            superseded += 1
    repeated, conflicts = 0, []
    for key, others in ties.items():
        first = _digest(ring, newest[key])
        if all(_digest(ring, other) == first for other in others):
            repeated += len(others)
        else:
            # Two contents under one version: nobody can say which is right.
            conflicts += [newest.pop(key).position, *(other.position for other in others)]
    kept = list(newest.values())
    values = list(newest)
    place = {value: number for number, value in enumerate(values)}
    links = {}
    for number, row in enumerate(kept):
        if row.replaced_by and row.replaced_by != row.key:
            links[number] = place.setdefault(row.replaced_by, len(place))
    values = list(place)
    return Selection(kept, [_digest(ring, row) for row in kept], values, links, superseded, repeated, conflicts)


def _digest(ring: KeyRing, row: PublishRow) -> bytes:
    facts = f"{row.status}\0{row.replaced_by or ''}\0{row.former_id or ''}\0".encode()
    return ring.digest(facts + row.document)
