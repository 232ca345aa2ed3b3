"""Invented batches for the tests of the quality rules: good people by the thousand, and patches on a share of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from hub.quality.batch import COLUMNS

NOW = datetime(2026, 11, 1, tzinfo=UTC)

_FAMILIES = "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đào Đoàn Vương Trịnh"
_MIDDLES = "Văn Thị Hữu Đức Công Quang Minh Xuân Thanh Đình Quốc Ngọc Thu Diệu Khánh Hồng Kim Mỹ Bích Phương"
_GIVENS = """
An Anh Bảo Bình Cường Chiến Dũng Duyên Đạt Giang Hạnh Hải Hằng Hiếu Hoa Hòa Hùng Hương Huệ Khoa Lan Linh Long Mai Nam
Nga Nhung Phong Phúc Phượng Quân Quỳnh Sơn Tâm Thảo Thịnh Trang Tuấn Uyên Vinh Yến
"""
FAMILIES, MIDDLES, GIVENS = _FAMILIES.split(), _MIDDLES.split(), _GIVENS.split()
COMMUNES = {"01": "00070", "79": "26740", "48": "20194", "31": "11311", "92": "31117", "38": "14758", "40": "16681"}


def good_batch(rows: int, seed: int = 1) -> dict[str, list[Any]]:
    """Returns the columns of a batch of people that no rule refuses, one version each."""
    random = Random(seed)
    people = [_person(random, position) for position in range(rows)]
    return {name: [person.get(name) for person in people] for name in COLUMNS}


def spoil(columns: Mapping[str, list[Any]], share: float, patch: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Returns a copy of a batch in which a share of the rows, evenly spread, has other values."""
    spoilt = {name: list(values) for name, values in columns.items()}
    total = len(spoilt["position"])
    wrong = max(1, round(total * share))
    for row in range(wrong):
        for name, value in patch.items():
            spoilt[name][row * total // wrong] = value
    return spoilt


def _person(random: Random, position: int) -> dict[str, Any]:
    female = random.random() < 0.5
    born = date(1940, 1, 2) + timedelta(days=random.randrange(31_000))
    number = f"100{born.year // 100 * 2 - 38 + female}{born.year % 100:02d}{position:06d}"
    province = random.choice(list(COMMUNES))
    birth = str(born.year) if random.random() < (0.2 if born.year < 1970 else 0.01) else born.isoformat()
    adult = born.year < 2000
    return {
        "position": position,
        "version": int((NOW - timedelta(minutes=random.randrange(500_000))).timestamp() * 1000),
        "digest": position.to_bytes(8, "big"),
        "personal_id": number,
        "number_status": "active",
        "former_id": f"100{position:06d}" if born.year < 1995 else None,
        "name.full": f"{random.choice(FAMILIES)} {random.choice(MIDDLES)} {random.choice(GIVENS)}",
        "gender": "female" if female else "male",
        "birth_date": birth,
        "ethnicity": "01" if random.random() < 0.85 else f"{random.randrange(2, 54):02d}",
        "nationality": "VN",
        "marital_status": "married" if adult and random.random() < 0.8 else "single",
        "life_status": "deceased" if random.random() < 0.03 else "alive",
        "residence.province": province,
        "residence.commune": COMMUNES[province],
        "mother.name": f"{random.choice(FAMILIES)} Thị {random.choice(GIVENS)}",
    }
