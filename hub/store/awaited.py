"""Changes that a source announced before its contents showed them: read again until they do, and then closed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg

from hub.trust.keys import KeyRing

# Since it came, a record waits twice as long as at the last reading: a replica that lags is caught up with at once, and
# one that stays wrong costs a dozen questions before the day on which it is the steward's alone.
_DUE = """
select distinct q.announced from hub.quarantine q
 where q.feed = %s and q.status = 'open' and q.announced is not null
   and q.due_on >= (now() at time zone 'Asia/Ho_Chi_Minh')::date
   and now() - q.opened_at >= 2 * coalesce(
       (select max(b.created_at) from hub.batch b
         where b.feed = q.feed and b.state <> 'discarded'
           and b.since <= to_timestamp(q.announced / 1000.0) and b.until > to_timestamp(q.announced / 1000.0)
       ) - q.opened_at, interval '0')
 order by 1
"""
_WAITING = (
    "select distinct key_digest from hub.quarantine where feed = %s and status = 'open' and announced is not null"
)
_CLOSE = """
update hub.quarantine q
   set status = 'corrected', closed_at = now(), closed_by = 'hub', reason = 'the source has told the change since'
  from unnest(%s::bytea[], %s::bigint[]) told (digest, version)
 where q.feed = %s and q.status = 'open' and q.key_digest = told.digest and q.announced <= told.version
"""


def due_again(conn: psycopg.Connection[Any], feed: str) -> list[int]:
    """Returns when the changes were announced (epoch milliseconds) that it is time to read again, in order."""
    return [row[0] for row in conn.execute(_DUE, (feed,)).fetchall()]


def close_told(conn: psycopg.Connection[Any], ring: KeyRing, feed: str, told: Iterable[tuple[str, int]]) -> int:
    """Closes what waits for contents that have come, by key and version, and returns how many entries that were."""
    waiting = {bytes(row[0]) for row in conn.execute(_WAITING, (feed,)).fetchall()}
    if not waiting:
        return 0
    found = [(ring.digest(key.encode()), version) for key, version in told]
    found = [each for each in found if each[0] in waiting]
    return conn.execute(_CLOSE, ([digest for digest, _ in found], [version for _, version in found], feed)).rowcount
