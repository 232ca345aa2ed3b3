"""PostgreSQL itself goes away at every point of a run: one sentence, nothing lost, nothing doubled."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg
import pytest

from hub.pipeline.check import check
from hub.pipeline.context import Context
from hub.pipeline.fetch import fetch
from hub.pipeline.publish import publish
from hub.pipeline.run import run_feed
from hub.settings import ROOT, Role, Settings
from hub.store import engine, migrate
from hub.store.batches import FeedBusy
from hub.store.engine import StoreUnavailable
from hub.trust.keys import KeyRing
from tests.breakable import Server
from tests.cli.test_commands import hub
from tests.conftest import PostgresServer
from tests.pipeline.conftest import FEED, Twin, assert_nothing_lost_or_doubled, feed_settings, rows, sentence_of, serve

ADVICE = r"see that it runs .* then run this again|is it up"

# Sleeps in the middle of a statement, so that the server can be broken exactly there.
PAUSE = """
create function hub.pause() returns trigger language plpgsql as 'begin perform pg_sleep(120); return null; end';
create trigger pause before insert on hub.{table} for each statement execute function hub.pause()
"""
SLEEPING = "select pid from pg_stat_activity where wait_event = 'PgSleep'"

HOLDERS = """
select pid from pg_locks where locktype = 'advisory'
   and (classid::bigint << 32) | objid::bigint = hashtextextended('lienthong feed ' || %s, 0)
"""
CUT_HOLDER = f"select pg_terminate_backend(pid) from ({HOLDERS}) holder"
WAITING = "select pid from pg_locks where not granted"


Break = Callable[[Server], None]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("cluster"), durable=False) as server:
        yield server


@pytest.fixture(scope="module")
def postgres_server(server: Server) -> PostgresServer:
    """The cluster of these tests in the place of the session's, which others use."""
    return PostgresServer(server.admin_url(), {role: urlsplit(server.url(role)).password or "" for role in Role})


@pytest.fixture(scope="module")
def database_template(postgres_server: PostgresServer) -> str:
    name = f"hub_template_{uuid4().hex[:12]}"
    postgres_server.create_database(name)
    migrate.upgrade(postgres_server.settings(name, ROOT / "var" / "tmp"))
    return name


@pytest.fixture
def context(server: Server, settings: Settings, ring: KeyRing, served: tuple[Twin, str]) -> Iterator[Context]:
    """A context with the real ports, over several batches of several pages; at its end the server is up again."""
    yield Context(serve(feed_settings(settings, batch_size=90, page_size=30), served[1]), ring, workers=1)
    server.recover()


def breaking(context: Context, stage: str, nth: int, action: Callable[[], None]) -> Context:
    """Returns the context of a run that does something the nth time it reaches a stage."""
    reached = 0

    def observe(name: str, count: int) -> None:
        nonlocal reached
        reached += name == stage
        if name == stage and reached == nth:
            action()

    return Context(context.settings, context.ring, observe, context.make_connector, context.workers)


def pause(settings: Settings, table: str) -> None:
    with engine.connect(settings, Role.OWNER) as conn:
        conn.execute(PAUSE.format(table=table).encode())


def resume(settings: Settings) -> None:
    with engine.connect(settings, Role.OWNER) as conn:
        conn.execute("drop function hub.pause cascade")


def break_when_paused(server: Server, how: Break) -> threading.Thread:
    """Breaks the server as soon as a statement sleeps in its middle."""

    def work() -> None:
        with psycopg.connect(server.admin_url(), autocommit=True) as conn:
            while not conn.execute(SLEEPING).fetchall():
                time.sleep(0.02)
        how(server)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_stop_between_the_steps_is_told_and_loses_nothing(
    server: Server, context: Context, served: tuple[Twin, str]
) -> None:
    """Each step finds the server gone, says so, and does its work when it is called again."""
    batch_ids: list[UUID] = []

    def fetch_all() -> None:
        batch_ids.extend(UUID(each) for each in fetch(FEED, context).batches)

    def check_all() -> None:
        assert {check(each, context) for each in batch_ids} == {"checked"}

    def publish_all() -> None:
        assert [UUID(each) for each in publish(FEED, context).published] == batch_ids

    for step in (fetch_all, check_all, publish_all):
        server.shut_down()
        with pytest.raises(StoreUnavailable, match="is it up") as caught:
            step()
        assert "postgresql://" not in str(caught.value)
        server.recover()
        step()
    assert len(batch_ids) > 1
    assert_nothing_lost_or_doubled(context, served[0])


@pytest.mark.parametrize(
    ("stage", "nth", "how", "published"),
    [
        ("batch opened", 1, Server.crash, 0),
        ("page landed", 2, Server.shut_down, 0),
        ("page landed", 2, Server.kill, 0),
        ("page landed", 5, Server.kill_backends, 0),
        ("landed", 1, Server.kill, 0),
        ("page mapped", 2, Server.crash, 0),
        ("rows written", 2, Server.kill, 1),
        ("ledger written", 2, Server.crash, 1),
        ("published", 1, Server.kill_backends, 1),
    ],
)
def test_a_server_that_breaks_mid_run_is_told_and_nothing_is_lost(
    stage: str, nth: int, how: Break, published: int, server: Server, context: Context, served: tuple[Twin, str]
) -> None:
    """The run ends with our own error; what was committed stays, the rest is undone, and the next run completes it."""
    with pytest.raises(StoreUnavailable, match=ADVICE):
        run_feed(FEED, breaking(context, stage, nth, lambda: how(server)))
    server.recover()
    assert rows(context, "select count(*) from hub.batch where state = 'published'") == [(published,)]
    assert rows(context, "select count(*) from hub.ledger") == [(published,)]
    unaccounted = "select count(*) from hub.record where batch_id not in (select batch_id from hub.ledger)"
    assert rows(context, unaccounted) == [(0,)]
    run_feed(FEED, context)
    assert_nothing_lost_or_doubled(context, served[0])


@pytest.mark.parametrize(
    ("table", "state", "how"),
    [
        ("rule_result", "landed", Server.crash),
        ("rule_result", "landed", Server.kill_backends),
        ("record", "checked", Server.kill_backends),
        ("quarantine", "checked", Server.crash),
    ],
)
def test_a_server_that_breaks_mid_statement_undoes_the_whole_step(
    table: str, state: str, how: Break, server: Server, context: Context, served: tuple[Twin, str]
) -> None:
    """A check's saving or a publish that is cut in the middle of a write leaves nothing of itself."""
    pause(context.settings, table)
    thread = break_when_paused(server, how)
    with pytest.raises(StoreUnavailable, match=ADVICE):
        run_feed(FEED, context)
    thread.join()
    server.recover()
    assert rows(context, "select state from hub.batch order by sequence limit 1") == [(state,)]
    assert rows(context, f"select count(*) from hub.{table}") == [(0,)]
    assert rows(context, "select count(*) from hub.record") == [(0,)]
    resume(context.settings)
    run_feed(FEED, context)
    assert_nothing_lost_or_doubled(context, served[0])


def test_a_run_that_lost_the_feed_meets_the_next_one_and_doubles_nothing(
    server: Server, context: Context, served: tuple[Twin, str]
) -> None:
    """When only the connection that holds the feed is cut, a second run begins while the first still publishes."""
    second: list[BaseException] = []

    def run_again() -> None:
        try:
            run_feed(FEED, context)
        except FeedBusy as error:
            second.append(error)

    thread = threading.Thread(target=run_again)

    def lose_the_feed() -> None:
        with psycopg.connect(server.admin_url(), autocommit=True) as conn:
            conn.execute(CUT_HOLDER, (FEED,))
            while conn.execute(HOLDERS, (FEED,)).fetchall():
                time.sleep(0.01)
            thread.start()
            while not conn.execute(WAITING).fetchall():
                time.sleep(0.01)

    with pytest.raises(StoreUnavailable, match="broke the connection"):
        run_feed(FEED, breaking(context, "rows written", 1, lose_the_feed))
    thread.join()
    assert [str(error).partition(" is ")[2] for error in second] == [
        f"published already: another process works on {FEED}"
    ]
    run_feed(FEED, context)
    assert_nothing_lost_or_doubled(context, served[0])


@pytest.mark.parametrize(("table", "how"), [("register_budget", Server.shut_down), ("record", Server.crash)])
def test_the_command_ends_with_one_sentence(
    table: str, how: Break, server: Server, context: Context, served: tuple[Twin, str]
) -> None:
    """`hub run` says what happened and what to do, exits 1, and the next run completes its work."""
    pause(context.settings, table)
    thread = break_when_paused(server, how)
    broken = hub("run", FEED, var=context.settings.var_dir)
    thread.join()
    server.recover()
    resume(context.settings)
    assert broken.returncode == 1
    assert re.search(ADVICE, sentence_of(broken.stderr))
    run_feed(FEED, context)
    assert_nothing_lost_or_doubled(context, served[0])


def test_the_command_finds_no_server(server: Server, context: Context) -> None:
    """With the server stopped `hub run` ends at once, with where it looked and no password."""
    server.shut_down()
    gone = hub("run", FEED, var=context.settings.var_dir)
    assert gone.returncode == 1
    assert f"127.0.0.1:{server.port}" in sentence_of(gone.stderr)
    assert "is it up" in gone.stderr
    assert "postgresql://" not in gone.stderr
