"""Each role can do its work and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from hub.settings import Role, Settings
from hub.store import partitions
from hub.store.engine import StoreUnavailable, connect

_DENIED = [
    (Role.API, "update hub.record set status = 'withdrawn'"),
    (Role.API, "delete from hub.record"),
    (Role.API, "update hub.exchange_log set outcome = 'ok'"),
    (Role.API, "delete from hub.exchange_log"),
    (Role.API, "truncate hub.exchange_log"),
    (Role.API, "delete from hub.exchange_log_default"),
    (Role.API, "insert into hub.consumer (consumer_id, name) values ('x', 'x')"),
    (Role.API, "update hub.consumer_grant set attributes = '{}'"),
    (Role.API, "update hub.dossier set subject_id = 1"),
    (Role.API, "delete from hub.subject_key"),
    (Role.API, "update hub.subject_identifier set subject_id = 1"),
    (Role.API, "insert into hub.role values ('business', 1, 1, 'owns', 2)"),
    (Role.API, "delete from hub.role"),
    (Role.API, "select sealed_wire from hub.quarantine"),
    (Role.API, "select hub.drop_log_partitions(now() - interval '1 year')"),
    (Role.API, "create table hub.mine (x int)"),
    (Role.PIPELINE, "select * from hub.consumer_key"),
    (Role.PIPELINE, "update hub.exchange_log set outcome = 'ok'"),
    (Role.PIPELINE, "delete from hub.exchange_log"),
    (Role.PIPELINE, "delete from hub.record"),
    (Role.PIPELINE, "delete from hub.subject"),
    (Role.PIPELINE, "update hub.role set kind = 'owns'"),
    (Role.PIPELINE, "update hub.dossier set status = 'closed'"),
    (Role.PIPELINE, "update hub.ledger set published = 0"),
    (Role.RETENTION, "insert into hub.exchange_log (exchange_id) values (gen_random_uuid())"),
    (Role.RETENTION, "delete from hub.exchange_log"),
    (Role.RETENTION, "drop table hub.exchange_log_default"),
    (Role.RETENTION, "update hub.record set status = 'withdrawn'"),
    (Role.RETENTION, "update hub.role set holder_id = 1"),
    (Role.RETENTION, "delete from hub.subject"),
    (Role.RETENTION, "select * from hub.consumer_key"),
]


@pytest.mark.parametrize(("role", "statement"), _DENIED)
def test_right_is_denied(settings: Settings, role: Role, statement: str) -> None:
    """A role is refused what its process never needs."""
    with connect(settings, role) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute(statement.encode())


def test_entry_without_a_partition_is_kept_and_moves_into_it(settings: Settings) -> None:
    """An entry of a month that has no partition waits in the default one, and moves when the partition is made."""
    at = datetime.now(UTC) + timedelta(days=200)
    with connect(settings, Role.API) as api:
        api.execute(
            """insert into hub.exchange_log (exchange_id, at, writer, sequence, kind, outcome)
               values (gen_random_uuid(), %s, gen_random_uuid(), 1, 'lookup', 'ok')""",
            (at,),
        )
    with connect(settings, Role.RETENTION) as retention:
        made = partitions.make_coming(retention, at, months=0)
        again = partitions.make_coming(retention, at, months=0)
        places = retention.execute("select tableoid::regclass::text from hub.exchange_log").fetchall()

    assert (made, again) == (1, 0)
    assert places == [(f"hub.exchange_log_{at:%Y_%m}",)]


def test_log_partition_is_dropped_only_after_its_time(settings: Settings) -> None:
    """Retention drops closed partitions that are due, and nothing younger than a month."""
    now = datetime.now(UTC)
    with connect(settings, Role.RETENTION) as retention:
        partitions.make_coming(retention, now - timedelta(days=400), months=0)
        retention.commit()

        assert partitions.drop_closed(retention, now - timedelta(days=440)) == 0
        assert partitions.drop_closed(retention, now - timedelta(days=365)) == 1
        with pytest.raises(psycopg.errors.RaiseException):
            partitions.drop_closed(retention, now)


def test_database_that_is_down_is_named_without_its_password(settings: Settings) -> None:
    """A database out of reach gives an error that says where and what to do, and never the password."""
    settings = settings.model_copy(update={"database_url_api": "postgresql://hub_api:pa55word@127.0.0.1:1/hub"})

    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:1/hub .* role api") as caught:
        connect(settings, Role.API)

    assert "pa55word" not in str(caught.value)
    assert caught.value.__cause__ is None
