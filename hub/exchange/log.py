"""The writer of the exchange log: one insert for all calls that wait, and no answer before its entry is durable.

A writer is a process; its entries carry a gapless sequence. When an insert fails, whether PostgreSQL kept it can't be
known, so the calls that waited are refused and a new writer begins at 1: no number is ever missing or used twice.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg
import structlog

from hub.exchange.entries import LogEntry
from hub.exchange.outages import DATABASE_AWAY
from hub.exchange.refusals import Unready

log = structlog.get_logger()

Connection = asyncpg.pool.PoolConnectionProxy
T = TypeVar("T")

INSERT = """
insert into hub.exchange_log (exchange_id, at, writer, sequence, kind, consumer_id, officer, subject_id, procedure,
                              dossier, legal_basis, attributes, sources, outcome, code, request_digest, answer_digest,
                              organisation_id)
select id, at, $1, $2 + position, kind, consumer, officer, subject, procedure, dossier, basis,
       string_to_array(attributes, ' '), string_to_array(sources, ' '), outcome, code, request, answer, organisation
  from unnest($3::uuid[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[],
              $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::bytea[], $17::bytea[],
              $18::bigint[])
       with ordinality as entry (id, at, kind, consumer, officer, subject, procedure, dossier, basis, attributes,
                                 sources, outcome, code, request, answer, organisation, position)
"""


class LogUnwritable(Unready):
    """The entry of a call could not be made durable, so the call has no answer."""

    def __init__(self, cause: BaseException | None = None) -> None:
        super().__init__("hub.database_down" if isinstance(cause, DATABASE_AWAY) else "hub.log_unwritable")


class ExchangeLog:
    """Appends entries; `append` and `commit` return when the entry is durable.

    The pool must hold `works` connections and one more.
    """

    def __init__(self, pool: asyncpg.Pool, *, timeout: float = 3.0, max_waiting: int = 10_000, works: int = 4) -> None:
        self._pool = pool
        self._timeout = timeout
        self._max_waiting = max_waiting
        self._waiting: deque[tuple[LogEntry, asyncio.Future[None]]] = deque()
        self._lock = asyncio.Lock()
        self._works = asyncio.Semaphore(works)
        self._writing: asyncio.Task[None] | None = None
        self._last_at: datetime | None = None
        self._begin()

    async def append(self, entry: LogEntry) -> None:
        """Writes an entry together with those of all other calls that wait.

        Raises:
            LogUnwritable: the entry is not durable, or too many calls wait already.
        """
        if len(self._waiting) >= self._max_waiting:
            raise LogUnwritable
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_waiting())
        await done

    async def commit(self, work: Callable[[Connection], Awaitable[tuple[LogEntry, T]]]) -> T:
        """Does work that changes the database in one transaction with its own entry, so that neither stands alone.

        The work may wait for others' locks; the writer's turn is taken for the insert and the commit only, so that no
        other call waits with it.

        Raises:
            LogUnwritable: the database failed; nothing was changed, or it can't be known.
            Refused: what `work` raised; nothing was changed.
        """
        try:
            async with self._works, self._pool.acquire(timeout=self._timeout) as connection:
                transaction = connection.transaction()
                await transaction.start()
                try:
                    async with asyncio.timeout(self._timeout):
                        entry, result = await work(connection)
                except BaseException:
                    await transaction.rollback()
                    raise
                async with self._lock:
                    await self._commit(connection, transaction, entry)
        except (*DATABASE_AWAY, asyncpg.PostgresError) as error:
            raise LogUnwritable(error) from None
        return result

    async def drain(self) -> None:
        """Waits until every entry that was appended has been written or refused."""
        while self._writing is not None:
            await asyncio.shield(self._writing)

    async def _write_waiting(self) -> None:
        try:
            while self._waiting:
                async with self._lock:
                    batch = list(self._waiting)
                    self._waiting.clear()
                    await self._write(batch)
        finally:
            self._writing = None

    async def _commit(self, connection: Connection, transaction: Any, entry: LogEntry) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                await self._insert(connection, [entry])
                await transaction.commit()
        except BaseException as error:
            self._failed(error, 1)
            raise
        self._sequence += 1

    async def _write(self, batch: list[tuple[LogEntry, asyncio.Future[None]]]) -> None:
        failure: BaseException | None = None
        try:
            async with asyncio.timeout(self._timeout), self._pool.acquire() as connection:
                await self._insert(connection, [entry for entry, _ in batch])
            self._sequence += len(batch)
        except Exception as error:
            self._failed(error, len(batch))
            failure = error
        for _, done in batch:
            if done.done():
                continue
            if failure is None:
                done.set_result(None)
            else:
                done.set_exception(LogUnwritable(failure))

    async def _insert(self, connection: Connection, entries: list[LogEntry]) -> None:
        await connection.execute(
            INSERT,
            self._writer,
            self._sequence,
            [entry.exchange_id for entry in entries],
            [self._in_order(entry.at) for entry in entries],
            [entry.kind for entry in entries],
            [entry.consumer_id for entry in entries],
            [entry.officer for entry in entries],
            [entry.subject_id for entry in entries],
            [entry.procedure for entry in entries],
            [entry.dossier for entry in entries],
            [entry.legal_basis for entry in entries],
            [None if entry.attributes is None else " ".join(entry.attributes) for entry in entries],
            [None if entry.sources is None else " ".join(entry.sources) for entry in entries],
            [entry.outcome for entry in entries],
            [entry.code for entry in entries],
            [entry.request_digest for entry in entries],
            [entry.answer_digest for entry in entries],
            [entry.organisation_id for entry in entries],
        )

    def _in_order(self, at: datetime) -> datetime:
        """Keeps a writer's times from running backwards when entries overtake each other or the clock is set back."""
        if self._last_at is not None and at < self._last_at:
            return self._last_at
        self._last_at = at
        return at

    def _begin(self) -> None:
        self._writer: UUID = uuid4()
        self._sequence = 0
        self._last_at = None

    def _failed(self, error: BaseException, entries: int) -> None:
        # The error's text may quote a value, so only its type is logged.
        log.error("exchange_log.unwritable", error=type(error).__name__, entries=entries)
        self._begin()
