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
# The claimed numbers are sought in the same statement, whoever's they are: known and unknown ones cost the same.
_SOUGHT = """
       (select i.subject_id from hub.subject_identifier i
         where i.scheme = '{}' and i.key_version = any($3::smallint[]) and i.blind_index = any(${}::bytea[])
         limit 1)"""
_STORED = f"""
select d.procedure, d.subject_id, d.organisation_id, d.status,
       {_SOUGHT.format("personal_id", 4)} as claimed,
       {_SOUGHT.format("enterprise_code", 5)} as claimed_organisation
  from hub.dossier d
 where d.consumer_id = $1 and d.dossier = $2
"""  # noqa: S608 - constants of this module
_INSERT = """
insert into hub.dossier (consumer_id, dossier, procedure, subject_id, organisation_id) values ($1, $2, $3, $4, $5)
"""
_CLOSE = """
update hub.dossier set status = 'closed', closed_at = now()
 where consumer_id = $1 and dossier = $2 and status = 'open' returning procedure, subject_id, organisation_id
"""
_READ = "select procedure, subject_id, organisation_id from hub.dossier where consumer_id = $1 and dossier = $2"


@dataclass(frozen=True, slots=True)
class Registration:
    """A registered dossier about a person, an enterprise, or both; `created` is false when it stood already."""

    procedure: str
    subject_id: int | None
    organisation_id: int | None
    created: bool


async def register_dossier(
    connection: Any,
    ring: KeyRing,
    entry: LogEntry,
    *,
    consumer_id: str,
    dossier: str,
    procedure: str,
    personal_id: str | None = None,
    enterprise_code: str | None = None,
) -> Registration:
    """Registers a dossier about whom the numbers name; the hub then counts them among its known subjects.

    Only the numbers are kept, sealed behind their blind indexes; repeating the same registration changes nothing.
    `entry` gets the subjects of the claimed numbers when the hub knows them, also when the call is refused.

    Raises:
        Refused: the code is taken by a dossier about somebody else or another procedure, or it is closed.
    """
    await connection.execute(_TURN, consumer_id, dossier)
    versions, persons = await subjects.indexes(connection, ring, personal_id) if personal_id else (None, [])
    if enterprise_code:
        versions, organisations = await subjects.indexes(connection, ring, enterprise_code, "organisation")
    else:
        organisations = []
    stored = await connection.fetchrow(_STORED, consumer_id, dossier, versions, persons, organisations)
    if stored is None:
        # The enterprise before the person, as a publish writes an enterprise before those who stand behind it: two
        # that make the same numbers wait for each other in one order.
        if enterprise_code:
            entry.organisation_id = await subjects.claim(connection, ring, enterprise_code, "organisation")
        if personal_id:
            entry.subject_id = await subjects.claim(connection, ring, personal_id)
        about = (entry.subject_id, entry.organisation_id)
        await connection.execute(_INSERT, consumer_id, dossier, procedure, *about)
        return Registration(procedure, *about, True)
    entry.subject_id, entry.organisation_id = stored["claimed"], stored["claimed_organisation"]
    same = (
        stored["procedure"] == procedure
        and _agrees(personal_id, stored["claimed"], stored["subject_id"])
        and _agrees(enterprise_code, stored["claimed_organisation"], stored["organisation_id"])
    )
    if not same:
        raise Refused("dossier.conflict", (InvalidParam("dossier", "taken"),))
    if stored["status"] != "open":
        raise Refused("dossier.closed", (InvalidParam("dossier", "closed"),))
    return Registration(procedure, stored["subject_id"], stored["organisation_id"], False)


async def close_dossier(connection: Any, *, consumer_id: str, dossier: str) -> Registration:
    """Closes a dossier: nothing is looked up for it any more; closing it again changes nothing.

    Raises:
        Refused: the consumer has registered no such dossier.
    """
    changed = await connection.fetchrow(_CLOSE, consumer_id, dossier)
    if changed is not None:
        return Registration(**changed, created=True)
    stored = await connection.fetchrow(_READ, consumer_id, dossier)
    if stored is None:
        raise Refused("dossier.unregistered", (InvalidParam("dossier", "not_registered"),))
    return Registration(**stored, created=False)


def _agrees(number: str | None, claimed: int | None, stored: int | None) -> bool:
    """Tells whether a dossier stands for the subject of a number, or for none when none was given."""
    return stored is None if number is None else claimed is not None and claimed == stored
