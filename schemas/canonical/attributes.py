"""Which attributes of a canonical record may be released on their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from schemas.canonical.model import Classification, fields_of
from schemas.canonical.person import Person


@dataclass(frozen=True, slots=True)
class AttributeSpec:
    """One attribute that may be released on its own: whose it is, which keys hold it, what it is called."""

    name: str
    subject: Literal["person"]
    keys: tuple[str, ...]
    classification: Classification
    vi: str
    en: str


_LABELS = {
    "personal_id": ("Số định danh cá nhân", "Personal identification number"),
    "former_id": ("Số chứng minh nhân dân cũ", "Former identity-card number"),
    "name.full": ("Họ, chữ đệm và tên", "Full name"),
    "gender": ("Giới tính", "Sex"),
    "birth_date": ("Ngày, tháng, năm sinh", "Date of birth"),
    "ethnicity": ("Dân tộc", "Ethnicity"),
    "nationality": ("Quốc tịch", "Nationality"),
    "marital_status": ("Tình trạng hôn nhân", "Marital status"),
    "life_status": ("Tình trạng sống", "Alive or deceased"),
    "residence": ("Nơi thường trú", "Permanent residence"),
    "current_residence": ("Nơi ở hiện tại", "Current residence"),
    "origin": ("Quê quán", "Place of origin"),
    "birth_registration": ("Nơi đăng ký khai sinh", "Place of birth registration"),
    "father": ("Cha", "Father"),
    "mother": ("Mẹ", "Mother"),
    "spouse": ("Vợ hoặc chồng", "Spouse"),
    "household": ("Chủ hộ và quan hệ với chủ hộ", "Head of household and relationship"),
}


def _attribute(name: str, vi: str, en: str) -> AttributeSpec:
    held = {key: spec for key, spec in fields_of(Person).items() if key == name or key.startswith(f"{name}.")}
    classes = {spec.classification for spec in held.values()}
    strictest: Classification = next(c for c in ("sensitive", "personal", "public") if c in classes)
    return AttributeSpec(f"person.{name}", "person", tuple(held), strictest, vi, en)


ATTRIBUTES: dict[str, AttributeSpec] = {
    f"person.{name}": _attribute(name, vi, en) for name, (vi, en) in _LABELS.items()
}
"""Every attribute that the hub may release, by its dotted name."""
