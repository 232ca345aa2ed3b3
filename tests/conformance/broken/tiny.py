"""The good connector to the tiny register, and its case: everything in `wrong_*.py` differs from it in one thing."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx
from pydantic import BaseModel, ConfigDict

from connectors.auth import SecurityServerBasic
from connectors.base import (
    CallContext,
    Connector,
    Courtesy,
    FeedEntry,
    IdentityClaim,
    KeyEntry,
    Page,
    epoch_ms,
    feed,
    query,
)
from connectors.errors import BrokenContract, Denied, Refused
from connectors.paging import N
from connectors.records import FieldProblem
from connectors.rest import Rest, StatusField
from hub.settings import RegisterSettings
from schemas.vn import is_personal_id
from tests.conformance.answers import JsonAnswers
from tests.conformance.broken.register import GONE, PATH, PEOPLE, SINCE, TinyRegister
from tests.conformance.case import OFFICER, Case, Feed, PersonQuestion, Twin

STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Home(BaseModel):
    """Where somebody lives."""

    model_config = STRICT
    street: str | None = None


class Person(BaseModel):
    """One person on the wire."""

    model_config = STRICT
    number: str | None = None
    name: str | None = None
    birth: str | None = None
    job: str | None = None
    home: Home | None = None


SERVICE: dict[str, Any] = {
    "auth": SecurityServerBasic,
    "status": StatusField("status", frozenset({"1"})),
    "codes": {"TIMESTAMP_INVALID": (Denied, "clock_skew")},
    "signs_time": True,
    "max_bytes": 1024 * 1024,
}


class Tiny(Connector):
    """The tiny register of the conformance suite."""

    system = "tiny"
    service: ClassVar[Rest] = Rest(**SERVICE)
    courtesy = Courtesy(per_second=50, concurrent=4)

    @query(Person)
    async def person(self, claim: IdentityClaim, context: CallContext) -> Person | None:
        """Finds one person by number, name and birth date together; None when there is no such person."""
        fields = {"officer": self._officer(context), **self._claim(claim)}

        async def attempt() -> Person | None:
            return self._found(claim, await self._send("find", fields))

        return await self.call("find", attempt, deadline=context.deadline)

    @feed(Person, overlap=timedelta(minutes=10))
    def people(self, since: datetime, until: datetime, *, page_size: int = 10) -> AsyncIterator[Page[FeedEntry]]:
        """People changed in the window, oldest first."""
        return self._list(self._entry, since, until, page_size)

    def keys(self, as_of: datetime, *, page_size: int = 10) -> AsyncIterator[Page[KeyEntry]]:
        """Every number that exists at a moment."""
        return self._list(self._key, SINCE, as_of, page_size)

    def _list(
        self, read: Callable[[Any], N], since: datetime, until: datetime, page_size: int
    ) -> AsyncIterator[Page[N]]:
        async def fetch(number: int) -> Page[N]:
            window = {"since": self._start(since), "until": epoch_ms(until), "page": number, "size": page_size}
            found = await self._send("list", window)
            rows = self._rows(found)
            return Page([read(row) for row in rows], _whole(found, "page"), _whole(found, "total"))

        return self.pages("list", fetch, since=since, until=until, page_size=page_size)

    async def _send(self, operation: str, fields: dict[str, Any]) -> dict[str, Any]:
        return await self.service.post(self, operation, operation, {"request": str(uuid.uuid4()), **fields})

    def _start(self, since: datetime) -> int:
        return epoch_ms(since)

    def _officer(self, context: CallContext) -> str:
        return self.officer("find", context)

    def _claim(self, claim: IdentityClaim) -> dict[str, Any]:
        if missing := claim.missing():
            raise Refused(self.system, "find", "claim_incomplete", fields=missing)
        self.guard.outgoing("find", claim)
        self._possible(claim)
        return {"number": claim.personal_id, "name": claim.name, "birth": claim.birth_date}

    def _possible(self, claim: IdentityClaim) -> None:
        name, birth = claim.name or "", claim.birth_date or ""
        if not is_personal_id(claim.personal_id or "") or not re.fullmatch(r"\d{4}", birth, re.ASCII):
            raise Refused(self.system, "find", "claim_malformed", fields=("personal_id", "birth_date"))
        if not name.isprintable():
            raise Refused(self.system, "find", "request_invalid", fields=("name",))

    def _found(self, claim: IdentityClaim, found: dict[str, Any]) -> Person | None:
        people = self._rows(found, "people")
        if len(people) > 1:
            raise Refused(self.system, "find", "ambiguous")
        if not people:
            return None
        person = self.read("find", Person, people[0])
        self._same(claim, person)
        return person

    def _same(self, claim: IdentityClaim, person: Person) -> None:
        if person.number != claim.personal_id:
            raise BrokenContract(self.system, "find", "other_person", fields=("number",))

    def _rows(self, found: dict[str, Any], name: str = "rows") -> list[Any]:
        rows = found.get(name)
        if isinstance(rows, dict):
            return [rows]
        if not isinstance(rows, list):
            raise FieldProblem("field_missing", name)
        return rows

    def _entry(self, row: Any) -> FeedEntry:
        return FeedEntry(_text(row, "number"), _whole(row, "time"), _text(row, "status"), _text(row, "body").encode())

    def _key(self, row: Any) -> KeyEntry:
        return KeyEntry(_text(row, "number"), _whole(row, "time"), _text(row, "status"))


def _text(row: Any, name: str) -> str:
    value = row.get(name) if isinstance(row, dict) else None
    if not isinstance(value, str) or not value:
        raise FieldProblem("field_malformed", name)
    return value


def _whole(row: Any, name: str) -> int:
    value = row.get(name) if isinstance(row, dict) else None
    if not isinstance(value, int):
        raise FieldProblem("field_malformed", name)
    return value


async def _somebody(twin: httpx.AsyncClient) -> IdentityClaim:
    person = PEOPLE[3]
    return IdentityClaim(personal_id=person["number"], name=person["name"], birth_date=person["birth"])


def _config(url: str) -> RegisterSettings:
    return RegisterSettings(
        url=url,
        logical_url="http://mock.local/qldc/population",
        user="sandbox-hub",
        secret="env:SECRET",
        api_key="env:KEY",
        client_id="VN/GOV/G16/lienthong",
        officers={OFFICER: "CB-00123"},
    )


TINY = Case(
    twin=Twin(
        app=lambda: TinyRegister().app(),
        path=PATH,
        operation=lambda request: request.url.path.rpartition("/")[2],
        answers=JsonAnswers(rows="rows", total="total", found="people"),
    ),
    config=_config,
    secrets={"env:SECRET": "sandbox-secret", "env:KEY": "sandbox-key"},
    secret="env:SECRET",
    question=PersonQuestion(method="person", operation="find", claim=_somebody, optional="job"),
    feed=Feed(
        method="people",
        operation="list",
        since=SINCE,
        until=datetime(2026, 11, 2, tzinfo=UTC),
        size=10,
        withdrawn=frozenset({GONE}),
        whole=True,
    ),
    lacks={"login": "each request is signed by itself", "verdict": "answers with a record"},
)
