"""A register that opens a view of its database: keyset pages, read-only, and no value in any error."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import orjson
import psycopg
import pytest
from psycopg import sql

from connectors.errors import BrokenContract, ConnectorError, Denied, Refused, Unavailable
from connectors.memory import memory_ports
from connectors.retry import RetryBudget
from connectors.sql import View
from hub.settings import RegisterSettings
from schemas.drift import unknown_fields
from tests.conftest import PostgresServer
from tests.connectors.cards import Card, ViewedCards, read
from tests.connectors.conftest import QUICK
from tests.connectors.register import NOW, SINCE, UNTIL

PASSWORD = "view-password"
TABLE = """
create schema mo;
create table mo.the ("SoThe" text, "LoaiThe" text, "CapNhat" timestamptz, "TrangThai" smallint default 1);
create view mo.the_thu_vien as select * from mo.the;
"""


@dataclass
class Source:
    """The database of another agency, with an account that may read its view."""

    server: PostgresServer
    database: str
    role: str

    def run(self, statement: str, *values: Any) -> None:
        """Changes the source, as its owner."""
        url = urlsplit(self.server.admin_url)._replace(path=f"/{self.database}").geturl()
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(statement, values or None)  # type: ignore[arg-type]

    def add(self, *rows: tuple[str, datetime]) -> None:
        """Adds cards by number and time."""
        for number, moment in rows:
            self.run('insert into mo.the ("SoThe", "LoaiThe", "CapNhat") values (%s, %s, %s)', number, "A", moment)

    def cards(self, **changed: Any) -> ViewedCards:
        """Makes a connector to this database; `view` declares another view, `held` is the secret itself."""

        class Cards(ViewedCards):
            view = changed.pop("view", ViewedCards.view)

        at = urlsplit(self.server.admin_url)
        ports = changed.pop("ports", None) or memory_ports({"env:SECRET": changed.pop("held", PASSWORD)})
        url = f"postgresql+psycopg://{at.hostname}:{at.port or 5432}/{self.database}?sslmode=disable"
        retry = changed.pop("retry", QUICK)
        settings = {"url": url, "user": self.role, "secret": "env:SECRET", **changed}
        options: dict[str, Any] = {"environment": "sandbox", "retry": retry, "clock": lambda: NOW}
        return Cards(RegisterSettings(**settings), ports, **options)


@pytest.fixture
def source(postgres_server: PostgresServer) -> Iterator[Source]:
    """A database with a view of cards, and nothing in it."""
    source = Source(postgres_server, f"agency_{uuid4().hex[:12]}", f"reader_{uuid4().hex[:12]}")
    postgres_server.create_database(source.database)
    role = sql.Identifier(source.role).as_string()
    source.run(TABLE)
    source.run(f"create role {role} login password '{PASSWORD}'")
    source.run(f"grant usage on schema mo to {role}; grant select on mo.the_thu_vien to {role}")
    yield source
    postgres_server.drop_database(source.database)
    with psycopg.connect(postgres_server.admin_url, autocommit=True) as conn:
        conn.execute(sql.SQL("drop role {}").format(sql.Identifier(source.role)))


async def window(connector: ViewedCards, page_size: int = 500) -> list[Any]:
    """Reads the window and closes the connector."""
    async with connector:
        return await read(connector.cards(SINCE, UNTIL, page_size=page_size))


async def refused(connector: ViewedCards) -> ConnectorError:
    """Returns the error of a connector that must fail."""
    with pytest.raises(ConnectorError) as caught:
        await window(connector)
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    return error


def key(number: int) -> str:
    """Returns an invented card's number."""
    return f"100050{number:06}"


async def test_a_window_is_read_from_the_view(source: Source) -> None:
    """Rows of the window come oldest first, as JSON, with the source's own state; the end is not in the window."""
    moment = SINCE + timedelta(days=1)
    source.add((key(2), moment + timedelta(hours=1)), (key(1), moment), (key(3), UNTIL), (key(4), SINCE))

    entries = await window(source.cards())

    assert [entry.key for entry in entries] == [key(4), key(1), key(2)]
    assert (entries[1].version, entries[1].status) == (int(moment.timestamp() * 1000), "1")
    body = orjson.loads(entries[1].body)
    assert (body["SoThe"], body["LoaiThe"], datetime.fromisoformat(body["CapNhat"])) == (key(1), "A", moment)


@pytest.mark.parametrize("page_size", [1, 2, 3, 7, 50])
async def test_pages_lose_and_double_nothing(source: Source, page_size: int) -> None:
    """Rows of one millisecond, in another order by microsecond than by key, come once each and in the feed's order."""
    moments = [SINCE + timedelta(milliseconds=number // 6, microseconds=900 - number % 6) for number in range(20)]
    source.add(*((key(number * 7 % 20), moment) for number, moment in enumerate(moments)))

    entries = await window(source.cards(), page_size)

    assert len({entry.key for entry in entries}) == len(entries) == 20
    assert [(entry.version, entry.key) for entry in entries] == sorted((entry.version, entry.key) for entry in entries)


async def test_whole_numbers_are_ordered_as_the_texts_that_keys_are(source: Source) -> None:
    """A number's key is its text, so 10010 comes before 1009, on every page and between two."""
    source.run("""drop view mo.the_thu_vien; create view mo.the_thu_vien as
                  select "SoThe"::bigint as "SoThe", "LoaiThe", "CapNhat", "TrangThai" from mo.the""")
    source.run(f'grant select on mo.the_thu_vien to "{source.role}"')
    source.add(*((number, SINCE) for number in ("1009", "10010", "100", "1001", "10011")))

    entries = await window(source.cards(), 2)

    assert [entry.key for entry in entries] == ["100", "1001", "10010", "10011", "1009"]


async def test_too_many_rows_of_one_millisecond_are_refused(source: Source) -> None:
    """A walk holds the rows of one millisecond up to a bound: a view that dates all alike needs another version."""
    source.run("""insert into mo.the select '100' || n, 'A', %s::timestamptz + (n %% 999) * interval '1 microsecond', 1
                  from generate_series(1, 100500) as n""", SINCE)  # fmt: skip
    patient = RetryBudget(attempts=1, seconds=120.0, attempt_seconds=120.0)

    async with source.cards(retry=patient) as connector:
        with pytest.raises(BrokenContract, match="oversize") as caught:
            await read(connector.cards(SINCE, UNTIL, page_size=1000))

    assert caught.value.fields == ("CapNhat",)


async def test_an_empty_view_is_an_empty_page(source: Source) -> None:
    """The first page comes even when it is empty."""
    async with source.cards() as connector:
        assert [page.entries async for page in connector.cards(SINCE, UNTIL)] == [[]]


async def test_a_version_may_count_milliseconds(source: Source) -> None:
    """A whole number is taken for epoch milliseconds."""
    source.run('create view mo.dem as select "SoThe", "LoaiThe",'
               ' (extract(epoch from "CapNhat") * 1000)::bigint as "CapNhat" from mo.the')  # fmt: skip
    source.run(f'grant select on mo.dem to "{source.role}"')
    source.add((key(1), SINCE + timedelta(milliseconds=5)))
    view = View(name="dem", schema="mo", record=Card, key="SoThe", version="CapNhat")

    entries = await window(source.cards(view=view))

    assert [entry.version for entry in entries] == [int(SINCE.timestamp() * 1000) + 5]


async def test_types_keep_their_digits(source: Source) -> None:
    """Decimals, dates, null and nested JSON come through; what JSON has no form for is refused by name."""
    source.run("""create view mo.loai as select "SoThe", "LoaiThe", "CapNhat", 1234567890.1234567890::numeric as so,
                  date '2026-11-18' as ngay, null::text as trong, '{"a": [1]}'::jsonb as long from mo.the""")
    source.run(f'grant select on mo.loai to "{source.role}"')
    source.add((key(1), SINCE))

    entries = await window(source.cards(view=replace(ViewedCards.view, name="loai", status=None)))

    body = orjson.loads(entries[0].body)
    assert [body[name] for name in ("so", "ngay", "trong", "long")] == [
        "1234567890.1234567890", "2026-11-18", None, {"a": [1]},
    ]  # fmt: skip


async def test_a_lost_column_breaks_the_contract_by_name(source: Source) -> None:
    """A view without a column of the wire model is refused before its first row."""
    source.run('drop view mo.the_thu_vien; create view mo.the_thu_vien as select "SoThe", "CapNhat" from mo.the')
    source.run(f'grant select on mo.the_thu_vien to "{source.role}"')

    error = await refused(source.cards())

    assert (type(error), error.code, error.fields) == (BrokenContract, "column_missing", ("LoaiThe", "TrangThai"))


async def test_a_new_column_is_left_to_the_drift_policy(source: Source) -> None:
    """A column that the wire model does not know travels in the body, where the pipeline finds it."""
    source.run("""create or replace view mo.the_thu_vien as select *, 'x' as "GhiChu" from mo.the""")
    source.add((key(1), SINCE))

    entries = await window(source.cards())

    assert unknown_fields(orjson.loads(entries[0].body), Card) == ["GhiChu"]


@pytest.mark.parametrize("kind", ["timestamp", "date", "text"])
async def test_a_version_without_a_zone_is_refused(source: Source, kind: str) -> None:
    """A time that could mean two moments is no version."""
    source.run(f'drop view mo.the_thu_vien; create view mo.the_thu_vien as select "SoThe", "LoaiThe", "TrangThai",'
               f' "CapNhat"::{kind} as "CapNhat" from mo.the')  # fmt: skip

    error = await refused(source.cards())

    assert (error.code, error.fields) == ("field_malformed", ("CapNhat",))


async def test_a_row_without_a_time_is_not_passed_over(source: Source) -> None:
    """No window would ever hold it, so the view is refused, and the column named."""
    source.add((key(1), SINCE))
    source.run('update mo.the set "CapNhat" = null')

    error = await refused(source.cards())

    assert (type(error), error.code, error.fields) == (BrokenContract, "field_missing", ("CapNhat",))


async def test_a_row_without_a_key_breaks_the_contract(source: Source) -> None:
    """A record that nothing names can't be kept."""
    source.run('insert into mo.the ("CapNhat") values (%s)', SINCE)

    error = await refused(source.cards())

    assert (type(error), error.code, error.fields) == (BrokenContract, "field_missing", ("SoThe",))


async def test_a_view_that_writes_is_stopped(source: Source) -> None:
    """The transaction is read-only, whatever a view's functions and our rights would allow."""
    source.run("""create table mo.log (n int); grant insert on mo.log to public;
                  create function mo.write() returns text language sql as
                  $$ insert into mo.log values (1); select 'x'::text $$;
                  create or replace view mo.the_thu_vien as
                  select "SoThe", mo.write() as "LoaiThe", "CapNhat", "TrangThai" from mo.the""")
    source.add((key(1), SINCE))

    error = await refused(source.cards())

    assert (type(error), error.code, error.fields) == (BrokenContract, "view_failed", ("SQLSTATE 25006",))


async def test_a_slow_view_times_out_at_the_source(source: Source) -> None:
    """A statement that takes too long is ended by the server, which would otherwise work on for nobody."""
    source.run("""create or replace view mo.the_thu_vien as
                  select "SoThe", "LoaiThe" || pg_sleep(30)::text as "LoaiThe", "CapNhat", "TrangThai" from mo.the""")
    source.add((key(1), SINCE))
    patient = RetryBudget(attempts=1, seconds=120.0, attempt_seconds=120.0)

    error = await refused(source.cards(retry=patient))

    assert (type(error), error.code) == (Unavailable, "timeout")


async def test_a_view_that_fails_on_a_row_shows_no_row(source: Source, caplog: pytest.LogCaptureFixture) -> None:
    """PostgreSQL quotes the value that it could not read; the error names the SQLSTATE only."""
    caplog.set_level(logging.DEBUG)
    source.run("""create or replace view mo.the_thu_vien as
                  select "SoThe", ("LoaiThe"::int)::text as "LoaiThe", "CapNhat", "TrangThai" from mo.the""")
    source.run("insert into mo.the values ('100050000001', 'Kiểmthử', %s)", SINCE)

    error = await refused(source.cards())

    assert error.fields == ("SQLSTATE 22P02",)
    assert "Kiểmthử" not in f"{error!r} {error} {caplog.text}"


async def test_no_log_level_shows_a_row(source: Source, caplog: pytest.LogCaptureFixture) -> None:
    """Even with SQLAlchemy's own loggers at DEBUG, neither a row nor a parameter is logged."""
    caplog.set_level(logging.DEBUG)
    for name in ("sqlalchemy", "sqlalchemy.engine", "sqlalchemy.engine.Engine", "sqlalchemy.pool", "psycopg"):
        caplog.set_level(logging.DEBUG, logger=name)
    source.run("insert into mo.the values ('100050000001', 'Kiểmthử', %s), ('100050000002', 'B', %s)", SINCE, SINCE)

    assert len(await window(source.cards(), 1)) == 2

    assert "Kiểmthử" not in caplog.text
    assert "100050000001" not in caplog.text


async def test_a_wrong_password_is_denied(source: Source) -> None:
    """A refused account is a person's work."""
    if not urlsplit(source.server.admin_url).password:
        pytest.skip("this server lets every role in without a password")

    error = await refused(source.cards(held="wrong"))

    assert (type(error), error.code) == (Denied, "credentials")


async def test_a_view_without_the_right_is_denied(source: Source) -> None:
    """A right that was taken away is told apart from a wrong password."""
    source.run(f'revoke select on mo.the_thu_vien from "{source.role}"')

    error = await refused(source.cards())

    assert (type(error), error.code) == (Denied, "forbidden")


async def test_a_view_that_is_not_there_breaks_the_contract(source: Source) -> None:
    """A view that was dropped or renamed is named as such."""
    error = await refused(source.cards(view=replace(ViewedCards.view, name="khac")))

    assert (type(error), error.code) == (BrokenContract, "view_missing")


async def test_a_server_that_is_down_is_unavailable(source: Source) -> None:
    """No connection is no answer: later it may work."""
    error = await refused(source.cards(url="postgresql+psycopg://127.0.0.1:1/x?sslmode=disable"))

    assert (type(error), error.code) == (Unavailable, "connection")


async def test_a_server_without_tls_is_not_trusted(source: Source) -> None:
    """Unless the address says otherwise, no password goes to a server that shows no certificate."""
    address = urlsplit(source.cards().config.url)._replace(query="").geturl()

    error = await refused(source.cards(url=address))

    assert (type(error), error.code) == (Denied, "certificate")


@pytest.mark.parametrize(
    "url",
    ["postgresql://h/x", "sqlite:///x", "postgresql+psycopg://user@h/x", "postgresql+psycopg:///x", "h", "",
     "postgresql+psycopg://127.0.0.1/x?nonsense=1"],
)  # fmt: skip
async def test_an_address_that_can_not_be_called_is_refused(source: Source, url: str) -> None:
    """The address names its driver and a host, and holds no account."""
    error = await refused(source.cards(url=url))

    assert (type(error), error.code) == (Refused, "address_invalid")


@pytest.mark.parametrize("reference", [None, "env:OTHER"])
async def test_a_missing_secret_is_refused(source: Source, reference: str | None) -> None:
    """The password comes from the secrets, and from nowhere else: not from `PGPASSWORD`, not from a `.pgpass`."""
    error = await refused(source.cards(secret=reference))

    assert (type(error), error.code, error.fields) == (Refused, "secret_missing", ("secret",))


async def test_a_lost_connection_is_opened_anew(source: Source) -> None:
    """A server that ends our connection between two pages costs a retry, and no row."""
    source.add(*((key(number), SINCE + timedelta(seconds=number)) for number in range(6)))
    found: list[Any] = []
    async with source.cards() as connector:
        async for page in connector.cards(SINCE, UNTIL, page_size=2):
            found += page.entries
            await asyncio.to_thread(
                source.run, "select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", source.role
            )

    assert [entry.key for entry in found] == [key(number) for number in range(6)]


async def test_keys_name_each_card_and_nothing_else(source: Source) -> None:
    """For reconciliation only key, version and state are read."""
    source.add((key(1), SINCE), (key(2), datetime(2020, 1, 1, tzinfo=UTC)))
    async with source.cards() as connector:
        keys = await read(connector.keys(UNTIL, page_size=1))

    assert [(entry.key, entry.status) for entry in keys] == [(key(2), "1"), (key(1), "1")]
