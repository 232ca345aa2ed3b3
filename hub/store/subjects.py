"""Subjects: claimed by a dossier, asked after by a feed, erased when the law says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import asyncpg
import psycopg

from hub.store.retired_keys import LOCK_ALONE, usable_versions, usable_versions_async
from hub.store.roles import NOBODY
from hub.trust.keys import KeyRing
from hub.trust.sealing import identifier_aad, new_data_key, seal, subject_aad
from schemas.canonical import SCHEMES, Subject

# The scheme goes into the blind index; the condition on it is the partial index's.
_FIND = """
select subject_id from hub.subject_identifier
 where scheme <> 'former_id' and blind_index = any($1::bytea[]) and key_version = any($2::smallint[]) limit 1
"""
# A merge takes this lock alone: the subject stays who it is until the claim's transaction has ended.
_HOLD = "select pg_advisory_xact_lock_shared(hashtextextended('hub.subject|' || $1::bigint, 0))"
_CREATE = """
with born as (insert into hub.subject (subject_id, kind) values ($1, $9)),
     keyed as (insert into hub.subject_key (subject_id, master_version, wrapped_key) values ($1, $2, $3))
insert into hub.subject_identifier (identifier_id, key_version, scheme, blind_index, subject_id, status, sealed)
select $4, version, $8, blind, $1, 'claimed', $7
  from unnest($5::smallint[], $6::bytea[]) n (version, blind)
"""
_KNOWN = """
select n.number from unnest(%s::integer[], %s::smallint[], %s::bytea[]) n (number, version, blind)
  join hub.subject_identifier i
    on i.scheme = %s and i.key_version = n.version and i.blind_index = n.blind
 where exists (select from hub.dossier d where d.subject_id = i.subject_id)
    or exists (select from hub.dossier d where d.organisation_id = i.subject_id)
"""
_KEEP_NOBODYS = """
insert into hub.role (register, identifier_id, organisation_id, kind, holder_id)
select distinct register, identifier_id, organisation_id, kind, %(nobody)s::bigint from hub.role
 where organisation_id = %(subject)s or holder_id = %(subject)s
    on conflict do nothing
"""

if TYPE_CHECKING:
    # asyncpg's classes are generic in its stubs only.
    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]


async def indexes(
    conn: Connection, ring: KeyRing, number: str, kind: Subject = "person"
) -> tuple[list[int], list[bytes]]:
    """Returns the blind indexes of a person's or organisation's number under every usable version, and those versions.

    Raises:
        KeyRefused: this process holds only retired keys.
    """
    versions = await usable_versions_async(conn, ring)
    return versions, [ring.blind_index(version, SCHEMES[kind], number) for version in versions]


async def claim(conn: Connection, ring: KeyRing, number: str, kind: Subject = "person") -> int:
    """Returns the subject of a person's or organisation's number, and creates it when the number was never seen.

    Runs inside the caller's transaction, and keeps the subject from being merged into another one until it ends: a
    dossier that is inserted in that transaction stands with the right subject.

    Raises:
        KeyRefused: this process holds only retired keys.
    """
    versions, blinds = await indexes(conn, ring, number, kind)
    while True:
        subject_id = await conn.fetchval(_FIND, blinds, versions)
        if subject_id is None:
            subject_id = await _create(conn, ring, number, kind, versions, blinds)
            if subject_id is not None:
                return int(subject_id)
            continue
        await conn.execute(_HOLD, subject_id)
        if await conn.fetchval(_FIND, blinds, versions) == subject_id:
            return int(subject_id)


async def _create(
    conn: Connection, ring: KeyRing, number: str, kind: Subject, versions: list[int], blinds: list[bytes]
) -> int | None:
    """Creates a subject for a number; None when somebody else did meanwhile."""
    subject_id = await conn.fetchval("select nextval('hub.subject_id_seq')")
    identifier_id = await conn.fetchval("select nextval('hub.identifier_id_seq')")
    key = new_data_key()
    wrapped = ring.wrap(key, subject_aad(subject_id))
    sealed = seal(key, number.encode(), identifier_aad(identifier_id))
    try:
        async with conn.transaction():
            await conn.execute(_HOLD, subject_id)
            places = (identifier_id, versions, blinds, sealed, SCHEMES[kind], kind)
            await conn.execute(_CREATE, subject_id, ring.master_version, wrapped, *places)
    except asyncpg.UniqueViolationError:
        return None
    return int(subject_id)


def known(conn: psycopg.Connection[Any], ring: KeyRing, scheme: str, keys: Sequence[str]) -> set[str]:
    """Returns those of the numbers of a scheme whose subject stands in a dossier: the feed scope `known_subjects`."""
    versions = usable_versions(conn, ring)
    numbers = [(place, version) for place in range(len(keys)) for version in versions]
    blinds = [ring.blind_index(version, scheme, keys[place]) for place, version in numbers]
    places = [place for place, _ in numbers]
    rows = conn.execute(_KNOWN, (places, [version for _, version in numbers], blinds, scheme))
    return {keys[place] for (place,) in rows}


def erase(conn: psycopg.Connection[Any], subject_id: int) -> None:
    """Erases a subject: destroys its data key, and deletes its numbers, records, versions and roles.

    That an enterprise has a role which the hub no longer knows stays, as nobody's: a list of roles may lack it.

    With the key gone, what backups and WAL still hold of its records and numbers opens for nobody. The subject's row
    stays, without a link to a person, because the exchange log names it. Runs as role retention, in the caller's
    transaction.

    Raises:
        LookupError: there is no such subject, or it was erased before.
    """
    # Alone: a publish or a claim that is under way may be about to seal under this key.
    conn.execute(LOCK_ALONE)
    marked = conn.execute(
        "update hub.subject set erased_at = now() where subject_id = %s and erased_at is null", (subject_id,)
    )
    if marked.rowcount != 1:
        raise LookupError(f"no subject {subject_id} to erase")
    conn.execute("delete from hub.subject_key where subject_id = %s", (subject_id,))
    conn.execute("delete from hub.subject_identifier where subject_id = %s", (subject_id,))
    conn.execute("delete from hub.record where subject_id = %s", (subject_id,))
    conn.execute("delete from hub.record_version where subject_id = %s", (subject_id,))
    conn.execute(_KEEP_NOBODYS, {"subject": subject_id, "nobody": NOBODY})
    conn.execute("delete from hub.role where organisation_id = %s and holder_id <> %s", (subject_id, NOBODY))
    conn.execute("delete from hub.role where holder_id = %s", (subject_id,))
