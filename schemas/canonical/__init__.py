"""The canonical records: what the hub means by a person and by an enterprise, and what of them may be released.

In flight a record is a flat dict with dotted keys (`residence.commune`) that holds only what has a value; a list is a
list of such dicts. The nested models here give those keys their types, their classification and which of them a record
can't do without.
"""

from typing import Any

from schemas.canonical.attributes import ATTRIBUTES, AttributeSpec
from schemas.canonical.enterprise import Activity, Enterprise, Member, Representative
from schemas.canonical.kind import SCHEMES, Holder, Kind, RoleSource, Subject, kinds
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
    "Subject",
    "fields_of",
    "item_of",
    "kinds",
    "nest",
    "validate_flat",
]


def validate_flat(flat: dict[str, Any]) -> Person | CancelledNumber | Enterprise:
    """Checks a flat record against the model that it is of: an enterprise has a code, a person a number.

    Raises:
        pydantic.ValidationError: a key is unknown, missing or has a value outside its type; no value is shown.
    """
    model: type[Person | CancelledNumber | Enterprise] = Person
    if "code" in flat:
        model = Enterprise
    elif flat.get("number_status") == "cancelled":
        model = CancelledNumber
    return model.model_validate(nest(flat))
