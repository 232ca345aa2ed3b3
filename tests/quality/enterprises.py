"""Invented batches of enterprises for the tests of the quality rules."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from stdnum.vn import mst

from hub.quality.enterprise_batch import COLUMNS
from tests.quality.people import COMMUNES, FAMILIES, GIVENS, MIDDLES, NOW

_FIRMS = {"private": "Doanh nghiệp tư nhân", "multi_member_llc": "Công ty TNHH", "joint_stock": "Công ty cổ phần"}
_WORDS = ("Mây Tím", "Sao Băng", "Trăng Khuyết", "Gió Đông", "Đá Nổi", "Sóng Ngầm", "Nắng Xưa", "Cầu Vồng")
_ACTIVITIES = ("7912", "5510", "4761", "9000", "7911")


def good_enterprises(rows: int, seed: int = 1) -> list[dict[str, Any]]:
    """Returns canonical enterprises of all kinds that no rule refuses, with their place, version and digest."""
    random = Random(seed)
    return [_enterprise(random, position) for position in range(rows)]


def columns_of(records: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Returns the columns of a batch of enterprises."""
    return {name: [record.get(name) for record in records] for name in COLUMNS}


def _enterprise(random: Random, position: int) -> dict[str, Any]:
    # One number in eleven has no check digit; the number beside it has.
    numbers = (f"{start}{position + 1:07d}" for start in (99, 98))
    firm = next(number + digit for number in numbers if len(digit := mst.calc_check_digit(number)) == 1)
    person = _person(random, position)
    kind = random.choices(
        [*_FIRMS, "household_business", "branch", "business_location"], weights=[15, 25, 15, 30, 10, 5]
    )[0]
    name = f"{random.choice(_WORDS)} {position}"
    own: dict[str, Any]
    if kind in _FIRMS:
        second = {"name": "Công ty cổ phần Sao Băng", "enterprise_code": "0100109106", "ratio": "40"}
        owners = (
            [{**_named(person), "ratio": "60"}, second] if kind != "private" else [_named(person) | {"ratio": "100"}]
        )
        own = {"code": firm, "name.full": f"{_FIRMS[kind]} {name}", "members": owners}
        own["capital"] = str(random.randrange(1, 300) * 100_000_000)
    elif kind == "household_business":
        own = {"code": person["personal_id"], "name.full": f"Hộ kinh doanh {name}", "members": [_named(person)]}
        own["capital"] = str(random.randrange(1, 50) * 10_000_000)
    else:
        code = f"{firm}-001" if kind == "branch" else f"{firm}.00001"
        own = {"code": code, "parent_code": firm, "name.full": f"Chi nhánh số 1 - Công ty {name}", "capital": "0"}
    province = random.choice(list(COMMUNES))
    founded = date(2000, 1, 2) + timedelta(days=random.randrange(9000))
    main, other = random.sample(_ACTIVITIES, 2)
    return {
        "position": position,
        "version": int((NOW - timedelta(minutes=random.randrange(500_000))).timestamp() * 1000),
        "digest": position.to_bytes(8, "big"),
        "kind": kind,
        "status": random.choices(["active", "suspended", "closed"], weights=[85, 10, 5])[0],
        "name.raw": own["name.full"],
        "founded_on": founded.isoformat(),
        "amended_on": "2025-11-01",
        "office.province": province,
        "office.commune": COMMUNES[province],
        "activities": [{"code": main, "main": "yes"}, {"code": other, "main": "no"}],
        "representatives": [person],
        **own,
    }


def _person(random: Random, position: int) -> dict[str, str]:
    female = random.random() < 0.5
    born = date(1950, 1, 2) + timedelta(days=random.randrange(18_000))
    return {
        "name": f"{random.choice(FAMILIES)} {random.choice(MIDDLES)} {random.choice(GIVENS)}",
        "personal_id": f"100{int(female)}{born.year % 100:02d}{position:06d}",
        "birth_date": born.isoformat() if random.random() < 0.9 else str(born.year),
    }


def _named(person: dict[str, str]) -> dict[str, str]:
    return {"name": person["name"], "personal_id": person["personal_id"]}
