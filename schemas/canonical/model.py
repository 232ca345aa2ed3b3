"""What canonical models are made of: nested models whose leaves are the dotted keys of the flat record."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, StringConstraints

from schemas.vn import CommuneCode, ProvinceCode

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


class Canonical(BaseModel):
    """What every canonical model shares: no unknown field, no value in an error."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


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
    """Turns a flat record with dotted keys into the nested shape of the models; the items of a list are flat too."""
    nested: dict[str, Any] = {}
    for key, value in flat.items():
        *parents, leaf = key.split(".")
        place = nested
        for parent in parents:
            place = place.setdefault(parent, {})
        place[leaf] = [nest(item) for item in value] if isinstance(value, list) else value
    return nested


def item_of(annotation: Any) -> type[BaseModel] | None:
    """Returns the model of the items when a key holds a list of them."""
    if get_origin(annotation) is Annotated:
        return item_of(get_args(annotation)[0])
    return _model_in(get_args(annotation)[0]) if get_origin(annotation) is tuple else None


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType):
        return next((model for model in map(_model_in, get_args(annotation)) if model is not None), None)
    return None
