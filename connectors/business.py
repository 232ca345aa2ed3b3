"""The national business-registration database: JSON over HTTP behind an LGSP of the VNPT kind."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from connectors.auth import LgspToken
from connectors.base import (
    CallContext,
    Connector,
    Courtesy,
    FeedEntry,
    IdentityClaim,
    KeyEntry,
    Page,
    Wanted,
    epoch_ms,
    feed,
    query,
)
from connectors.concurrent import each
from connectors.courtesy import ZONE
from connectors.errors import BrokenContract, Refused, Unavailable
from connectors.json_values import filled, listed, text, whole_number
from connectors.moving_list import Change, MovingList, Rows
from connectors.records import FieldProblem
from connectors.rest import Rest, StatusField
from schemas.business import LOCATION_DIGITS, DoanhNghiep, HoSo, enterprise_key

DETAIL, DOSSIER = "chiTietDoanhNghiep", "tinhTrangHoSo"
CLOSED_DAYS, TODAY = "danhSachHoSo", "danhSachHoSoTrongNgay"
WINDOW_DAYS = 5
LIST_LIMIT = 200
BEGINNING = datetime(2010, 6, 1, tzinfo=ZONE)
"""Before the unified enterprise code (Decree 43/2010/ND-CP) the register has no dossiers: assumed."""

UNAPPROVED = frozenset({"1", "2", "4"})
"""PROCESS_STATUS of dossiers that changed nothing: assumed, so any other one is asked about rather than dropped."""

MAX_BODY = 256 * 1024
"""Bytes of one record's body; a longer one is cut, so that it alone is refused and not the page around it."""

_CODE = re.compile(rf"\d{{10}}(?:-\d{{3}}|\.\d{{{LOCATION_DIGITS}}})?|\d{{12}}", re.ASCII)
_JOURNAL = re.compile(r"[\w./-]{1,40}", re.ASCII)
_MOMENT = "%d/%m/%Y %H:%M:%S"
_ENVELOPE = frozenset({"DataCount", "Status", "Message"})


class Business(Connector):
    """National business-registration database (CSDLQG về đăng ký doanh nghiệp), REST, Ministry of Finance."""

    system = "business"
    service: ClassVar[Rest] = Rest(
        auth=LgspToken,
        status=StatusField("Status", frozenset({"1"})),
        codes={"WINDOW": (Refused, "window_too_long")},
    )
    courtesy = Courtesy(per_second=20, concurrent=8, windows="Mon-Sun 00:00-24:00")

    @query(DoanhNghiep)
    async def enterprise(self, code: str, context: CallContext) -> DoanhNghiep | None:
        """Finds one enterprise, branch, business location or household business by its code; None: no such one."""
        if _CODE.fullmatch(code) is None:
            raise Refused(self.system, DETAIL, "code_malformed")
        if len(code) == 12:
            self.guard.outgoing(DETAIL, IdentityClaim(personal_id=code))
        officer = self.officer(DETAIL, context)

        async def attempt() -> DoanhNghiep | None:
            raw = await self._detail(code, officer)
            found = None if raw is None else self.read(DETAIL, DoanhNghiep, raw)
            if found is not None and _digits(found.key) != _digits(code):
                raise BrokenContract(self.system, DETAIL, "other_enterprise", fields=("ENTERPRISE_GDT_CODE",))
            return found

        return await self.call(DETAIL, attempt, deadline=context.deadline)

    @query(HoSo)
    async def dossier(self, number: str, context: CallContext) -> HoSo | None:
        """Finds one registration dossier by its journal number, with its state; None when there is no such one."""
        if _JOURNAL.fullmatch(number) is None:
            raise Refused(self.system, DOSSIER, "code_malformed")
        officer = self.officer(DOSSIER, context)

        async def attempt() -> HoSo | None:
            answer = await self._ask(DOSSIER, {"in_journal_no": number}, officer)
            rows = listed(answer, "Data")
            if not rows:
                return None
            found = self.read(DOSSIER, HoSo, rows[0])
            if len(rows) > 1 or number != found.IN_JOURNAL_NO:
                raise BrokenContract(self.system, DOSSIER, "unexpected_answer", fields=("IN_JOURNAL_NO",))
            self.guard.incoming(DOSSIER, "ENTERPRISE_GDT_CODE", filter(_is_personal, [found.ENTERPRISE_GDT_CODE or ""]))
            return found

        return await self.call(DOSSIER, attempt, deadline=context.deadline)

    @feed(DoanhNghiep, watermark="at", overlap=timedelta(minutes=10))
    async def enterprises(
        self, since: datetime, until: datetime, *, page_size: int = 500, wanted: Wanted | None = None
    ) -> AsyncIterator[Page[FeedEntry]]:
        """Enterprises with a dossier approved in the window, in the order of the approvals, each as it is now.

        The register lists dossiers, by days, and tells an enterprise only as it is at the moment. The list is read five
        days at a time, safely while it moves (`connectors/moving_list.py`); of each enterprise in it the last approval
        counts, and the enterprise is asked about once, as many at a time as the courtesy allows. An entry's `at` is the
        approval, its `version` the LAST_AMEND_DATE of what came. Only those that are `wanted` are asked about; the
        others come without contents.

        What is amiss in one enterprise is left to the pipeline, which refuses it alone: a body that drifted or has
        another code, an empty body where the register does not know the enterprise that it listed (its version is then
        `at`, as it is where LAST_AMEND_DATE can't be read). Contents that are older than the approval are asked for
        again; when they stay so the entry comes with a version before its `at`.
        """
        self._check_window(CLOSED_DAYS, since, until, page_size)
        number = 0
        for start, end in _slices(max(since, BEGINNING), until):
            latest = {change.key: change for change in await self._changes(start, end, min(page_size, LIST_LIMIT))}
            ordered = sorted(latest.values())
            self.guard.incoming(CLOSED_DAYS, "ENTERPRISE_GDT_CODE", filter(_is_personal, latest))
            for place in range(0, len(ordered), page_size):
                number += 1
                part = ordered[place : place + page_size]
                chosen = set(latest) if wanted is None else wanted([change.key for change in part])
                asked = [change for change in part if change.key in chosen]
                found = await each(asked, self._entry, self.courtesy.concurrent)
                told = {entry.key: entry for entry in found}
                yield Page([told.get(change.key) or _untold(change) for change in part], number, None)
        if not number:
            yield Page([], 1, None)

    async def keys(self, as_of: datetime, *, page_size: int = 1000) -> AsyncIterator[Page[KeyEntry]]:
        """Every enterprise that had a dossier approved up to a moment, once, with the time of its last approval.

        The register lists no keys, so this walks the list of dossiers back to its beginning: the first sight of a code
        is its latest. That asks no details. Each list is read twice: some 2,400 requests for the years whatever they
        hold, and for ten million dossiers 100,000 requests, an hour and a half at the courtesy's rate; and about 110
        bytes of memory for each code.
        """
        self._check_window(CLOSED_DAYS, BEGINNING, as_of, page_size)
        seen: set[str] = set()
        number = 0
        for start, end in reversed(list(_slices(BEGINNING, as_of))):
            latest = {change.key: change for change in await self._changes(start, end, LIST_LIMIT)}
            self.guard.incoming(CLOSED_DAYS, "ENTERPRISE_GDT_CODE", filter(_is_personal, latest))
            fresh = [KeyEntry(key, change.at, "") for key, change in latest.items() if key not in seen]
            seen.update(latest)
            for place in range(0, len(fresh), page_size):
                number += 1
                yield Page(fresh[place : place + page_size], number, None)
        if not number:
            yield Page([], 1, None)

    async def _changes(self, start: datetime, end: datetime, limit: int) -> list[Change]:
        """Returns the approved dossiers of at most five days, oldest first; reads anew when the day turns."""
        while True:
            days = self._today()
            found = await self._read_days(start, end, limit, days)
            if self._today() == days:
                since = epoch_ms(start)
                return sorted(change for change in found if change.at >= since and change.state not in UNAPPROVED)

    def _today(self) -> tuple[date, date]:
        """Returns the days that the register may call today: two around midnight, as its clock may differ from ours
        by as much as the settle lag.
        """
        earliest, latest = (self.clock() + lag for lag in (-self.settle_lag, self.settle_lag))
        return earliest.astimezone(ZONE).date(), latest.astimezone(ZONE).date()

    async def _read_days(self, start: datetime, end: datetime, limit: int, days: tuple[date, date]) -> set[Change]:
        """Reads today's list, then that of the days that are over.

        A day that may be either is asked of both, and in this order: it turns from the first list into the second.
        """
        first, last = start.astimezone(ZONE).date(), (end - timedelta(milliseconds=1)).astimezone(ZONE).date()
        today, tomorrow = days
        found: set[Change] = set()
        if last >= today:
            opens = start.astimezone(ZONE) if first == last else datetime.combine(last, time(), ZONE)
            closes_at = (end.astimezone(ZONE) + timedelta(seconds=59, milliseconds=999)).strftime("%H:%M")
            minutes = {"from_ts": f"{opens:%H:%M}", "to_ts": "24:00" if closes_at == "00:00" else closes_at}
            found.update(await self._list(TODAY, minutes, end, limit, (today, None)))
        if first < tomorrow:
            closes = min(last, tomorrow - timedelta(days=1))
            asked = {"from_date": f"{first:%d/%m/%Y}", "to_date": f"{closes:%d/%m/%Y}"}
            found.update(await self._list(CLOSED_DAYS, asked, end, limit, (first, closes)))
        return found

    async def _list(
        self, service: str, asked: dict[str, str], end: datetime, limit: int, lawful: tuple[date, date | None]
    ) -> list[Change]:
        async def fetch(offset: int) -> Rows:
            async def attempt() -> Rows:
                answer = await self._ask(service, {**asked, "offset": offset, "limit": limit}, None)
                rows = [_change(row) for row in listed(answer, "Data")]
                latest = lawful[1] or self._today()[1]
                for row in rows:
                    if not lawful[0] <= datetime.fromtimestamp(row.at / 1000, ZONE).date() <= latest:
                        raise BrokenContract(self.system, service, "outside_window", fields=("PROCESSED_DATE",))
                return Rows(rows, whole_number(answer, "DataCount"))

            return await self.call(service, attempt)

        return await MovingList(self.system, service, limit=limit, ends_at=epoch_ms(end)).read(fetch)

    async def _entry(self, change: Change) -> FeedEntry:
        """Asks about the enterprise of a change; what stays older than the change comes as it is."""
        older: list[FeedEntry] = []

        async def attempt() -> FeedEntry:
            raw = await self._detail(change.key, None)
            entry = _entry(change, raw)
            if entry.version < change.at:
                older.append(entry)
                raise Unavailable(self.system, DETAIL, "contents_behind")
            return entry

        try:
            return await self.call(DETAIL, attempt)
        except Unavailable as error:
            if error.code != "contents_behind":
                raise
            return older[-1]

    async def _detail(self, code: str, officer: str | None) -> dict[str, Any] | None:
        """Returns the record of one enterprise without what the answer says about itself; None: no such one."""
        answer = await self._ask(DETAIL, {"msdn": code}, officer)
        if not answer.get("MainInformation") and answer.get("DataCount") in (0, "0", None):
            return None
        return _contents(answer)

    async def _ask(self, service: str, asked: dict[str, object], officer: str | None) -> dict[str, Any]:
        return await self.service.get(self, service, f"apiCSDLDKDN/{service}", asked, officer=officer)


def _slices(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Cuts a window at midnights in Viet Nam, so that no part touches more days than the register reads at once."""
    while since < until:
        midnight = datetime.combine(since.astimezone(ZONE).date() + timedelta(days=WINDOW_DAYS), time(), ZONE)
        yield since, min(midnight, until)
        since = midnight


def _change(row: dict[str, Any]) -> Change:
    at = _moment(filled(row, "PROCESSED_DATE"))
    if at is None:
        raise FieldProblem("field_malformed", "PROCESSED_DATE")
    state = text(row, "PROCESS_STATUS")
    key = enterprise_key(text(row, "ENTERPRISE_GDT_CODE"), text(row, "PARENT_GDT_CODE"))
    if key is None and state not in UNAPPROVED:
        raise FieldProblem("field_missing", "ENTERPRISE_GDT_CODE")
    return Change(at, filled(row, "IN_JOURNAL_NO"), key or "", state)


def _entry(change: Change, raw: dict[str, Any] | None) -> FeedEntry:
    if raw is None:
        return _untold(change)
    main = raw.get("MainInformation")
    main = main if isinstance(main, dict) else {}
    version = _moment(text(main, "LAST_AMEND_DATE"))
    # A lone surrogate has no UTF-8; passed on, it makes this one body unreadable and not the page.
    body = json.dumps(raw, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")[:MAX_BODY]
    status = text(main, "ENTERPRISE_STATUS")
    return FeedEntry(change.key, change.at if version is None else version, status, body, change.at)


def _untold(change: Change) -> FeedEntry:
    """Returns the entry of a change whose contents were not asked for, or are not there."""
    return FeedEntry(change.key, change.at, "", b"", change.at)


def _contents(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in _ENVELOPE}


def _moment(written: str) -> int | None:
    """Reads a moment in Vietnamese time as epoch milliseconds; None when it is none."""
    try:
        return epoch_ms(datetime.strptime(written, _MOMENT).replace(tzinfo=ZONE))
    except ValueError:
        return None


def _digits(code: str | None) -> str:
    return re.sub(r"\W", "", code or "")


def _is_personal(code: str) -> bool:
    return len(code) == 12
