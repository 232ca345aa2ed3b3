"""Who owns whom among enterprises, walked up from some of them through what the store holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg

from hub.store.holders import find_subjects
from hub.store.identity import open_ciphers
from hub.store.retired_keys import usable_versions
from hub.trust.keys import KeyRing
from hub.trust.sealing import identifier_aad, unseal_with
from schemas.canonical import SCHEMES

DEPTH = 20
"""How many owners of owners are followed; the longest real chains of groups of companies have about ten."""

# People own enterprises and nobody owns them: they end a chain and close no circle.
_OWNERS = """
with recursive up (subject_id, depth) as (
    select subject_id, 0 from unnest(%(starts)s::bigint[]) n (subject_id)
    union
    select r.holder_id, up.depth + 1
      from up
      join hub.role r on r.organisation_id = up.subject_id and r.kind = 'owns'
      join hub.subject s on s.subject_id = r.holder_id and s.kind = 'organisation'
     where up.depth < %(depth)s
)
select distinct r.organisation_id, r.holder_id
  from up
  join hub.role r on r.organisation_id = up.subject_id and r.kind = 'owns'
  join hub.subject s on s.subject_id = r.holder_id and s.kind = 'organisation'
"""
_CODES = """
select distinct on (i.identifier_id) i.identifier_id, i.subject_id, i.sealed
  from unnest(%(subjects)s::bigint[]) n (subject_id)
  join hub.subject_identifier i on i.subject_id = n.subject_id and i.scheme = %(scheme)s
 order by i.identifier_id
"""


def owners_above(
    conn: psycopg.Connection[Any], ring: KeyRing, codes: Sequence[str], *, depth: int = DEPTH
) -> dict[str, frozenset[str]]:
    """Returns which enterprises own each of some enterprises, and each of their owners in turn, all by code.

    Raises:
        KeyRefused: this process holds only retired keys.
    """
    versions = usable_versions(conn, ring)
    starts = find_subjects(conn, ring, versions, [("organisation", code) for code in codes])
    pairs = conn.execute(_OWNERS, {"starts": sorted(set(starts.values())), "depth": depth}).fetchall() if starts else []
    named = _codes(conn, ring, {subject_id for pair in pairs for subject_id in pair})
    owners: dict[str, set[str]] = {}
    for organisation_id, holder_id in pairs:
        for code in named.get(organisation_id, ()):
            owners.setdefault(code, set()).update(named.get(holder_id, ()))
    return {code: frozenset(above) for code, above in owners.items()}


def _codes(conn: psycopg.Connection[Any], ring: KeyRing, subject_ids: Iterable[int]) -> dict[int, list[str]]:
    wanted = sorted(subject_ids)
    if not wanted:
        return {}
    ciphers = open_ciphers(conn, ring, wanted)
    found: dict[int, list[str]] = {}
    parameters = {"subjects": wanted, "scheme": SCHEMES["organisation"]}
    for identifier_id, subject_id, sealed in conn.cursor(binary=True).execute(_CODES, parameters):
        if subject_id in ciphers:  # otherwise it was erased a moment ago
            code = unseal_with(ciphers[subject_id], sealed, identifier_aad(identifier_id)).decode()
            found.setdefault(subject_id, []).append(code)
    return found
