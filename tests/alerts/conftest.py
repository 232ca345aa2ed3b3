"""A store whose registers and feeds can be made ill, and settings that tell a real receiver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from hub.alerts.channels import Patience, channels
from hub.alerts.round import Outcome, check
from hub.settings import AlertSettings, RegisterSettings, Settings
from tests.alerts.receivers import Inbox, http_receiver

FEED = "population.citizens"
QUICK = Patience(attempts=3, first_wait=0.01, longest_wait=0.02, seconds=5.0)
Alerting = Callable[..., Settings]


@dataclass
class Ward:
    """The patient: one feed and its register, in a real store. Times are relative to the database's clock."""

    conn: psycopg.Connection[Any]
    settings: Settings

    def do(self, sql: str, *values: Any) -> list[Any]:
        """Runs a statement as the pipeline and commits."""
        cursor = self.conn.execute(sql.encode(), values)
        rows = cursor.fetchall() if cursor.description else []
        self.conn.commit()
        return rows

    def fresh(self, hours_ago: float = 0, feed: str = FEED) -> None:
        """Sets how far the feed has got."""
        self.do(
            """insert into hub.feed (name, watermark) values (%s, clock_timestamp() - make_interval(secs => %s))
               on conflict (name) do update set watermark = excluded.watermark""",
            feed,
            hours_ago * 3600,
        )

    def batch(
        self,
        fetched: int = 100,
        refused: int = 0,
        *,
        hours_ago: float = 0,
        state: str = "published",
        rule: str | None = None,
    ) -> str:
        """Adds a batch with its ledger."""
        batch_id = str(uuid4())
        self.do(
            """insert into hub.batch (batch_id, feed, state, since, until, asked_until, scope, legal_basis, landed_uri,
                                      master_version, parked_rule, published_at)
               values (%s, %s, %s, now() - interval '2 hours', now(), now(), 'all', 'law', 'file:///x', 1, %s,
                       case when %s = 'published' then clock_timestamp() - make_interval(secs => %s) end)""",
            batch_id,
            FEED,
            state,
            rule,
            state,
            hours_ago * 3600,
        )
        if state == "published":
            self.do(
                """insert into hub.ledger
                   (batch_id, fetched, published, unchanged, superseded, quarantined, duplicate, filtered)
                   values (%s, %s, %s, 0, 0, %s, 0, 0)""",
                batch_id,
                fetched,
                fetched - refused,
                refused,
            )
        return batch_id

    def breaker(self, state: str, failures: int = 5, register: str = "population") -> None:
        """Sets the breaker of a register."""
        self.do(
            """insert into hub.register_breaker (register, state, failures, until)
               values (%s, %s, %s, case when %s <> 'closed' then clock_timestamp() + interval '20 seconds' end)
               on conflict (register) do update
                  set state = excluded.state, failures = excluded.failures, until = excluded.until""",
            register,
            state,
            failures,
            state,
        )

    def pass_time(self, length: timedelta) -> None:
        """Lets the time pass for what is known of alerts: all of it lies that much further back."""
        self.do("update hub.alert set began_at = began_at - %s, ended_at = ended_at - %s", length, length)
        self.do("update hub.alert_notice set at = at - %s", length)

    def round(self, settings: Settings | None = None) -> Outcome:
        """Runs one round."""
        settings = settings or self.settings
        return check(settings, channels(settings, QUICK))

    def now(self) -> datetime:
        """The database's clock."""
        moment: datetime = self.do("select clock_timestamp()")[0][0]
        return moment


@pytest.fixture
def receiver() -> Iterator[Inbox]:
    """A webhook's receiver."""
    with http_receiver() as inbox:
        yield inbox


@pytest.fixture
def alerting(settings: Settings) -> Alerting:
    """Makes settings with a register and with alerts as a test wishes them."""

    def make(**wanted: Any) -> Settings:
        changes = {
            "alerts": AlertSettings.model_validate(wanted),
            "registers": {"population": RegisterSettings(url="http://127.0.0.1:1/register")},
        }
        return settings.model_copy(update=changes)

    return make


@pytest.fixture
def ward(alerting: Alerting, receiver: Inbox, conn: psycopg.Connection[Any]) -> Ward:
    """A healthy feed, and a receiver of its alerts."""
    ward = Ward(conn, alerting(webhook_url=receiver.url))
    ward.fresh()
    return ward
