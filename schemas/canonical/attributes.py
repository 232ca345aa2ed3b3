"""Which attributes of a canonical record may be released on their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from schemas.canonical.kind import Kind, kinds
from schemas.canonical.model import Classification, fields_of


@dataclass(frozen=True, slots=True)
class AttributeSpec:
    """One attribute that may be released on its own: which records hold it, in which keys, what it is called."""

    name: str
    kind: Kind
    keys: tuple[str, ...]
    classification: Classification
    vi: str
    en: str

    @property
    def own(self) -> str:
        """Its name within its kind: `birth_date` of `person.birth_date`."""
        return self.name.removeprefix(f"{self.kind.prefix}.")


def _attributes_of(kind: Kind) -> Iterator[AttributeSpec]:
    for name, (vi, en) in kind.attributes.items():
        held = {key: spec for key, spec in fields_of(kind.model).items() if key == name or key.startswith(f"{name}.")}
        if not held:
            raise ValueError(f"{kind.model.__name__} has no field {name}: the attributes of {kind.name} name it")
        classes = {spec.classification for spec in held.values()}
        strictest: Classification = next(c for c in ("sensitive", "personal", "public") if c in classes)
        yield AttributeSpec(f"{kind.prefix}.{name}", kind, tuple(held), strictest, vi, en)


ATTRIBUTES: Mapping[str, AttributeSpec] = MappingProxyType(
    {spec.name: spec for kind in kinds().values() for spec in _attributes_of(kind)}
)
"""Every attribute that the hub may release, by its dotted name."""
