"""Publishing: a checked batch becomes records, in the caller's transaction, by a guarded upsert.

The order of two versions of a record is (source version, correction, mapping version). A lower one never overwrites, an
equal content never writes, and what is replaced is kept in `record_version`. See `docs/decisions/` for the order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from struct import Struct
from typing import Any
from uuid import UUID

import psycopg

from hub.store import binary_copy
from hub.store.identity import Identities
from hub.store.retired_keys import usable_versions
from hub.store.roles import LOCK_MERGING, LOCK_WRITING
from hub.store.rows import PublishResult, PublishRow, Scope
from hub.store.selection import Selection, select_newest
from hub.store.staging import SOUGHT, Resolution, keep_plans_good, resolve
from hub.store.writing import Writer
from hub.trust.digests import index_payload
from hub.trust.keys import KeyRing
from schemas.canonical import Kind

__all__ = ["PublishResult", "PublishRow", "publish_rows"]

_ATTEMPTS = 20
_LOOKED_UP = Struct(">ii ih i32s").pack
_COMPARED = Struct(">ii ih i32s iq ii i32s").pack


def publish_rows(
    conn: psycopg.Connection[Any],
    ring: KeyRing,
    *,
    register: str,
    kind: Kind,
    batch_id: UUID,
    fetched_at: datetime,
    mapping_version: int,
    rows: Sequence[PublishRow],
) -> PublishResult:
    """Publishes the rows of one batch inside the caller's transaction (READ COMMITTED); the caller commits.

    Rows that the store holds already are not touched. `replaced_by` joins two numbers to one subject, and merges two
    subjects that turn out to be the same person; `former_id` may end up with two subjects. Records of a kind that does
    not govern its numbers join the subject of a number, and leave the number as it is: both are passed over there.

    Raises:
        KeyRefused: this process holds only retired keys.
    """
    scope = Scope(register, kind, batch_id, fetched_at, mapping_version)
    if not kind.governs:
        rows = [row._replace(replaced_by=None, former_id=None) for row in rows]
    selection = select_newest(ring, rows)
    with conn.transaction():
        # One publisher of a kind of record at a time; lookups and claims go on.
        conn.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"hub.publish|{register}|{kind.name}",))
        # Room to join and sort a whole batch in memory, until the caller's transaction ends.
        conn.execute("set local work_mem = '64MB'")
        # A batch is looked up by its keys; at the default price of a random page whole tables would be read instead.
        conn.execute("set local random_page_cost = 1.1")
        versions = usable_versions(conn, ring)
        if selection.links:
            conn.execute(LOCK_MERGING)
        elif kind.roles:
            conn.execute(LOCK_WRITING)
        resolution = _write(conn, ring, scope, selection, versions)
        counts = resolution.counts
        added = counts.get("new", 0) + counts.get("first", 0)
        keep_plans_good(conn, added)
    return PublishResult(
        published=added + counts.get("changed", 0),
        unchanged=counts.get("unchanged", 0) + counts.get("confirmed", 0) + selection.repeated,
        superseded=counts.get("superseded", 0) + selection.superseded,
        conflicts=sorted([*selection.conflicts, *(selection.rows[n].position for n in resolution.conflicts)]),
    )


def _write(
    conn: psycopg.Connection[Any], ring: KeyRing, scope: Scope, selection: Selection, versions: list[int]
) -> Resolution:
    indexes = [(version, ring.index(version)) for version in versions]
    payloads = [index_payload(scope.scheme, value) for value in selection.values]
    blinds = [[index(payload) for payload in payloads] for _, index in indexes]
    for _ in range(_ATTEMPTS):
        try:
            with conn.transaction():
                resolution = resolve(conn, _sought(selection, versions, blinds), scope)
                identities = Identities(conn, ring, scope, versions, blinds, selection.values, resolution.known)
                writer = Writer(conn, ring, scope, selection.rows, selection.digests, identities)
                _apply(resolution, selection, identities, writer)
                return resolution
        except psycopg.errors.UniqueViolation as error:
            # A dossier claimed one of the numbers meanwhile: the savepoint is back, and the claim is visible now.
            if error.diag.constraint_name != "identifier_number":
                raise
        except psycopg.errors.DeadlockDetected:
            # Another publish wrote the same numbers in another order: the savepoint is back, and lets it go on.
            continue
    raise RuntimeError(f"numbers of batch {scope.batch_id} were claimed {_ATTEMPTS} times while it was published")


def _sought(selection: Selection, versions: list[int], blinds: list[list[bytes]]) -> Iterator[bytes]:
    rows, digests = selection.rows, selection.digests
    head = binary_copy.count(len(SOUGHT))
    only_looked_up = binary_copy.NULL * 3
    for version, blind in zip(versions, blinds, strict=True):
        for number, row in enumerate(rows):
            place = (4, number, 2, version, 32, blind[number])
            yield head + _COMPARED(*place, 8, row.source_version, 4, row.correction, 32, digests[number])
        for number in range(len(rows), len(selection.values)):
            yield head + _LOOKED_UP(4, number, 2, version, 32, blind[number]) + only_looked_up


def _apply(resolution: Resolution, selection: Selection, identities: Identities, writer: Writer) -> None:
    newcomers = set(resolution.new)
    applied = newcomers.union(resolution.first, resolution.changed)
    links = {old: new for old, new in selection.links.items() if old in applied}
    if links:
        linked = identities.link(links, {number: selection.rows[number] for number in newcomers})
        resolution.first.extend(sorted(newcomers & linked))
        newcomers -= linked
    writer.write_newcomers(sorted(newcomers, key=identities.blinds[0].__getitem__))
    writer.write_known(resolution.first, resolution.changed)
    if writer.scope.kind.roles:
        writer.write_roles([*resolution.new, *resolution.first], resolution.changed)
