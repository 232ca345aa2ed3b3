"""Which enterprises name a dossier's person, and whether the hub's copy of their register misses any."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import asyncpg

from hub.exchange.needs import OWNS, REPRESENTS
from hub.exchange.reading import governing
from hub.store.batches import BEGINNING
from hub.store.roles import NOBODY

MOST = 200
"""More enterprises than this are no answer to a form: the role is then unknown, and the citizen is asked."""

RECENT = timedelta(days=2)
"""How old the watermark of a complete copy may be."""

_LISTS = {"represents": REPRESENTS, "owns": OWNS}
_ROLES = """
select r.register, r.kind, r.identifier_id, r.subject_id, r.source_version, r.fetched_at, r.sealed,
       k.master_version, k.wrapped_key
  from hub.dossier d
  join hub.role o on o.holder_id = d.subject_id and o.kind = $3
  join hub.record r
    on r.register = o.register and r.kind = $4 and r.identifier_id = o.identifier_id and r.status = 'current'
  join hub.subject_key k on k.subject_id = r.subject_id
 where d.consumer_id = $1 and d.dossier = $2
 order by r.identifier_id
 limit $5
"""
_REPRESENTED = """
select exists (select from hub.role o
                where o.holder_id = d.subject_id and o.organisation_id = d.organisation_id and o.kind = 'represents')
  from hub.dossier d where d.consumer_id = $1 and d.dossier = $2
"""
_WAITING = """
select key_digest, max(source_version) as newest from hub.quarantine
 where key_digest = any($1::bytea[]) and status in ('open', 'assigned') and starts_with(feed, $2 || '.')
 group by key_digest
"""
# Complete is what was read from the beginning up to a recent day, of everybody, and of which no steward holds anything
# back or has thrown anything away: any of these may have been the enterprise that is asked for. And no enterprise may
# name somebody in the role without a number, or one whom the hub erased: that may be the very person.
_COMPLETE = """
select r.kind from unnest(array['represents', 'owns']) r (kind)
 where not exists (select from hub.role o where o.holder_id = $4 and o.kind = r.kind and o.register = $1)
   and (
select coalesce(bool_and(
         f.watermark > now() - $2::interval
         and exists (select from hub.batch b where b.feed = f.name and b.state = 'published' and b.scope = 'all'
                     having range_agg(tstzrange(b.since, b.until)) @> tstzrange($3, f.watermark))
         and not exists (select from hub.quarantine q
                          where q.feed = f.name and q.status in ('open', 'assigned', 'discarded', 'returned'))
       ), false)
  from hub.feed f where starts_with(f.name, $1 || '.'))
"""


class RoleReader:
    """Asks the store about roles. Whether the copy is complete is asked once in `every` seconds."""

    def __init__(self, pool: asyncpg.Pool, *, every: float = 10.0) -> None:
        self._pool = pool
        self._every = every
        self._complete: frozenset[str] = frozenset()
        self._asked_at = -every
        self._turn = asyncio.Lock()

    async def rows(self, consumer_id: str, dossier: str, role: str) -> list[Any]:
        """Returns the sealed records of the enterprises that give the dossier's person a role, one more than `MOST`
        at the most.
        """
        kind = governing("organisation").name
        found: list[Any] = await self._pool.fetch(_ROLES, consumer_id, dossier, role, kind, MOST + 1)
        return found

    async def represented(self, consumer_id: str, dossier: str) -> bool:
        """Tells whether the dossier's enterprise names the dossier's person as its representative."""
        return bool(await self._pool.fetchval(_REPRESENTED, consumer_id, dossier))

    async def waiting(self, digests: list[bytes]) -> dict[bytes, int]:
        """Returns the newest version that stands in quarantine, by the digests of the codes."""
        register = governing("organisation").sources[0]
        rows = await self._pool.fetch(_WAITING, digests, register) if digests else []
        return {row["key_digest"]: row["newest"] for row in rows}

    async def complete(self) -> frozenset[str]:
        """Returns the roles, by attribute, of which the hub's copy of the register misses none."""
        async with self._turn:
            if time.monotonic() - self._asked_at >= self._every:
                register = governing("organisation").sources[0]
                rows = await self._pool.fetch(_COMPLETE, register, RECENT, BEGINNING, NOBODY)
                self._complete = frozenset(_LISTS[row["kind"]] for row in rows)
                self._asked_at = time.monotonic()
            return self._complete
