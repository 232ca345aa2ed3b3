"""The defects that the register's data have, and where this country hides them.

`CHANCES` is the whole table: how likely a defect is on an entry where it would be one (an Ð for a Đ needs a Đ in the
name). At most one defect is on an entry, and an entry with a defect has no other peculiarity. Rates are assumed: no
public source gives any. `injected` lists them for tests; no route of the twin does.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox_mocks.country.demography import Place
from sandbox_mocks.country.legacy_text import as_tcvn3
from sandbox_mocks.country.quirks import epoch_birth
from sandbox_mocks.country.records import local_date

if TYPE_CHECKING:
    from sandbox_mocks.country.country import Country

CHANCES: dict[str, float] = {
    "name_nfd": 0.0018,
    "name_spaces": 0.0018,
    "name_eth": 0.0060,
    "name_legacy": 0.0018,
    "name_missing": 0.0009,
    "name_null_literal": 0.0009,
    "gender_unknown_code": 0.0009,
    "ethnicity_unknown_code": 0.0009,
    "commune_unknown": 0.0009,
    "commune_wrong_province": 0.0160,
    "birth_future": 0.0160,
    "birth_century": 0.0030,
    "gender_mismatch": 0.0010,
    "birth_default": 0.0160,
    "birth_invalid": 0.0010,
    "birth_epoch_shift": 0.0014,
    "relative_number_13": 0.0018,
    "relative_self": 0.0018,
    "parent_younger": 0.0018,
    "death_before_birth": 0.0200,
    "spouse_not_mutual": 0.0060,
}
"""Chance of each defect on an entry where it can be, at `defect_rate` 1.

`duplicate_number` and `duplicate_person` are not here: they add entries, so they are streams of `lives.ANYONE`.
"""
STREAMED = ("duplicate_number", "duplicate_person")
SPACES = ("  ", "\u00a0", "\u200b", " ")


@dataclass(frozen=True, slots=True)
class Case:
    """What a defect may look at: the entry's person and time, and a number to choose by."""

    place: Place
    version: int
    choice: int
    bride_at_last: bool
    """Whether the entry is a wife's last one and her husband's entry stands beside it."""
    stranger: Callable[[], dict[str, Any] | None]
    """Finds someone else's husband, as a relative."""
    foreign_commune: Callable[[str], str]
    """Finds a current commune code of another province than the given one."""


Defect = Callable[[dict[str, Any], Case], bool]


def _rename(record: dict[str, Any], change: Callable[[str], str]) -> bool:
    name = record["HoVaTen"]
    changed = {part: change(text) for part, text in name.items()}
    record["HoVaTen"] = changed
    return bool(changed != name)


def _name_nfd(record: dict[str, Any], _case: Case) -> bool:
    return _rename(record, lambda text: unicodedata.normalize("NFD", text))


def _name_spaces(record: dict[str, Any], case: Case) -> bool:
    name, space = record["HoVaTen"], SPACES[case.choice % 4]
    if space == " ":
        name["Ten"] += space
    elif space == "\u200b":
        name["Ten"] = name["Ten"][:1] + space + name["Ten"][1:]
    else:
        whole = " ".join(part for part in name.values() if part)
        if " " not in whole:
            return False
        record["HoVaTen"] = {"Ho": "", "ChuDem": "", "Ten": whole.replace(" ", space, 1)}
    return True


def _name_eth(record: dict[str, Any], _case: Case) -> bool:
    return _rename(record, lambda text: text.replace("Đ", "\u00d0").replace("đ", "\u00f0"))


def _name_legacy(record: dict[str, Any], _case: Case) -> bool:
    whole = as_tcvn3(" ".join(record["HoVaTen"].values()))
    return whole is not None and _rename(record, lambda text: as_tcvn3(text, check=False) or "")


def _name(given: str) -> Defect:
    def apply(record: dict[str, Any], _case: Case) -> bool:
        record["HoVaTen"] = {"Ho": "", "ChuDem": "", "Ten": given}
        return True

    return apply


def _code(field: str, code: str) -> Defect:
    def apply(record: dict[str, Any], _case: Case) -> bool:
        record[field] = code
        return True

    return apply


def _commune_unknown(record: dict[str, Any], _case: Case) -> bool:
    record["ThuongTru"] = {**record["ThuongTru"], "MaPhuongXa": "99999"}
    return True


def _commune_wrong_province(record: dict[str, Any], case: Case) -> bool:
    residence = record["ThuongTru"]
    if residence["MaQuanHuyen"]:
        return False
    record["ThuongTru"] = {**residence, "MaPhuongXa": case.foreign_commune(residence["MaTinhThanh"])}
    return True


def _birth_future(record: dict[str, Any], case: Case) -> bool:
    seen = local_date(case.version)
    if seen.year != case.place.year or seen.month > 10:
        return False
    record["NgayThangNamSinh"] = {"NgayThangNam": f"{seen.year}12{1 + case.choice % 31:02d}"}
    return True


def _birth_century(record: dict[str, Any], case: Case) -> bool:
    day = record["NgayThangNamSinh"].get("NgayThangNam")
    if day is None or not 1990 <= case.place.year <= 2009 or day[:4] != str(case.place.year):
        return False
    shift = 10 if case.place.year < 2000 else -10
    record["NgayThangNamSinh"] = {"NgayThangNam": f"{case.place.year + shift}{day[4:]}"}
    return True


def _gender_mismatch(record: dict[str, Any], _case: Case) -> bool:
    record["GioiTinh"] = {"1": "2", "2": "1"}[record["GioiTinh"]]
    return True


def _birth_default(record: dict[str, Any], _case: Case) -> bool:
    year = record["NgayThangNamSinh"].get("Nam")
    if not year:
        return False
    record["NgayThangNamSinh"] = {"NgayThangNam": f"{year}0101"}
    return True


def _birth_invalid(record: dict[str, Any], case: Case) -> bool:
    day = record["NgayThangNamSinh"].get("NgayThangNam")
    if day is None:
        return False
    record["NgayThangNamSinh"] = {"NgayThangNam": day[:4] + ("0231", "0431", "1332", "0230")[case.choice % 4]}
    return True


def _birth_epoch_shift(record: dict[str, Any], _case: Case) -> bool:
    moment = epoch_birth(record["NgayThangNamSinh"].get("NgayThangNam") or "19000102")
    if moment is None:
        return False
    record["NgayThangNamSinh"] = {"NgayThangNam": moment + 7 * 3_600_000}
    return True


def _father_number(record: dict[str, Any], change: Callable[[str], str | None]) -> bool:
    father = record["Cha"]
    if not father or not father["SoDinhDanh"]:
        return False
    number = change(father["SoDinhDanh"])
    if number is None:
        return False
    record["Cha"] = {**father, "SoDinhDanh": number}
    return True


def _relative_number_13(record: dict[str, Any], case: Case) -> bool:
    return _father_number(record, lambda number: f"{number}{case.choice % 10}")


def _relative_self(record: dict[str, Any], _case: Case) -> bool:
    return _father_number(record, lambda _number: str(record["SoDinhDanh"]))


def _parent_younger(record: dict[str, Any], case: Case) -> bool:
    year = case.place.year + 1 + case.choice % 5
    century = 0 if year < 2000 else 2
    return _father_number(record, lambda number: f"{number[:3]}{century}{year % 100:02d}{number[6:]}")


def _death_before_birth(record: dict[str, Any], case: Case) -> bool:
    if not record["NgayChet"]:
        return False
    record["NgayChet"] = f"{date(case.place.year - 2 - case.choice % 20, 6, 15):%Y%m%d}"
    return True


def _spouse_not_mutual(record: dict[str, Any], case: Case) -> bool:
    stranger = case.stranger() if case.bride_at_last and record["VoChong"] else None
    if stranger is None:
        return False
    record["VoChong"] = stranger
    return True


APPLY: dict[str, Defect] = {
    "name_nfd": _name_nfd,
    "name_spaces": _name_spaces,
    "name_eth": _name_eth,
    "name_legacy": _name_legacy,
    "name_missing": _name(""),
    "name_null_literal": _name("Null"),
    "gender_unknown_code": _code("GioiTinh", "7"),
    "ethnicity_unknown_code": _code("DanToc", "99"),
    "commune_unknown": _commune_unknown,
    "commune_wrong_province": _commune_wrong_province,
    "birth_future": _birth_future,
    "birth_century": _birth_century,
    "gender_mismatch": _gender_mismatch,
    "birth_default": _birth_default,
    "birth_invalid": _birth_invalid,
    "birth_epoch_shift": _birth_epoch_shift,
    "relative_number_13": _relative_number_13,
    "relative_self": _relative_self,
    "parent_younger": _parent_younger,
    "death_before_birth": _death_before_birth,
    "spouse_not_mutual": _spouse_not_mutual,
}


class Injected(NamedTuple):
    """One defect that was put into the feed: number and version of the entry, and the defect's name."""

    number: str
    version: int
    defect: str


def injected(country: Country, since: int, until: int) -> Iterator[Injected]:
    """Lists the defects in the feed of `[since, until)` (epoch milliseconds) in its order, for tests.

    Of two entries that are a defect together, the second one is listed.
    """
    for entry in country.feed.window(since, until):
        defect = country.defect(entry)
        if defect is not None:
            yield Injected(entry.number, entry.time, defect)
