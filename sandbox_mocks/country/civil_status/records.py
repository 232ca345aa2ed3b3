"""What stands in a record of civil status at a moment: the clean content in the shape of 2025, without defects.

Prefixes name people: `nks` a child, `me` and `cha` its parents, `nkt` the dead, `chong` and `vo` a couple, `nxn` who
asked for a certificate, `ndc` whose record was corrected, `nyc` who asked for the registration. Assumed: `nkt`,
`chong`, `vo` and `ndc`, nksSoDinhDanh and nktSoDinhDanh, ngayCapNhat, and all fields of certificates and corrections.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sandbox_mocks.country.civil_status import codes
from sandbox_mocks.country.civil_status.dates import in_figures, in_parts, in_words, last_day, written
from sandbox_mocks.country.civil_status.parties import Parties, Person
from sandbox_mocks.country.civil_status.registrations import (
    BIRTH,
    CERTIFICATE,
    CORRECTION,
    DEATH,
    MARRIAGE,
    Key,
    Registrations,
)
from sandbox_mocks.country.country import Country
from sandbox_mocks.country.demography import FEMALE
from sandbox_mocks.country.lives import LOADED_YEAR
from sandbox_mocks.country.names import build_name
from sandbox_mocks.country.permutation import Keyring
from sandbox_mocks.country.records import local_date
from sandbox_mocks.country.timeline import FIRST_ROUND_YEAR, VIETNAM

Record = dict[str, Any]
_PER_BOOK = 200
_IN_TIME_DAYS = 60
"""Law on Civil Status 2014, art. 15."""
_CAUSES = ("Bệnh lý", "Tuổi già", "Tai nạn giao thông", "Không rõ")
_PURPOSES = ("Đăng ký kết hôn", "Mua bán nhà đất", "Vay vốn ngân hàng", "Bổ sung hồ sơ")
_KIN = {"me": "Mẹ", "cha": "Cha", "vo": "Vợ", "chong": "Chồng", "con": "Con", "self": "Bản thân"}


class CivilRecords:
    """Writes the records of one country."""

    def __init__(self, country: Country, registrations: Registrations, units: codes.Units) -> None:
        self._country, self._registrations, self._units = country, registrations, units
        self._keys = Keyring(country.seed)
        self._parties = Parties(country, units, registrations)

    def write(self, key: Key, version: int) -> Record:
        """Writes a record as of one of its versions (epoch milliseconds).

        Returns:
            Names as `{Ho, ChuDem, Ten}`, births as `{namSinh, thangSinh, ngaySinh}` without the parts that nobody
            knows, other dates as dd/MM/yyyy, addresses as `{dcChiTiet, quocGia, maTinh, maXa}`.
        """
        first = self._registrations.versions(key)[0]
        content = {
            BIRTH: self._birth,
            DEATH: self._death,
            MARRIAGE: self._marriage,
            CERTIFICATE: self._certificate,
            CORRECTION: self._correction,
        }[key.module]
        return {
            "id": f"{key.copy}{key.number:09d}",
            "maHoSo": identify(key),
            "module": key.module,
            **content(key, first, version),
            "ngayCapNhat": moment_text(version),
        }

    def _birth(self, key: Key, first: int, version: int) -> Record:
        index = key.number
        child = self._parties.person(index, version)
        parents = self._parties.parents(index, version)
        born = date(*last_day(child.birth))
        recent = child.place.year >= LOADED_YEAR
        if recent:
            registered = local_date(first)
            kind = codes.OVERDUE if (registered - born).days > _IN_TIME_DAYS else codes.IN_TIME
        else:
            registered, kind = self._long_ago(index, born)
        numbered = not (recent and self._registrations.numberless(index) and version == first and not key.copy)
        known = numbered and (recent or self._roll(b"civil digits", index) % 5 < 3)
        parts = in_parts(child.birth)
        record = {
            **self._entry(key, registered, first, child.born_at, kind),
            "nksHoTen": child.name,
            "nksGioiTinh": child.gender,
            "nksNgaySinh": parts,
            "nksNgaySinhBangChu": in_words(parts),
            "nksNoiSinh": self._parties.address(child.born_at, first, index),
            "nksQueQuan": self._parties.address(child.origin, first, index),
            "nksDanToc": child.ethnicity,
            "nksQuocTich": "VN",
            "nksQuocTichKhac": "",
            "nksSoDinhDanh": child.number if known else "",
            "nksLoaiKhaiSinh": "1" if parents["cha"] is not None else "2",
        }
        for prefix in ("me", "cha"):
            record |= self._parties.write(prefix, parents[prefix], first, papers=True)
        asking = parents["cha"] if index % 3 else parents["me"]
        return {**record, **self._parties.applicant(asking or parents["me"], _KIN["cha" if index % 3 else "me"], first)}

    def _death(self, key: Key, first: int, version: int) -> Record:
        index = key.number
        dead = self._parties.person(index, version)
        life = self._country.lives.life(index, dead.place)
        died = self._country.records.death_date(index, life)
        spouse = self._country.spouse(index, first)
        child = next(iter(self._country.children(index, first)), None)
        asking, kin = (spouse, "vo" if dead.place.sex != FEMALE else "chong") if spouse is not None else (child, "con")
        applicant = None if asking is None else self._parties.person(asking, first)
        return {
            **self._entry(key, local_date(first), first, dead.home, codes.IN_TIME),
            **self._parties.write("nkt", dead, first),
            "nktSoDinhDanh": dead.number,
            "nktNgayChet": f"{died[6:]}/{died[4:6]}/{died[:4]}" if len(died) == 8 else died,
            "nktGioPhutChet": f"{index % 24:02d}:{index % 60:02d}" if len(died) == 8 else "",
            "nktNoiChet": self._parties.address(dead.home, first, index),
            "nktNguyenNhanChet": _CAUSES[self._roll(b"civil cause", index) % len(_CAUSES)],
            **self._parties.applicant(applicant, _KIN[kin] if applicant else "", first),
        }

    def _marriage(self, key: Key, first: int, version: int) -> Record:
        wife = self._parties.person(key.number, version)
        husband = self._parties.person(self._country.spouse(key.number) or 0, version)
        married = self._country.lives.married(key.number, wife.place)
        registered = local_date(first) if married else self._wedding_day(key.number)
        return {
            **self._entry(key, registered, first, husband.home, codes.IN_TIME),
            **self._parties.write("chong", husband, first, papers=True),
            **self._parties.write("vo", wife, first, papers=True),
        }

    def _certificate(self, key: Key, first: int, _version: int) -> Record:
        person = self._parties.person(self._registrations.asking(key.number), first)
        marital, spouse = self._marital(person, first)
        return {
            **self._entry(key, local_date(first), first, person.home, codes.IN_TIME),
            **self._parties.write("nxn", person, first),
            "nxnSoDinhDanh": person.number,
            "nxnTinhTrangHonNhan": marital,
            **self._parties.write("nxnVoChong", spouse, first, papers=True),
            "nxnMucDichSuDung": _PURPOSES[self._roll(b"civil purpose", key.number) % len(_PURPOSES)],
            **self._parties.applicant(person, _KIN["self"], first),
        }

    def _correction(self, key: Key, first: int, _version: int) -> Record:
        before = self._parties.person(key.number, first, uncorrected=True)
        after = self._parties.person(key.number, first, uncorrected=False)
        if before.name != after.name:
            what, old, new = "HoTen", joined(before.name), joined(after.name)
        else:
            what, old, new = "NgaySinh", in_figures(in_parts(before.birth)), in_figures(in_parts(after.birth))
        return {
            **self._entry(key, local_date(first), first, after.home, codes.IN_TIME),
            **self._parties.write("ndc", before, first),
            "ndcSoDinhDanh": after.number,
            "ccMaHoSoGoc": identify(Key(BIRTH, key.number)),
            "ccTruongThongTin": what,
            "ccNoiDungCu": old,
            "ccNoiDungMoi": new,
            "ccLyDo": "Sai sót khi đăng ký",
        }

    def _marital(self, person: Person, at: int) -> tuple[str, Person | None]:
        """Tells what the books say about a person's marriage at a moment."""
        spouse = self._country.demography.spouse(person.index)
        wife = person.index if person.place.sex == FEMALE else spouse
        married = spouse is not None and self._country.lives.married(wife or 0, self._place(wife or 0))
        if spouse is not None and married is not None:
            known = self._registrations.versions(Key(MARRIAGE, wife or 0)) if married else [0]
            if known and known[0] <= at:
                died = self._country.lives.life(spouse, self._place(spouse)).dies
                status = codes.WIDOWED if died is not None and died <= at else codes.MARRIED
                return status, self._parties.person(spouse, at)
        if spouse is not None:
            return codes.NEVER_MARRIED, None
        return self._country.records.write(person.index, at)["TinhTrangHonNhan"], None

    def _place(self, index: int) -> Any:
        return self._country.demography.place(index)

    def _entry(self, key: Key, registered: date, first: int, address: Record, kind: str) -> Record:
        """Writes where in the books a record stands and who wrote it."""
        commune = self._units.commune(address, first, key.number)
        genes = self._keys.genes(key.number * 8 + 7)
        signer = build_name(genes, genes, genes[12] & 1, 1975).full
        clerk = build_name(genes[4:], genes, genes[13] & 1, 1988, at=14).full
        book, number = divmod(key.number, _PER_BOOK)
        return {
            "so": str(number + 1),
            "quyenSo": f"{key.module}-{book:06d}{'B' if key.copy else ''}/{registered.year}",
            "trangSo": str(number + 1),
            "ngayDangKy": written(registered),
            "loaiDangKy": kind,
            "maDonVi": self._units.number(commune),
            "noiDangKy": self._units.name(commune),
            "nguoiKy": signer,
            "chucVuNguoiKy": ("Chủ tịch", "Phó Chủ tịch")[genes[14] & 1],
            "nguoiThucHien": clerk,
            "ghiChu": "",
        }

    def _long_ago(self, index: int, born: date) -> tuple[date, str]:
        """Tells when the birth of someone in the paper books was registered, and how."""
        roll = self._roll(b"civil paper", index)
        latest = date(LOADED_YEAR, 6, 30)
        if roll % 100 < 6:
            years = 1 + (roll >> 8) % 30
            return min(
                born + timedelta(days=365 * years + roll % 97), latest
            ), codes.OVERDUE if roll & 128 else codes.AGAIN
        return min(born + timedelta(days=1 + (roll >> 8) % 58), latest), codes.IN_TIME

    def _wedding_day(self, wife: int) -> date:
        year = min(self._country.demography.wedding(wife)[0], FIRST_ROUND_YEAR - 1)
        roll = self._roll(b"civil wedding day", wife)
        planned = date(year, 1, 1) + timedelta(days=roll % (180 if year == LOADED_YEAR else 364))
        legal = self._registrations.legal_age(wife)
        # Who becomes of age on 29 February of a common year may marry the day after.
        earliest = date(legal[0], legal[1], 1) + timedelta(days=legal[2] - 1)
        return max(planned, earliest)

    def _roll(self, domain: bytes, index: int) -> int:
        return self._keys.roll(domain, index, 2)


def identify(key: Key) -> str:
    """Writes maHoSo of a record of the books."""
    return f"{key.module}{key.copy}{key.number:09d}"


def joined(name: dict[str, str]) -> str:
    """Writes a name in one piece."""
    return " ".join(part for part in name.values() if part)


def moment_text(moment: int) -> str:
    """Writes a moment in epoch milliseconds as dd/MM/yyyy HH:mm:ss in Viet Nam."""
    return f"{datetime.fromtimestamp(moment / 1000, VIETNAM):%d/%m/%Y %H:%M:%S}"
