"""Connections to the store: psycopg for pipelines and commands, asyncpg for the API and the connectors' ports."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import asyncpg
import psycopg
import sqlalchemy
from psycopg.rows import TupleRow

from hub.settings import Role, Settings

_CONNECT_SECONDS = 10


class StoreUnavailable(ConnectionError):
    """The database does not answer, or lets this role not in; the message says where, never with which password."""


def connect(settings: Settings, role: Role, *, autocommit: bool = False) -> psycopg.Connection[TupleRow]:
    """Opens a connection for a role; as a context manager it commits or rolls back, and closes.

    Raises:
        StoreUnavailable: nothing answers at the configured address, or it refuses the role.
        LookupError: no address is configured for the role.
    """
    url = settings.url(role)
    try:
        return psycopg.connect(
            url,
            autocommit=autocommit,
            connect_timeout=_CONNECT_SECONDS,
            application_name=f"hub {role.value}",
        )
    except psycopg.OperationalError as error:
        raise unavailable(url, role, error) from None


def create_pool(settings: Settings, role: Role, **options: Any) -> asyncpg.Pool[asyncpg.Record]:
    """Returns a pool for a role, to be awaited or entered; `options` go to `asyncpg.create_pool`."""
    server_settings = {"application_name": f"hub {role.value}"} | options.pop("server_settings", {})
    return asyncpg.create_pool(settings.url(role), server_settings=server_settings, **options)


def sqlalchemy_engine(settings: Settings, role: Role) -> sqlalchemy.Engine:
    """Returns an engine for a role; its errors hide parameters."""
    url = settings.url(role).replace("postgresql://", "postgresql+psycopg://", 1)
    return sqlalchemy.create_engine(
        url, hide_parameters=True, connect_args={"connect_timeout": _CONNECT_SECONDS}, poolclass=sqlalchemy.NullPool
    )


def unavailable(url: str, role: Role, error: Exception) -> StoreUnavailable:
    """Returns the error that tells an operator which database is out of reach, without its password."""
    parts = urlsplit(url)
    place = f"{parts.hostname}:{parts.port or 5432}{parts.path}"
    return StoreUnavailable(
        f"the database at {place} does not take role {role.value} ({type(error).__name__}): "
        "is it up, and is the password in HUB_DATABASE_URL… right? `hub doctor` tells more"
    )
