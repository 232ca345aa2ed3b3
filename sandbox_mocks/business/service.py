"""The four services of the business register.

Assumed, because no public source shows it: the time in LAST_AMEND_DATE, PARENT_GDT_CODE, ID_NO and MEMBER_ID_NO, the
codes of types, statuses and decisions, how a business location is asked for, and the shape of refusals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sandbox_mocks.business.questions import Refused, read_days, read_minutes, read_page
from sandbox_mocks.clock import Clock
from sandbox_mocks.country.enterprises import Dossier, Enterprises
from sandbox_mocks.country.enterprises.history import SUPPLEMENT
from sandbox_mocks.country.enterprises.records import local_time
from sandbox_mocks.country.records import local_date
from sandbox_mocks.faults import Fault

DETAIL, CLOSED_DAYS, TODAY, DOSSIER = "chiTietDoanhNghiep", "danhSachHoSo", "danhSachHoSoTrongNgay", "tinhTrangHoSo"
JOURNAL = "HS"
_JOURNAL_DIGITS = 10
_SUBMISSIONS = ("Trực tuyến", "Trực tiếp", "Bưu chính")
_PLANNED_FOR = timedelta(days=3)

Answer = dict[str, Any]
Asked = Mapping[str, str]
Faults = Mapping[str, Fault]


class BusinessService:
    """Answers questions from one country's business register."""

    def __init__(self, enterprises: Enterprises, clock: Clock) -> None:
        self._enterprises, self._clock = enterprises, clock
        self._services: dict[str, Callable[[Asked, Faults], Answer]] = {
            DETAIL: self._detail,
            CLOSED_DAYS: lambda asked, faults: self._list(read_days(asked), asked, faults),
            TODAY: self._today,
            DOSSIER: self._dossier,
        }

    def answer(self, service: str, asked: Asked, faults: Faults) -> Answer:
        """Answers one call; a question that the register refuses gets Status "0"."""
        try:
            return {**self._services[service](asked, faults), "Status": "1", "Message": ""}
        except Refused as refused:
            return {"Data": [], "DataCount": 0, "Status": "0", "error_code": refused.code, "Message": refused.text}

    def _detail(self, asked: Asked, faults: Faults) -> Answer:
        now = self._clock.now_ms()
        if "behind" in faults:
            now -= timedelta(days=faults["behind"].parameters["days"]) // timedelta(milliseconds=1)
        unit = None if "empty" in faults else self._enterprises.unit(asked.get("msdn", ""), now)
        version = None if unit is None else self._enterprises.version(unit, now)
        if unit is None or version is None:
            return {"DataCount": 0}
        detail = self._enterprises.detail(unit, version)
        if "drift" in faults:
            detail["MainInformation"][faults["drift"].parameters["field"]] = "giá trị mới"
        return {**detail, "DataCount": 1}

    def _today(self, asked: Asked, faults: Faults) -> Answer:
        return self._list(read_minutes(asked, local_date(self._clock.now_ms())), asked, faults)

    def _list(self, window: tuple[int, int], asked: Asked, faults: Faults) -> Answer:
        offset, limit = read_page(asked)
        now = self._clock.now_ms()
        total = self._enterprises.visible(*window, now)
        offset += limit * (("missing_page" in faults) - ("repeated_page" in faults))
        late = self._late(window, faults)
        gone = int(faults["receded"].parameters["rows"]) if "receded" in faults else 0
        whole = max(0, total - gone) + len(late)
        rows = late[offset : offset + limit]
        first = max(0, offset - len(late)) + gone
        rows += self._enterprises.dossiers(*window, first, limit - len(rows), now)
        if "empty" in faults:
            whole, rows = 0, []
        if "shrunken" in faults:
            whole = int(whole * faults["shrunken"].parameters["keep"])
            rows = rows[: max(0, whole - offset)]
        answer: Answer = {"Data": [self._row(row) for row in rows], "DataCount": whole}
        if "next_host" in faults:
            answer["NextPage"] = faults["next_host"].parameters["to"]
        return answer

    def _late(self, window: tuple[int, int], faults: Faults) -> list[Dossier]:
        """Makes the rows that came before those already read: dossiers of the list's first entry, not decided yet."""
        first = self._enterprises.dossiers(*window, 0, 1, self._clock.now_ms()) if "moved" in faults else []
        count = int(faults["moved"].parameters["rows"]) if first else 0
        last = 10**_JOURNAL_DIGITS
        return [first[0]._replace(time=window[0], serial=last - count + at, process=SUPPLEMENT) for at in range(count)]

    def _dossier(self, asked: Asked, _faults: Faults) -> Answer:
        number = asked.get("in_journal_no", "")
        digits = number.removeprefix(JOURNAL)
        known = number.startswith(JOURNAL) and len(digits) == _JOURNAL_DIGITS and digits.isascii() and digits.isdigit()
        found = self._enterprises.dossier(int(digits), self._clock.now_ms()) if known else None
        return {"DataCount": 0, "Data": []} if found is None else {"Data": [self._status(found)], "DataCount": 1}

    def _row(self, dossier: Dossier) -> Answer:
        records, processed = self._enterprises.records, local_date(dossier.time)
        parent = records.parent_code(dossier.unit)
        received = processed - timedelta(days=1 + dossier.serial % 3)
        return {
            "IN_JOURNAL_NO": f"{JOURNAL}{dossier.serial:0{_JOURNAL_DIGITS}d}",
            "DOCUMENT_TYPE": dossier.document,
            "ENTERPRISE_GDT_CODE": self._enterprises.code(dossier.unit),
            **({"PARENT_GDT_CODE": parent} if parent else {}),
            "NAME": records.name(dossier.unit, dossier.time)[0],
            "SITE_ID": str(101 + dossier.unit.place % 63),
            "RECEIPT_DATE": f"{received:%d/%m/%Y}",
            "PLAN_DATE": f"{received + _PLANNED_FOR:%d/%m/%Y}",
            "PROCESS_STATUS": dossier.process,
            "PROCESSED_DATE": local_time(dossier.time),
        }

    def _status(self, dossier: Dossier) -> Answer:
        row = self._row(dossier)
        person = self._enterprises.people.representatives(dossier.unit, dossier.time)[0]
        return {
            **row,
            "REGISTRATION_DATE": row["RECEIPT_DATE"],
            "SUPPLEMENT_DATE": row["PLAN_DATE"] if dossier.process == SUPPLEMENT else "",
            "SUBMISSION_TYPE": _SUBMISSIONS[dossier.serial % len(_SUBMISSIONS)],
            "CONTACT_NAME": self._enterprises.people.identity(person, dossier.time).name,
            # No telephone number in Viet Nam begins with 010.
            "CONTACT_PHONE": f"0100{dossier.serial % 1_000_000:06d}",
        }
