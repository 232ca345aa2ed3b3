"""What an answer about an enterprise must be, by a reading of the twin's wire format of its own.

Nothing of the hub's mapping, code lists or models is used here: a mistake there must show as a difference.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

from vietnam_provinces import Province, Ward

KINDS = {
    "1": "private", "2": "one_member_llc", "3": "multi_member_llc", "4": "joint_stock", "5": "partnership",
    "6": "branch", "7": "business_location", "8": "household_business", "9": "state",
}  # fmt: skip
STATUSES = {
    "00": "active", "01": "closed", "03": "stopped", "05": "suspended", "06": "not_at_address", "07": "dissolving",
}  # fmt: skip


def date_of(sent: str) -> str:
    """Returns a date as far as it is known, from dd/MM/yyyy, MM/yyyy or yyyy."""
    return "-".join(reversed(sent.split("/")))


def amount_of(sent: str) -> str:
    """Returns an amount without zeros behind its point."""
    whole, _, fraction = sent.partition(".")
    return f"{whole}.{fraction.rstrip('0')}".rstrip(".")


def expected(record: dict[str, Any], attribute: str, personal_id: str) -> Any:
    """Returns the value that an attribute must have for a clean wire record and the person of the dossier.

    Raises:
        KeyError: the demonstration does not know how to check this attribute.
    """
    main, named = record["MainInformation"], record["Representatives"]
    simple: dict[str, Callable[[], Any]] = {
        "enterprise.code": lambda: main["ENTERPRISE_GDT_CODE"],
        "enterprise.name.full": lambda: main["NAME"],
        "enterprise.status": lambda: STATUSES[main["ENTERPRISE_STATUS"]],
        "enterprise.founded_on": lambda: date_of(main["FOUNDING_DATE"]),
        "enterprise.representatives": lambda: [_representative(each) for each in named],
        "role.subject_represents": lambda: "yes" if any(each["ID_NO"] == personal_id for each in named) else "no",
    }
    return simple[attribute]()


def differences(answer: dict[str, Any], record: dict[str, Any], personal_id: str) -> list[str]:
    """Compares the attributes about an enterprise with the truth and names those that differ; never shows a value."""
    wrong = []
    for name, given in answer["attributes"].items():
        if name.startswith("person."):
            continue
        if given["status"] != "ok":
            wrong.append(f"{name} is {given['status']}")
        elif name == "enterprise.office":
            wrong += [f"{name}.{part}" for part in _office_differences(given["value"], record["HOAdress"])]
        elif given["value"] != expected(record, name, personal_id):
            wrong.append(name)
    return wrong


def _representative(sent: dict[str, str]) -> dict[str, str]:
    named = {
        "name": sent["FULL_NAME"],
        "personal_id": sent["ID_NO"],
        "birth_date": date_of(sent["BIRTH_DATE"]),
        "position": sent["POSITION"],
    }
    return {field: value for field, value in named.items() if value}


def _office_differences(given: dict[str, Any], sent: dict[str, str]) -> list[str]:
    """Compares the head office by the names of its places: the register has numbers of its own for them."""
    recorded = {"province_recorded": "CityID", "commune_recorded": "WardID", "detail": "StreetNumber"}
    wrong = [part for part, field in recorded.items() if given.get(part) != (sent[field] or None)]
    provinces = {f"{each.code:02d}": each.name for each in Province.iter_all()}
    wards = {f"{each.code:05d}": each.name for each in Ward.iter_all()}
    if "province" in given and not _same(provinces[given["province"]], sent["CityName"]):
        wrong.append("province")
    if "commune" in given and not _same(wards[given["commune"]], sent["WardName"]):
        wrong.append("commune")
    # What the register names must be known by today's lists: no office is left without a province.
    return wrong if "province" in given else [*wrong, "province"]


def _same(official: str, sent: str) -> bool:
    """Tells whether a place of the lists is the one that was sent: lists spell tones and the rank before a name in
    several ways.
    """
    left, right = _letters(official), _letters(sent)
    return bool(right) and (left.endswith(right) or right.endswith(left))


def _letters(name: str) -> str:
    folded = unicodedata.normalize("NFD", name.casefold().replace("đ", "d"))
    return "".join(letter for letter in folded if letter.isascii() and letter.isalnum())
