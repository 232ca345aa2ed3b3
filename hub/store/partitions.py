"""Partitions of the exchange log, one a month: made ahead of time, dropped when their time is over."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import psycopg


def make_coming(conn: psycopg.Connection[Any], now: datetime, *, months: int = 2) -> int:
    """Makes the partitions of the current and the following months that are missing; returns how many it made.

    A partition that comes late loses nothing: its entries waited in the default partition and move.
    """
    made = 0
    for month in _months(now, months + 1):
        row = conn.execute("select hub.make_log_partition(%s)", (month,)).fetchone()
        made += bool(row and row[0])
    return made


def drop_closed(conn: psycopg.Connection[Any], due: datetime) -> int:
    """Drops the partitions that closed before `due`, which lies at least 30 days back; returns how many it dropped."""
    row = conn.execute("select hub.drop_log_partitions(%s)", (due,)).fetchone()
    return int(row[0]) if row else 0


def _months(now: datetime, count: int) -> list[date]:
    first = now.astimezone(UTC).date().replace(day=1)
    place = first.year * 12 + first.month - 1
    return [date((place + ahead) // 12, (place + ahead) % 12 + 1, 1) for ahead in range(count)]
