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
from types import MappingProxyType, ModuleType
from typing import Any, Literal, NamedTuple

from schemas.canonical.model import Canonical

Subject = Literal["person", "organisation"]

Scheme = Literal["personal_id", "enterprise_code"]

SCHEMES: Mapping[Subject, Scheme] = MappingProxyType({"person": "personal_id", "organisation": "enterprise_code"})
"""The scheme of the numbers that name each kind of subject."""


RoleKind = Literal["represents", "owns"]


@dataclass(frozen=True, slots=True)
class RoleSource:
    """Where a record names those who hold a role in its subject.

    `items` is the canonical field with the list of them; `holders` says which field of an item holds a number, and
    whose. An item without any such number names somebody whom the hub can't find: a foreigner, as far as the field
    `country` of the item tells, else perhaps anybody.
    """

    kind: RoleKind
    items: str
    holders: Mapping[str, Subject]
    country: str | None = None

    def holders_of(self, item: Mapping[str, Any]) -> set[Holder]:
        """Returns whom an item names; a holder without digits stands for one whom the item does not number."""
        numbered = {Holder(self.kind, whose, item[field]) for field, whose in self.holders.items() if item.get(field)}
        foreign = self.country is not None and item.get(self.country, "VN") != "VN"
        return numbered if numbered or foreign else {Holder(self.kind, "person", "")}


class Holder(NamedTuple):
    """Who holds a role in a record's subject, by their number; it is empty for somebody who is named without one."""

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
    `tombstone` is the model of a record that says of its number only that it is cancelled, where there are such.
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
    tombstone: type[Canonical] | None = None

    @property
    def scheme(self) -> Scheme:
        """The scheme of the numbers that its records stand under."""
        return SCHEMES[self.subject]

    def holders(self, record: Mapping[str, Any]) -> list[Holder]:
        """Returns who holds a role by a flat record, each role once, in a fixed order; the subject itself holds none.

        An enterprise that names itself as its owner is a matter of the quality rules.
        """
        own = (self.subject, record.get(self.key))
        found = {
            holder
            for role in self.roles
            for item in record.get(role.items, ())
            for holder in role.holders_of(item)
            if (holder.subject, holder.number) != own
        }
        return sorted(found)


@cache
def kinds() -> Mapping[str, Kind]:
    """Returns every kind by its name, in the order of their modules.

    Raises:
        ValueError: two kinds have one name or one prefix.
    """
    found: dict[str, Kind] = {}
    for module in _modules():
        kind = getattr(module, "KIND", None)
        if kind is None:
            continue
        if kind.name in found or kind.prefix in {each.prefix for each in found.values()}:
            raise ValueError(f"{module.__name__}: another kind is called {kind.name} or {kind.prefix}")
        key = kind.model.model_fields.get(kind.key)
        if key is None or not key.is_required():
            raise ValueError(f"{module.__name__}: {kind.model.__name__} lacks {kind.key}, or does not require it")
        found[kind.name] = kind
    return MappingProxyType(found)


def kind_of(model: type) -> Kind | None:
    """Returns the kind whose records are of a model; None when it is the model of none."""
    return next((kind for kind in kinds().values() if kind.model is model), None)


@cache
def canonical_models() -> Mapping[str, type[Canonical]]:
    """Returns every canonical model of this package as mappings name it, such as `canonical.Person`.

    Raises:
        ValueError: two modules define models of one name.
    """
    found: dict[str, type[Canonical]] = {}
    for module in _modules():
        for name, item in vars(module).items():
            if not (isinstance(item, type) and issubclass(item, Canonical) and item.__module__ == module.__name__):
                continue
            if f"canonical.{name}" in found:
                raise ValueError(f"{module.__name__} and {found[f'canonical.{name}'].__module__} both define {name}")
            found[f"canonical.{name}"] = item
    return MappingProxyType(found)


def _modules() -> list[ModuleType]:
    names = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])]
    return [importlib.import_module(f"schemas.canonical.{name}") for name in names]
