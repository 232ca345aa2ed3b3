"""The subjects of numbers that records only mention: found, or created as `claimed` until their own register says more.

A record of the population that comes later under a claimed number joins its subject and makes the number current.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from struct import Struct
from typing import Any

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.store.binary_copy import copy_packed, count
from hub.store.identity import identifier_rows, insert_identifiers, insert_subjects
from hub.store.staging import next_ids
from hub.trust.digests import index_payload
from hub.trust.keys import KeyRing
from hub.trust.sealing import identifier_aad, new_data_keys, new_nonces, seal_with
from schemas.canonical import SCHEMES, Subject

Number = tuple[Subject, str]
"""Whose number it is, and its digits."""

_ATTEMPTS = 20
_SLICE = 10_000
_SOUGHT = ("place", "key_version", "blind")
_ROW = Struct(">ii ih i32s").pack
_CREATE = """
create temporary table if not exists mentioned (
    place integer not null, key_version smallint not null, blind bytea not null) on commit drop;
truncate mentioned
"""
_FIND = """
select distinct on (m.place) m.place, i.subject_id
  from mentioned m
  join hub.subject_identifier i
    on i.scheme <> 'former_id' and i.key_version = m.key_version and i.blind_index = m.blind
 order by m.place, i.identifier_id
"""


def find_subjects(
    conn: psycopg.Connection[Any], ring: KeyRing, versions: Sequence[int], numbers: Sequence[Number]
) -> dict[Number, int]:
    """Returns the subjects of those numbers that the store knows, under any of the key versions."""
    blinds = _blinds(ring, versions, numbers)
    return _find(conn, versions, numbers, blinds)


def find_or_claim(
    conn: psycopg.Connection[Any], ring: KeyRing, versions: Sequence[int], numbers: Sequence[Number]
) -> dict[Number, int]:
    """Returns the subject of every number; one that the store has never seen gets a subject, and stands as `claimed`.

    Runs inside the caller's transaction. Numbers are created in one order, those of organisations first, which every
    writer keeps: two that create the same numbers wait for each other and do not lock each other out.
    """
    blinds = _blinds(ring, versions, numbers)
    for _ in range(_ATTEMPTS):
        found = _find(conn, versions, numbers, blinds)
        if len(found) == len(numbers):
            return found
        strangers = [place for place, number in enumerate(numbers) if number not in found]
        strangers.sort(key=lambda place: (numbers[place][0], blinds[0][place]))
        try:
            with conn.transaction():
                for start in range(0, len(strangers), _SLICE):
                    part = strangers[start : start + _SLICE]
                    found.update(_claim(conn, ring, versions, [(numbers[n], [b[n] for b in blinds]) for n in part]))
            return found
        except psycopg.errors.UniqueViolation as error:
            # Somebody else created one of them meanwhile: it is visible now.
            if error.diag.constraint_name != "identifier_number":
                raise
    raise RuntimeError(f"mentioned numbers were created by others {_ATTEMPTS} times while they were published")


def _blinds(ring: KeyRing, versions: Sequence[int], numbers: Sequence[Number]) -> list[list[bytes]]:
    payloads = [index_payload(SCHEMES[subject], value) for subject, value in numbers]
    return [[index(payload) for payload in payloads] for index in map(ring.index, versions)]


def _find(
    conn: psycopg.Connection[Any], versions: Sequence[int], numbers: Sequence[Number], blinds: list[list[bytes]]
) -> dict[Number, int]:
    def sought() -> Iterator[bytes]:
        head = count(len(_SOUGHT))
        for version, blind in zip(versions, blinds, strict=True):
            for place, index in enumerate(blind):
                yield head + _ROW(4, place, 2, version, 32, index)

    if not numbers:
        return {}
    conn.execute(_CREATE)
    copy_packed(conn, "mentioned", _SOUGHT, sought())
    conn.execute("analyze mentioned (place)")
    return {numbers[place]: subject_id for place, subject_id in conn.cursor(binary=True).execute(_FIND)}


def _claim(
    conn: psycopg.Connection[Any],
    ring: KeyRing,
    versions: Sequence[int],
    strangers: Sequence[tuple[Number, list[bytes]]],
) -> dict[Number, int]:
    subject_ids = next_ids(conn, "hub.subject_id_seq", len(strangers))
    identifier_ids = next_ids(conn, "hub.identifier_id_seq", len(strangers))
    keys = new_data_keys(len(strangers))
    for kind in SCHEMES:
        own = [place for place, (number, _) in enumerate(strangers) if number[0] == kind]
        insert_subjects(conn, ring, kind, [subject_ids[place] for place in own], [keys[place] for place in own])

    def rows() -> Iterator[bytes]:
        places = zip(strangers, subject_ids, identifier_ids, keys, new_nonces(len(strangers)), strict=True)
        for ((kind, value), blinds), subject_id, identifier_id, key, nonce in places:
            sealed = seal_with(AESGCM(key), value.encode(), identifier_aad(identifier_id), nonce)
            under = zip(versions, blinds, strict=True)
            yield identifier_rows(identifier_id, subject_id, under, sealed, SCHEMES[kind], "claimed", None)

    insert_identifiers(conn, rows())
    return {number: subject_id for (number, _), subject_id in zip(strangers, subject_ids, strict=True)}
