"""Dossiers: the open application that every lookup must stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.exchange.entries import LogEntry
from hub.exchange.refusals import InvalidParam, Refused
from hub.store import subjects
from hub.trust.keys import KeyRing

# One registration of a code at a time: the second finds the dossier of the first, and never comes to claim a number.
_TURN = "select pg_advisory_xact_lock(hashtextextended('hub.dossier|' || $1::text || '|' || $2::text, 0))"
# The claimed number is sought in the same statement, whoever's it is: known and unknown ones cost the same.
_STORED = """
select d.procedure, d.subject_id, d.status,
       (select i.subject_id from hub.subject_identifier i
         where i.scheme = 'personal_id' and i.key_version = any($3::smallint[]) and i.blind_index = any($4::bytea[])
         limit 1) as claimed
  from hub.dossier d
 where d.consumer_id = $1 and d.dossier = $2
"""


@dataclass(frozen=True, slots=True)
class Registration:
    """A registered dossier; `created` is false when the same one stood already."""

    procedure: str
    subject_id: int
    created: bool


async def register_dossier(
    connection: Any, ring: KeyRing, entry: LogEntry, *, consumer_id: str, dossier: str, procedure: str, personal_id: str
) -> Registration:
    """Registers a dossier about the person of a number, whom the hub then counts among its known subjects.

    Only the number is kept, sealed behind its blind index; repeating the same registration changes nothing. `entry`
    gets the subject of the claimed number when the hub knows it, also when the call is refused.

    Raises:
        Refused: the code is taken by a dossier about somebody else or another procedure, or it is closed.
    """
    await connection.execute(_TURN, consumer_id, dossier)
    versions, blinds = await subjects.indexes(connection, ring, personal_id)
    stored = await connection.fetchrow(_STORED, consumer_id, dossier, versions, blinds)
    if stored is None:
        entry.subject_id = subject_id = await subjects.claim(connection, ring, personal_id)
        await connection.execute(
            "insert into hub.dossier (consumer_id, dossier, procedure, subject_id) values ($1, $2, $3, $4)",
            consumer_id,
            dossier,
            procedure,
            subject_id,
        )
        return Registration(procedure, subject_id, True)
    entry.subject_id = stored["claimed"]
    if (stored["procedure"], stored["subject_id"]) != (procedure, stored["claimed"]):
        raise Refused("dossier.conflict", (InvalidParam("dossier", "taken"),))
    if stored["status"] != "open":
        raise Refused("dossier.closed", (InvalidParam("dossier", "closed"),))
    return Registration(procedure, stored["subject_id"], False)


async def close_dossier(connection: Any, *, consumer_id: str, dossier: str) -> Registration:
    """Closes a dossier: nothing is looked up for it any more; closing it again changes nothing.

    Raises:
        Refused: the consumer has registered no such dossier.
    """
    changed = await connection.fetchrow(
        """update hub.dossier set status = 'closed', closed_at = now()
            where consumer_id = $1 and dossier = $2 and status = 'open' returning procedure, subject_id""",
        consumer_id,
        dossier,
    )
    if changed is not None:
        return Registration(changed["procedure"], changed["subject_id"], True)
    stored = await connection.fetchrow(
        "select procedure, subject_id from hub.dossier where consumer_id = $1 and dossier = $2", consumer_id, dossier
    )
    if stored is None:
        raise Refused("dossier.unregistered", (InvalidParam("dossier", "not_registered"),))
    return Registration(stored["procedure"], stored["subject_id"], False)
