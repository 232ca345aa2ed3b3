"""Communes before and after July 2025, and addresses in them.

Old communes are a small table beside this module (codes, names and successors of Decision 124/2004/QD-TTg and its
successors, two or so for each of the 63 provinces); current ones are those of `vietnam_provinces` (Decision
19/2025/QD-TTg).
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, NamedTuple

from vietnam_provinces import NESTED_DIVISIONS_JSON_PATH

from sandbox_mocks.country.names import spread

OLD_COMMUNES_FILE = Path(__file__).parent / "data" / "old_communes.csv"

OLD_PROVINCES_FILE = OLD_COMMUNES_FILE.with_name("old_provinces.csv")

_BIG_PROVINCES = {
    "01": 8.4,
    "79": 9.2,
    "38": 3.7,
    "40": 3.4,
    "74": 2.7,
    "75": 3.2,
    "31": 2.1,
    "89": 1.9,
    "82": 1.8,
    "24": 1.9,
}
_STREETS = (
    *("đường Trần Phú", "đường Lê Lợi", "phố Hàng Đào", "đường Quang Trung", "ngõ 12", "tổ 3", "ấp 4", "thôn Đông"),
    *("xóm Bãi", "khu phố 2", "đường Nguyễn Huệ", "thôn Đoài", "tổ dân phố 7", "bản Mới", "ấp Tân Lập", "phố Huế"),
)


class Commune(NamedTuple):
    """A commune with its codes in one version of the list; `district` is empty in the current one."""

    province: str
    district: str
    code: str
    tail: str
    """The rest of a full written address: commune, district, province."""

    def address(self, first: int, second: int) -> dict[str, Any]:
        """Writes an address in this commune; two bytes choose the house, and whether all of it is repeated in upper
        case."""
        detail = f"Số {first + 1} {_STREETS[second & 15]}"
        if second >= 176:
            detail = f"{detail}, {self.tail}".upper()
        return {
            "MaTinhThanh": self.province,
            "MaQuanHuyen": self.district,
            "MaPhuongXa": self.code,
            "ChiTiet": detail,
            "QuocGia": "VN",
        }


class Places:
    """Both lists of communes and the way from the old one to the current one."""

    def __init__(self) -> None:
        self.current = sorted(
            Commune(
                f"{province['code']:02d}",
                "",
                f"{ward['code']:05d}",
                " ".join(f"{ward['name']}, {province['name']}".split()),
            )
            for province in json.loads(NESTED_DIVISIONS_JSON_PATH.read_bytes())
            for ward in province["wards"]
        )
        by_code = {commune.code: commune for commune in self.current}
        self.old: list[Commune] = []
        self.successors: list[list[Commune]] = []
        self.new_provinces: list[str] = []
        """The province of today that each of `old` is in."""
        with OLD_PROVINCES_FILE.open(encoding="utf-8", newline="") as lines:
            names = {row["code"]: row["name"] for row in csv.DictReader(lines)}
        with OLD_COMMUNES_FILE.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                tail = f"{row['old_name']}, {row['old_district_name']}, {names[row['old_province']]}"
                self.old.append(Commune(row["old_province"], row["old_district"], row["old_commune"], tail))
                self.new_provinces.append(row["new_province"])
                codes = row["successors"].split("|")
                # The two lists of current communes in circulation differ in about a hundred codes; an old commune whose
                # successor the package doesn't know is never re-coded.
                known = all(code in by_code for code in codes)
                self.successors.append([by_code[code] for code in codes] if known else [])
        weights = {str(at): _BIG_PROVINCES.get(commune.province, 1.2) for at, commune in enumerate(self.old)}
        self.rows = [int(at) for at in spread(weights)]
        """Row numbers of `old` by population, for twelve random bits."""

    def elsewhere(self, province: str, step: int) -> Commune:
        """Returns a current commune of another province than the given one."""
        at = step % len(self.current)
        while self.current[at].province == province:
            at = (at + 1) % len(self.current)
        return self.current[at]
