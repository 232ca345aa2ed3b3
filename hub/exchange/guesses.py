"""Guesses at the names and birth dates that belong to numbers: a handful of different ones locks the dossier.

The count stands in the dossier, so it holds for every worker and across restarts. It is read with the dossier and
written only when a claim did not match. Whether a record is stored makes no difference to it: a dossier that locks must
not tell either. The same claim again is no new guess, so a portal may repeat its question until the record has arrived.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from weakref import WeakValueDictionary

import asyncpg
import structlog

from hub.exchange.refusals import InvalidParam, Refused
from hub.trust.keys import KeyRing

log = structlog.get_logger()

MOST_MISMATCHES = 5

_COUNT = """
update hub.dossier set mismatches = mismatches || $3::bytea[]
 where consumer_id = $1 and dossier = $2 and cardinality(mismatches) < $4
returning cardinality(mismatches)
"""


class Guesses:
    """Counts the claims that did not match, with at most `under_way` statements at once."""

    def __init__(self, pool: asyncpg.Pool, *, under_way: int = 2) -> None:
        self._pool = pool
        self._free = asyncio.Semaphore(under_way)
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    def turn(self, consumer_id: str, dossier: str) -> asyncio.Lock:
        """Returns the lock under which a dossier is asked: guesses sent all at once are judged one after another."""
        turn = self._turns.get((consumer_id, dossier))
        if turn is None:
            turn = self._turns[consumer_id, dossier] = asyncio.Lock()
        return turn

    async def count(
        self, ring: KeyRing, consumer_id: str, dossier: str, counted: Collection[bytes], guesses: Collection[str]
    ) -> None:
        """Counts claims that did not match, but for those that the dossier has `counted` already.

        Raises:
            Refused: `dossier.locked`: other workers have counted enough meanwhile.
        """
        digests = [ring.digest(guess.encode()) for guess in guesses]
        new = [digest for digest in digests if digest not in counted]
        if not new:
            return
        async with self._free:
            number = await self._pool.fetchval(_COUNT, consumer_id, dossier, new, MOST_MISMATCHES)
        if number is None:
            raise locked()
        if number >= MOST_MISMATCHES:
            log.warning("dossier.locked", consumer=consumer_id, mismatches=number)


def locked() -> Refused:
    """Makes the refusal of a locked dossier."""
    return Refused("dossier.locked", (InvalidParam("dossier", "locked"),))
