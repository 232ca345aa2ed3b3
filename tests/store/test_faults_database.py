"""The database itself is killed, or its roles are missing; two publishers come at once."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hub.embedded import EmbeddedPostgres
from hub.settings import Environment, Role, Settings
from hub.store import migrate
from hub.store.engine import StoreUnavailable, connect
from hub.store.migrate import MigrationRefused
from hub.store.records import PublishResult
from hub.trust.keys import KeyRing
from tests.store.population import count, one, personal_id, publish, row


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A cluster of its own, which a test may kill."""
    embedded = EmbeddedPostgres(tmp_path / "var", durable=False).start()
    yield embedded
    embedded.stop()


def _settings(cluster: EmbeddedPostgres) -> Settings:
    return Settings(
        _env_file=None,
        environment=Environment.SANDBOX,
        var_dir=cluster.var_dir,
        database_url=cluster.url(Role.OWNER),
        database_url_pipeline=cluster.url(Role.PIPELINE),
    )


@pytest.mark.parametrize("table", ["subject_key", "subject_identifier", "record"])
def test_database_killed_during_a_publish_loses_nothing_committed(cluster: EmbeddedPostgres, table: str) -> None:
    """When all of PostgreSQL is killed while a table is written, the batch before is whole and a re-run completes."""
    settings = _settings(cluster)
    migrate.upgrade(settings)
    ring = KeyRing.create(settings.keys_path())
    first = [row(personal_id(n), 1, f"1 of {n}") for n in range(200)]
    second = [row(personal_id(n), 2, f"2 of {n}") for n in range(20_000)]
    with connect(settings, Role.PIPELINE) as conn:
        publish(conn, ring, *first)

    killer = threading.Thread(target=_kill, args=[cluster, table])
    killer.start()
    with pytest.raises(StoreUnavailable), connect(settings, Role.PIPELINE) as conn:
        publish(conn, ring, *second)
    killer.join()
    cluster.start()

    settings = _settings(cluster)
    with connect(settings, Role.PIPELINE) as conn:
        assert count(conn, "record") == count(conn, "subject_key") == 200
        assert one(conn, ring, personal_id(7)).document == "1 of 7"
        assert publish(conn, ring, *second) == PublishResult(20_000, 0, 0, [])


def _kill(cluster: EmbeddedPostgres, table: str) -> None:
    """Kills the server and all its processes as soon as it copies into a table."""
    deadline = time.monotonic() + 60
    with psycopg.connect(cluster.admin_url("hub"), autocommit=True) as admin:
        query = "select count(*) from pg_stat_progress_copy where relid = %s::regclass"
        while admin.execute(query, (f"hub.{table}",)).fetchone() == (0,) and time.monotonic() < deadline:
            pass
    pid = int((cluster.var_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for process in (pid, *map(int, children)):
        os.kill(process, signal.SIGKILL)


def test_missing_roles_are_made_or_asked_for(cluster: EmbeddedPostgres) -> None:
    """An owner who may create roles gets them made; another one is told exactly what an administrator runs."""
    settings = _settings(cluster)
    with psycopg.connect(cluster.admin_url("hub"), autocommit=True) as admin:
        admin.execute("revoke all on database hub from hub_retention")
        admin.execute("drop role hub_retention")
        with pytest.raises(MigrationRefused, match="create role hub_retention login password"):
            migrate.upgrade(settings)
        assert migrate.current(settings) is None

        admin.execute("alter role hub_owner createrole")

        assert migrate.upgrade(settings) == migrate.newest()


def test_two_publishers_of_the_same_rows_take_turns(settings: Settings, ring: KeyRing) -> None:
    """Two publishers with the same and with newer rows at the same time end with the newest, each row counted once."""
    batches = [[row(personal_id(n), version, f"{version}", position=n) for n in range(500)] for version in (1, 1, 2, 2)]
    results: list[PublishResult] = []

    def work(rows: list[Any]) -> None:
        with connect(settings, Role.PIPELINE) as conn:
            time.sleep(0.01)
            results.append(publish(conn, ring, *rows))

    threads = [threading.Thread(target=work, args=[rows]) for rows in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with connect(settings, Role.PIPELINE) as conn:
        assert count(conn, "record") == count(conn, "subject") == 500
        assert {one(conn, ring, personal_id(n)).document for n in range(0, 500, 50)} == {"2"}
    assert len(results) == 4
    assert sum(result.published + result.unchanged + result.superseded for result in results) == 2000
