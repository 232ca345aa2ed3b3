"""The canonical record: what the hub means by a person, and which attributes of one may be released.

In flight a record is a flat dict with dotted keys (`residence.commune`) that holds only what has a value. The nested
models here give those keys their types, their classification and which of them a record can't do without.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, StringConstraints

from schemas.vn import CommuneCode, FormerId, PartialDateText, PersonalId, ProvinceCode

Classification = Literal["public", "personal", "sensitive"]
"""Sensitive is what Law 91/2025/QH15 and Decree 356/2025/ND-CP name so, among them ethnic origin."""

Filled = Annotated[str, StringConstraints(min_length=1)]
CountryCode = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]


@dataclass(frozen=True, slots=True)
class Classified:
    """Marks a field of a canonical model with its classification; an unmarked field is personal."""

    classification: Classification


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One dotted key of the flat record."""

    type: Any
    classification: Classification
    required: bool


@dataclass(frozen=True, slots=True)
class AttributeSpec:
    """One attribute that may be released on its own: whose it is, which keys hold it, what it is called."""

    name: str
    subject: Literal["person"]
    keys: tuple[str, ...]
    classification: Classification
    vi: str
    en: str


class Canonical(BaseModel):
    """What every canonical model shares: no unknown field, no value in an error."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


class Name(Canonical):
    """A name: `full` in NFC with single spaces, `raw` as it was sent, parts only where the source sent parts."""

    full: Filled
    raw: Filled
    family: Filled | None = None
    middle: Filled | None = None
    given: Filled | None = None


class Place(Canonical):
    """A place: codes as sent (`_recorded`, never rewritten) and, where certain, in the current lists.

    `commune_candidates` holds the successors of an old commune that was split, joined by `|`: a question for a
    steward or the citizen, never a guess.
    """

    province: ProvinceCode | None = None
    province_recorded: Filled | None = None
    district_recorded: Filled | None = None
    commune: CommuneCode | None = None
    commune_recorded: Filled | None = None
    commune_candidates: Filled | None = None
    detail: Filled | None = None
    country: CountryCode | None = None


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


@lru_cache
def fields_of(model: type[BaseModel]) -> dict[str, FieldSpec]:
    """Lists the dotted keys of a canonical model in order, each with its type and classification."""
    found: dict[str, FieldSpec] = {}
    for name, field in model.model_fields.items():
        nested = _model_in(field.annotation)
        if nested is None:
            marks = [mark for mark in field.metadata if isinstance(mark, Classified)]
            classification: Classification = marks[0].classification if marks else "personal"
            annotation: Any = field.annotation
            if field.metadata:
                annotation = Annotated[(field.annotation, *field.metadata)]
            found[name] = FieldSpec(annotation, classification, field.is_required())
        else:
            for key, spec in fields_of(nested).items():
                required = spec.required and field.is_required()
                found[f"{name}.{key}"] = FieldSpec(spec.type, spec.classification, required)
    return found


def nest(flat: dict[str, Any]) -> dict[str, Any]:
    """Turns a flat record with dotted keys into the nested shape of the models."""
    nested: dict[str, Any] = {}
    for key, value in flat.items():
        *parents, leaf = key.split(".")
        place = nested
        for parent in parents:
            place = place.setdefault(parent, {})
        place[leaf] = value
    return nested


def validate_flat(flat: dict[str, Any]) -> Person | CancelledNumber:
    """Checks a flat record against the model that its number status selects.

    Raises:
        pydantic.ValidationError: a key is unknown, missing or has a value outside its type; no value is shown.
    """
    model = CancelledNumber if flat.get("number_status") == "cancelled" else Person
    return model.model_validate(nest(flat))


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType):
        return next((model for model in map(_model_in, get_args(annotation)) if model is not None), None)
    return None


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
