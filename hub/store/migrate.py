"""Brings the database to the newest revision: tables, partitions and the rights of every role."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from hub.settings import Role, Settings
from hub.store.engine import sqlalchemy_engine
from hub.store.tables import SCHEMA

_OLDEST = 150000
_LOCK = text("select pg_advisory_xact_lock(hashtext('hub.migrate'))")


class MigrationRefused(RuntimeError):
    """The database cannot be migrated as it is; the message says what to run."""


def upgrade(settings: Settings) -> str:
    """Migrates to the newest revision, in one transaction, and returns that revision.

    On a database of your own, roles that are missing are created when the owner may do so; set their passwords then
    (`alter role hub_api password …`), for without one PostgreSQL lets nobody in.

    Raises:
        MigrationRefused: PostgreSQL is older than 15, or roles are missing and the owner may not create them.
    """
    engine = sqlalchemy_engine(settings, Role.OWNER)
    try:
        with engine.begin() as connection:
            connection.execute(_LOCK)
            _check_version(connection)
            _create_roles(connection)
            connection.execute(text(f"create schema if not exists {SCHEMA}"))
            command.upgrade(_configuration(connection), "head")
            return newest()
    finally:
        engine.dispose()


def current(settings: Settings) -> str | None:
    """Returns the revision the database is at, None before the first migration."""
    engine = sqlalchemy_engine(settings, Role.OWNER)
    try:
        with engine.connect() as connection:
            options = {"version_table_schema": SCHEMA}
            return MigrationContext.configure(connection, opts=options).get_current_revision()
    finally:
        engine.dispose()


def newest() -> str:
    """Returns the newest revision that this code knows."""
    head = ScriptDirectory.from_config(_configuration(None)).get_current_head()
    if head is None:
        raise MigrationRefused("this installation holds no migrations: install it again")
    return head


def _configuration(connection: Connection | None) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    configuration.attributes["connection"] = connection
    return configuration


def _check_version(connection: Connection) -> None:
    version = int(connection.execute(text("show server_version_num")).scalar_one())
    if version < _OLDEST:
        raise MigrationRefused(f"PostgreSQL {version // 10000} is too old: use {_OLDEST // 10000} or later")


def _create_roles(connection: Connection) -> None:
    wanted = [f"hub_{role.value}" for role in Role if role is not Role.OWNER]
    known = set(connection.execute(text("select rolname from pg_roles")).scalars())
    missing = [name for name in wanted if name not in known]
    if not missing:
        return
    allowed = text("select rolcreaterole or rolsuper from pg_roles where rolname = current_user")
    if not connection.execute(allowed).scalar_one():
        statements = " ".join(f"create role {name} login password '…';" for name in missing)
        raise MigrationRefused(
            f"roles are missing and {connection.engine.url.username} may not create them: {statements}"
        )
    for name in missing:
        connection.execute(text(f"create role {name} login"))
