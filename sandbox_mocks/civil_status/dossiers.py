"""The dossiers that others sent for registration, and what becomes of them as the country's time goes by.

A dossier waits four hours, is found eligible, and is registered a day after it came; a newborn gets a number two days
later. An officer may act before, by the control route: ask for more, or register at once. Times are assumed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sandbox_mocks.civil_status import errors
from sandbox_mocks.civil_status.errors import Refused
from sandbox_mocks.civil_status.submissions import LINKED, check, read, year_of
from sandbox_mocks.country import Country
from sandbox_mocks.country.civil_status.dates import written
from sandbox_mocks.country.civil_status.records import moment_text
from sandbox_mocks.country.civil_status.registrations import BIRTH, DAY
from sandbox_mocks.country.records import local_date

RECEIVED, SUPPLEMENT, ELIGIBLE, REGISTERED = "1", "2", "3", "4"
STATUSES = {
    RECEIVED: "Đã tiếp nhận hồ sơ, chờ xử lý",
    SUPPLEMENT: "Hồ sơ cần bổ sung thông tin",
    ELIGIBLE: "Hồ sơ đủ điều kiện giải quyết",
    REGISTERED: "Đã hoàn thành đăng ký",
}
_ELIGIBLE_AFTER, _REGISTERED_AFTER, _NUMBER_AFTER = DAY // 6, DAY, 2 * DAY
_SUPPLEMENT_NOTE = "Đề nghị bổ sung giấy tờ kèm theo"

Record = dict[str, Any]


@dataclass(slots=True)
class Dossier:
    """One dossier: its codes, the module it is registered under, its data, and the officer's acts by time."""

    codes: tuple[str, ...]
    module: str
    unit: str
    raw: str
    record: Record
    received: int
    ordinal: int
    acts: list[tuple[int, str]] = field(default_factory=list)

    def status(self, now: int) -> str:
        """Returns the dossier's status at a moment."""
        acted = [status for time, status in self.acts if time <= now]
        if acted:
            return acted[-1]
        waited = now - self.received
        return RECEIVED if waited < _ELIGIBLE_AFTER else ELIGIBLE if waited < _REGISTERED_AFTER else REGISTERED

    def registered(self, now: int) -> int | None:
        """Returns when the dossier was registered, if it is by now."""
        if self.status(now) != REGISTERED:
            return None
        return next((time for time, status in self.acts if status == REGISTERED), self.received + _REGISTERED_AFTER)

    def versions(self, now: int) -> list[int]:
        """Returns when the record of a registered dossier was written, and when the child's number came."""
        first = self.registered(now)
        if first is None:
            return []
        times = [first, first + _NUMBER_AFTER] if self.module == BIRTH else [first]
        return [time for time in times if time <= now]


class Dossiers:
    """All dossiers that one twin was sent; they live as long as the twin."""

    def __init__(self, country: Country) -> None:
        self._country = country
        self._dossiers: list[Dossier] = []
        self._by_code: dict[str, Dossier] = {}

    def receive(self, module: str, unit: str, codes: tuple[str, ...], data: Any, now: int) -> Dossier:
        """Takes a dossier in. The same dossier sent again changes nothing; one that needs more may be sent anew.

        Raises:
            Refused: its data are unreadable, incomplete or wrong, or another dossier has its code.
        """
        record = read(data)
        check(LINKED.get(module, module), record)
        known = next((self._by_code[code] for code in codes if code in self._by_code), None)
        if known is not None and known.raw == data and known.codes == codes:
            return known
        if known is not None and (known.status(now) != SUPPLEMENT or known.codes != codes):
            raise Refused(errors.DATA_INCORRECT, errors.sentence([("maHoSo", "đã tồn tại")]))
        dossier = known or Dossier(codes, LINKED.get(module, module), unit, data, record, now, len(self._dossiers))
        if known is None:
            self._dossiers.append(dossier)
        dossier.module, dossier.unit = LINKED.get(module, module), unit
        dossier.raw, dossier.record, dossier.received = data, record, now
        dossier.acts.clear()
        self._by_code |= dict.fromkeys(codes, dossier)
        return dossier

    def find(self, code: str) -> Dossier | None:
        """Finds a dossier by any of its codes."""
        return self._by_code.get(code)

    def act(self, dossier: Dossier, status: str, now: int) -> None:
        """Does what an officer does: asks for more, finds a dossier eligible, or registers it."""
        dossier.acts.append((now, status))

    def window(self, module: str, since: int, until: int, now: int) -> list[tuple[int, str]]:
        """Returns time and code of the dossiers of a module that were registered or changed in `[since, until)`."""
        found = [
            (time, dossier.codes[0])
            for dossier in self._dossiers
            if dossier.module == module
            for time in dossier.versions(now)
            if since <= time < until
        ]
        return sorted(found)

    def text(self, dossier: Dossier, version: int) -> str:
        """Writes the record of a registered dossier: what was sent, with its place in the books."""
        number, first = str(dossier.ordinal + 1), dossier.versions(version)[0]
        record = {
            "id": f"9{dossier.ordinal:09d}",
            "maHoSo": dossier.codes[0],
            "module": dossier.module,
            **dossier.record,
            "so": number,
            "quyenSo": f"{dossier.module}-DVC/{local_date(first).year}",
            "trangSo": number,
            "ngayDangKy": written(local_date(first)),
            "loaiDangKy": "1",
            "maDonVi": dossier.unit,
            "ngayCapNhat": moment_text(version),
        }
        if dossier.module == BIRTH:
            record["nksSoDinhDanh"] = self._number(dossier) if version > first else ""
        return json.dumps(record, ensure_ascii=False)

    def _number(self, dossier: Dossier) -> str:
        """Returns a number that states a newborn's sex and birth year and that nobody in the country has."""
        year = year_of(dossier.record["nksNgaySinh"])
        sex = 0 if str(dossier.record["nksGioiTinh"]) == "1" else 1
        numbering = self._country.numbering
        # Half-way through the numbers kept for people registered twice, which are given from the lowest on.
        ordinal = numbering.room_for_seconds // 2 + dossier.ordinal
        return "" if year is None or not 1930 <= year <= 2030 else numbering.second_number(year, sex, ordinal)


def describe(dossier: Dossier, now: int) -> Record:
    """Describes a dossier's status as traTrangThaiHoSo does."""
    status = dossier.status(now)
    note = _SUPPLEMENT_NOTE if status == SUPPLEMENT else ""
    return {"maHoSo": dossier.codes[0], "trangThai": status, "moTaTrangThai": STATUSES[status], "ghiChu": note}
