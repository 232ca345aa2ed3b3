"""PostgreSQL's own disk fills up: it is said, the batch stays as it was, and the same run completes once there is room.

The disk is real: a small tmpfs in a namespace of the server's own, so that the kernel itself says ENOSPC.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from hub.pipeline.context import Context
from hub.pipeline.run import run_feed
from hub.settings import ROOT, Role, Settings
from hub.store import migrate
from hub.store.engine import StoreFull, StoreUnavailable
from hub.trust.keys import KeyRing
from tests.cli.test_commands import ENV, hub
from tests.conftest import PostgresServer
from tests.pipeline.conftest import FEED, Twin, assert_nothing_lost_or_doubled, feed_settings, rows, sentence_of, serve

DISK_MB = "400"
NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]


class Disk:
    """The process that owns the small disk and its server."""

    def __init__(self, folder: Path) -> None:
        command = [*NAMESPACE, sys.executable, "-m", "tests.pipeline.small_disk", str(folder), DISK_MB]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENV, cwd=ROOT
        )

    def tell(self, command: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the process of the disk died"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def fill(self) -> None:
        assert self.tell("fill")["free"] == 0

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    probe = [*NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", str(tmp_path_factory.mktemp("probe"))]
    if shutil.which("unshare") is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("this machine gives no disk to an ordinary user (no user namespaces)")
    disk = Disk(tmp_path_factory.mktemp("disk"))
    yield disk
    disk.close()


@pytest.fixture(scope="module")
def postgres_server(disk: Disk) -> PostgresServer:
    """The server on the small disk in the place of the session's."""
    told = disk.tell("start")
    return PostgresServer(told["url"], {Role(name): secret for name, secret in told["passwords"].items()})


@pytest.fixture(scope="module")
def database_template(postgres_server: PostgresServer) -> str:
    name = f"hub_template_{uuid4().hex[:12]}"
    postgres_server.create_database(name)
    migrate.upgrade(postgres_server.settings(name, ROOT / "var" / "tmp"))
    return name


@pytest.fixture
def context(disk: Disk, settings: Settings, ring: KeyRing, served: tuple[Twin, str]) -> Iterator[Context]:
    """A context with the real ports; at its end there is room again, and the server is up."""
    yield Context(serve(feed_settings(settings, page_size=60), served[1]), ring, workers=1)
    disk.tell("free")
    disk.tell("start")


def admin(server: PostgresServer) -> psycopg.Connection[Any]:
    return psycopg.connect(server.admin_url, autocommit=True)


def new_log_segment(server: PostgresServer) -> None:
    """Gives what follows a log segment of its own: it must fail for want of room in a table, not in the log."""
    with admin(server) as conn:
        conn.execute("create table if not exists something (n integer)")
        conn.execute("insert into something values (1)")
        conn.execute("select pg_switch_wal()")
        conn.execute("insert into something values (1)")


def balanced(context: Context) -> bool:
    """Tells whether each published batch has its ledger, and that accounts for every record that was fetched."""
    sums = rows(
        context,
        "select fetched, published + unchanged + superseded + quarantined + duplicate + filtered"
        " from hub.batch left join hub.ledger using (batch_id)",
    )
    return bool(sums) and all(fetched == counted for fetched, counted in sums)


@pytest.mark.parametrize(
    ("stage", "nth", "state"),
    [
        ("batch opened", 1, "fetching"),
        ("page mapped", 1, "landed"),
        ("checked", 1, "checked"),
        ("rows written", 1, "checked"),
    ],
)
def test_a_full_disk_is_told_and_the_batch_stays_as_it_was(
    stage: str,
    nth: int,
    state: str,
    disk: Disk,
    postgres_server: PostgresServer,
    context: Context,
    served: tuple[Twin, str],
) -> None:
    """In the middle of a fetch, a check or a publish: one sentence of ours, nothing half, and the next run is whole."""
    reached = 0

    def observe(name: str, count: int) -> None:
        nonlocal reached
        reached += name == stage
        if name == stage and reached == nth:
            disk.fill()

    new_log_segment(postgres_server)
    with pytest.raises(StoreFull, match="no room left: free space on its disk, then run this again"):
        run_feed(FEED, Context(context.settings, context.ring, observe, workers=1))
    assert rows(context, "select state from hub.batch") == [(state,)]
    assert rows(context, "select count(*) from hub.record") == [(0,)]
    assert rows(context, "select count(*) from hub.ledger") == [(0,)]
    disk.tell("free")
    run_feed(FEED, context)
    assert balanced(context)
    assert_nothing_lost_or_doubled(context, served[0])


def test_the_command_tells_of_the_full_disk(
    disk: Disk, postgres_server: PostgresServer, context: Context, served: tuple[Twin, str]
) -> None:
    """`hub run` exits 1 with one sentence, and the same command completes once there is room."""
    new_log_segment(postgres_server)
    disk.fill()
    full = hub("run", FEED, var=context.settings.var_dir)
    disk.tell("free")
    again = hub("run", FEED, var=context.settings.var_dir)
    assert (full.returncode, again.returncode) == (1, 0), again.stderr
    assert "no room left: free space on its disk, then run this again" in sentence_of(full.stderr)
    assert balanced(context)
    assert_nothing_lost_or_doubled(context, served[0])


def test_a_disk_too_full_for_the_log_ends_the_server_and_loses_nothing(
    disk: Disk, postgres_server: PostgresServer, context: Context, served: tuple[Twin, str]
) -> None:
    """Without room for its log PostgreSQL ends itself in the middle of a publish; room and a start make all whole."""

    def exhaust(name: str, count: int) -> None:
        if name == "rows written":
            disk.fill()
            with suppress(psycopg.OperationalError), admin(postgres_server) as conn:
                while True:
                    conn.execute("insert into something values (1)")
                    conn.execute("select pg_switch_wal()")

    new_log_segment(postgres_server)
    with pytest.raises(StoreUnavailable, match=r"broke the connection .* disk is not full"):
        run_feed(FEED, Context(context.settings, context.ring, exhaust, workers=1))
    # Gone, or recovered into the same want of room: either is told.
    with pytest.raises(StoreUnavailable, match=r"is it up|see that it runs|no room left"):
        run_feed(FEED, context)
    disk.tell("free")
    disk.tell("start")
    assert rows(context, "select state from hub.batch") == [("checked",)]
    assert rows(context, "select count(*) from hub.record") == [(0,)]
    run_feed(FEED, context)
    assert balanced(context)
    assert_nothing_lost_or_doubled(context, served[0])
