"""What the store already knows about the rows of a batch: one binary COPY and one join decide every row.

The comparison comes before any sealing, so that a row that stands in the store already costs no encryption.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from hub.store.binary_copy import copy_packed
from hub.store.rows import Scope

SOUGHT = ("number", "key_version", "blind", "source_version", "correction", "digest")
_CREATE = """
create temporary table if not exists sought (
    number integer not null, key_version smallint not null, blind bytea not null,
    source_version bigint, correction integer, digest bytea) on commit drop;
create temporary table if not exists resolved (
    number integer not null, identifier_id bigint, subject_id bigint, status text, source_version bigint,
    correction integer, verdict text not null) on commit drop;
truncate sought, resolved
"""

# The order of two versions of a record; equal in all three parts means the same version.
_STORED = "(r.source_version, r.correction, r.mapping_version)"
_SENT = "(s.source_version, s.correction, %(mapping_version)s)"
_RESOLVE: LiteralString = f"""
insert into resolved
select distinct on (s.number) s.number, i.identifier_id, i.subject_id, i.status, s.source_version, s.correction,
       case when s.digest is null then 'link'
            when i.identifier_id is null then 'new'
            when r.identifier_id is null then 'first'
            when {_SENT} < {_STORED} then 'superseded'
            when {_SENT} = {_STORED} then case when r.digest = s.digest then 'unchanged' else 'conflict' end
            when r.digest = s.digest then 'confirmed'
            else 'changed' end
  from sought s
  left join hub.subject_identifier i
    on i.scheme = {{scheme}} and i.key_version = s.key_version and i.blind_index = s.blind
  left join hub.record r
    on r.register = %(register)s and r.kind = %(kind)s and r.identifier_id = i.identifier_id
 order by s.number, i.identifier_id
"""  # noqa: S608 - constants of this module
# Seen again at the source in a newer version with the same content: the row says so, and no version is kept of it.
_CONFIRM = """
update hub.record r
   set source_version = v.source_version, correction = v.correction, mapping_version = %(mapping_version)s,
       batch_id = %(batch_id)s, fetched_at = %(fetched_at)s
  from resolved v
 where v.verdict = 'confirmed'
   and r.register = %(register)s and r.kind = %(kind)s and r.identifier_id = v.identifier_id
"""
_COUNT = "select verdict, count(*) from resolved group by verdict"
_SMALL = 1000
_NEXT = """
with taken as materialized (select nextval({}) as id from generate_series(1, %(count)s))
select min(id), max(id), case when max(id) - min(id) + 1 <> %(count)s then array_agg(id) end from taken
"""
_NEW = "select number from resolved where verdict = 'new'"
_WORK = """
select number, identifier_id, subject_id, status, verdict from resolved
 where verdict in ('first', 'changed', 'conflict') or (verdict = 'link' and identifier_id is not null)
 order by number
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A number that the store knows already."""

    identifier_id: int
    subject_id: int
    status: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the store knows: `known` by number, the numbers to write, those in conflict, and counts by verdict.

    `new` were never seen, `first` are known and get their first record, `changed` get another one.
    """

    known: dict[int, Known]
    new: list[int] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    conflicts: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def resolve(
    conn: psycopg.Connection[Any],
    sought: Iterable[bytes],
    scope: Scope,
) -> Resolution:
    """Compares sought numbers (packed rows of the columns `SOUGHT`) with the store.

    A number without version and digest is only looked up.
    """
    parameters = scope.parameters()
    # The scheme stands in the text: only so does the planner know that the partial index serves.
    compare = sql.SQL(_RESOLVE).format(scheme=sql.Literal(scope.scheme))
    conn.execute(_CREATE)
    copy_packed(conn, "sought", SOUGHT, sought)
    conn.execute("analyze sought (number)")
    conn.execute(compare, parameters)
    conn.execute(_CONFIRM, parameters)
    resolution = Resolution({}, counts=dict(conn.execute(_COUNT).fetchall()))
    if resolution.counts.get("new"):
        resolution.new.extend(row[0] for row in conn.cursor(binary=True).execute(_NEW))
    lists = {"first": resolution.first, "changed": resolution.changed, "conflict": resolution.conflicts}
    for number, identifier_id, subject_id, status, verdict in conn.cursor(binary=True).execute(_WORK):
        resolution.known[number] = Known(identifier_id, subject_id, status)
        if verdict in lists:
            lists[verdict].append(number)
    return resolution


def keep_plans_good(conn: psycopg.Connection[Any], written: int) -> None:
    """Refreshes the statistics of the big tables when a publish has made them grow by a fifth or more.

    Autovacuum comes a minute later; until then PostgreSQL knows nothing of what was loaded, and joins a small batch by
    reading the whole table (seen: 0.7 s instead of 0.06 s for 1,000 rows among 200,000).
    """
    row = conn.execute("select reltuples from pg_class where oid = 'hub.record'::regclass").fetchone()
    if row and written > max(_SMALL, 0.2 * row[0]):
        conn.execute("select hub.analyze_records()")


def next_ids(conn: psycopg.Connection[Any], sequence: LiteralString, count: int) -> Sequence[int]:
    """Takes `count` ids from a sequence; a range unless somebody else took some in between."""
    if not count:
        return []
    query = sql.SQL(_NEXT).format(sql.Literal(sequence))
    row = conn.execute(query, {"count": count}).fetchone()
    if row is None:
        raise AssertionError("an aggregate returns one row")
    return row[2] or range(row[0], row[1] + 1)
