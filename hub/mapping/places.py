"""The verb `place:` turns the codes of an address into a place of the current lists, where that is certain.

Since 2025-07-01 there are 34 provinces instead of 63 and no districts, and more than half of the new commune codes
named another commune before (Decision 19/2025/QD-TTg). So a bare code means nothing without the edition of the list
it was taken from. An address was taken from the old edition when one of these holds:

1. the record's version is older than the current edition;
2. it has a district, which the current edition does not know;
3. its province code was retired by the mergers;
4. its commune is not a current one of that province, but is known as an old one of it.

Otherwise it is of the current edition. From there:

- `province` is today's province. Every current province code that existed before belongs to a province that merged
  into its namesake code, so that `province` needs no edition; only the name of `province_recorded` does.
- `commune` is a current commune: the code itself, or the only successor of an old commune. An old commune that was
  split gives `commune_candidates` instead: a question, never a guess. An old commune that the shipped list, which is a
  part of the whole, doesn't have stays `commune_recorded` only.
- The codes as sent stay in `province_recorded`, `district_recorded`, `commune_recorded`, never rewritten.
- `code.unknown` refuses a province that no edition has, a commune that a current address names and the current list
  lacks, and a commune outside of the numbers ever given.

A commune of another province passes here: the quality rule `conflict.commune_province` compares the two. Codes of an
address outside Viet Nam are recorded and not read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from hub.mapping.codes import CodeList
from hub.mapping.verdicts import Finding

PROVINCES, COMMUNES, OLD_COMMUNES = LISTS = ("admin/province", "admin/commune", "admin/commune_before_2025-07")
"""The code lists that the verb reads."""

INPUTS: dict[str, tuple[str, ...]] = {
    "province": ("MaTinhThanh", "QuocGia"),
    "province_recorded": ("MaTinhThanh",),
    "district_recorded": ("MaQuanHuyen",),
    "commune": ("MaTinhThanh", "MaQuanHuyen", "MaPhuongXa", "QuocGia"),
    "commune_recorded": ("MaPhuongXa",),
    "commune_candidates": ("MaTinhThanh", "MaQuanHuyen", "MaPhuongXa", "QuocGia"),
}
"""What the verb fills below its key, and the fields of the address that each comes from."""

_FIRST_CODE, _LAST_CODE = "00001", "32248"
_DOMESTIC = ("VN", "")

Place = Callable[[Mapping[str, str | None], dict[str, Any], list[Finding]], None]


class Gazetteer:
    """The lists as they stand for a record of one day, arranged for reading addresses."""

    def __init__(self, day: date, provinces: CodeList, communes: CodeList, old_communes: CodeList) -> None:
        current = max(day, min(communes.changes))
        today = provinces.at(current)
        self.provinces = {row.code: row.successors[0] for row in provinces.rows if len(row.successors) == 1}
        self.provinces.update({code: code for code in today})
        self.retired = self.provinces.keys() - today.keys()
        self.communes = {row.code: row.parent for row in communes.at(current).values()}
        self.old_communes = {row.code: row for row in old_communes.rows}
        self.has_current_edition = day >= min(communes.changes)

    def on_old_list(self, province: str, district: str, commune: str) -> bool:
        """Tells which edition the codes of an address were taken from."""
        if not self.has_current_edition or district or province in self.retired:
            return True
        home = self.communes.get(commune)
        if home is not None and home == self.provinces.get(province, home):
            return False
        old = self.old_communes.get(commune)
        return old is not None and old.parent.split(".")[0] == province

    def current_communes(self, province: str, district: str, commune: str) -> tuple[str, ...] | None:
        """Returns the current communes that a code may mean: one, the parts of a split one, or none when not certain.

        None stands for a code that neither edition can have.
        """
        if not self.on_old_list(province, district, commune):
            return (commune,) if commune in self.communes else None
        if not _within_range(commune):
            return None
        old = self.old_communes.get(commune)
        if old is None:
            return ()
        old_province, _, old_district = old.parent.partition(".")
        wanted = self.provinces.get(province)
        if wanted is None or wanted == self.provinces.get(old_province):
            return () if district and district != old_district else old.successors
        # The commune is known in another province, and no code was re-used across provinces (none of the 10,035 old
        # ones): the contradiction is passed on to the rule that refuses it.
        return old.successors


def reading_places(gazetteer: Gazetteer, target: str) -> Place:
    """Builds the function that fills the keys below `target` from one address."""
    unknown_province = Finding(f"{target}.province", "code.unknown")
    unknown_commune = Finding(f"{target}.commune", "code.unknown")

    # A country has some thousands of communes and a batch a hundred thousand addresses in them: each combination of
    # codes is read once, which halves the time of the whole mapping.
    @lru_cache(maxsize=4096)
    def read_codes(
        sent_province: str | None, sent_district: str | None, sent_commune: str | None, country: str | None
    ) -> tuple[dict[str, str], tuple[Finding, ...]]:
        sent = {
            "province_recorded": sent_province,
            "district_recorded": sent_district,
            "commune_recorded": sent_commune,
        }
        found = {f"{target}.{part}": code for part, code in sent.items() if code and code.strip()}
        if (country or "").strip() not in _DOMESTIC:
            return found, ()
        province, district, commune = ((code or "").strip() for code in (sent_province, sent_district, sent_commune))
        refusals: list[Finding] = []
        today = gazetteer.provinces.get(province)
        if today is not None:
            found[unknown_province.field] = today
        elif province:
            refusals.append(unknown_province)
        communes = gazetteer.current_communes(province, district, commune) if commune else ()
        if communes is None:
            refusals.append(unknown_commune)
        elif len(communes) == 1:
            found[unknown_commune.field] = communes[0]
        elif communes:
            found[f"{target}.commune_candidates"] = "|".join(communes)
        return found, tuple(refusals)

    def read_place(address: Mapping[str, str | None], record: dict[str, Any], refusals: list[Finding]) -> None:
        found, refused = read_codes(
            address["MaTinhThanh"], address["MaQuanHuyen"], address["MaPhuongXa"], address["QuocGia"]
        )
        record.update(found)
        if refused:
            refusals.extend(refused)

    return read_place


def _within_range(commune: str) -> bool:
    return len(commune) == 5 and commune.isascii() and commune.isdigit() and _FIRST_CODE <= commune <= _LAST_CODE
