"""Roles: who represents and who owns an enterprise, written with the record that says so.

Only the link stands here; position, share and name stay in the enterprise's sealed document. Those whom a record names
without a Vietnamese number stand as one row with `NOBODY` as its holder: whose roles are sought may be among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg

from hub.store.binary_copy import copy_packed, count, int8, text
from hub.store.holders import find_or_claim
from hub.store.rows import Scope
from hub.store.staging import Known
from hub.trust.keys import KeyRing
from schemas.canonical import Holder

NOBODY = 0
"""The holder of a role that is somebody's, but nobody can tell whose; no subject has this id."""

_COLUMNS = ("register", "kind", "identifier_id", "organisation_id", "holder_id")
_STORED = """
select r.identifier_id, r.kind, r.holder_id
  from hub.role r join unnest(%(places)s::bigint[]) n (identifier_id) on r.identifier_id = n.identifier_id
 where r.register = %(register)s
"""
_DELETE = """
delete from hub.role r
 using unnest(%(places)s::bigint[], %(kinds)s::text[], %(holders)s::bigint[]) n (identifier_id, kind, holder_id)
 where r.register = %(register)s and r.identifier_id = n.identifier_id and r.kind = n.kind
   and r.holder_id = n.holder_id
"""
# A publish that writes roles holds it shared, one that may merge subjects alone: a role never stands with a subject
# that was merged into another one meanwhile. Both take it before they write anything.
LOCK_WRITING = "select pg_advisory_xact_lock_shared(hashtext('hub.roles'))"
LOCK_MERGING = "select pg_advisory_xact_lock(hashtext('hub.roles'))"


def write_roles(
    conn: psycopg.Connection[Any],
    ring: KeyRing,
    scope: Scope,
    versions: list[int],
    written: Mapping[int, tuple[Known, tuple[Holder, ...]]],
    replaced: list[int],
) -> None:
    """Makes the roles of the records that were just written those that they say, and touches no row that stays.

    Args:
        written: where each record stands and who holds a role in its subject, by number.
        replaced: the identifiers of records that replaced another one, whose roles may have to go.
    """
    holders = {(holder.subject, holder.number) for _, roles in written.values() for holder in roles}
    subject_of = find_or_claim(conn, ring, versions, sorted(holder for holder in holders if holder[1]))
    wanted = {
        (place.identifier_id, role.kind, subject_of[role.subject, role.number] if role.number else NOBODY): (
            place.subject_id
        )
        for place, roles in written.values()
        for role in roles
    }
    parameters = {"register": scope.register, "places": sorted(replaced)}
    stored = set(conn.cursor(binary=True).execute(_STORED, parameters)) if replaced else set()
    gone = sorted(stored - wanted.keys())
    if gone:
        places, kinds, subjects = map(list, zip(*gone, strict=True))
        conn.execute(_DELETE, parameters | {"places": places, "kinds": kinds, "holders": subjects})
    _insert(conn, scope, {key: subject_id for key, subject_id in wanted.items() if key not in stored})


def _insert(conn: psycopg.Connection[Any], scope: Scope, roles: Mapping[tuple[int, str, int], int]) -> None:
    head = count(len(_COLUMNS)) + text(scope.register)

    def rows() -> Iterator[bytes]:
        for (identifier_id, kind, holder_id), organisation_id in sorted(roles.items()):
            yield b"".join((head, text(kind), int8(identifier_id), int8(organisation_id), int8(holder_id)))

    if roles:
        copy_packed(conn, "hub.role", _COLUMNS, rows())
