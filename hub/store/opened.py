"""Opens the current records of many numbers at once, for those who judge or compare a batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.store.holders import find_subjects
from hub.store.retired_keys import usable_versions
from hub.trust.keys import KeyRing
from hub.trust.sealing import record_aad, subject_aad, unseal_with
from schemas.canonical import Kind

_SLICE = 5_000
_RECORDS = """
select r.subject_id, r.identifier_id, r.sealed, k.master_version, k.wrapped_key
  from unnest(%(subjects)s::bigint[]) n (subject_id)
  join hub.record r on r.subject_id = n.subject_id
  join hub.subject_key k on k.subject_id = r.subject_id
 where r.register = %(register)s and r.kind = %(kind)s and r.status = 'current'
"""


def open_records(
    conn: psycopg.Connection[Any], ring: KeyRing, register: str, kind: Kind, numbers: Sequence[str]
) -> Iterator[tuple[str, bytes]]:
    """Yields the documents that a register's current records hold on the subjects of some numbers, in bounded memory.

    A number that was replaced finds the record under its successor.

    Raises:
        KeyRefused: this process holds only retired keys.
    """
    versions = usable_versions(conn, ring)
    for start in range(0, len(numbers), _SLICE):
        part = [(kind.subject, number) for number in numbers[start : start + _SLICE]]
        named: dict[int, list[str]] = {}
        for (_, number), subject_id in find_subjects(conn, ring, versions, part).items():
            named.setdefault(subject_id, []).append(number)
        parameters = {"subjects": list(named), "register": register, "kind": kind.name}
        for subject_id, identifier_id, sealed, master, wrapped in conn.cursor(binary=True).execute(
            _RECORDS, parameters
        ):
            cipher = AESGCM(ring.unwrap(master, wrapped, subject_aad(subject_id)))
            document = unseal_with(cipher, sealed, record_aad(register, kind.name, identifier_id))
            for number in named[subject_id]:
                yield number, document
