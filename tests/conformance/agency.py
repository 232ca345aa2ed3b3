"""A database of another agency, for the cases of registers that open a view."""

from __future__ import annotations

import atexit
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from psycopg import sql

from hub.embedded import EmbeddedPostgres
from hub.settings import ROOT

READER, PASSWORD = "agency_reader", "agency-password"


@contextmanager
def agency_database(schema: str, insert: str, rows: Sequence[tuple[Any, ...]]) -> Iterator[str]:
    """Makes a database with one schema `chia_se`, which READER may read; gives the address for a connector."""
    admin, name = _server(), f"agency_{uuid4().hex[:12]}"
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    try:
        with psycopg.connect(urlsplit(admin)._replace(path=f"/{name}").geturl(), autocommit=True) as conn:
            conn.execute(schema.encode())
            conn.cursor().executemany(insert.encode(), rows)
            conn.execute(f"grant usage on schema chia_se to {READER}".encode())
            conn.execute(f"grant select on all tables in schema chia_se to {READER}".encode())
        at = urlsplit(admin)
        yield f"postgresql+psycopg://{at.hostname}:{at.port or 5432}/{name}?sslmode=disable"
    finally:
        with psycopg.connect(admin, autocommit=True) as conn:
            conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


@lru_cache(1)
def _server() -> str:
    """Returns the address of a PostgreSQL: that of HUB_TEST_POSTGRES_URL, or one of this process."""
    admin = os.environ.get("HUB_TEST_POSTGRES_URL")
    if not admin:
        folder = ROOT / "var" / "tmp" / f"agency-{uuid4().hex[:12]}"
        server = EmbeddedPostgres(folder, durable=False).start()
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        atexit.register(server.stop)
        admin = server.admin_url()
    with psycopg.connect(admin, autocommit=True) as conn:
        if not conn.execute("select from pg_roles where rolname = %s", (READER,)).fetchone():
            conn.execute(f"create role {READER} login password '{PASSWORD}'".encode())
    return admin
