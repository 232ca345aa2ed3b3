"""Which errors mean that the database is away: the call is fine and may be repeated."""

from __future__ import annotations

import asyncpg

DATABASE_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
)
"""Refused, lost or silent connections, and a server that is starting or shutting down."""
