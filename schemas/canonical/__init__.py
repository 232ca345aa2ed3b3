"""The canonical records: what the hub means by a person and by an enterprise, and what of them may be released.

In flight a record is a flat dict with dotted keys (`residence.commune`) that holds only what has a value; a list is a
list of such dicts. The nested models here give those keys their types, their classification and which of them a record
can't do without.
"""

from typing import Any

from schemas.canonical.attributes import ATTRIBUTES, AttributeSpec
from schemas.canonical.enterprise import Activity, Enterprise, Member, Representative
from schemas.canonical.kind import (
    SCHEMES,
    Holder,
    Kind,
    RoleSource,
    Scheme,
    Subject,
    canonical_models,
    kind_of,
    kinds,
)
from schemas.canonical.model import Canonical, Classification, FieldSpec, Place, fields_of, item_of, nest
from schemas.canonical.person import CancelledNumber, Person
from schemas.canonical.role import Role

__all__ = [
    "ATTRIBUTES",
    "SCHEMES",
    "Activity",
    "AttributeSpec",
    "CancelledNumber",
    "Canonical",
    "Classification",
    "Enterprise",
    "FieldSpec",
    "Holder",
    "Kind",
    "Member",
    "Person",
    "Place",
    "Representative",
    "Role",
    "RoleSource",
    "Scheme",
    "Subject",
    "canonical_models",
    "fields_of",
    "item_of",
    "kind_of",
    "kinds",
    "nest",
    "validate_flat",
]


def validate_flat(flat: dict[str, Any], kind: str) -> Canonical:
    """Checks a flat record against the model of its kind.

    Raises:
        pydantic.ValidationError: a key is unknown, missing or has a value outside its type; no value is shown.
    """
    of = kinds()[kind]
    model = of.model
    if of.tombstone is not None and flat.get("number_status") == "cancelled":
        model = of.tombstone
    return model.model_validate(nest(flat))
