"""The one SQL question of a lookup: the dossier, the claimed number, and the sealed record that stands under it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from hub.exchange.match import Claim
from hub.exchange.refusals import Unready
from hub.trust.keys import KeyRefused, KeyRing
from hub.trust.sealing import SealBroken, record_aad, subject_aad, unseal

REGISTER, KIND = "population", "person"

# The number must be the dossier's subject's: another person's number and a number that the hub has never seen give the
# same row, so that a caller can't find out whom the hub knows. Identifiers stand once per version of the index key.
BY_PERSONAL_ID = """
select d.procedure, d.status as dossier_status, d.subject_id,
       i.identifier_id, i.status as number_status,
       r.source_version, r.fetched_at, r.sealed, k.master_version, k.wrapped_key,
       exists (select from hub.quarantine q
                where q.key_digest = $4 and q.status in ('open', 'assigned')
                  and q.source_version > r.source_version) as waiting
  from hub.dossier d
  left join hub.subject_identifier i
    on i.scheme = 'personal_id' and i.blind_index = any($3::bytea[]) and i.subject_id = d.subject_id
  left join hub.record r
    on r.register = 'population' and r.kind = 'person' and r.identifier_id = i.identifier_id and r.status = 'current'
  left join hub.subject_key k on k.subject_id = r.subject_id
 where d.consumer_id = $1 and d.dossier = $2
 limit 1
"""

# An old nine-digit number may belong to two people: how many is all that is asked about them.
BY_FORMER_ID = """
select d.procedure, d.status as dossier_status, d.subject_id,
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
    """A registered dossier."""

    procedure: str
    open: bool
    subject_id: int


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


async def find(pool: Any, ring: KeyRing, consumer_id: str, dossier: str, claim: Claim, seconds: float) -> Found:
    """Asks the store about a claim; one question for a number in use, a second one for a cancelled number.

    Raises:
        Unready: a record does not open with the keys of this process.
    """
    if claim.personal_id is None:
        indexes = _indexes(ring, "former_id", claim.former_id or "")
        row = await pool.fetchrow(BY_FORMER_ID, consumer_id, dossier, indexes, timeout=seconds)
        return Found(_dossier(row), holders=0 if row is None else row["holders"])
    indexes = _indexes(ring, "personal_id", claim.personal_id)
    waiting_key = ring.digest(claim.personal_id.encode())
    row = await pool.fetchrow(BY_PERSONAL_ID, consumer_id, dossier, indexes, waiting_key, timeout=seconds)
    dossier_row = _dossier(row)
    if row is None or dossier_row is None:
        return Found(None)
    number_status = row["number_status"]
    if number_status == "cancelled":
        last = await pool.fetchrow(LAST_KNOWN, dossier_row.subject_id, row["identifier_id"], timeout=seconds)
        record = None if last is None else _unseal(ring, dossier_row.subject_id, last, waiting=False)
        replaced = last is not None and last["identifier_id"] != row["identifier_id"]
        return Found(dossier_row, number_status, record, replaced)
    if row["wrapped_key"] is None:
        return Found(dossier_row, number_status)
    return Found(dossier_row, number_status, _unseal(ring, dossier_row.subject_id, row, row["waiting"]))


def _indexes(ring: KeyRing, scheme: str, value: str) -> list[bytes]:
    return [ring.blind_index(version, scheme, value) for version in ring.index_versions]


def _dossier(row: Any) -> DossierRow | None:
    return None if row is None else DossierRow(row["procedure"], row["dossier_status"] == "open", row["subject_id"])


def _unseal(ring: KeyRing, subject_id: int, row: Any, waiting: bool) -> StoredRecord:
    try:
        key = ring.unwrap(row["master_version"], row["wrapped_key"], subject_aad(subject_id))
        document = unseal(key, row["sealed"], record_aad(REGISTER, KIND, row["identifier_id"]))
    except (SealBroken, KeyRefused):
        raise Unready("hub.record_unreadable", retry_after=60) from None
    return StoredRecord(orjson.loads(document), row["source_version"], row["fetched_at"], waiting)
