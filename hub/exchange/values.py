"""Reading single attributes out of flat canonical records."""

from __future__ import annotations

from typing import Any, get_args

from hub.exchange.found import Fields
from schemas.canonical import ATTRIBUTES, AttributeSpec, fields_of
from schemas.partial_date import PartialDateText

Value = str | dict[str, Any] | list[dict[str, Any]]
"""A text; an object for a place, a relative or a household; a list of such objects."""

_ENTERPRISES = frozenset(
    {"private", "one_member_llc", "multi_member_llc", "joint_stock", "partnership", "household_business", "state"}
)
_NOT_APPLICABLE: dict[str, tuple[str, frozenset[str]]] = {
    "person.spouse": ("marital_status", frozenset({"single", "divorced", "widowed"})),
    "enterprise.parent_code": ("kind", _ENTERPRISES),
    "enterprise.members": ("kind", frozenset({"branch", "business_location"})),
}
"""Attributes that can't exist for whoever has one of these values in that field."""


def value_of(name: str, fields: Fields) -> Value | None:
    """Returns the value of an attribute; None when the record holds none."""
    own, keys = ATTRIBUTES[name].own, ATTRIBUTES[name].keys
    if keys == (own,):
        value: Value | None = fields.get(own)
        return value
    cut = len(own) + 1
    group: dict[str, Any] = {key[cut:]: fields[key] for key in keys if key in fields}
    candidates = group.get("commune_candidates")
    if candidates is not None:
        group["commune_candidates"] = candidates.split("|")
    return group or None


def precision_of(name: str, value: Any) -> str | None:
    """Returns how much of a date or of a place is known; None for whatever else."""
    if name in _DATES:
        return {4: "year", 7: "month"}.get(len(value), "day")
    if name in _PLACES:
        return next((part for part in ("commune", "province", "country") if part in value), None)
    return None


def not_applicable(name: str, fields: Fields) -> bool:
    """Tells whether the record itself says that there can be no such attribute."""
    field, values = _NOT_APPLICABLE.get(name, ("", frozenset[str]()))
    return fields.get(field) in values


def _is_date(spec: AttributeSpec) -> bool:
    return spec.keys == (spec.own,) and _holds_date(fields_of(spec.kind.model)[spec.own].type)


def _holds_date(annotation: Any) -> bool:
    return annotation == PartialDateText or any(_holds_date(part) for part in get_args(annotation))


_DATES = frozenset(name for name, spec in ATTRIBUTES.items() if not spec.is_role and _is_date(spec))
_PLACES = frozenset(name for name, spec in ATTRIBUTES.items() if f"{spec.own}.commune" in spec.keys)
