"""Which attributes of a canonical record may be released on their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import BaseModel

from schemas.canonical.enterprise import KIND as ENTERPRISE
from schemas.canonical.kind import Kind, Subject, kinds
from schemas.canonical.model import Classification, fields_of, item_of
from schemas.canonical.role import ROLE_ATTRIBUTES, Role


@dataclass(frozen=True, slots=True)
class AttributeSpec:
    """One attribute that may be released on its own: which records hold it, in which keys, what it is called.

    `item` is the model of what a list holds. An attribute without keys is a role: `kind` is that of the records that
    say so, and it is about the person whom they name.
    """

    name: str
    kind: Kind
    keys: tuple[str, ...]
    classification: Classification
    vi: str
    en: str
    item: type[BaseModel] | None = None

    @property
    def own(self) -> str:
        """Its name within its kind: `birth_date` of `person.birth_date`."""
        return self.name.removeprefix(f"{self.kind.prefix}.")

    @property
    def is_role(self) -> bool:
        """Whether it is answered from the enterprises that name a person, and not from a record's own fields."""
        return not self.keys

    @property
    def subject(self) -> Subject:
        """Whom it is about."""
        return "person" if self.is_role else self.kind.subject


def _attributes_of(kind: Kind) -> Iterator[AttributeSpec]:
    fields = fields_of(kind.model)
    for name, (vi, en) in kind.attributes.items():
        held = {key: spec for key, spec in fields.items() if key == name or key.startswith(f"{name}.")}
        if not held:
            raise ValueError(f"{kind.model.__name__} has no field {name}: the attributes of {kind.name} name it")
        classes = {spec.classification for spec in held.values()}
        strictest: Classification = next(c for c in ("sensitive", "personal", "public") if c in classes)
        item = item_of(held[name].type) if name in held else None
        yield AttributeSpec(f"{kind.prefix}.{name}", kind, tuple(held), strictest, vi, en, item)


def _roles() -> Iterator[AttributeSpec]:
    for name, (vi, en) in ROLE_ATTRIBUTES.items():
        item = None if name == "role.subject_represents" else Role
        yield AttributeSpec(name, ENTERPRISE, (), "personal", vi, en, item)


ATTRIBUTES: Mapping[str, AttributeSpec] = MappingProxyType(
    {spec.name: spec for spec in (*(each for kind in kinds().values() for each in _attributes_of(kind)), *_roles())}
)
"""Every attribute that the hub may release, by its dotted name."""
