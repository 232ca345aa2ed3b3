"""How every register and feed is, in one statement: what `/metrics`, `/status`, `hub doctor` and the alerts look at.

There are counts, instants and names of registers, feeds, rules and batches in it, and nothing of a record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import orjson
import psycopg

from connectors.quota import QuotaUsed

# One value, so that both drivers read it alike; without parameters, so that both take the same text.
STATEMENT = """
select jsonb_build_object(
    'at', extract(epoch from clock_timestamp()),
    'registers', coalesce((select jsonb_agg(to_jsonb(each) order by each.register) from (
        select n.register, coalesce(c.state, 'closed') as breaker, coalesce(c.failures, 0) as failures,
               greatest(0, extract(epoch from c.until - clock_timestamp())) as next_trial,
               coalesce(b.day, '1970-01-01') as day, coalesce(b.day_calls, 0) as day_calls,
               coalesce(b.month_calls, 0) as month_calls, b.per_second, b.concurrent, b.per_day, b.per_month,
               least(greatest(1, b.per_second), b.tokens
                     + extract(epoch from clock_timestamp() - b.updated_at) * b.per_second) as turns_left,
               (select count(*) from hub.register_place p
                 where p.register = n.register and p.expires_at > clock_timestamp()) as under_way
          from (select register from hub.register_budget union select register from hub.register_breaker) n
          left join hub.register_budget b using (register) left join hub.register_breaker c using (register)) each
    ), '[]'),
    'feeds', coalesce((select jsonb_agg(to_jsonb(each) order by each.feed) from (
        select f.name as feed, extract(epoch from coalesce(f.watermark, f.updated_at)) as fresh_at,
               f.watermark is not null as published,
               (select jsonb_build_object('batch', l.batch_id, 'state', l.state, 'at', extract(epoch from
                       coalesce(l.published_at, l.decided_at, l.created_at)))
                  from hub.batch l where l.feed = f.name order by l.sequence desc limit 1) as newest,
               (select jsonb_agg(jsonb_build_object('batch', p.batch_id, 'rule', p.parked_rule) order by p.sequence)
                  from hub.batch p where p.feed = f.name and p.state = 'parked') as parked,
               (select count(*) from hub.quarantine q where q.feed = f.name and q.status = 'open') as quarantined,
               (select jsonb_agg(jsonb_build_array(r.fetched, r.quarantined, extract(epoch from r.published_at)))
                  from (select l.fetched, l.quarantined, b.published_at
                          from hub.batch b join hub.ledger l using (batch_id)
                         where b.feed = f.name and b.state = 'published' and not b.backfill
                         order by b.sequence desc limit 50) r) as recent
          from hub.feed f) each
    ), '[]'),
    'alerts_at', (select extract(epoch from at) from hub.alert_round),
    'open_alerts', (select coalesce(jsonb_agg(jsonb_build_array(condition, about, extract(epoch from began_at))
                                              order by began_at, condition, about), '[]')
                      from hub.alert where ended_at is null),
    'untold', (select coalesce(jsonb_object_agg(channel, waiting), '{}') from (
        select channel, count(*) as waiting from hub.alert_notice where told = 'waiting' group by channel) w)
)::text
"""

_NONE_USED = QuotaUsed(date.min)


@dataclass(frozen=True, slots=True)
class RegisterHealth:
    """One register: its breaker (`closed`, `open`, `half_open`) and what is used of its courtesy.

    The limits are those that its callers keep to; None before the first call, or when there is none.
    """

    register: str
    breaker: str = "closed"
    failures: int = 0
    next_trial: float = 0.0
    used: QuotaUsed = _NONE_USED
    under_way: int = 0
    turns_left: float | None = None
    per_second: float | None = None
    concurrent: int | None = None
    per_day: int | None = None
    per_month: int | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """One published batch: how many records came, how many of them a rule refused, and when."""

    fetched: int
    quarantined: int
    at: datetime


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """One feed. `fresh_at` is its watermark; before its first batch (`published` is false), since when it is known.

    `parked` are the batches that wait for a human, with the rule that stopped each; `recent` the last published
    batches, the newest first.
    """

    feed: str
    fresh_at: datetime
    published: bool = False
    newest_batch: str | None = None
    newest_state: str | None = None
    newest_at: datetime | None = None
    parked: tuple[tuple[str, str], ...] = ()
    quarantined: int = 0
    recent: tuple[Published, ...] = ()

    @property
    def register(self) -> str:
        """The register that the feed copies."""
        return self.feed.partition(".")[0]


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """One alert that has not ended: the id of its condition, what it is about, and since when."""

    condition: str
    about: str
    began_at: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """Everything at one moment of the database's clock.

    `alerts_at` is when alerts were last looked for, `open_alerts` are those that have not ended, the oldest first;
    `untold` counts the alerts that wait to be told, by channel.
    """

    at: datetime
    registers: tuple[RegisterHealth, ...] = ()
    feeds: tuple[FeedHealth, ...] = ()
    alerts_at: datetime | None = None
    open_alerts: tuple[OpenAlert, ...] = ()
    untold: tuple[tuple[str, int], ...] = ()


def read(conn: psycopg.Connection[Any]) -> Health:
    """Reads how everything is, as the role of the connection."""
    row = conn.execute(STATEMENT.encode()).fetchone()
    return parse(row[0] if row else "{}")


def parse(text: str) -> Health:
    """Reads the value that the statement returns."""
    found = orjson.loads(text)
    at = _instant(found["at"])
    return Health(
        at,
        tuple(_register(each, at) for each in found["registers"]),
        tuple(_feed(each) for each in found["feeds"]),
        _instant_or_none(found["alerts_at"]),
        tuple(OpenAlert(condition, about, _instant(began)) for condition, about, began in found["open_alerts"]),
        tuple(sorted(found["untold"].items())),
    )


def _register(row: dict[str, Any], at: datetime) -> RegisterHealth:
    used = QuotaUsed(date.fromisoformat(row.pop("day")), row.pop("day_calls"), row.pop("month_calls"))
    return RegisterHealth(**row | {"next_trial": row["next_trial"] or 0.0, "used": used.at(at)})


def _feed(row: dict[str, Any]) -> FeedHealth:
    newest = row["newest"] or {}
    return FeedHealth(
        row["feed"],
        _instant(row["fresh_at"]),
        row["published"],
        newest.get("batch"),
        newest.get("state"),
        _instant_or_none(newest.get("at")),
        tuple((each["batch"], each["rule"] or "") for each in row["parked"] or ()),
        row["quarantined"],
        tuple(Published(fetched, refused, _instant(when)) for fetched, refused, when in row["recent"] or ()),
    )


def _instant(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def _instant_or_none(epoch: float | None) -> datetime | None:
    return None if epoch is None else _instant(epoch)
