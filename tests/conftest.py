"""Fixtures of all rooms: a real PostgreSQL, a migrated database for each test, keys and settings."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import TupleRow

from hub.embedded import ROLE_NAMES, EmbeddedPostgres
from hub.settings import ROOT, Environment, Role, Settings
from hub.store import engine, migrate
from hub.trust.keys import KeyRing


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks every test that asks the session's PostgreSQL, so that they alone can run against another one."""
    for item in items:
        if "postgres_server" in getattr(item, "fixturenames", ()):
            item.add_marker("database")


@dataclass(frozen=True)
class PostgresServer:
    """A PostgreSQL on which tests make databases."""

    admin_url: str
    passwords: dict[Role, str]

    def url(self, role: Role, database: str) -> str:
        """Returns the address of a database for a role."""
        parts = urlsplit(self.admin_url)
        secret = f":{self.passwords[role]}" if role in self.passwords else ""
        place = f"{ROLE_NAMES[role]}{secret}@{parts.hostname}:{parts.port or 5432}"
        return urlunsplit(parts._replace(netloc=place, path=f"/{database}", query=""))

    def settings(self, database: str, var_dir: Path) -> Settings:
        """Returns sandbox settings that point at a database and a folder."""
        return Settings(
            _env_file=None,
            environment=Environment.SANDBOX,
            var_dir=var_dir,
            database_url=self.url(Role.OWNER, database),
            database_url_pipeline=self.url(Role.PIPELINE, database),
            database_url_api=self.url(Role.API, database),
            database_url_retention=self.url(Role.RETENTION, database),
        )

    def create_database(self, name: str, template: str | None = None) -> None:
        """Creates a database of the owner's, as a copy of `template` when one is named."""
        parts = (sql.Identifier(name), sql.Identifier(ROLE_NAMES[Role.OWNER]), sql.Identifier(template or "template1"))
        with psycopg.connect(self.admin_url, autocommit=True) as conn:
            conn.execute(sql.SQL("create database {} owner {} template {}").format(*parts))

    def drop_database(self, name: str) -> None:
        """Drops a database, whoever is still connected."""
        with psycopg.connect(self.admin_url, autocommit=True) as conn:
            conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _embedded(folder: Path) -> Iterator[PostgresServer]:
    # Not durable: a test never waits for the disk, and a crashed machine may lose a test's database.
    with EmbeddedPostgres(folder, durable=False) as embedded:
        passwords = {role: urlsplit(embedded.url(role)).password or "" for role in Role}
        yield PostgresServer(embedded.admin_url(), passwords)


def _external(url: str) -> Iterator[PostgresServer]:
    with psycopg.connect(url, autocommit=True) as conn:
        known = {name for (name,) in conn.execute("select rolname from pg_roles")}
        for name in ROLE_NAMES.values():
            if name not in known:
                conn.execute(sql.SQL("create role {} login").format(sql.Identifier(name)))
    yield PostgresServer(url, {})


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A PostgreSQL for the session: the embedded one, or the one that HUB_TEST_POSTGRES_URL names."""
    url = os.environ.get("HUB_TEST_POSTGRES_URL")
    if url:
        yield from _external(url)
        return
    # Below the repository's var/, never in a machine-wide folder of temporary files.
    folder = ROOT / "var" / "tmp" / f"postgres-{uuid4().hex[:12]}"
    try:
        yield from _embedded(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def database_template(postgres_server: PostgresServer) -> Iterator[str]:
    """A migrated database that tests copy."""
    name = f"hub_template_{uuid4().hex[:12]}"
    postgres_server.create_database(name)
    migrate.upgrade(postgres_server.settings(name, ROOT / "var" / "tmp"))
    yield name
    postgres_server.drop_database(name)


@pytest.fixture
def settings(postgres_server: PostgresServer, database_template: str, tmp_path: Path) -> Iterator[Settings]:
    """Sandbox settings with a fresh migrated database, a `var` folder and keys of their own."""
    name = f"hub_test_{uuid4().hex[:12]}"
    postgres_server.create_database(name, database_template)
    settings = postgres_server.settings(name, tmp_path / "var")
    KeyRing.create(settings.keys_path())
    yield settings
    postgres_server.drop_database(name)


@pytest.fixture
def ring(settings: Settings) -> KeyRing:
    """The key ring of the test's settings."""
    return KeyRing.load(settings)


@pytest.fixture
def conn(settings: Settings) -> Iterator[psycopg.Connection[TupleRow]]:
    """A connection as the pipeline role."""
    connection = engine.connect(settings, Role.PIPELINE)
    yield connection
    connection.close()
