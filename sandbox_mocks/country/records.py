"""What the register says about a person at a moment: the clean wire record, without defects and without quirks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sandbox_mocks.country.demography import FEMALE, MALE, Demography, Place
from sandbox_mocks.country.lives import LOADED_YEAR, Life, Lives
from sandbox_mocks.country.names import Name, build_name, ethnicity
from sandbox_mocks.country.numbering import Numbering
from sandbox_mocks.country.permutation import Keyring
from sandbox_mocks.country.places import Commune, Places
from sandbox_mocks.country.timeline import CODES_CHANGED

Record = dict[str, Any]
ACTIVE, CANCELLED, DECEASED = "1", "2", "3"
SINGLE, MARRIED, DIVORCED, WIDOWED = "1", "2", "3", "4"

_DAYS = [f"{date(2001, 1, 1) + timedelta(days=day):%m%d}" for day in range(1, 365)]
"""Every day of a year but 1 January, which the register keeps for people whose day is not known."""
_HOUR7 = 7 * 3_600_000
_DAY = 86_400_000
_EPOCH = date(1970, 1, 1)
_AT_HOME_SINCE = 2004
"""Unmarried people born since this year live with their father's household."""
_LAST_CORRECTED_BIRTH = 2015


def local_date(moment: int) -> date:
    """Returns the date in Viet Nam at a moment in epoch milliseconds."""
    return _EPOCH + timedelta(days=(moment + _HOUR7) // _DAY)


class Records:
    """Writes the records of one country."""

    def __init__(
        self, demography: Demography, numbering: Numbering, lives: Lives, places: Places, keys: Keyring
    ) -> None:
        self._demography = demography
        self._numbering = numbering
        self._lives = lives
        self._places = places
        self._keys = keys

    def number(self, place: Place, moment: int) -> str:
        """Returns the number that a person has at a moment."""
        if self._numbering.may_be_replaced(place.year, place.sex, place.cell_rank):
            replaced = self._lives.replaced(place)
            if replaced is not None and moment < replaced:
                return self.former_number(place)
        return self._numbering.number(place)

    def former_number(self, place: Place) -> str:
        """Returns the number that a person had, or would have had, before it was replaced."""
        cause = self._cause(place)
        return self._numbering.former_number(place.year, place.sex, place.cell_rank, cause)

    def status(self, life: Life, moment: int) -> str:
        """Returns TrangThai of a person's valid number at a moment."""
        if life.misc == "withdraw" and life.misc_at <= moment:
            return CANCELLED
        return DECEASED if life.dies is not None and life.dies <= moment else ACTIVE

    def name(self, index: int, place: Place) -> Name:
        """Returns a person's name as it is, corrections made."""
        return build_name(self._keys.genes(self._line(index)), self._keys.genes(index), place.sex, place.year)

    def identity(self, index: int, place: Place, uncorrected: bool = False) -> tuple[Name, Record]:
        """Returns a person's name and date of birth, as they are or as they stood before the correction that may come.

        What a replaced number stated wrongly is right here at all times.
        """
        return self._identity(index, place, self._keys.genes(self._line(index)), place.year, uncorrected)

    def write(self, index: int, version: int, former: bool = False) -> Record:
        """Writes the record of a person as of the entry made at `version` (epoch milliseconds).

        Args:
            former: write the cancellation of the number that was replaced at `version`.
        """
        demography, genes_of = self._demography, self._keys.genes
        place = demography.place(index)
        life = self._lives.life(index, place)
        genes = genes_of(index)
        parents = demography.parents(index)
        line = genes if parents is None else genes_of(self._line(parents[0]))
        number = self._numbering.number(place)
        year, sex, replaced_by = place.year, place.sex, ""
        if life.replaced is not None and (former or version < life.replaced):
            year, sex = self._numbering.former_identity(year, sex, self._cause(place))
            replaced_by = number if former else ""
            number = self.former_number(place)
        uncorrected = life.misc == "correct" and version < life.misc_at
        name, birth = self._identity(index, place, line, year, uncorrected)
        if parents is None:
            father, mother = self._unregistered_parents(genes, line, place.year)
        else:
            head_of_parents = self._relative(parents[0], line, version)
            father = head_of_parents
            mother = self._relative(parents[1], None, version)
        partner: Record | str = ""
        marital, head_index = SINGLE, index
        head: Record | None = None
        head_line = line
        if life.married is not None and life.married <= version:
            spouse = demography.partner(place.group, place.rank)
            spouse_line = genes_of(self._line(spouse))
            husband_or_wife = self._relative(spouse, spouse_line, version)
            partner = husband_or_wife
            spouse_place = demography.place(spouse)
            spouse_life = self._lives.life(spouse, spouse_place)
            marital = WIDOWED if spouse_life.dies is not None and spouse_life.dies <= version else MARRIED
            if place.sex == FEMALE:
                head_index, head, head_line = spouse, husband_or_wife, spouse_line
        elif life.married is None:
            marital, partner = self._alone(genes, place, version)
        if marital == SINGLE and place.year >= _AT_HOME_SINCE and parents is not None:
            head_index, head = parents[0], head_of_parents
        status = CANCELLED if former else self.status(life, version)
        recoded = version >= CODES_CHANGED and (
            (life.misc == "touch" and CODES_CHANGED <= life.misc_at <= version and bool(genes[53] & 1))
            or (place.year >= 2025 and self._lives.registered(index, place) >= CODES_CHANGED)
        )
        moved_at = life.misc_at if life.misc == "move" and life.misc_at <= version else None
        home_genes = genes if head_index == index else genes_of(head_index)
        homes = self._addresses(genes, line, home_genes, head_line, moved_at, recoded)
        minor = local_date(version).year - place.year < 18
        whole = name.full
        return {
            "SoDinhDanh": number,
            "SoCMND": self._numbering.card(index),
            "HoVaTen": {"Ho": name.family, "ChuDem": name.middle, "Ten": name.given},
            "GioiTinh": "1" if sex == MALE else "2",
            "DanToc": ethnicity(line),
            "TonGiao": "00" if genes[21] < 220 else f"0{1 + genes[21] % 5}",
            "TinhTrangHonNhan": marital,
            "NhomMau": "00" if genes[22] < 200 else f"0{1 + genes[22] % 4}",
            "NgayThangNamSinh": birth,
            "NoiDangKyKhaiSinh": homes[0],
            "QuocTich": "VN",
            "QueQuan": homes[1],
            "ThuongTru": homes[2],
            "NoiOHienTai": homes[3],
            "Cha": father,
            "Me": mother,
            "VoChong": partner,
            "NguoiDaiDien": (father or mother) if minor else "",
            "ChuHo": {"QuanHe": "CH01", "SoDinhDanh": number, "SoCMND": "", "HoVaTen": whole}
            if head is None
            else {"QuanHe": "", "SoDinhDanh": head["SoDinhDanh"], "SoCMND": "", "HoVaTen": head["HoVaTen"]},
            "SoSoHoKhau": f"100{(genes[23] << 8 | genes[39]) % 1000000:06d}" if genes[55] < 150 else "",
            "TrangThai": status,
            "NgayChet": self.death_date(index, life) if status == DECEASED else "",
            "SoDinhDanhThayThe": replaced_by,
        }

    def _identity(self, index: int, place: Place, line: bytes, year: int, uncorrected: bool) -> tuple[Name, Record]:
        genes = self._keys.genes(index)
        name = build_name(line, genes, place.sex, place.year)
        birth = self._birth(index, place, genes, year, uncorrected)
        if uncorrected and ("Nam" in birth or genes[20] & 1 or year > _LAST_CORRECTED_BIRTH):
            name = name._replace(given=build_name(line, genes, place.sex, place.year, at=24).given)
        return name, birth

    def _line(self, index: int) -> int:
        """Walks up the fathers to the eldest whom the register knows: family name, people and home come from there."""
        while (parents := self._demography.parents(index)) is not None:
            index = parents[0]
        return index

    def _cause(self, place: Place) -> int:
        married = place.rank < self._demography.married[place.group]
        return self._numbering.cause(place.year, place.cell_rank, married)

    def _birth(self, index: int, place: Place, genes: bytes, year: int, uncorrected: bool) -> Record:
        if place.year >= LOADED_YEAR:
            registered = local_date(self._lives.registered(index, place))
            room = (registered - date(place.year, 1, 2)).days
            room = room if place.year == LOADED_YEAR else min(room, 59)
            born = registered - timedelta(days=(genes[16] << 8 | genes[17]) % (room + 1))
            return {"NgayThangNam": f"{born:%Y%m%d}"}
        if genes[18] < (64 if place.year < 1955 else 20 if place.year < 1970 else 4 if place.year < 1980 else 0):
            return {"Nam": str(year)}
        step = genes[16] << 8 | genes[17]
        if uncorrected and not genes[20] & 1 and place.year <= _LAST_CORRECTED_BIRTH:
            step += 1 + genes[38]
        return {"NgayThangNam": f"{year}{_DAYS[step % 364]}"}

    def death_date(self, index: int, life: Life) -> str:
        """Returns the date of death of someone who dies, or its year alone where no more is known."""
        genes = self._keys.genes(index)
        died = local_date((life.dies or 0) - (genes[19] & 15) * _DAY)
        return str(died.year) if genes[19] >= 240 else f"{died:%Y%m%d}"

    def _relative(self, index: int, line: bytes | None, version: int) -> Record:
        place = self._demography.place(index)
        genes = self._keys.genes(index)
        line = line or self._keys.genes(self._line(index))
        return {
            "HoVaTen": build_name(line, genes, place.sex, place.year).full,
            "QuocTich": "VN",
            "SoDinhDanh": self.number(place, version),
            "SoCMND": "",
        }

    def _unregistered_parents(self, genes: bytes, line: bytes, year: int) -> tuple[Record | str, Record | str]:
        mothers_line = genes[40:42] + line[2:4]
        mother = _name_only(build_name(mothers_line, genes, FEMALE, year - 25, at=32))
        if genes[37] < 10:
            return "", mother
        return _name_only(build_name(line, genes, MALE, year - 28, at=34)), mother

    def _alone(self, genes: bytes, place: Place, version: int) -> tuple[str, Record | str]:
        """Tells how someone lives whose spouse, if there ever was one, the register doesn't know."""
        age = local_date(version).year - place.year
        if place.year < 1960 and genes[36] < 150:
            return WIDOWED, _name_only(build_name(genes[42:46], genes, 1 - place.sex, place.year, at=34))
        return (DIVORCED, "") if age > 35 and place.year < 1985 and genes[36] > 225 else (SINGLE, "")

    def _addresses(
        self, genes: bytes, line: bytes, head: bytes, head_line: bytes, moved_at: int | None, recoded: bool
    ) -> tuple[Record, Record, Record, Record]:
        """Writes where a birth was registered, where the family comes from, permanent and present residence.

        Codes are of the list before July 2025, unless the person was registered, moved or was re-coded after that.
        """
        rows = self._places.rows
        origin = rows[line[4] << 4 | line[5] >> 4]
        born = origin if genes[56] < 200 else rows[genes[57] << 4 | genes[58] >> 4]
        if moved_at is not None and moved_at >= CODES_CHANGED:
            commune = self._places.current[(genes[49] << 8 | genes[50]) % len(self._places.current)]
            residence = commune.address(genes[51], genes[52])
        elif moved_at is not None:
            row = rows[genes[49] << 4 | genes[50] >> 4]
            residence = self._commune(row, recoded, genes[50]).address(genes[51], genes[52])
        else:
            row = rows[head_line[4] << 4 | head_line[5] >> 4] if head[44] < 150 else rows[head[45] << 4 | head[46] >> 4]
            residence = self._commune(row, recoded, head[43]).address(head[47], head[48])
        present = residence
        if genes[54] < 30 and moved_at is None:
            row = rows[genes[59] << 4 | genes[60] >> 4]
            present = self._commune(row, recoded, genes[60]).address(genes[61], genes[62])
        return (
            self._commune(born, recoded, genes[43]).address(genes[62], genes[63]),
            self._commune(origin, recoded, line[43]).address(line[62], line[61]),
            residence,
            present,
        )

    def _commune(self, row: int, recoded: bool, choice: int) -> Commune:
        successors = self._places.successors[row]
        return successors[choice % len(successors)] if recoded and successors else self._places.old[row]


def _name_only(name: Name) -> Record:
    return {"HoVaTen": name.full, "QuocTich": "VN", "SoDinhDanh": "", "SoCMND": ""}
