"""Alerts, and what each channel was told of them. Every function runs inside the caller's transaction.

An alert is one condition about one thing, from when it was first seen until it was no longer. For each channel it has a
notice: `waiting` until its beginning is told, `began` until its end is, `ended` then. So whatever a channel could not
take waits for it, and is told when it can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

KEPT = timedelta(days=90)
"""How long an alert that has ended is kept."""


class RoundBusy(RuntimeError):
    """Another process looks for alerts at this moment."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A condition that holds now."""

    condition: str
    about: str
    severity: str
    facts: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Alert:
    """One row of `hub.alert`."""

    alert_id: UUID
    condition: str
    about: str
    severity: str
    facts: dict[str, Any]
    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Due:
    """What a channel must be told of an alert: that it `began`, goes on (`ongoing`) or has `ended`.

    `told_at` is when the channel was told last, or since when the alert waits.
    """

    alert: Alert
    what: str
    told_at: datetime


@contextmanager
def one_round(conn: psycopg.Connection[Any]) -> Iterator[None]:
    """Holds the alerts for a round: one process tells them at a time. A process that is killed lets go of them.

    Raises:
        RoundBusy: another process holds them.
    """
    taken = conn.execute("select pg_try_advisory_lock(hashtextextended('lienthong alerts', 0))").fetchone()
    conn.commit()
    if taken is None or not taken[0]:
        raise RoundBusy("another process looks for alerts at this moment: `hub alerts list` shows what it found")
    try:
        yield
    finally:
        with suppress(psycopg.Error):  # a connection that broke holds nothing any more
            conn.rollback()
            conn.execute("select pg_advisory_unlock(hashtextextended('lienthong alerts', 0))")
            conn.commit()


def recent_alerts(conn: psycopg.Connection[Any], limit: int) -> list[Alert]:
    """Returns the newest alerts, open or ended."""
    return _select(conn, "order by ended_at is not null, began_at desc, condition, about limit %s", (limit,))


def merge(conn: psycopg.Connection[Any], seen: Sequence[Seen], at: datetime, settle: timedelta) -> None:
    """Takes over what holds now: alerts begin, go on or end.

    One that ended less than `settle` ago and holds again is the same alert: nobody was told of its end yet.
    """
    going_on = [_continue(conn, each, at - settle) or begin(conn, each, at) for each in seen]
    conn.execute(
        "update hub.alert set ended_at = %s where ended_at is null and alert_id <> all(%s)", (at, list(going_on))
    )
    conn.execute("delete from hub.alert where ended_at < %s", (at - KEPT,))
    conn.execute(
        "insert into hub.alert_round (at) values (%s) on conflict (single) do update set at = excluded.at", (at,)
    )


def begin(conn: psycopg.Connection[Any], seen: Seen, at: datetime, alert_id: UUID | None = None) -> UUID:
    """Writes an alert that has begun, unless it is open already; returns the open one.

    One with a given id that is known and has ended stays so: somebody wrote down late what was over by then.
    """
    alert_id = alert_id or uuid4()
    conn.execute(
        """insert into hub.alert (alert_id, condition, about, severity, facts, began_at)
           values (%s, %s, %s, %s, %s, %s) on conflict do nothing""",
        (alert_id, seen.condition, seen.about, seen.severity, Jsonb(dict(seen.facts)), at),
    )
    row = conn.execute(
        """select alert_id from hub.alert where (condition = %s and about = %s and ended_at is null) or alert_id = %s
            order by ended_at is not null limit 1""",
        (seen.condition, seen.about, alert_id),
    ).fetchone()
    if row is None:
        raise LookupError(f"alert {seen.condition} ended while it began")
    found: UUID = row[0]
    return found


def await_telling(conn: psycopg.Connection[Any], channels: Iterable[str], at: datetime) -> None:
    """Lets every open alert wait for each channel that has not been told of it."""
    conn.execute(
        """insert into hub.alert_notice (alert_id, channel, told, at)
           select alert_id, channel, 'waiting', %s from hub.alert, unnest(%s::text[]) channel
            where ended_at is null on conflict do nothing""",
        (at, list(channels)),
    )


def due(
    conn: psycopg.Connection[Any], channel: str, at: datetime, *, remind_after: timedelta, settle: timedelta
) -> list[Due]:
    """Returns what a channel must be told now: what began, what goes on since long, what ended and stayed so."""
    rows = conn.execute(
        """select a.alert_id, a.condition, a.about, a.severity, a.facts, a.began_at, a.ended_at,
                  case when a.ended_at is not null then 'ended' when n.told = 'waiting' then 'began' else 'ongoing' end,
                  n.at
             from hub.alert a join hub.alert_notice n using (alert_id)
            where n.channel = %(channel)s
              and case when a.ended_at is not null then n.told <> 'ended' and a.ended_at <= %(settled)s
                       else n.told = 'waiting' or (n.told = 'began' and n.at <= %(remind)s) end
            order by a.began_at, a.condition, a.about""",
        {"channel": channel, "settled": at - settle, "remind": at - remind_after},
    ).fetchall()
    return [Due(Alert(*row[:7]), row[7], row[8]) for row in rows]


def mark_told(conn: psycopg.Connection[Any], channel: str, told: Iterable[Due], at: datetime) -> None:
    """Notes that a channel took what was due to it; an end that was told stays told."""
    with conn.cursor() as cursor:
        cursor.executemany(
            """insert into hub.alert_notice (alert_id, channel, told, at) values (%s, %s, %s, %s)
               on conflict (alert_id, channel) do update set told = excluded.told, at = excluded.at
                where hub.alert_notice.told <> 'ended'""",
            [(each.alert.alert_id, channel, "ended" if each.what == "ended" else "began", at) for each in told],
        )


def _continue(conn: psycopg.Connection[Any], seen: Seen, settled: datetime) -> UUID | None:
    row = conn.execute(
        """update hub.alert set ended_at = null, facts = %s, severity = %s
            where alert_id = (select alert_id from hub.alert
                               where condition = %s and about = %s and (ended_at is null or ended_at > %s)
                               order by ended_at is not null, ended_at desc limit 1)
           returning alert_id""",
        (Jsonb(dict(seen.facts)), seen.severity, seen.condition, seen.about, settled),
    ).fetchone()
    return row[0] if row else None


def _select(conn: psycopg.Connection[Any], where: str, values: tuple[Any, ...]) -> list[Alert]:
    columns = ", ".join(Alert.__dataclass_fields__)
    with conn.cursor(row_factory=class_row(Alert)) as cursor:
        return cursor.execute(f"select {columns} from hub.alert {where}".encode(), values).fetchall()  # noqa: S608
