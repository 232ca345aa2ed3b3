"""PostgreSQL's binary COPY format, packed by hand: half the client's time of a publish went into psycopg's own packing.

A row is the count of its fields and, for each, a length and the bytes (PostgreSQL manual, "COPY", binary format). The
functions return one field; rows join them, with what is the same in all rows packed once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_BLOCK = 256
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_COUNT = Struct(">h").pack
_LENGTH = Struct(">i").pack
_INT2, _INT4, _INT8 = Struct(">ih").pack, Struct(">ii").pack, Struct(">iq").pack

NULL = _LENGTH(-1)


def count(fields: int) -> bytes:
    """Returns the head of a row of so many fields."""
    return _COUNT(fields)


def int2(value: int) -> bytes:
    """Returns a smallint."""
    return _INT2(2, value)


def int4(value: int) -> bytes:
    """Returns an integer."""
    return _INT4(4, value)


def int8(value: int) -> bytes:
    """Returns a bigint."""
    return _INT8(8, value)


def binary(value: bytes) -> bytes:
    """Returns a bytea."""
    return _LENGTH(len(value)) + value


def text(value: str) -> bytes:
    """Returns a text."""
    return binary(value.encode())


def uuid(value: UUID) -> bytes:
    """Returns a uuid."""
    return binary(value.bytes)


def timestamp(value: datetime | None) -> bytes:
    """Returns a timestamptz: microseconds since 2000."""
    return NULL if value is None else _INT8(8, (value - _EPOCH) // timedelta(microseconds=1))


def copy_packed(
    conn: psycopg.Connection[Any], table: LiteralString, columns: Sequence[LiteralString], rows: Iterable[bytes]
) -> None:
    """Copies packed rows into the columns of a table; an iterator is drawn from while PostgreSQL works."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    place = sql.SQL(".").join(map(sql.Identifier, table.split(".")))
    block = [_HEADER]
    with conn.cursor().copy(sql.SQL("copy {} ({}) from stdin (format binary)").format(place, names)) as copy:
        for row in rows:
            block.append(row)
            if len(block) == _BLOCK:
                copy.write(b"".join(block))
                block.clear()
        block.append(_TRAILER)
        copy.write(b"".join(block))
