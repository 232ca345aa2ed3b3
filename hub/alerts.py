"""What happens when a pipeline is late. Airflow's triggerer calls it by its dotted path, so it imports little."""

from __future__ import annotations

from typing import Any

import structlog


async def run_is_slow(*, feed: str, context: dict[str, Any] | None = None, **_: object) -> None:
    """Writes that a run has passed its deadline, unless it has ended meanwhile (Airflow asks even then)."""
    run = (context or {}).get("dag_run") or {}
    if run.get("state") in ("success", "failed"):
        return
    structlog.get_logger("hub.alerts").warning(
        "pipeline is late", feed=feed, run=run.get("dag_run_id") or run.get("run_id"), advice="see `hub doctor`"
    )
