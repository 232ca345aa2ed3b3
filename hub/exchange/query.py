"""What the store holds for one lookup: the dossier, the claimed numbers, and the unsealed records under them.

A person's record is found by one statement. Everything else that a procedure may need (the enterprise, records of other
kinds, roles) is a statement of its own, asked only when it is needed, and all at once.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import asyncpg

from hub.exchange.found import DossierRow, Found, FoundSubject, HeldRoles, StoredRecord
from hub.exchange.match import Claim, Claims, EnterpriseClaim
from hub.exchange.needs import OWNS, REPRESENTS, SUBJECT_REPRESENTS, Wanted
from hub.exchange.reading import ABOUT, GroupReader, Question, governing
from hub.exchange.roles import MOST, RoleReader
from hub.exchange.unsealing import unseal_row
from hub.trust.keys import KeyRing
from schemas.canonical import Subject, kinds

# An old nine-digit number may belong to two people: how many is all that is asked about them.
BY_FORMER_ID = """
select d.procedure, d.status as dossier_status, d.subject_id, d.organisation_id, d.mismatches,
       (select count(distinct i.subject_id) from hub.subject_identifier i
         where i.scheme = 'former_id' and i.blind_index = any($3::bytea[])) as holders
  from hub.dossier d
 where d.consumer_id = $1 and d.dossier = $2
"""

# After a number was cancelled: the record under the one that replaced it, else the last one under the cancelled one.
LAST_KNOWN = """
select last.identifier_id, last.sealed, last.source_version, last.fetched_at, k.master_version, k.wrapped_key
  from (select 1 as rank, identifier_id, sealed, source_version, fetched_at
          from hub.record
         where subject_id = $1 and register = $3 and kind = $4 and status = 'current'
        union all
        select 2, identifier_id, sealed, source_version, fetched_at
          from hub.record_version
         where subject_id = $1 and register = $3 and kind = $4 and status = 'current'
           and identifier_id = $2) last
  join hub.subject_key k on k.subject_id = $1
 order by last.rank, last.source_version desc
 limit 1
"""

# Records of kinds that only mention the number, whatever register brings them.
OTHER_KINDS = """
select r.kind, r.register, r.identifier_id, r.subject_id, r.source_version, r.fetched_at, r.sealed,
       k.master_version, k.wrapped_key,
       exists (select from hub.quarantine q
                where q.key_digest = $4 and q.status in ('open', 'assigned')
                  and q.source_version > r.source_version and starts_with(q.feed, r.register || '.')) as waiting
  from hub.dossier d
  join hub.record r on r.subject_id = d.{about} and r.kind = any($3::text[]) and r.status = 'current'
  join hub.subject_key k on k.subject_id = r.subject_id
 where d.consumer_id = $1 and d.dossier = $2
"""


class Finder:
    """Asks the store about claims."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._readers: dict[Subject, GroupReader] = {each: GroupReader(pool, each) for each in ABOUT}
        self._roles = RoleReader(pool)

    async def find(self, ring: KeyRing, consumer_id: str, dossier: str, claims: Claims, wanted: Wanted) -> Found:
        """Finds the dossier and what it may need, in parallel; one more question for a cancelled number.

        For a claim that lacks a part nothing is opened: whatever is stored, its answer is the same and as fast.

        Raises:
            Unready: a record does not open with the keys of this process.
        """
        asked = _Asked(ring, consumer_id, dossier)
        if claims.enterprise is None:
            if claims.person is None:
                raise ValueError("a lookup is about somebody")
            if wanted.persons_only:
                # By far the most calls: one statement, nothing else.
                row, person = await self._person(asked, claims.person)
                return Found(_dossier(row), person)
        return await self._find_all(asked, claims, wanted)

    async def find_no_more(self, found: Found) -> None:
        """Asks what only a cancelled number needs, so that the time of `no_match` does not tell which number is one."""
        if found.dossier is None:
            return
        parts: dict[Subject, FoundSubject | None] = {"person": found.person, "organisation": found.enterprise}
        for subject, part in parts.items():
            about = found.dossier.about(subject)
            if part is not None and about is not None and part.number_status != "cancelled":
                await self._last_known(subject, about, 0)

    async def _find_all(self, asked: _Asked, claims: Claims, wanted: Wanted) -> Found:
        person, enterprise = claims.person, claims.enterprise
        both = person is not None and enterprise is not None
        of_person, of_enterprise, persons_rows, enterprises_rows, roles_rows = await asyncio.gather(
            self._person(asked, person) if person else _none(),
            self._governing(asked, "organisation", enterprise) if enterprise else _none(),
            self._other_rows(asked, "person", person, wanted),
            self._other_rows(asked, "organisation", enterprise, wanted),
            self._role_rows(asked, wanted, both) if person else _none(),
        )
        # Both rows say the same of the dossier.
        dossier = _dossier((of_person or of_enterprise)[0])
        found_person = of_person[1] if of_person else None
        found_enterprise = of_enterprise[1] if of_enterprise else None
        # Nothing else is opened for a claim that does not agree.
        roles = None
        if person and found_person and found_person.agreement(person):
            found_person = found_person.with_others(asked.open_best(persons_rows))
            roles = await self._open_roles(asked, roles_rows) if roles_rows else None
        if enterprise and found_enterprise and found_enterprise.agreement(enterprise):
            found_enterprise = found_enterprise.with_others(asked.open_best(enterprises_rows))
        return Found(dossier, found_person, found_enterprise, roles)

    async def _person(self, asked: _Asked, claim: Claim) -> tuple[Any, FoundSubject | None]:
        if claim.personal_id is None:
            indexes = asked.indexes("former_id", claim.former_id or "")
            row = await self._pool.fetchrow(BY_FORMER_ID, asked.consumer_id, asked.dossier, indexes)
            return row, FoundSubject(holders=0 if row is None else row["holders"])
        return await self._governing(asked, "person", claim)

    async def _governing(
        self, asked: _Asked, subject: Subject, claim: Claim | EnterpriseClaim
    ) -> tuple[Any, FoundSubject | None]:
        """Finds the record that says whether the number is in use."""
        kind, number = governing(subject), claim.number or ""
        question = Question(
            asked.consumer_id, asked.dossier, asked.indexes(kind.scheme, number), asked.ring.digest(number.encode())
        )
        row = await self._readers[subject].ask(question)
        if row is None:
            return None, None
        status = row["number_status"]
        if claim.missing() or status is None:
            return row, FoundSubject(status)
        about, register = row[ABOUT[subject]], kind.sources[0]
        if status == "cancelled":
            last = await self._last_known(subject, about, row["identifier_id"])
            record = None if last is None else unseal_row(asked.ring, register, kind.name, about, last, waiting=False)
            replaced = last is not None and last["identifier_id"] != row["identifier_id"]
            return row, FoundSubject(status, record, replaced)
        if row["wrapped_key"] is None:
            return row, FoundSubject(status)
        record = unseal_row(asked.ring, register, kind.name, about, row, waiting=row["waiting"])
        return row, FoundSubject(status, record)

    async def _last_known(self, subject: Subject, about: int, identifier_id: int) -> Any:
        kind = governing(subject)
        return await self._pool.fetchrow(LAST_KNOWN, about, identifier_id, kind.sources[0], kind.name)

    async def _other_rows(
        self, asked: _Asked, subject: Subject, claim: Claim | EnterpriseClaim | None, wanted: Wanted
    ) -> list[Any]:
        """Finds the sealed records of the further kinds that are needed."""
        names = wanted.others[subject]
        if claim is None or claim.number is None or claim.missing() or not names:
            return []
        statement = OTHER_KINDS.format(about=ABOUT[subject])
        digest = asked.ring.digest(claim.number.encode())
        found: list[Any] = await self._pool.fetch(statement, asked.consumer_id, asked.dossier, list(names), digest)
        return found

    async def _role_rows(self, asked: _Asked, wanted: Wanted, both: bool) -> _RoleRows | None:
        """Finds the sealed records of the enterprises that name the person."""
        if not wanted.roles:
            return None
        place = (asked.consumer_id, asked.dossier)
        lists = wanted.roles & {REPRESENTS, OWNS}
        represents, owns, represented, complete = await asyncio.gather(
            self._roles.rows(*place, "represents") if REPRESENTS in lists else _none(),
            self._roles.rows(*place, "owns") if OWNS in lists else _none(),
            self._roles.represented(*place) if both and SUBJECT_REPRESENTS in wanted.roles else _none(),
            self._roles.complete() if lists else _none(),
        )
        return _RoleRows(represents or [], owns or [], bool(represented), complete or frozenset())

    async def _open_roles(self, asked: _Asked, rows: _RoleRows) -> HeldRoles:
        named = {REPRESENTS: rows.represents, OWNS: rows.owns}
        too_many = frozenset(name for name, found in named.items() if len(found) > MOST)
        opened = {
            name: [] if name in too_many else [asked.open(row, waiting=False) for row in found]
            for name, found in named.items()
        }
        digests = {
            each.fields["code"]: asked.ring.digest(each.fields["code"].encode())
            for records in opened.values()
            for each in records
        }
        newest = await self._roles.waiting(list(digests.values()))

        def marked(records: list[StoredRecord]) -> tuple[StoredRecord, ...]:
            return tuple(
                replace(each, waiting=newest.get(digests[each.fields["code"]], 0) > each.source_version)
                for each in records
            )

        return HeldRoles(marked(opened[REPRESENTS]), marked(opened[OWNS]), rows.represented, rows.complete, too_many)


@dataclass(frozen=True, slots=True)
class _RoleRows:
    """What the store holds of a person's roles, still sealed."""

    represents: list[Any]
    owns: list[Any]
    represented: bool
    complete: frozenset[str]


class _Asked:
    """What all statements of one lookup share."""

    def __init__(self, ring: KeyRing, consumer_id: str, dossier: str) -> None:
        self.ring, self.consumer_id, self.dossier = ring, consumer_id, dossier

    def indexes(self, scheme: str, value: str) -> list[bytes]:
        """Returns the blind indexes of a number under every version of the index key."""
        return [self.ring.blind_index(version, scheme, value) for version in self.ring.index_versions]

    def open(self, row: Any, *, waiting: bool) -> StoredRecord:
        """Opens a row that names its register, kind and subject."""
        return unseal_row(self.ring, row["register"], row["kind"], row["subject_id"], row, waiting=waiting)

    def open_best(self, rows: list[Any]) -> dict[str, StoredRecord]:
        """Opens one record of each kind: of several that of the kind's first source, then the newest."""
        best: dict[str, Any] = {}
        for row in sorted(rows, key=lambda row: (_rank(row), -row["source_version"])):
            best.setdefault(row["kind"], row)
        return {kind: self.open(row, waiting=row["waiting"]) for kind, row in best.items()}


async def _none() -> Any:
    return None


def _rank(row: Any) -> int:
    """Returns the place of a record's register among the sources of its kind."""
    kind = kinds().get(row["kind"])
    sources = kind.sources if kind else ()
    return sources.index(row["register"]) if row["register"] in sources else len(sources)


def _dossier(row: Any) -> DossierRow | None:
    if row is None:
        return None
    return DossierRow(
        row["procedure"],
        row["dossier_status"] == "open",
        row["subject_id"],
        row["organisation_id"],
        row["mismatches"],
    )
