"""Tells that the database is away, while there is no table to note it in: a small file keeps what was told.

When the database is back the next round takes the file over into the table, and its end is told like any other's.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
import structlog

from hub.alerts.channels import Channel, deliver
from hub.alerts.conditions import HUB_DATABASE
from hub.alerts.message import Message
from hub.settings import Settings
from hub.store import alerts
from hub.store.alerts import Alert, Due, Seen

_log = structlog.get_logger("hub.alerts")
_ABOUT = "database"


def tell(settings: Settings, ways: list[Channel]) -> None:
    """Tells each channel once that the database is away, and again after the time for reminders.

    A disk that is full may be why the database is away: without room for the file it is told again each round.
    """
    from hub.alerts.round import hub_name

    now, path = datetime.now(UTC), _path(settings)
    known = _read(path) or {"alert_id": str(uuid4()), "began_at": now.isoformat(), "told": {}}
    _write(path, known)
    began = datetime.fromisoformat(known["began_at"])
    alert = Alert(UUID(known["alert_id"]), HUB_DATABASE.id, _ABOUT, HUB_DATABASE.severity, {}, began, None)
    for way in ways:
        told = known["told"].get(way.name)
        since = datetime.fromisoformat(told) if told else began
        if told and now - since < settings.alerts.remind_after:
            continue
        due = Due(alert, "ongoing" if told else "began", since)
        if why := deliver(way, Message(way.name, now, hub_name(settings), (due,))):
            _log.error("alert waits", channel=way.name, condition=HUB_DATABASE.id, reason=why)
            continue
        known["told"][way.name] = now.isoformat()
        _write(path, known)


def hand_over(settings: Settings, conn: psycopg.Connection[Any]) -> None:
    """Moves the account of an outage that is over into the table, where the round ends it."""
    path = _path(settings)
    if (known := _read(path)) is None:
        return
    seen = Seen(HUB_DATABASE.id, _ABOUT, HUB_DATABASE.severity, {})
    began = datetime.fromisoformat(known["began_at"])
    alert_id = alerts.begin(conn, seen, began, UUID(known["alert_id"]))
    alert = Alert(alert_id, HUB_DATABASE.id, _ABOUT, HUB_DATABASE.severity, {}, began, None)
    for channel, told in known["told"].items():
        at = datetime.fromisoformat(told)
        alerts.mark_told(conn, channel, [Due(alert, "began", at)], at)
    conn.commit()
    try:
        path.unlink(missing_ok=True)
    except OSError as error:  # taken over again by the next round, which changes nothing
        _log.error("file of an outage stays", error=type(error).__name__)


def _path(settings: Settings) -> Path:
    return settings.var_dir / "alerts" / "database-away.json"


def _read(path: Path) -> dict[str, Any] | None:
    try:
        known: dict[str, Any] = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, orjson.JSONDecodeError) as error:  # what it knew is told again
        _log.error("file of an outage can not be read", error=type(error).__name__)
        return None
    return known


def _write(path: Path, known: dict[str, Any]) -> None:
    draft = path.with_suffix(".draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft.write_bytes(orjson.dumps(known))
        os.replace(draft, path)  # noqa: PTH105
    except OSError as error:
        _log.error("outage can not be noted", error=type(error).__name__, advice="make room, or look at its rights")
