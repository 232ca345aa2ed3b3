"""What each procedure needs, out of its file in `mappings/procedures/`, and which records hold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from hub.exchange.policy import Needs
from hub.mapping.procedures import Procedure
from schemas.canonical import ATTRIBUTES, Subject

REPRESENTS, OWNS, SUBJECT_REPRESENTS = "role.represents", "role.owns", "role.subject_represents"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The records that hold some attributes: kinds beside the one that governs the numbers, and roles."""

    others: Mapping[Subject, tuple[str, ...]]
    roles: frozenset[str]
    persons_only: bool


def needs_of(procedures: Mapping[str, Procedure]) -> dict[str, Needs]:
    """Reads the needs of all procedures; an attribute is editable when a field that shows it is."""
    return {
        code: Needs(
            procedure.attributes,
            frozenset(
                field.attribute
                for field in procedure.spec.form.values()
                if field.editable and field.attribute is not None
            ),
        )
        for code, procedure in procedures.items()
    }


@lru_cache(maxsize=1024)
def wanted_for(attributes: tuple[str, ...]) -> Wanted:
    """Returns which records a lookup of these attributes must find."""
    specs = [ATTRIBUTES[name] for name in attributes]
    roles = frozenset(spec.name for spec in specs if spec.is_role)
    kinds = {spec.kind.name: spec.kind for spec in specs if not spec.is_role and not spec.kind.governs}
    others: dict[Subject, tuple[str, ...]] = {
        subject: tuple(sorted(name for name, kind in kinds.items() if kind.subject == subject))
        for subject in ("person", "organisation")
    }
    return Wanted(others, roles, persons_only=not roles and not kinds)
