"""Row rules on places: the codes of today's list against each other, and places that are not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from vietnam_provinces import NESTED_DIVISIONS_JSON_PATH

from hub.quality.person import PersonView
from hub.quality.rule import ErrorGroup, Fields, Rule, Severity, Wording, row_rule

PLACES: Final = ("birth_registration", "origin", "residence", "current_residence")
_CODES: Final = tuple((f"{place}.commune", f"{place}.province") for place in PLACES)
_COUNTRIES: Final = tuple((f"{place}.country", f"{place}.province", f"{place}.commune") for place in PLACES)
_LIVED_IN: Final = ("residence", "current_residence")
_SPLIT: Final = tuple((f"{place}.commune_candidates", f"{place}.commune") for place in _LIVED_IN)
_RESIDENCE_KEYS: Final = tuple(
    f"{place}.{part}" for place in _LIVED_IN for part in ("province", "commune", "detail", "country")
)
_LIST_LAW = "Decision 19/2025/QD-TTg (codes of provinces and communes from 1 July 2025)"


@cache
def province_of_commune() -> Mapping[str, str]:
    """Maps every commune code of today's list to its province code; read once a process, in some 10 ms."""
    provinces = json.loads(NESTED_DIVISIONS_JSON_PATH.read_bytes())
    return MappingProxyType(
        {f"{ward['code']:05d}": f"{province['code']:02d}" for province in provinces for ward in province["wards"]}
    )


def _commune_province(person: PersonView) -> Fields:
    get = person.get
    found: Fields = ()
    for commune_key, province_key in _CODES:
        commune = get(commune_key)
        if commune is not None:
            province = get(province_key)
            # A commune that this edition of the list does not know is the mapping's question, not a conflict.
            if province is not None and province_of_commune().get(commune, province) != province:
                found += (commune_key,)
    return found


def _foreign_place(person: PersonView) -> Fields:
    get = person.get
    found: Fields = ()
    for country_key, province_key, commune_key in _COUNTRIES:
        if get(country_key, "VN") != "VN" and (get(province_key) is not None or get(commune_key) is not None):
            found += (country_key,)
    return found


def _commune_split(person: PersonView) -> Fields:
    found: Fields = ()
    for candidates_key, commune_key in _SPLIT:
        if person.get(candidates_key) is not None and person.get(commune_key) is None:
            found += (commune_key,)
    return found


def _missing_residence(person: PersonView) -> Fields:
    get = person.get
    if get("residence.commune") is not None or not person.alive:
        return ()
    return () if any(get(key) is not None for key in _RESIDENCE_KEYS) else ("residence",)


RULES: Final[tuple[Rule, ...]] = (
    row_rule(
        "conflict.commune_province",
        ErrorGroup.CONFLICT,
        Severity.QUARANTINE,
        _commune_province,
        fields=tuple(key for codes in _CODES for key in codes),
        vi=Wording(
            "Xã, phường không thuộc tỉnh, thành phố ghi cùng địa chỉ theo danh mục hiện hành.",
            "Kiểm tra mã được lập theo danh mục cũ hay mới, rồi trả lại cơ quan nguồn nếu vẫn sai.",
        ),
        en=Wording(
            "By the current list, the commune does not lie in the province of the same address.",
            "See whether the code is of the old or the new list; if it is still wrong, return it to the source.",
        ),
        source=_LIST_LAW,
        trips={"residence.province": "79"},
    ),
    row_rule(
        "conflict.foreign_place",
        ErrorGroup.CONFLICT,
        Severity.WARN,
        _foreign_place,
        fields=tuple(key for codes in _COUNTRIES for key in codes),
        vi=Wording(
            "Địa chỉ ghi ở nước ngoài nhưng có mã tỉnh hoặc mã xã của Việt Nam.",
            "Xác định địa chỉ ở trong nước hay nước ngoài trước khi dùng.",
        ),
        en=Wording(
            "The place is said to lie abroad, and yet has a Vietnamese province or commune code.",
            "Find out whether it lies in Viet Nam or abroad before it is used.",
        ),
        source=_LIST_LAW,
        trips={"residence.country": "LA"},
    ),
    row_rule(
        "stale.commune_split",
        ErrorGroup.STALE,
        Severity.WARN,
        _commune_split,
        fields=tuple(key for codes in _SPLIT for key in codes),
        vi=Wording(
            "Xã cũ nơi cư trú đã được chia vào nhiều xã mới, nên chưa xác định được xã hiện nay.",
            "Hỏi công dân hoặc công an cấp xã: thôn, tổ dân phố nay thuộc xã nào.",
        ),
        en=Wording(
            "The old commune of residence was split among several new ones, so that today's commune is not certain.",
            "Ask the citizen or the commune police to which commune the hamlet belongs now.",
        ),
        source="Resolution 202/2025/QH15; Decision 19/2025/QD-TTg; guidance 4856/BCA-TTDLQG (no retroactive rewrite)",
        trips={"residence.commune": None, "residence.commune_candidates": "00070|00073"},
    ),
    row_rule(
        "missing.residence",
        ErrorGroup.MISSING,
        Severity.WARN,
        _missing_residence,
        fields=("residence", "current_residence"),
        vi=Wording(
            "Bản ghi không có nơi thường trú và nơi ở hiện tại.",
            "Bổ sung từ dữ liệu cư trú, hoặc để công dân tự khai khi làm thủ tục.",
        ),
        en=Wording(
            "The record has neither a permanent nor a current residence.",
            "Complete it from the residence data, or let the citizen give it with the dossier.",
        ),
        source="Law on Residence 68/2020/QH14; guidance 4856/BCA-TTDLQG, completeness",
        trips={
            "residence.province": None,
            "residence.commune": None,
            "residence.detail": None,
            "residence.country": None,
        },
    ),
)
"""Rules on places."""
