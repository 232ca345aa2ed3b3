"""Two subjects that turn out to be one person: everything of the one goes to the other, sealed anew."""

from __future__ import annotations

from typing import Any

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.trust.keys import KeyRing
from hub.trust.sealing import identifier_aad, record_aad, seal_with, subject_aad, unseal_with

LOCK_ALONE = "select pg_advisory_xact_lock(hashtextextended('hub.subject|' || %s, 0))"
"""Claims hold it shared while they register a dossier, so that no dossier is left behind with a merged subject."""

_RECORDS = "select register, kind, identifier_id, sealed from hub.record where subject_id = %s"
_VERSIONS = """
select register, kind, identifier_id, source_version, correction, mapping_version, sealed
  from hub.record_version where subject_id = %s
"""
_DOUBLES = """
delete from hub.subject_identifier one using hub.subject_identifier other
 where one.subject_id = %(source)s and other.subject_id = %(target)s and one.scheme = 'former_id'
   and other.scheme = one.scheme and other.key_version = one.key_version and other.blind_index = one.blind_index
"""
_DOUBLE_ROLES = """
delete from hub.role one using hub.role other
 where one.holder_id = %(source)s and other.holder_id = %(target)s and one.register = other.register
   and one.identifier_id = other.identifier_id and one.kind = other.kind
"""


def merge_subjects(conn: psycopg.Connection[Any], ring: KeyRing, source: int, target: int) -> None:
    """Moves records, versions, numbers, roles and dossiers of `source` to `target` and destroys the key of `source`.

    The exchange log keeps the old subject id, which `subject.merged_into` resolves.
    """
    for subject_id in sorted((source, target)):
        conn.execute(LOCK_ALONE, (subject_id,))
    old, new = _cipher(conn, ring, source), _cipher(conn, ring, target)

    def anew(sealed: bytes, aad: bytes) -> bytes:
        return seal_with(new, unseal_with(old, sealed, aad), aad)

    for register, kind, identifier_id, sealed in conn.execute(_RECORDS, (source,)).fetchall():
        conn.execute(
            """update hub.record set subject_id = %s, sealed = %s
                where register = %s and kind = %s and identifier_id = %s""",
            (target, anew(sealed, record_aad(register, kind, identifier_id)), register, kind, identifier_id),
        )
    for register, kind, identifier_id, *order, sealed in conn.execute(_VERSIONS, (source,)).fetchall():
        conn.execute(
            """update hub.record_version set subject_id = %s, sealed = %s
                where register = %s and kind = %s and identifier_id = %s
                  and source_version = %s and correction = %s and mapping_version = %s""",
            (target, anew(sealed, record_aad(register, kind, identifier_id)), register, kind, identifier_id, *order),
        )
    conn.execute(_DOUBLES, {"source": source, "target": target})
    numbers = "select distinct identifier_id, sealed from hub.subject_identifier where subject_id = %s"
    for identifier_id, sealed in conn.execute(numbers, (source,)).fetchall():
        conn.execute(
            "update hub.subject_identifier set subject_id = %s, sealed = %s where identifier_id = %s",
            (target, anew(sealed, identifier_aad(identifier_id)), identifier_id),
        )
    conn.execute(_DOUBLE_ROLES, {"source": source, "target": target})
    conn.execute("update hub.role set holder_id = %s where holder_id = %s", (target, source))
    conn.execute("update hub.role set organisation_id = %s where organisation_id = %s", (target, source))
    conn.execute("update hub.dossier set subject_id = %s where subject_id = %s", (target, source))
    conn.execute("update hub.dossier set organisation_id = %s where organisation_id = %s", (target, source))
    conn.execute(
        "update hub.subject set merged_into = %s where subject_id = %s or merged_into = %s", (target, source, source)
    )
    conn.execute("delete from hub.subject_key where subject_id = %s", (source,))


def _cipher(conn: psycopg.Connection[Any], ring: KeyRing, subject_id: int) -> AESGCM:
    row = conn.execute(
        "select master_version, wrapped_key from hub.subject_key where subject_id = %s", (subject_id,)
    ).fetchone()
    if row is None:
        raise LookupError(f"subject {subject_id} has no key: it was erased")
    return AESGCM(ring.unwrap(row[0], row[1], subject_aad(subject_id)))
