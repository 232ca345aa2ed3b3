"""Connections to the store: psycopg for pipelines and commands, asyncpg for the API and the connectors' ports."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import psycopg
import sqlalchemy
from psycopg.rows import TupleRow

from hub.settings import Role, Settings

_CONNECT_SECONDS = 10


_DISK_FULL = "53100"
_LOST = ("08", "57P")
"""Classes of SQLSTATE: the connection broke; the server is stopping, crashed or starting."""


class StoreUnavailable(ConnectionError):
    """The database does not answer, or lets this role not in; the message says where, never with which password."""


class StoreFull(StoreUnavailable):
    """The database has no room left on its disk; what was not committed is undone."""


class StoreConnection(psycopg.Connection[TupleRow]):
    """A connection that, as a context manager, tells in our words that the database went away or has no room left."""

    place = ""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Commits or rolls back, and closes.

        Raises:
            StoreUnavailable: the connection was lost, or the disk was full (`StoreFull`); no driver's text is in it.
        """
        if kind is not None:
            # A lost connection has nothing left to roll back, and psycopg would print that as a line of its own.
            with suppress(psycopg.Error):
                self.rollback()
        try:
            super().__exit__(kind, error, at)
        except psycopg.Error as commit:
            error = commit
        if not isinstance(error, psycopg.Error):
            return
        if error.sqlstate == _DISK_FULL:
            raise full(self.place) from None
        lost = isinstance(error, psycopg.OperationalError)
        if lost and (error.sqlstate is None or error.sqlstate.startswith(_LOST)):
            raise broken(self.place, error) from None
        if kind is None:
            raise error


def connect(settings: Settings, role: Role, *, autocommit: bool = False) -> psycopg.Connection[TupleRow]:
    """Opens a connection for a role; as a context manager it commits or rolls back, and closes.

    Raises:
        StoreUnavailable: nothing answers at the configured address, or it refuses the role.
        LookupError: no address is configured for the role.
    """
    url = settings.url(role)
    try:
        connection = StoreConnection.connect(
            url,
            autocommit=autocommit,
            connect_timeout=_CONNECT_SECONDS,
            application_name=f"hub {role.value}",
        )
    except psycopg.OperationalError as error:
        raise unavailable(url, role, error) from None
    connection.place = place(url)
    return connection


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
    # A server without room refuses newcomers too; psycopg knows no SQLSTATE of a connection that never was.
    if getattr(error, "sqlstate", None) == _DISK_FULL or os.strerror(errno.ENOSPC) in str(error):
        return full(place(url))
    return StoreUnavailable(
        f"the database at {place(url)} does not take role {role.value} ({type(error).__name__}): "
        "is it up, and is the password in HUB_DATABASE_URL… right? `hub doctor` tells more"
    )


def broken(place: str, error: Exception) -> StoreUnavailable:
    """Returns the error that tells of a connection that was lost while it was used."""
    return StoreUnavailable(
        f"the database at {place} broke the connection ({type(error).__name__}): see that it runs and that its disk is "
        "not full (`hub doctor`, or its own log), then run this again; what was not finished was undone"
    )


def full(place: str) -> StoreFull:
    """Returns the error that tells of a database without room."""
    return StoreFull(
        f"the database at {place} has no room left: free space on its disk, then run this again; what was not finished "
        "was undone"
    )


def place(url: str) -> str:
    """Returns where a database is, without its user and password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 5432}{parts.path}"
