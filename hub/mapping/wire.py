"""Paths into a wire model: which exist, what may stand there, and which are its leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, StrictInt

from schemas.drift import nested_model


@dataclass(frozen=True, slots=True)
class WirePath:
    """A field of a wire model, reached over the elements before it."""

    parts: tuple[str, ...]
    models: tuple[type[BaseModel], ...]
    """The model that each part is a field of."""
    types: frozenset[type]
    """The plain types of the value; empty for an element that has parts of its own."""
    lists: tuple[str, ...] = ()
    """The lists on the way, as dotted paths; the path itself when it ends at one."""

    @property
    def element(self) -> type[BaseModel] | None:
        """The model at the end of the path, when it ends at an element."""
        return nested_model(self.models[-1].model_fields[self.parts[-1]].annotation)


class NoSuchField(LookupError):
    """A path that leaves the model; says which part is unknown and what stands beside it."""

    def __init__(self, part: str, known: list[str]) -> None:
        self.part = part
        self.known = known
        super().__init__(part)


@lru_cache
def wire_path(model: type[BaseModel], path: str) -> WirePath:
    """Resolves a dotted path.

    Raises:
        NoSuchField: a part of the path is no field there.
    """
    parts = tuple(path.split("."))
    models: list[type[BaseModel]] = []
    lists: list[str] = []
    here: type[BaseModel] | None = model
    for depth, part in enumerate(parts, 1):
        if here is None or part not in here.model_fields:
            raise NoSuchField(part, list(here.model_fields) if here else [])
        models.append(here)
        if get_origin(here.model_fields[part].annotation) is list:
            lists.append(".".join(parts[:depth]))
        here = nested_model(here.model_fields[part].annotation)
    types = frozenset() if here else frozenset(_plain_types(models[-1].model_fields[parts[-1]].annotation))
    return WirePath(parts, tuple(models), types, tuple(lists))


@lru_cache
def leaf_paths(model: type[BaseModel]) -> tuple[str, ...]:
    """Lists every field that holds a value of its own, in the model's order."""
    return tuple(_leaves(model, ""))


def _leaves(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        element = nested_model(field.annotation)
        if element is None:
            yield prefix + name
        else:
            yield from _leaves(element, f"{prefix}{name}.")


def _plain_types(annotation: Any) -> Iterator[type]:
    if annotation == StrictInt or annotation is int:
        yield int
    elif annotation is str:
        yield str
    elif get_origin(annotation) is Literal:
        yield from (type(value) for value in get_args(annotation))
    elif get_origin(annotation) is Annotated:
        yield from _plain_types(get_args(annotation)[0])
    else:
        for part in get_args(annotation):
            yield from _plain_types(part)
