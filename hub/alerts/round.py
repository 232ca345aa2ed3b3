"""One round: look what is wrong, take it over into the hub's table, tell each channel what is due to it.

A channel gets at most one message a round. It is noted as told after the channel has taken it: a process that is killed
between the two leads to one repetition, which carries the same message id, and to no loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg
import structlog

from hub.alerts import outage
from hub.alerts.channels import Channel, channels, deliver
from hub.alerts.conditions import CONDITIONS
from hub.alerts.message import Message
from hub.alerts.watches import Sight, look
from hub.pipeline.feeds import feed_names
from hub.settings import Role, Settings, get_settings
from hub.store import alerts, batches, health
from hub.store.alerts import Seen
from hub.store.engine import StoreUnavailable, connect

_log = structlog.get_logger("hub.alerts")


class NotTold(RuntimeError):
    """Alerts wait because a channel did not take them; the next round tries again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a round did: how many alerts are open, what each channel was told, and which channels failed and why."""

    open: int
    told: dict[str, int]
    failed: dict[str, str]


def check(settings: Settings, ways: list[Channel] | None = None) -> Outcome:
    """Runs one round over the configured channels.

    Raises:
        RoundBusy: another process is at it.
        StoreUnavailable: the database does not answer; the channels were told.
    """
    ways = channels(settings) if ways is None else ways
    try:
        with connect(settings, Role.PIPELINE) as conn, alerts.one_round(conn):
            outage.hand_over(settings, conn)
            return _round(settings, conn, ways)
    except StoreUnavailable:
        outage.tell(settings, ways)
        raise


def run() -> dict[str, int]:
    """Runs one round with the settings of this process, for a DAG; returns what was told, as XComs hold it.

    Raises:
        NotTold: a channel failed.
    """
    outcome = check(get_settings())
    if outcome.failed:
        raise NotTold("; ".join(f"{channel}: {why}" for channel, why in outcome.failed.items()))
    return {"open": outcome.open, **outcome.told}


def hub_name(settings: Settings) -> str:
    """Returns how this hub calls itself in messages: its host, and that it is a sandbox if it is one."""
    host = urlsplit(settings.api_url).hostname or "hub"
    return host if settings.environment.value == "production" else f"{host}, {settings.environment.value}"


def _round(settings: Settings, conn: psycopg.Connection, ways: list[Channel]) -> Outcome:
    wanted = settings.alerts
    for feed in feed_names():
        if feed.partition(".")[0] in settings.registers:
            batches.register_feed(conn, feed)  # one whose pipeline was never started is silent from now on
    sight = Sight(settings, health.read(conn))
    seen = [Seen(each.condition.id, each.about, each.condition.severity, each.facts) for each in look(sight)]
    names = [way.name for way in ways]
    alerts.await_telling(conn, names, sight.at)  # what was noted since the last round may end in this one
    alerts.merge(conn, seen, sight.at, wanted.settle)
    alerts.await_telling(conn, names, sight.at)
    conn.commit()
    outcome = Outcome(len(seen), {}, {})
    for way in ways:
        due = alerts.due(conn, way.name, sight.at, remind_after=wanted.remind_after, settle=wanted.settle)
        conn.commit()  # nothing is held while the other side takes its time
        if not due:
            continue
        if why := deliver(way, Message(way.name, sight.at, hub_name(settings), tuple(due))):
            outcome.failed[way.name] = why
            _log.error("alerts wait", channel=way.name, count=len(due), reason=why)
            continue
        alerts.mark_told(conn, way.name, due, sight.at)
        conn.commit()
        outcome.told[way.name] = len(due)
    return outcome


def note(settings: Settings, condition: str, about: str) -> None:
    """Notes a condition that no watch can see by itself, such as a run that is late; the next round tells it.

    Raises:
        StoreUnavailable: the database does not answer.
    """
    with connect(settings, Role.PIPELINE) as conn:
        alerts.begin(conn, Seen(condition, about, CONDITIONS[condition].severity, {}), health.read(conn).at)
