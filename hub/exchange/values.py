"""Reading single attributes out of flat canonical records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from hub.exchange.found import Fields
from schemas.canonical import ATTRIBUTES, AttributeSpec, Subject, fields_of
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


@dataclass(frozen=True, slots=True)
class Reader:
    """How one attribute is read; worked out once, because every lookup reads many.

    `single` is the key of a text or a list, `parts` are the keys of an object with the names that they have in it.
    """

    name: str
    kind: str
    governs: bool
    subject: Subject
    is_role: bool
    single: str | None
    parts: tuple[tuple[str, str], ...]
    is_date: bool
    is_place: bool

    def value(self, fields: Fields) -> Value | None:
        """Returns the value of the attribute; None when the record holds none."""
        if self.single is not None:
            value: Value | None = fields.get(self.single)
            return value
        group: dict[str, Any] = {part: fields[key] for part, key in self.parts if key in fields}
        candidates = group.get("commune_candidates")
        if candidates is not None:
            group["commune_candidates"] = candidates.split("|")
        return group or None

    def precision(self, value: Any) -> str | None:
        """Returns how much of a date or of a place is known; None for whatever else."""
        if self.is_date:
            return {4: "year", 7: "month"}.get(len(value), "day")
        if self.is_place:
            return next((part for part in ("commune", "province", "country") if part in value), None)
        return None

    def not_applicable(self, fields: Fields) -> bool:
        """Tells whether the record itself says that there can be no such attribute."""
        field, values = _NOT_APPLICABLE.get(self.name, ("", frozenset[str]()))
        return fields.get(field) in values


def _reader(spec: AttributeSpec) -> Reader:
    own = spec.own
    single = own if spec.keys == (own,) else None
    parts = () if single else tuple((key[len(own) + 1 :], key) for key in spec.keys)
    return Reader(
        spec.name,
        spec.kind.name,
        spec.kind.governs,
        spec.subject,
        spec.is_role,
        single,
        parts,
        single is not None and _holds_date(fields_of(spec.kind.model)[own].type),
        f"{own}.commune" in spec.keys,
    )


def _holds_date(annotation: Any) -> bool:
    return annotation == PartialDateText or any(_holds_date(part) for part in get_args(annotation))


READERS: dict[str, Reader] = {name: _reader(spec) for name, spec in ATTRIBUTES.items()}
"""How each attribute is read."""
