"""Roles for the tests of the store: who holds them, and what the table says, read back by numbers."""

from __future__ import annotations

from typing import Any

import psycopg

from hub.trust.keys import KeyRing
from hub.trust.sealing import identifier_aad, subject_aad, unseal
from schemas.canonical import Holder

_ROLES = "select organisation_id, kind, holder_id from hub.role where holder_id <> 0"
_NUMBERS = """
select i.identifier_id, i.subject_id, i.sealed, k.master_version, k.wrapped_key
  from hub.subject_identifier i join hub.subject_key k using (subject_id) where i.scheme <> 'former_id'
"""


def represents(number: str) -> Holder:
    """A person who represents the enterprise."""
    return Holder("represents", "person", number)


def owns(number: str) -> Holder:
    """A person who owns a part of the enterprise."""
    return Holder("owns", "person", number)


def parent(code: str) -> Holder:
    """An enterprise that owns a part of the enterprise."""
    return Holder("owns", "organisation", code)


def told(conn: psycopg.Connection[Any], ring: KeyRing) -> list[tuple[str, str, str]]:
    """Returns every role of somebody known: who, which role, in which enterprise; of two numbers the lower.

    Raises:
        KeyError: a role names a subject that has no number.
    """
    numbers: dict[int, str] = {}
    for identifier_id, subject_id, sealed, master, wrapped in conn.execute(_NUMBERS).fetchall():
        key = ring.unwrap(master, wrapped, subject_aad(subject_id))
        number = unseal(key, sealed, identifier_aad(identifier_id)).decode()
        numbers[subject_id] = min(number, numbers.get(subject_id, number))
    rows = conn.execute(_ROLES).fetchall()
    conn.rollback()
    return sorted((numbers[holder], kind, numbers[organisation]) for organisation, kind, holder in rows)


def written(conn: psycopg.Connection[Any]) -> set[tuple[Any, ...]]:
    """Returns every role row with the transaction that wrote it: an untouched row is the same twice."""
    rows = conn.execute("select xmin::text, ctid::text, identifier_id, kind, holder_id from hub.role").fetchall()
    conn.rollback()
    return set(rows)
