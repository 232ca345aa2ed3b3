"""The services of the civil-status software.

Assumed, because no public source shows them: the names of the fields of answers, a bare text for a list of one, that
ngayCapNhat is a day (dd/MM/yyyy) and a list is never paged, at most 100 records a call, that 200 also says that a
dossier lacks fields, and `traCuuHoTich`, the question for a person's records that Decision 3458/QD-BTP foresees.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sandbox_mocks.civil_status import errors
from sandbox_mocks.civil_status.dossiers import REGISTERED, Dossiers, describe
from sandbox_mocks.civil_status.errors import Refused
from sandbox_mocks.civil_status.persons import Persons
from sandbox_mocks.civil_status.submissions import LINKED, REQUIRED
from sandbox_mocks.clock import Clock
from sandbox_mocks.country.civil_status import CivilStatus, Key
from sandbox_mocks.country.civil_status.codes import COUNTRIES, ETHNICITIES, PAPERS
from sandbox_mocks.country.civil_status.records import moment_text
from sandbox_mocks.country.civil_status.registrations import MODULES
from sandbox_mocks.country.timeline import VIETNAM, epoch_ms
from sandbox_mocks.faults import Fault

REGISTER, REGISTER_LINKED, STATUS, RESULT = "dangKyHoTich", "nhanHoSoDKHT", "traTrangThaiHoSo", "ketQuaDangKyHS"
LIST, RECORD, RECORDS, CATALOGUE, SEARCH = "dsHoSoDangKy", "traHoSo", "traDanhSachHoSo", "danhMuc", "traCuuHoTich"
LARGEST_PORTION = 100
_LONGEST_CODE = 60
_REMEMBERED_DAYS = 8

Answer = dict[str, Any]
Asked = Mapping[str, Any]
Faults = Mapping[str, Fault]
Listed = list[tuple[int, Key]]


class CivilStatusService:
    """Answers calls from one country's books and the dossiers that were sent."""

    def __init__(self, books: CivilStatus, dossiers: Dossiers, clock: Clock) -> None:
        self._books, self._dossiers, self._clock = books, dossiers, clock
        self._persons = Persons(books)
        self._day: Callable[[str, int, int], Listed] = lru_cache(_REMEMBERED_DAYS)(books.registrations.window)
        self._services: dict[str, Callable[[Asked, Faults], Answer]] = {
            REGISTER: self._register,
            REGISTER_LINKED: self._register_linked,
            STATUS: self._status,
            RESULT: self._result,
            LIST: self._list,
            RECORD: self._record,
            RECORDS: self._records,
            CATALOGUE: self._catalogue,
            SEARCH: self._search,
        }

    def answer(self, service: str, asked: Asked, faults: Faults) -> Answer:
        """Answers one call; what the register refuses gets status "0" and a code."""
        try:
            if "refused" in faults:
                code = str(faults["refused"].parameters["code"])
                raise Refused(code, errors.TEXTS.get(code, "Lỗi không xác định"))
            return {"status": "1", "errorCode": "", "errorMessage": "", **self._services[service](asked, faults)}
        except Refused as refused:
            return refusal(refused)

    def _register(self, asked: Asked, _faults: Faults) -> Answer:
        module = _text(asked, "module")
        if module not in REQUIRED:
            raise Refused(errors.DATA_TYPE_INVALID)
        return self._receive(module, (_text(asked, "maHoSo"),), asked)

    def _register_linked(self, asked: Asked, _faults: Faults) -> Answer:
        module = _text(asked, "module")
        if module not in LINKED:
            raise Refused(errors.DATA_TYPE_INVALID)
        return self._receive(module, (_text(asked, "maHoSoLT"), _text(asked, "maHoSoMCDT")), asked)

    def _receive(self, module: str, codes: tuple[str, ...], asked: Asked) -> Answer:
        if not all(0 < len(code) <= _LONGEST_CODE for code in codes):
            raise Refused(errors.RECORD_UNCOMPLETE, errors.sentence([("maHoSo", errors.EMPTY)]))
        received = _moment(_text(asked, "ngayTiepNhan"))
        if received is None:
            raise Refused(errors.DATA_INCORRECT, errors.sentence([("ngayTiepNhan", errors.WRONG_FORM)]))
        unit = _text(asked, "maDonVi")
        if not self._books.units.known(unit, received):
            raise Refused(errors.AGENCY_ID_INCORRECT)
        dossier = self._dossiers.receive(module, unit, codes, asked.get("data"), self._clock.now_ms())
        return describe(dossier, self._clock.now_ms())

    def _status(self, asked: Asked, _faults: Faults) -> Answer:
        dossier = self._dossiers.find(_text(asked, "maHoSo"))
        if dossier is None:
            raise Refused(errors.RECORD_NOT_FOUND)
        if dossier.unit != _text(asked, "maDonVi"):
            raise Refused(errors.AGENCY_ID_INCORRECT)
        return describe(dossier, self._clock.now_ms())

    def _result(self, asked: Asked, faults: Faults) -> Answer:
        status = self._status(asked, faults)
        if status["trangThai"] != REGISTERED:
            raise Refused(errors.RECORD_UNCOMPLETE)
        return {**status, **self._find(status["maHoSo"], "", faults)}

    def _list(self, asked: Asked, faults: Faults) -> Answer:
        module, day = _text(asked, "module"), _day(_text(asked, "ngayCapNhat"))
        if module not in MODULES or day is None:
            raise Refused(errors.DATA_TYPE_INVALID)
        since, until = _midnight(day), _midnight(day + timedelta(days=1))
        now = self._clock.now_ms()
        listed = [(time, self._books.identify(key)) for time, key in self._day(module, since, until) if time <= now]
        listed += self._dossiers.window(module, since, until, now)
        codes = list(dict.fromkeys(code for _, code in sorted(listed)))
        if "shrunken" in faults:
            codes = codes[: int(len(codes) * faults["shrunken"].parameters["keep"])]
        if "empty" in faults:
            codes = []
        return {"soLuong": str(len(codes)), "dsMaHoSo": codes[0] if len(codes) == 1 else codes}

    def _record(self, asked: Asked, faults: Faults) -> Answer:
        if "empty" in faults:
            raise Refused(errors.RECORD_NOT_FOUND)
        return self._find(_text(asked, "maHoSo"), _text(asked, "module"), faults)

    def _records(self, asked: Asked, faults: Faults) -> Answer:
        if _text(asked, "maTinh") not in self._books.units.provinces:
            raise Refused(errors.PROVINCE_ID_INCORRECT)
        wanted = asked.get("dsMaHoSo")
        if not isinstance(wanted, list) or not all(isinstance(code, str) for code in wanted):
            raise Refused(errors.DATA_TYPE_INVALID)
        if len(wanted) > LARGEST_PORTION:
            raise Refused(errors.DATA_INCORRECT, errors.sentence([("dsMaHoSo", errors.TOO_LONG)]))
        found, failed = [], []
        for code in [] if "empty" in faults else wanted:
            try:
                found.append(self._find(code, _text(asked, "module"), faults))
            except Refused as refused:
                failed.append({"maHoSo": code, "errorCode": refused.code})
        return {"soLuong": str(len(found)), "dsHoSo": found, "dsLoi": failed}

    def _find(self, code: str, module: str, faults: Faults) -> Answer:
        """Returns the latest version of a record of the books or of a registered dossier."""
        now = self._clock.now_ms()
        dossier, key = self._dossiers.find(code), self._books.find(code)
        if dossier is not None and module in ("", dossier.module):
            versions = dossier.versions(now)
            if not versions:
                raise Refused(errors.RECORD_UNCOMPLETE)
            module, version, text = dossier.module, versions[-1], self._dossiers.text(dossier, versions[-1])
        elif key is not None and key.module == module and (latest := self._books.version(key, now)) is not None:
            version, text = latest, self._books.text(key, latest)
        else:
            raise Refused(errors.RECORD_NOT_FOUND)
        if "drift" in faults:
            text = _drifted(text, str(faults["drift"].parameters["field"]))
        return {"maHoSo": code, "module": module, "ngayCapNhat": moment_text(version), "data": text}

    def _catalogue(self, asked: Asked, _faults: Faults) -> Answer:
        rows = {
            "1": [(code, name) for code, name in COUNTRIES.items()],
            "2": [(code, name) for code, name in COUNTRIES.items()],
            "3": [(own, name) for own, name, _ in ETHNICITIES],
            "4": sorted(self._books.units.provinces.items()),
            "5": list(PAPERS.items()),
        }.get(_text(asked, "loaiDanhMuc"))
        if rows is None:
            raise Refused(errors.DATA_TYPE_INVALID)
        return {"danhMuc": [{"id": code, "ten": name} for code, name in rows]}

    def _search(self, asked: Asked, faults: Faults) -> Answer:
        module = _text(asked, "module")
        claim = [_text(asked, name) for name in ("soDinhDanh", "hoTen", "ngaySinh")]
        if module not in MODULES or not all(claim):
            raise Refused(errors.RECORD_UNCOMPLETE)
        conclusion, keys = self._persons.search(module, claim[0], claim[1], claim[2], self._clock.now_ms())
        codes = [] if "empty" in faults else [self._books.identify(key) for key in keys]
        return {"ketLuan": conclusion, "soLuong": str(len(codes)), "dsMaHoSo": codes}


def refusal(refused: Refused) -> Answer:
    """Writes a refusal as the register does."""
    return {"status": "0", "errorCode": refused.code, "errorMessage": refused.text}


def _text(asked: Asked, name: str) -> str:
    value = asked.get(name)
    return value.strip() if isinstance(value, str) else ""


def _day(text: str) -> date | None:
    if not re.fullmatch("[0-9]{2}/[0-9]{2}/[0-9]{4}", text):
        return None
    try:
        return date(int(text[6:]), int(text[3:5]), int(text[:2]))
    except ValueError:
        return None


def _moment(text: str) -> int | None:
    day = _day(text[:10])
    return None if day is None or not re.fullmatch("( [0-9]{2}:[0-9]{2}:[0-9]{2})?", text[10:]) else _midnight(day)


def _midnight(day: date) -> int:
    return epoch_ms(datetime(day.year, day.month, day.day, tzinfo=VIETNAM))


def _drifted(text: str, field: str) -> str:
    """Puts a field that no schema knows into a record."""
    if text.startswith("<"):
        return text.replace("</hoso>", f"<{field}>giá trị mới</{field}></hoso>")
    return f'{text[:-1]},"{field}":"giá trị mới"}}'
