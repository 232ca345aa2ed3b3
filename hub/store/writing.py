"""Seals the rows that a publish writes and copies them into the store, in slices of bounded memory.

Sealing runs inside the COPY that carries its result, so that PostgreSQL works on the other core meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from struct import Struct
from typing import Any

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.store.binary_copy import NULL, binary, copy_packed, count, int4, text, timestamp, uuid
from hub.store.identity import Identities, open_ciphers
from hub.store.roles import write_roles
from hub.store.rows import PublishRow, Scope
from hub.store.staging import Known, next_ids
from hub.trust.keys import KeyRing
from hub.trust.sealing import new_data_keys, new_nonces, record_aad, seal_with

_SLICE = 10_000
_RECORD = (
    *("register", "kind", "batch_id", "fetched_at", "mapping_version", "identifier_id", "subject_id"),
    *("source_version", "correction", "status", "digest", "sealed"),
)
_REPLACEMENT_COLUMNS = ("identifier_id", "source_version", "correction", "status", "digest", "sealed")
_PLACE = Struct(">iq iq iq ii").pack
_ORDER = Struct(">h iq iq ii").pack
_DIGEST = Struct(">i32s i").pack
_STATUSES = {status: text(status) for status in ("current", "cancelled", "withdrawn")}
_REPLACEMENT = """
create temporary table if not exists replacement (
    identifier_id bigint not null, source_version bigint not null, correction integer not null,
    status text not null, digest bytea not null, sealed bytea) on commit drop;
truncate replacement
"""
_THIS = "r.register = %(register)s and r.kind = %(kind)s and r.identifier_id = n.identifier_id"
_KEEP_VERSION = f"""
insert into hub.record_version (register, kind, identifier_id, subject_id, source_version, correction, mapping_version,
                                status, digest, sealed, batch_id, fetched_at)
select r.register, r.kind, r.identifier_id, r.subject_id, r.source_version, r.correction, r.mapping_version,
       r.status, r.digest, r.sealed, r.batch_id, r.fetched_at
  from hub.record r join replacement n on {_THIS}
"""  # noqa: S608 - constants of this module
_REPLACE = f"""
update hub.record r
   set source_version = n.source_version, correction = n.correction, mapping_version = %(mapping_version)s,
       status = n.status, digest = n.digest, sealed = coalesce(n.sealed, r.sealed),
       batch_id = %(batch_id)s, fetched_at = %(fetched_at)s
  from replacement n
 where {_THIS}
   and (r.source_version, r.correction, r.mapping_version) < (n.source_version, n.correction, %(mapping_version)s)
"""  # noqa: S608 - constants of this module
_RESTATE = """
update hub.subject_identifier i set status = n.status, valid_to = n.valid_to
  from unnest(%s::bigint[], %s::text[], %s::timestamptz[]) n (identifier_id, status, valid_to)
 where i.identifier_id = n.identifier_id
"""
_FORMER_HELD = """
select i.subject_id, i.blind_index from hub.subject_identifier i
  join unnest(%s::bigint[], %s::bytea[]) n (subject_id, blind)
    on i.subject_id = n.subject_id and i.blind_index = n.blind
 where i.scheme = 'former_id' and i.key_version = %s
"""


class Writer:
    """Writes the rows of one publish; `rows` and `digests` go by number."""

    def __init__(
        self,
        conn: psycopg.Connection[Any],
        ring: KeyRing,
        scope: Scope,
        rows: Sequence[PublishRow],
        digests: Sequence[bytes],
        identities: Identities,
    ) -> None:
        self._conn = conn
        self._ring = ring
        self.scope = scope
        self._rows = rows
        self._digests = digests
        self._identities = identities

    def write_newcomers(self, numbers: Sequence[int]) -> None:
        """Writes records of numbers that the store has never seen, each with a subject of its own."""
        for part in _slices(numbers):
            identities, rows = self._identities, self._rows
            subject_ids = next_ids(self._conn, "hub.subject_id_seq", len(part))
            identifier_ids = next_ids(self._conn, "hub.identifier_id_seq", len(part))
            keys = new_data_keys(len(part))
            identities.insert_subjects(subject_ids, keys)
            ciphers = [AESGCM(key) for key in keys]
            places = list(zip(part, identifier_ids, subject_ids, ciphers, strict=True))
            identities.insert(
                identities.rows_of(
                    number,
                    identifier_id,
                    subject_id,
                    self.scope.number_status(rows[number].status),
                    self.scope.ended_at(rows[number]),
                    cipher,
                    nonce,
                )
                for (number, identifier_id, subject_id, cipher), nonce in zip(
                    places, new_nonces(len(places)), strict=True
                )
            )
            for number, identifier_id, subject_id, _ in places:
                if rows[number].roles:
                    identities.known[number] = Known(identifier_id, subject_id, rows[number].status)
            former = [(rows[n].former_id, subject_id, cipher) for n, _, subject_id, cipher in places]
            self._insert_former([(value, subject, cipher) for value, subject, cipher in former if value])
            self._copy_records(places)

    def write_known(self, first: Sequence[int], changed: Sequence[int]) -> None:
        """Writes records of known numbers: the first one under its number, or one that replaces another."""
        for part in _slices(first):
            places = self._open(part)
            self._restate(part)
            self._add_former(places)
            self._copy_records(places)
        if changed:
            self._conn.execute(_REPLACEMENT)
            for part in _slices(changed):
                places = self._open(part)
                self._restate(part)
                self._add_former(places)
                self._copy_replacements(places)
            self._replace(len(changed))

    def write_roles(self, added: Sequence[int], changed: Sequence[int]) -> None:
        """Writes who holds a role in the subjects of the records that were just written."""
        known, rows = self._identities.known, self._rows
        giving = (n for n in (*added, *changed) if rows[n].roles and rows[n].status == "current")
        written = {number: (known[number], rows[number].roles) for number in giving}
        replaced = [known[number].identifier_id for number in changed]
        write_roles(self._conn, self._ring, self.scope, self._identities.versions, written, replaced)

    def _open(self, part: Sequence[int]) -> list[tuple[int, int, int, AESGCM]]:
        known = self._identities.known
        ciphers = open_ciphers(self._conn, self._ring, {known[number].subject_id for number in part})
        found = [(number, known[number].identifier_id, known[number].subject_id) for number in part]
        # In the order of the primary key: all who lock several rows lock them in one order.
        return sorted(((*place, ciphers[place[2]]) for place in found), key=lambda place: place[1])

    def _copy_records(self, places: Sequence[tuple[int, int, int, AESGCM]]) -> None:
        scope = self.scope
        register, kind, rows, digests = scope.register, scope.kind.name, self._rows, self._digests

        head = b"".join(
            (count(len(_RECORD)), text(register), text(kind), uuid(scope.batch_id), timestamp(scope.fetched_at))
        ) + int4(scope.mapping_version)

        def sealed() -> Iterator[bytes]:
            nonces = new_nonces(len(places))
            for (number, identifier_id, subject_id, cipher), nonce in zip(places, nonces, strict=True):
                row = rows[number]
                document = seal_with(cipher, row.document, record_aad(register, kind, identifier_id), nonce)
                place = _PLACE(8, identifier_id, 8, subject_id, 8, row.source_version, 4, row.correction)
                digest = _DIGEST(32, digests[number], len(document))
                yield b"".join((head, place, _STATUSES[row.status], digest, document))

        copy_packed(self._conn, "hub.record", _RECORD, sealed())

    def _copy_replacements(self, places: Sequence[tuple[int, int, int, AESGCM]]) -> None:
        scope, rows, digests = self.scope, self._rows, self._digests

        def sealed() -> Iterator[bytes]:
            for number, identifier_id, _, cipher in places:
                row = rows[number]
                order = _ORDER(6, 8, identifier_id, 8, row.source_version, 4, row.correction)
                status = _STATUSES[row.status]
                if row.status == "withdrawn" and not row.document:
                    yield b"".join((order, status, binary(digests[number]), NULL))
                    continue
                document = seal_with(cipher, row.document, record_aad(scope.register, scope.kind.name, identifier_id))
                yield b"".join((order, status, _DIGEST(32, digests[number], len(document)), document))

        copy_packed(self._conn, "replacement", _REPLACEMENT_COLUMNS, sealed())

    def _replace(self, expected: int) -> None:
        """Keeps the versions that are replaced, then replaces them, under the guard of the order."""
        self._conn.execute("analyze replacement (identifier_id)")
        self._conn.execute(_KEEP_VERSION, self.scope.parameters())
        replaced = self._conn.execute(_REPLACE, self.scope.parameters()).rowcount
        if replaced != expected:
            raise RuntimeError(f"{expected - replaced} records of batch {self.scope.batch_id} changed under our lock")

    def _restate(self, part: Sequence[int]) -> None:
        """Gives the numbers the status that their records now have."""
        if not self.scope.kind.governs:
            return
        found = []
        for number in part:
            row, known = self._rows[number], self._identities.known[number]
            status = self.scope.number_status(row.status)
            if status != known.status:
                found.append((known.identifier_id, status, self.scope.ended_at(row)))
        if found:
            self._conn.execute(_RESTATE, tuple(map(list, zip(*sorted(found), strict=True))))

    def _add_former(self, places: Sequence[tuple[int, int, int, AESGCM]]) -> None:
        """Adds the old numbers that their subjects do not hold yet."""
        version = self._identities.versions[0]
        wanted: dict[tuple[int, bytes], tuple[str, int, AESGCM]] = {}
        for number, _, subject_id, cipher in places:
            value = self._rows[number].former_id
            if value:
                blind = self._ring.blind_index(version, "former_id", value)
                wanted[subject_id, blind] = (value, subject_id, cipher)
        if wanted:
            subjects, blinds = zip(*wanted, strict=True)
            for held in self._conn.execute(_FORMER_HELD, (list(subjects), list(blinds), version)):
                wanted.pop((held[0], held[1]), None)
            self._insert_former(list(wanted.values()))

    def _insert_former(self, wanted: Sequence[tuple[str, int, AESGCM]]) -> None:
        identifier_ids = next_ids(self._conn, "hub.identifier_id_seq", len(wanted))
        self._identities.insert(
            self._identities.former_rows(value, identifier_id, subject_id, cipher, nonce)
            for (value, subject_id, cipher), identifier_id, nonce in zip(
                wanted, identifier_ids, new_nonces(len(wanted)), strict=True
            )
        )


def _slices(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), _SLICE):
        yield numbers[start : start + _SLICE]
