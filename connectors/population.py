"""The national population database: the SOAP service behind the ministry's X-Road-like security server."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import ClassVar, TypeVar

from lxml import etree

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
from connectors.errors import BrokenContract, Refused
from connectors.paging import Entry
from connectors.soap import Soap
from connectors.xml import Tree, filled, json_text, local, tree, whole_number
from schemas.partial_date import PartialDate
from schemas.population import Citizen, CongDanNhanThan, KetQuaXacThuc
from schemas.vn import is_former_id, is_personal_id
from schemas.wire import Wire

N = TypeVar("N", bound=Entry)
T = TypeVar("T")
W = TypeVar("W", bound=Wire)

LIST = "DongBoThongTinCongDan"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
MAX_BODY = 64 * 1024
"""Bytes of one record's body; a longer one is cut, so that it alone is refused and not the page around it."""

_EPOCH_MS = re.compile(r"-[0-9]{1,15}|[0-9]{9,15}")


class Population(Connector):
    """National population database (CSDLQG về dân cư), SOAP, Ministry of Public Security."""

    system = "population"
    service: ClassVar[Soap] = Soap(
        "wsdl/population.wsdl",
        auth=SecurityServerBasic,
        request_id="MaYeuCau",
        # Assumed: no public source lists the register's own codes.
        codes={
            "TIMESTAMP_INVALID": "clock_skew",
            "MACANBO_UNKNOWN": "officer_unknown",
            "MADVC_UNKNOWN": "service_unknown",
        },
    )
    courtesy = Courtesy(per_second=20, concurrent=8, windows="Mon-Sun 00:00-24:00")

    @query(Citizen)
    async def citizen(self, claim: IdentityClaim, context: CallContext) -> Citizen | None:
        """Finds one citizen by number, name and birth date together; None when the register has no such person."""
        return await self._one("TraCuuThongTinCongDan", "037", Citizen, claim, context)

    @query(KetQuaXacThuc)
    async def verify(self, claim: IdentityClaim, context: CallContext) -> bool:
        """Tells whether number, name and birth date belong to one person, and nothing else about that person."""
        operation = "XacThucThongTinCongDan"

        def read(answer: etree._Element) -> bool:
            return self.read(operation, KetQuaXacThuc, tree(answer)).confirmed

        return await self._ask(operation, "003", read, claim, context)

    @query(CongDanNhanThan)
    async def kin(self, claim: IdentityClaim, context: CallContext) -> CongDanNhanThan | None:
        """Finds parents, spouse and children of one citizen; None when the register has no such person."""
        return await self._one("XacMinhThongTinNhanThan", "038", CongDanNhanThan, claim, context)

    @feed(Citizen, overlap=timedelta(minutes=10))
    def citizens(self, since: datetime, until: datetime, *, page_size: int = 500) -> AsyncIterator[Page[FeedEntry]]:
        """Citizens changed in the window, oldest first, cancelled numbers as tombstones."""
        return self._list("THAYDOI", _change, since, until, page_size)

    def keys(self, as_of: datetime, *, page_size: int = 1000) -> AsyncIterator[Page[KeyEntry]]:
        """Every number that exists at a moment, once, with its latest version: for reconciliation."""
        return self._list("KHOA", _key, BEGINNING, as_of, page_size)

    def _list(
        self, kind: str, read: Callable[[dict[str, str]], N], since: datetime, until: datetime, page_size: int
    ) -> AsyncIterator[Page[N]]:
        asked = {"MaDVC": self.config.service_code, "MaCanBo": self.config.sync_officer, "Loai": kind}

        async def fetch(number: int) -> Page[N]:
            window = {"TuNgay": epoch_ms(since), "DenNgay": epoch_ms(until), "SoBanGhi": page_size, "Trang": number}
            return _page(await self.service.ask(self, LIST, {**asked, **window}), read)

        return self.pages(LIST, fetch, since=since, until=until, page_size=page_size)

    async def _one(
        self, operation: str, service: str, model: type[W], claim: IdentityClaim, context: CallContext
    ) -> W | None:
        def read(answer: etree._Element) -> W | None:
            people = [child for child in answer if local(child) == "CongDan"]
            if len(people) > 1:
                raise Refused(self.system, operation, "ambiguous")
            if not people:
                return None
            found = self.read(operation, model, _as_json(tree(people[0], repeated=("Con",))))
            self._same_person(operation, claim, found)
            return found

        return await self._ask(operation, service, read, claim, context)

    def _same_person(self, operation: str, claim: IdentityClaim, found: Wire) -> None:
        field, number = ("SoDinhDanh", claim.personal_id) if claim.personal_id else ("SoCMND", claim.former_id)
        if hasattr(found, field) and getattr(found, field) != number:
            raise BrokenContract(self.system, operation, "other_person", fields=(field,))
        self.guard.incoming(operation, "SoDinhDanh", filter(None, [getattr(found, "SoDinhDanh", None)]))

    async def _ask(
        self,
        operation: str,
        service: str,
        read: Callable[[etree._Element], T],
        claim: IdentityClaim,
        context: CallContext,
    ) -> T:
        fields = {
            "MaDVC": self.config.service_code,
            "MaTichHop": service,
            "MaCanBo": self.officer(operation, context),
            **self._claim(operation, claim),
        }

        async def attempt() -> T:
            return read(await self.service.ask(self, operation, fields))

        return await self.call(operation, attempt, deadline=context.deadline)

    def _claim(self, operation: str, claim: IdentityClaim) -> dict[str, object]:
        """Writes a claim as the register wants it: one number, the whole name, the year or the whole birth date."""
        if missing := claim.missing():
            raise Refused(self.system, operation, "claim_incomplete", fields=missing)
        self.guard.outgoing(operation, claim)
        if not (is_personal_id(claim.personal_id) if claim.personal_id else is_former_id(claim.former_id or "")):
            raise Refused(self.system, operation, "claim_malformed", fields=("personal_id",))
        if (birth := _birth(claim.birth_date or "")) is None:
            raise Refused(self.system, operation, "claim_malformed", fields=("birth_date",))
        number = {"SoDinhDanh": claim.personal_id} if claim.personal_id else {"SoCMND": claim.former_id}
        whole = {"NgayThangNam": f"{birth.earliest:%Y%m%d}"} if birth.day else {"Nam": f"{birth.year:04}"}
        name = unicodedata.normalize("NFC", " ".join((claim.name or "").split()))
        return {**number, "HoVaTen": name, "NgayThangNamSinh": whole}


def _page(answer: etree._Element, read: Callable[[dict[str, str]], N]) -> Page[N]:
    """Reads a page without zeep, which takes six times as long; a test holds both to the same result."""
    head: dict[str, str] = {}
    entries: list[N] = []
    for child in answer:
        if local(child) == "CongDan":
            entries.append(read({local(part): part.text or "" for part in child}))
        else:
            head[local(child)] = child.text or ""
    return Page(entries, whole_number(head, "Trang"), whole_number(head, "TongSo"))


def _as_json(record: Tree) -> Tree:
    """Gives a birth date in epoch milliseconds the type that it has in JSON; XML has texts only."""
    birth = record.get("NgayThangNamSinh") if isinstance(record, dict) else None
    if isinstance(birth, dict):
        text = birth.get("NgayThangNam")
        if isinstance(text, str) and _EPOCH_MS.fullmatch(text):
            birth["NgayThangNam"] = int(text)
    return record


def _birth(text: str) -> PartialDate | None:
    try:
        return PartialDate.parse(text)
    except ValueError:
        return None


def _change(part: dict[str, str]) -> FeedEntry:
    body = json_text(part.get("Body", "")).encode()[:MAX_BODY]
    return FeedEntry(filled(part, "SoDinhDanh"), whole_number(part, "ThoiDiemDuLieu"), part.get("TrangThai", ""), body)


def _key(part: dict[str, str]) -> KeyEntry:
    return KeyEntry(filled(part, "SoDinhDanh"), whole_number(part, "ThoiDiemDuLieu"), part.get("TrangThai", ""))
