"""The migrations: what they make is what the tables say."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from hub.settings import Role, Settings
from hub.store import migrate
from hub.store.engine import sqlalchemy_engine
from hub.store.tables import SCHEMA, metadata


def _differences(settings: Settings) -> list[object]:
    engine = sqlalchemy_engine(settings, Role.OWNER)
    with engine.connect() as connection:
        options = {
            "target_metadata": metadata,
            "version_table_schema": SCHEMA,
            "include_schemas": True,
            "compare_server_default": True,
            # The partitions of the log come and go by month.
            "include_name": lambda name, kind, _: not (kind == "table" and (name or "").startswith("exchange_log_")),
        }
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def test_migrated_database_has_the_declared_tables(settings: Settings) -> None:
    """Nothing differs between the migrated database and the declared tables."""
    assert _differences(settings) == []


def test_second_upgrade_changes_nothing(settings: Settings) -> None:
    """Upgrading a database that is up to date leaves it at the newest revision."""
    assert migrate.newest() == migrate.upgrade(settings) == migrate.current(settings)
