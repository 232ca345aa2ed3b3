"""Marked people go through the store; then everything that PostgreSQL wrote is searched for them."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hub.embedded import EmbeddedPostgres
from hub.settings import Environment, Role, Settings
from hub.store import migrate, subjects
from hub.store.engine import connect, create_pool
from hub.trust.keys import KeyRing
from tests.store.population import personal_id, publish, row

NUMBER, NEW_NUMBER, CLAIMED = personal_id(77700113), personal_id(77700114), personal_id(77700115)
FORMER = "100777001"
NAME = "Nguyễn Thị Hoàng Yến Canary"
VALUES = (NUMBER, NEW_NUMBER, CLAIMED, FORMER, NAME)


def _forms(value: str) -> Iterator[bytes]:
    plain = "".join(c for c in unicodedata.normalize("NFD", value) if not unicodedata.combining(c))
    for text in {value, value.upper(), plain, plain.upper(), unicodedata.normalize("NFD", value)}:
        raw = text.encode()
        yield raw
        yield raw.hex().encode()
        # Whatever stands before it in a longer text, base64 looks one of three ways; the ends differ.
        for shift in range(3):
            yield base64.b64encode(bytes(shift) + raw)[4:-4]


def _found(folder: Path) -> set[str]:
    """Returns the values that stand in the files of a folder, in any form."""
    patterns = {pattern: value for value in VALUES for pattern in _forms(value)}
    found = set()
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found |= {value for pattern, value in patterns.items() if pattern in content}
    return found


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A cluster of its own, so that no other test's values lie in its files."""
    with EmbeddedPostgres(tmp_path / "var", durable=False) as embedded:
        yield embedded


@pytest.fixture
def own_settings(cluster: EmbeddedPostgres) -> Settings:
    """Settings of a migrated hub on that cluster."""
    settings = Settings(
        _env_file=None,
        environment=Environment.SANDBOX,
        var_dir=cluster.var_dir,
        database_url=cluster.url(Role.OWNER),
        database_url_pipeline=cluster.url(Role.PIPELINE),
        database_url_api=cluster.url(Role.API),
    )
    migrate.upgrade(settings)
    KeyRing.create(settings.keys_path())
    return settings


async def test_no_plain_value_in_data_wal_or_log(cluster: EmbeddedPostgres, own_settings: Settings) -> None:
    """After publishing, merging and claiming, no file of the server holds a number or a name in any form."""
    ring = KeyRing.load(own_settings)
    document = f'{{"name.full": "{NAME}", "personal_id": "{NUMBER}"}}'
    with connect(own_settings, Role.PIPELINE) as conn:
        publish(conn, ring, row(NUMBER, 1, document, former_id=FORMER), row(NEW_NUMBER, 1, document))
        publish(conn, ring, row(NUMBER, 2, document + " ", status="cancelled", replaced_by=NEW_NUMBER))
    async with create_pool(own_settings, Role.API, min_size=1) as pool, pool.acquire() as api, api.transaction():
        await subjects.claim(api, ring, CLAIMED)
    _checkpoint(cluster)

    assert _found(cluster.var_dir / "postgres") == set()
    assert _found(cluster.var_dir / "logs") == set()


def test_search_finds_what_is_written_plainly(cluster: EmbeddedPostgres, own_settings: Settings) -> None:
    """The search is no empty promise: a value that somebody does write plainly is found in the data and in the WAL."""
    with connect(own_settings, Role.OWNER) as owner:
        owner.execute("insert into hub.consumer (consumer_id, name) values (%s, %s)", (NUMBER, NAME))
    _checkpoint(cluster)

    assert _found(cluster.var_dir / "postgres" / "base") == {NUMBER, NAME}
    assert _found(cluster.var_dir / "postgres" / "pg_wal") == {NUMBER, NAME}


def test_failing_statements_leave_no_value_in_the_log(cluster: EmbeddedPostgres, own_settings: Settings) -> None:
    """Neither a violated constraint nor a misread parameter nor a wrong statement brings a value into the log."""
    insert = "insert into hub.consumer (consumer_id, name) values (%s, %s)"
    with connect(own_settings, Role.OWNER, autocommit=True) as owner:
        owner.execute(insert, (NUMBER, NAME))
        with pytest.raises(psycopg.errors.UniqueViolation):
            owner.execute(insert, (NUMBER, NAME))
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            owner.execute("select %s::text::integer", (NAME,))
        with pytest.raises(psycopg.errors.UndefinedTable):
            owner.execute(f"select '{NAME}', {NUMBER} from nowhere".encode())
        with pytest.raises(psycopg.errors.CheckViolation):
            owner.execute("insert into hub.consumer (consumer_id, name, status) values ('x', 'x', %s)", (NAME,))

    log = cluster.var_dir / "logs" / "postgres.log"
    assert "ready to accept connections" in log.read_text(encoding="utf-8")
    assert _found(log.parent) == set()


def _checkpoint(cluster: EmbeddedPostgres) -> None:
    with psycopg.connect(cluster.admin_url(), autocommit=True) as admin:
        admin.execute("checkpoint")
