"""The four operations of the population service."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Mapping
from typing import Any

import orjson

from sandbox_mocks.clock import Clock
from sandbox_mocks.country import Country, Entry, Holder
from sandbox_mocks.faults import Fault
from sandbox_mocks.population import answers
from sandbox_mocks.population.credentials import Credentials
from sandbox_mocks.population.requests import INTEGRATION_CODES, KINSHIP, LOOKUP, SYNC, VERIFY, Call, SoapFault
from sandbox_mocks.soap_answers import elements

LARGEST_PAGE = 1000
_REMEMBERED_CALLS = 200_000
_CANCELLED = "2"


class PopulationService:
    """Answers calls from one country."""

    def __init__(self, country: Country, credentials: Credentials, clock: Clock) -> None:
        self._country, self._credentials, self._clock = country, credentials, clock
        self._seen: dict[str, None] = {}

    def answer(self, call: Call, faults: Mapping[str, Fault]) -> bytes:
        """Answers one call.

        Raises:
            SoapFault: the register refuses the call.
        """
        self._admit(call)
        if call.operation == SYNC:
            return self._sync(call, faults)
        if call.fields["MaTichHop"] != INTEGRATION_CODES[call.operation]:
            raise SoapFault("MATICHHOP_INVALID", "Mã tích hợp không đúng với dịch vụ")
        number = call.fields.get("SoDinhDanh") or call.fields.get("SoCMND")
        if "SoDinhDanh" in call.fields and "SoCMND" in call.fields:
            raise SoapFault("CLAIM_INVALID", "Chỉ được gửi SoDinhDanh hoặc SoCMND")
        if not number or not call.fields["HoVaTen"]:
            raise SoapFault("CLAIM_MISSING", "Thiếu số định danh, họ tên hoặc ngày sinh của công dân")
        found = [] if "empty" in faults else self._find(number, call)
        self._remember(call)
        return _QUERIES[call.operation](self, found)

    def _admit(self, call: Call) -> None:
        fields = call.fields
        if not fields["MaYeuCau"]:
            raise SoapFault("MAYEUCAU_MISSING", "Thiếu mã yêu cầu")
        if fields["MaYeuCau"] in self._seen:
            raise SoapFault("MAYEUCAU_DUPLICATE", "Mã yêu cầu đã được sử dụng")
        if fields["MaCanBo"] not in self._credentials.officers:
            raise SoapFault("MACANBO_UNKNOWN", "Cán bộ chưa được đăng ký khai thác dữ liệu")
        if fields["MaDVC"] not in self._credentials.services:
            raise SoapFault("MADVC_UNKNOWN", "Mã dịch vụ công chưa được đăng ký")

    def _remember(self, call: Call) -> None:
        if len(self._seen) >= _REMEMBERED_CALLS:
            self._seen.pop(next(iter(self._seen)))
        self._seen[call.fields["MaYeuCau"]] = None

    def _find(self, number: str, call: Call) -> list[tuple[Holder, dict[str, Any]]]:
        """Finds who has this number, name and birth date together; a wrong name finds nobody, without saying so."""
        found = []
        for holder in self._country.find(number, self._clock.now_ms()):
            clean = self._country.records.write(holder.person, holder.version, former=holder.form == "former")
            if _letters(call.fields["HoVaTen"]) == _letters("".join(clean["HoVaTen"].values())) and _born(call, clean):
                found.append((holder, clean))
        return found

    def _lookup(self, found: list[tuple[Holder, dict[str, Any]]]) -> bytes:
        citizens = [self._country.record(self._country.entry(holder)) for holder, _ in found]
        head = {
            "SoCongDan": str(len(citizens)),
            "GhiChu": "",
            "ThoiDiemDuLieu": self._data_time(found),
            "Id": uuid.uuid4().hex,
        }
        written = [{field: citizen[field] for field in _CITIZEN_ORDER if field in citizen} for citizen in citizens]
        return answers.envelope("CongdanCollection", elements({**head, "CongDan": written}))

    def _verify(self, found: list[tuple[Holder, dict[str, Any]]]) -> bytes:
        valid = any(clean["TrangThai"] != _CANCELLED for _, clean in found)
        answer = {"TonTai": "true" if valid else "false", "ThoiDiemDuLieu": self._data_time(found)}
        return answers.envelope("KetQuaXacThuc", elements(answer))

    def _kinship(self, found: list[tuple[Holder, dict[str, Any]]]) -> bytes:
        citizens = [self._kin(holder, clean) for holder, clean in found]
        head = {"SoCongDan": str(len(citizens)), "ThoiDiemDuLieu": self._data_time(found), "Id": uuid.uuid4().hex}
        return answers.envelope("NhanThanCollection", elements({**head, "CongDan": citizens}))

    def _kin(self, holder: Holder, clean: dict[str, Any]) -> dict[str, Any]:
        country, index, now = self._country, holder.person, self._clock.now_ms()
        parents = country.parents(index)
        spouse = country.spouse(index, now)
        known = {"Cha": parents and parents[0], "Me": parents and parents[1], "VoChong": spouse}
        kin: dict[str, Any] = {"SoDinhDanh": clean["SoDinhDanh"], "HoVaTen": clean["HoVaTen"]}
        for relation, person in known.items():
            if person is not None:
                kin[relation] = self._relative(person, now)
            elif clean[relation]:
                name = {"Ho": "", "ChuDem": "", "Ten": clean[relation]["HoVaTen"]}
                kin[relation] = {"HoVaTen": name, "SoDinhDanh": "", "QuocTich": "VN"}
        kin["Con"] = [self._relative(child, now) for child in country.children(index, now)]
        return kin

    def _relative(self, index: int, now: int) -> dict[str, Any]:
        place = self._country.demography.place(index)
        name = self._country.records.name(index, place)
        parts = {"Ho": name.family, "ChuDem": name.middle, "Ten": name.given}
        return {"HoVaTen": parts, "SoDinhDanh": self._country.records.number(place, now), "QuocTich": "VN"}

    def _data_time(self, found: list[tuple[Holder, dict[str, Any]]]) -> str:
        """Returns the version of the only record found, else the time of the answer."""
        return str(found[0][0].version if len(found) == 1 else self._clock.now_ms())

    def _sync(self, call: Call, faults: Mapping[str, Fault]) -> bytes:
        since, until, page, size = (_whole(call, name) for name in ("TuNgay", "DenNgay", "Trang", "SoBanGhi"))
        if since > until:
            raise SoapFault("WINDOW_INVALID", "TuNgay phải nhỏ hơn hoặc bằng DenNgay")
        if page < 1 or not 1 <= size <= LARGEST_PAGE:
            raise SoapFault("PAGE_INVALID", f"Trang phải từ 1, SoBanGhi phải từ 1 đến {LARGEST_PAGE}")
        kind = call.fields["Loai"]
        if kind not in ("THAYDOI", "KHOA"):
            raise SoapFault("LOAI_INVALID", "Loai phải là THAYDOI hoặc KHOA")
        self._remember(call)
        now = self._clock.now_ms()
        until = min(until, now + 1)
        wanted = page - ("repeated_page" in faults) + ("missing_page" in faults)
        offset = (wanted - 1) * size
        if kind == "KHOA":
            total, listed = self._country.feed.keys(until, wanted - 1, size)
            written = [answers.feed_entry(entry.number, entry.time, status, None) for entry, status in listed]
        else:
            total = self._country.feed.count(since, until)
            entries = self._country.feed.window(since, until, offset, size)
            written = [self._feed_entry(entry, faults) for entry in entries]
        if "empty" in faults:
            total, written = 0, []
        if "shrunken" in faults:
            total = int(total * faults["shrunken"].parameters["keep"])
            written = written[: max(0, total - offset)]
        return answers.feed_page(total, page, size, now, written)

    def _feed_entry(self, entry: Entry, faults: Mapping[str, Fault]) -> str:
        record = self._country.record(entry)
        status = record["TrangThai"]
        if "drift" in faults:
            record[faults["drift"].parameters["field"]] = "giá trị mới"
        return answers.feed_entry(entry.number, entry.time, status, orjson.dumps(record))


_QUERIES = {LOOKUP: PopulationService._lookup, VERIFY: PopulationService._verify, KINSHIP: PopulationService._kinship}
_CITIZEN_ORDER = (
    *("SoDinhDanh", "SoCMND", "HoVaTen", "GioiTinh", "DanToc", "TonGiao", "TinhTrangHonNhan", "NhomMau"),
    *(
        "NgayThangNamSinh",
        "NoiDangKyKhaiSinh",
        "QuocTich",
        "QueQuan",
        "ThuongTru",
        "NoiOHienTai",
        "Cha",
        "Me",
        "VoChong",
    ),
    *("NguoiDaiDien", "ChuHo", "SoSoHoKhau", "TrangThai", "NgayChet", "SoDinhDanhThayThe"),
)


def _whole(call: Call, name: str) -> int:
    text = call.fields[name]
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise SoapFault("NUMBER_INVALID", f"{name} phải là số nguyên")
    return int(text)


def _letters(name: str) -> str:
    """Reduces a name to its base letters: clients send names accented, unaccented, decomposed or in capitals.

    One ministry's client upper-cases with PHP's `strtoupper`, which leaves accented small letters as they are
    ("NGUYễN"); reduced like this its names still match.
    """
    plain = unicodedata.normalize("NFD", name.casefold().replace("đ", "d"))
    return "".join(letter for letter in plain if letter.isalnum())


def _born(call: Call, clean: dict[str, Any]) -> bool:
    """Compares birth dates: a full date must be the register's own; a year alone fits every date in it."""
    birth = clean["NgayThangNamSinh"]
    if call.birth_day:
        return bool(birth.get("NgayThangNam") == call.birth_day)
    return bool((birth.get("NgayThangNam") or birth["Nam"])[:4] == call.birth_year)
