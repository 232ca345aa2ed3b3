"""Dossiers: the open application that every lookup must stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.exchange.refusals import InvalidParam, Refused
from hub.store import subjects
from hub.trust.keys import KeyRing


@dataclass(frozen=True, slots=True)
class Registration:
    """A registered dossier; `created` is false when the same one stood already."""

    procedure: str
    subject_id: int
    created: bool


async def register_dossier(
    connection: Any, ring: KeyRing, *, consumer_id: str, dossier: str, procedure: str, personal_id: str
) -> Registration:
    """Registers a dossier about the person of a number, whom the hub then counts among its known subjects.

    Only the number is kept, sealed behind its blind index; repeating the same registration changes nothing.

    Raises:
        Refused: the code is taken by a dossier about somebody else or another procedure, or it is closed.
    """
    subject_id = await subjects.claim(connection, ring, personal_id)
    created = await connection.fetchval(
        """insert into hub.dossier (consumer_id, dossier, procedure, subject_id) values ($1, $2, $3, $4)
           on conflict do nothing returning true""",
        consumer_id,
        dossier,
        procedure,
        subject_id,
    )
    if created:
        return Registration(procedure, subject_id, True)
    stored = await connection.fetchrow(
        "select procedure, subject_id, status from hub.dossier where consumer_id = $1 and dossier = $2",
        consumer_id,
        dossier,
    )
    if (stored["procedure"], stored["subject_id"]) != (procedure, subject_id):
        raise Refused("dossier.conflict", (InvalidParam("dossier", "taken"),))
    if stored["status"] != "open":
        raise Refused("dossier.closed", (InvalidParam("dossier", "closed"),))
    return Registration(procedure, subject_id, False)


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
