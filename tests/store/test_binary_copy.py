"""The binary COPY format, against PostgreSQL itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from hub.store import binary_copy as packed

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_COLUMNS = ("a", "b", "c", "d", "e", "f", "g")
_TABLE = """
create temporary table if not exists sample
    (a smallint, b integer, c bigint, d bytea, e text, f uuid, g timestamptz)
"""
_rows = st.lists(
    st.tuples(
        st.integers(-(2**15), 2**15 - 1),
        st.integers(-(2**31), 2**31 - 1),
        st.integers(-(2**63), 2**63 - 1),
        st.binary(max_size=300),
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=50),
        st.uuids(),
        st.none() | st.integers(-(10**15), 10**15).map(lambda moment: _EPOCH + timedelta(microseconds=moment)),
    ),
    max_size=20,
)


def _pack(values: tuple[int, int, int, bytes, str, UUID, datetime | None]) -> bytes:
    a, b, c, d, e, f, g = values
    fields = (packed.int2(a), packed.int4(b), packed.int8(c), packed.binary(d), packed.text(e), packed.uuid(f))
    return packed.count(7) + b"".join(fields) + packed.timestamp(g)


@profile(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=_rows)
def test_packed_rows_come_back(conn: psycopg.Connection[Any], rows: list[Any]) -> None:
    """What is packed here PostgreSQL reads back as it was, microseconds, empty values and NULL included."""
    conn.execute(_TABLE)
    conn.execute("truncate sample")

    packed.copy_packed(conn, "sample", _COLUMNS, map(_pack, rows))

    assert conn.execute("select * from sample").fetchall() == rows


def test_many_blocks_arrive(conn: psycopg.Connection[Any]) -> None:
    """More rows than one block holds arrive, all of them."""
    conn.execute(_TABLE)
    row = _pack((1, 2, 3, b"x" * 500, "y", UUID(int=7), _EPOCH - timedelta(days=1)))

    packed.copy_packed(conn, "sample", _COLUMNS, (row for _ in range(1000)))

    assert conn.execute("select count(*) from sample").fetchone() == (1000,)
