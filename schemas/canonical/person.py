"""What the hub means by a person."""

from __future__ import annotations

from typing import Annotated, Literal

from schemas.canonical.kind import Kind
from schemas.canonical.model import Canonical, Classified, CountryCode, Filled, Place
from schemas.vn import FormerId, PartialDateText, PersonalId


class Name(Canonical):
    """A name: `full` in NFC with single spaces, `raw` as it was sent, parts only where the source sent parts."""

    full: Filled
    raw: Filled
    family: Filled | None = None
    middle: Filled | None = None
    given: Filled | None = None


class Relative(Canonical):
    """A relative as the person's own record names one."""

    name: Filled | None = None
    personal_id: PersonalId | None = None
    former_id: FormerId | None = None
    nationality: CountryCode | None = None


class Household(Canonical):
    """How the person is related to the head of the household, and who that is."""

    relationship: Filled | None = None
    personal_id: PersonalId | None = None
    former_id: FormerId | None = None
    name: Filled | None = None


class Person(Canonical):
    """A person under a number that is in use."""

    personal_id: PersonalId
    number_status: Literal["active"]
    former_id: FormerId | None = None
    name: Name
    gender: Literal["unknown", "male", "female"]
    birth_date: PartialDateText
    life_status: Literal["alive", "deceased"]
    deceased_on: PartialDateText | None = None
    ethnicity: Annotated[Filled | None, Classified("sensitive")] = None
    nationality: CountryCode | None = None
    marital_status: Literal["single", "married", "divorced", "widowed"] | None = None
    birth_registration: Place | None = None
    origin: Place | None = None
    residence: Place | None = None
    current_residence: Place | None = None
    father: Relative | None = None
    mother: Relative | None = None
    spouse: Relative | None = None
    representative: Relative | None = None
    household: Household | None = None


class CancelledNumber(Canonical):
    """A number that the register withdrew: the tombstone says so and names its successor, and keeps nothing else."""

    personal_id: PersonalId
    number_status: Literal["cancelled"]
    replaced_by: PersonalId | None = None


KIND = Kind(
    name="person",
    model=Person,
    subject="person",
    key="personal_id",
    prefix="person",
    sources=("population",),
    governs=True,
    tombstone=CancelledNumber,
    attributes={
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
    },
)
