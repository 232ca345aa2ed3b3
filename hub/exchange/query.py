"""What the store holds for one lookup: the dossier, the claimed number, and the unsealed record under it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from hub.exchange.match import Claim
from hub.exchange.reading import GroupReader, Question
from hub.exchange.refusals import Unready
from hub.trust.keys import KeyRefused, KeyRing
from hub.trust.sealing import SealBroken, record_aad, subject_aad, unseal

REGISTER, KIND = "population", "person"

# An old nine-digit number may belong to two people: how many is all that is asked about them.
BY_FORMER_ID = """
select d.procedure, d.status as dossier_status, d.subject_id, d.mismatches,
       (select count(distinct i.subject_id) from hub.subject_identifier i
         where i.scheme = 'former_id' and i.blind_index = any($3::bytea[])) as holders
  from hub.dossier d
 where d.consumer_id = $1 and d.dossier = $2
"""

# After a number was cancelled: the record under the one that replaced it, else the last one under the cancelled one.
LAST_KNOWN = """
select last.identifier_id, last.sealed, last.source_version, last.fetched_at, k.master_version, k.wrapped_key
  from (select 1 as rank, identifier_id, sealed, source_version, fetched_at
          from hub.record
         where subject_id = $1 and register = 'population' and kind = 'person' and status = 'current'
        union all
        select 2, identifier_id, sealed, source_version, fetched_at
          from hub.record_version
         where subject_id = $1 and register = 'population' and kind = 'person' and status = 'current'
           and identifier_id = $2) last
  join hub.subject_key k on k.subject_id = $1
 order by last.rank, last.source_version desc
 limit 1
"""


@dataclass(frozen=True, slots=True)
class DossierRow:
    """A registered dossier; `mismatches` are the keyed digests of the claims that did not match."""

    procedure: str
    open: bool
    subject_id: int
    mismatches: list[bytes]


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """An unsealed record; `waiting` tells that a newer version of it stands in quarantine."""

    fields: dict[str, str]
    source_version: int
    fetched_at: datetime
    waiting: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What the store holds for one question.

    `number_status` is that of the claimed 12-digit number: None when it is not a number of the dossier's subject.
    """

    dossier: DossierRow | None
    number_status: str | None = None
    record: StoredRecord | None = None
    replaced: bool = False
    holders: int = 0


class Finder:
    """Asks the store about claims."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._reader = GroupReader(pool)

    async def find(self, ring: KeyRing, consumer_id: str, dossier: str, claim: Claim) -> Found:
        """Finds dossier and record: one question for a number in use, a second one for a cancelled number.

        For a claim that lacks a part nothing is opened: whatever is stored, its answer is the same and as fast.

        Raises:
            Unready: a record does not open with the keys of this process.
        """
        if claim.personal_id is None:
            indexes = _indexes(ring, "former_id", claim.former_id or "")
            row = await self._pool.fetchrow(BY_FORMER_ID, consumer_id, dossier, indexes)
            return Found(_dossier(row), holders=0 if row is None else row["holders"])
        indexes = _indexes(ring, "personal_id", claim.personal_id)
        row = await self._reader.ask(Question(consumer_id, dossier, indexes, ring.digest(claim.personal_id.encode())))
        found = _dossier(row)
        if found is None:
            return Found(None)
        number_status = row["number_status"]
        if claim.missing():
            return Found(found, number_status)
        if number_status == "cancelled":
            last = await self._pool.fetchrow(LAST_KNOWN, found.subject_id, row["identifier_id"])
            record = None if last is None else _unseal(ring, found.subject_id, last, waiting=False)
            replaced = last is not None and last["identifier_id"] != row["identifier_id"]
            return Found(found, number_status, record, replaced)
        if row["wrapped_key"] is None:
            return Found(found, number_status)
        return Found(found, number_status, _unseal(ring, found.subject_id, row, row["waiting"]))

    async def find_no_more(self, found: Found) -> None:
        """Asks what only a cancelled number needs, so that the time of `no_match` does not tell which number is one."""
        if found.dossier is not None and found.number_status != "cancelled":
            await self._pool.fetchrow(LAST_KNOWN, found.dossier.subject_id, 0)


def _indexes(ring: KeyRing, scheme: str, value: str) -> list[bytes]:
    return [ring.blind_index(version, scheme, value) for version in ring.index_versions]


def _dossier(row: Any) -> DossierRow | None:
    if row is None:
        return None
    return DossierRow(row["procedure"], row["dossier_status"] == "open", row["subject_id"], row["mismatches"])


def _unseal(ring: KeyRing, subject_id: int, row: Any, waiting: bool) -> StoredRecord:
    try:
        key = ring.unwrap(row["master_version"], row["wrapped_key"], subject_aad(subject_id))
        document = unseal(key, row["sealed"], record_aad(REGISTER, KIND, row["identifier_id"]))
    except (SealBroken, KeyRefused):
        raise Unready("hub.record_unreadable", retry_after=60) from None
    return StoredRecord(orjson.loads(document), row["source_version"], row["fetched_at"], waiting)
