"""Who stands behind the numbers of a batch: new subjects, numbers that replace each other, data keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from struct import Struct
from typing import Any

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.store.binary_copy import binary, copy_packed, count, int2, int8, text, timestamp
from hub.store.merging import merge_subjects
from hub.store.rows import PublishRow, Scope
from hub.store.staging import Known, next_ids
from hub.trust.keys import KeyRing
from hub.trust.sealing import identifier_aad, new_data_keys, new_nonces, seal_with, subject_aad
from schemas.canonical import SCHEMES, Subject

_SUBJECT = ("subject_id", "kind")
_SUBJECT_KEY = ("subject_id", "master_version", "wrapped_key")
_IDENTIFIER = (
    *("identifier_id", "key_version", "blind_index", "subject_id", "sealed"),
    *("valid_to", "scheme", "status"),
)
_IDENTIFIER_HEAD = Struct(">h iq ih i32s iq i").pack
_SCHEMES = {scheme: text(scheme) for scheme in (*SCHEMES.values(), "former_id")}
_STATUSES = {status: text(status) for status in ("claimed", "current", "cancelled", "former")}
_KEYS = "select subject_id, master_version, wrapped_key from hub.subject_key where subject_id = any(%s)"


def open_ciphers(conn: psycopg.Connection[Any], ring: KeyRing, subject_ids: Iterable[int]) -> dict[int, AESGCM]:
    """Returns the cipher of each subject, from its wrapped data key."""
    rows = conn.cursor(binary=True).execute(_KEYS, (list(subject_ids),))
    return {
        subject_id: AESGCM(ring.unwrap(version, wrapped, subject_aad(subject_id)))
        for subject_id, version, wrapped in rows
    }


def insert_subjects(
    conn: psycopg.Connection[Any], ring: KeyRing, kind: Subject, subject_ids: Sequence[int], keys: Sequence[bytes]
) -> None:
    """Inserts subjects of one kind and their wrapped keys."""
    head, tail = count(len(_SUBJECT)), text(kind)
    copy_packed(conn, "hub.subject", _SUBJECT, (head + int8(place) + tail for place in subject_ids))
    head, middle = count(len(_SUBJECT_KEY)), int2(ring.master_version)
    wrapped = (
        head + int8(place) + middle + binary(ring.wrap(key, subject_aad(place), nonce))
        for place, key, nonce in zip(subject_ids, keys, new_nonces(len(keys)), strict=True)
    )
    copy_packed(conn, "hub.subject_key", _SUBJECT_KEY, wrapped)


def identifier_rows(
    identifier_id: int,
    subject_id: int,
    blinds: Iterable[tuple[int, bytes]],
    sealed: bytes,
    scheme: str,
    status: str,
    ended: datetime | None,
) -> bytes:
    """Returns the packed rows of one number, one for each key version and its blind index."""
    tail = sealed + timestamp(ended) + _SCHEMES[scheme] + _STATUSES[status]
    return b"".join(
        _IDENTIFIER_HEAD(8, 8, identifier_id, 2, version, 32, blind, 8, subject_id, len(sealed)) + tail
        for version, blind in blinds
    )


def insert_identifiers(conn: psycopg.Connection[Any], rows: Iterable[bytes]) -> None:
    """Inserts packed rows of identifiers; a number that somebody claimed meanwhile raises UniqueViolation."""
    copy_packed(conn, "hub.subject_identifier", _IDENTIFIER, rows)


@dataclass(slots=True)
class Identities:
    """The numbers of one publish.

    `values` holds their digits, `blinds` their blind indexes (a list for each key version), `known` what the store has.
    """

    conn: psycopg.Connection[Any]
    ring: KeyRing
    scope: Scope
    versions: list[int]
    blinds: list[list[bytes]]
    values: list[str]
    known: dict[int, Known]

    def link(self, links: Mapping[int, int], rows: Mapping[int, PublishRow]) -> set[int]:
        """Joins numbers that replaced each other to one subject and returns those that were new to the store.

        `rows` holds the records of the new numbers that have one in this batch.
        """
        groups = components(links.items())
        for group in groups:
            target, *others = self._held_by(group) or [0]
            for source in others:
                merge_subjects(self.conn, self.ring, source, target)
                self._follow(source, target)
        # Only now: a merge may have moved the subject of another group too.
        held = [self._held_by(group) for group in groups]
        fresh = iter(self.new_subjects(held.count([])))
        targets = [subjects[0] if subjects else next(fresh) for subjects in held]
        joined = [(number, target) for group, target in zip(groups, targets, strict=True) for number in group]
        strangers = [(number, subject_id) for number, subject_id in joined if number not in self.known]
        self._insert_linked(strangers, rows)
        return {number for number, _ in strangers}

    def _held_by(self, group: Sequence[int]) -> list[int]:
        return sorted({self.known[number].subject_id for number in group if number in self.known})

    def _insert_linked(self, strangers: Sequence[tuple[int, int]], rows: Mapping[int, PublishRow]) -> None:
        ciphers = open_ciphers(self.conn, self.ring, {subject_id for _, subject_id in strangers})
        identifier_ids = next_ids(self.conn, "hub.identifier_id_seq", len(strangers))
        packed = []
        for (number, subject_id), identifier_id in zip(strangers, identifier_ids, strict=True):
            row = rows.get(number)
            status = self.scope.number_status("current" if row is None else row.status)
            ended = None if row is None else self.scope.ended_at(row)
            self.known[number] = Known(identifier_id, subject_id, status)
            packed.append(self.rows_of(number, identifier_id, subject_id, status, ended, ciphers[subject_id]))
        self.insert(packed)

    def new_subjects(self, number: int) -> Sequence[int]:
        """Creates subjects with a fresh data key each."""
        subject_ids = next_ids(self.conn, "hub.subject_id_seq", number)
        self.insert_subjects(subject_ids, new_data_keys(number))
        return subject_ids

    def insert_subjects(self, subject_ids: Sequence[int], keys: Sequence[bytes]) -> None:
        """Inserts subjects of the kind that the records are about, and their wrapped keys."""
        insert_subjects(self.conn, self.ring, self.scope.kind.subject, subject_ids, keys)

    def rows_of(
        self,
        number: int,
        identifier_id: int,
        subject_id: int,
        status: str,
        ended: datetime | None,
        cipher: AESGCM,
        nonce: bytes | None = None,
    ) -> bytes:
        """Returns the packed rows of the number of a record, one for each key version."""
        sealed = seal_with(cipher, self.values[number].encode(), identifier_aad(identifier_id), nonce)
        blinds = zip(self.versions, (blind[number] for blind in self.blinds), strict=True)
        return identifier_rows(identifier_id, subject_id, blinds, sealed, self.scope.scheme, status, ended)

    def former_rows(self, value: str, identifier_id: int, subject_id: int, cipher: AESGCM, nonce: bytes) -> bytes:
        """Returns the packed rows of an old 9-digit number, one for each key version."""
        sealed = seal_with(cipher, value.encode(), identifier_aad(identifier_id), nonce)
        blinds = ((version, self.ring.blind_index(version, "former_id", value)) for version in self.versions)
        return identifier_rows(identifier_id, subject_id, blinds, sealed, "former_id", "former", None)

    def insert(self, rows: Iterable[bytes]) -> None:
        """Inserts packed rows of identifiers; a number that somebody claimed meanwhile raises UniqueViolation."""
        insert_identifiers(self.conn, rows)

    def _follow(self, source: int, target: int) -> None:
        for number, known in self.known.items():
            if known.subject_id == source:
                self.known[number] = Known(known.identifier_id, target, known.status)


def components(links: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Returns the groups of numbers that are joined by links, each sorted."""
    parent: dict[int, int] = {}

    def root(number: int) -> int:
        parent.setdefault(number, number)
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for one, other in links:
        parent[root(one)] = root(other)
    groups: dict[int, list[int]] = {}
    for number in sorted(parent):
        groups.setdefault(root(number), []).append(number)
    return list(groups.values())
