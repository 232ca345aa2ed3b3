"""Retention: what is past its time goes, and its keys with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from hub.pipeline.context import Context
from hub.pipeline.landing import remove_landed
from hub.settings import Role
from hub.store import partitions


def apply_retention(context: Context, *, now: datetime | None = None) -> dict[str, int]:
    """Applies every retention period and returns how much went, by kind; a repeated run finds nothing left.

    A batch key is destroyed before its files are deleted: a run that is cut off between the two leaves files that
    nobody can open, and the next run deletes them.
    """
    now = now or datetime.now(UTC)
    settings = context.settings
    done: dict[str, int] = {}
    with context.connect(Role.RETENTION) as conn:
        done["batches"] = _destroy_batches(conn, now - timedelta(days=settings.landed_retention_days))
        conn.commit()
        for kind, table, condition, days in (
            ("quarantine", "quarantine", "status <> 'open' and closed_at < %s", settings.quarantine_retention_days),
            ("record_versions", "record_version", "replaced_at < %s", settings.version_retention_days),
            ("assertions", "used_assertion", "expires_at < %s", 0),
        ):
            due = now - timedelta(days=days)
            done[kind] = conn.execute(f"delete from hub.{table} where {condition}".encode(), (due,)).rowcount  # noqa: S608
            conn.commit()
    with context.connect(Role.OWNER) as conn:
        done["log_partitions"] = partitions.drop_closed(conn, now - timedelta(days=settings.log_retention_days))
        partitions.make_coming(conn, now)
        conn.commit()
    context.progress("retention applied", sum(done.values()))
    return done


def _destroy_batches(conn: psycopg.Connection[Any], due: datetime) -> int:
    """Destroys the keys of old, finished batches, then deletes their files."""
    conn.execute(
        """update hub.batch set wrapped_key = null, key_destroyed_at = now()
           where state in ('published', 'discarded', 'failed') and created_at < %s and wrapped_key is not null""",
        (due,),
    )
    conn.commit()
    gone = 0
    rows = conn.execute("select batch_id, landed_uri from hub.batch where wrapped_key is null and landed_uri <> ''")
    for batch_id, uri in rows.fetchall():
        remove_landed(uri)
        conn.execute("update hub.batch set landed_uri = '' where batch_id = %s", (batch_id,))
        conn.commit()
        gone += 1
    return gone
