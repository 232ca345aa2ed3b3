"""The kinds of canonical records: what each stands under, who it is about, and what of it may be released.

A module of this package that defines `KIND` adds one; nothing else lists them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from schemas.canonical.model import Canonical

Subject = Literal["person", "organisation"]

SCHEMES: Mapping[Subject, str] = MappingProxyType({"person": "personal_id", "organisation": "enterprise_code"})
"""The scheme of the numbers that name each kind of subject."""


RoleKind = Literal["represents", "owns"]


@dataclass(frozen=True, slots=True)
class RoleSource:
    """Where a record names those who hold a role in its subject.

    `items` is the canonical field with the list of them; `holders` says which field of an item holds a number, and
    whose. An item without any such number (a foreigner) names nobody whom the hub could find.
    """

    kind: RoleKind
    items: str
    holders: Mapping[str, Subject]


class Holder(NamedTuple):
    """Who holds a role in a record's subject, by their number."""

    kind: RoleKind
    subject: Subject
    number: str

    def __repr__(self) -> str:
        return f"Holder(kind={self.kind}, subject={self.subject})"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of canonical record.

    `name` is its name in the store, `subject` whom it is about, `key` its canonical field with that subject's number.
    `attributes` are what may be released on its own: the name below `prefix`, with its label in Vietnamese and English.
    `sources` are the registers that bring such records. `governs` marks the one kind whose records say which numbers of
    its subjects are in use; every other kind only mentions numbers. `roles` says who holds a role in its subject.
    """

    name: str
    model: type[Canonical]
    subject: Subject
    key: str
    prefix: str
    sources: tuple[str, ...]
    attributes: Mapping[str, tuple[str, str]]
    governs: bool = False
    roles: tuple[RoleSource, ...] = ()

    @property
    def scheme(self) -> str:
        """The scheme of the numbers that its records stand under."""
        return SCHEMES[self.subject]

    def holders(self, record: Mapping[str, Any]) -> list[Holder]:
        """Returns who holds a role by a flat record, each role once, in a fixed order; the subject itself holds none.

        An enterprise that names itself as its owner is a matter of the quality rules.
        """
        own = (self.subject, record.get(self.key))
        found = {
            Holder(role.kind, subject, number)
            for role in self.roles
            for item in record.get(role.items, ())
            for field, subject in role.holders.items()
            if (number := item.get(field)) and (subject, number) != own
        }
        return sorted(found)


@cache
def kinds() -> Mapping[str, Kind]:
    """Returns every kind by its name, in the order of their modules.

    Raises:
        ValueError: two kinds have one name or one prefix.
    """
    found: dict[str, Kind] = {}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        kind = getattr(importlib.import_module(f"schemas.canonical.{module.name}"), "KIND", None)
        if kind is None:
            continue
        if kind.name in found or kind.prefix in {each.prefix for each in found.values()}:
            raise ValueError(f"schemas/canonical/{module.name}.py: another kind is called {kind.name} or {kind.prefix}")
        found[kind.name] = kind
    return MappingProxyType(found)
