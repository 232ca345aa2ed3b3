"""Group reading: one SQL statement for all lookups that wait, as the log has one insert for all entries that wait.

Nothing is delayed for it: a lookup that comes alone is asked at once. Only while statements are under way do others
gather, and the next statement takes them all.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from schemas.canonical import Kind, Subject, kinds

# The number must be the dossier's subject's: another person's number and a number that the hub has never seen give the
# same row, so that a caller can't find out whom the hub knows. A number stands once per version of the index key.
_QUESTIONS = """
select w.position, d.procedure, d.status as dossier_status, d.subject_id, d.organisation_id, d.mismatches,
       i.identifier_id, i.status as number_status,
       r.source_version, r.fetched_at, r.sealed, k.master_version, k.wrapped_key,
       exists (select from hub.quarantine q
                where q.key_digest = w.waiting and q.status in ('open', 'assigned')
                  and q.source_version > r.source_version and starts_with(q.feed, '{register}.')) as waiting
  from unnest($1::integer[], $2::text[], $3::text[], $4::bytea[], $5::bytea[])
       as w (position, consumer_id, dossier, blind, waiting)
  join hub.dossier d on d.consumer_id = w.consumer_id and d.dossier = w.dossier
  left join hub.subject_identifier i
    on i.scheme = '{scheme}' and i.blind_index = w.blind and i.subject_id = d.{about}
  left join hub.record r
    on r.register = '{register}' and r.kind = '{kind}' and r.identifier_id = i.identifier_id and r.status = 'current'
  left join hub.subject_key k on k.subject_id = r.subject_id
"""

SERVER_SETTINGS = {"enable_hashjoin": "off", "enable_mergejoin": "off", "enable_seqscan": "off", "jit": "off"}
"""A handful of rows out of millions is always found by index; a planner that guesses otherwise reads whole tables."""


ABOUT: Mapping[Subject, str] = {"person": "subject_id", "organisation": "organisation_id"}
"""The column of a dossier that says whom of each kind it is about."""


def governing(subject: Subject) -> Kind:
    """Returns the kind whose records say which numbers of persons, or of organisations, are in use."""
    return next(kind for kind in kinds().values() if kind.governs and kind.subject == subject)


def questions_about(subject: Subject) -> str:
    """Writes the statement that finds, for many dossiers, the record under the claimed number of their subject."""
    kind = governing(subject)
    names = {"scheme": kind.scheme, "register": kind.sources[0], "kind": kind.name, "about": ABOUT[subject]}
    return _QUESTIONS.format(**names)


@dataclass(frozen=True, slots=True)
class Question:
    """What one lookup asks the store: `blinds` are the claimed number's indexes, `waiting` its digest in quarantine."""

    consumer_id: str
    dossier: str
    blinds: list[bytes]
    waiting: bytes


class GroupReader:
    """Asks questions together, with at most `under_way` statements at once."""

    def __init__(self, pool: asyncpg.Pool, subject: Subject, *, under_way: int = 2, largest: int = 64) -> None:
        self._pool = pool
        self._questions = questions_about(subject)
        self._free = under_way
        self._largest = largest
        self._waiting: deque[tuple[Question, asyncio.Future[Any]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, question: Question) -> Any:
        """Returns the row of one question, None when no such dossier is registered."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._free:
            self._free -= 1
            task = asyncio.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await answer

    async def _work(self) -> None:
        try:
            while self._waiting:
                group = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._largest))]
                await self._answer([each for each in group if not each[1].done()])
        finally:
            self._free += 1

    async def _answer(self, group: list[tuple[Question, asyncio.Future[Any]]]) -> None:
        try:
            rows = await self._read([question for question, _ in group])
        except Exception as error:
            for _, answer in group:
                if not answer.done():
                    answer.set_exception(error)
            return
        for position, (_, answer) in enumerate(group):
            if not answer.done():
                answer.set_result(rows.get(position))

    async def _read(self, questions: list[Question]) -> dict[int, Any]:
        asked = [(position, each, blind) for position, each in enumerate(questions) for blind in each.blinds]
        found: dict[int, Any] = {}
        rows = await self._pool.fetch(
            self._questions,
            [position for position, _, _ in asked],
            [each.consumer_id for _, each, _ in asked],
            [each.dossier for _, each, _ in asked],
            [blind for _, _, blind in asked],
            [each.waiting for _, each, _ in asked],
        )
        for row in rows:
            known = found.get(row["position"])
            if known is None or known["identifier_id"] is None:
                found[row["position"]] = row
        return found
