"""What happens when a pipeline is late. Airflow's triggerer calls it by its dotted path, so it imports little."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog


async def run_is_slow(*, feed: str, context: dict[str, Any] | None = None, **_: object) -> None:
    """Notes that a run has passed its deadline, unless it has ended meanwhile (Airflow asks even then)."""
    run = (context or {}).get("dag_run") or {}
    if run.get("state") in ("success", "failed"):
        return
    log = structlog.get_logger("hub.alerts")
    log.warning(
        "pipeline is late", feed=feed, run=run.get("dag_run_id") or run.get("run_id"), advice="see `hub doctor`"
    )
    try:
        await asyncio.to_thread(_note, feed)
    except (OSError, LookupError) as error:  # the database is away, which is an alert of its own, or is not configured
        log.error("late pipeline could not be noted", feed=feed, error=type(error).__name__)


def _note(feed: str) -> None:
    from hub.alerts.conditions import RUN_LATE
    from hub.alerts.round import note
    from hub.settings import get_settings

    note(get_settings(), RUN_LATE.id, feed)
