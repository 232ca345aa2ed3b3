"""How a connector declares what its register offers: `@query` and `@feed`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import BaseModel

F = TypeVar("F", bound=Callable[..., Any])

Wanted = Callable[[Sequence[str]], set[str]]
"""Tells which of some keys the hub may ask about. A feed of a register that lists changes and tells each record only
when asked takes it as `wanted`, and calls it with every key before it asks."""


@dataclass(frozen=True, slots=True)
class QueryDeclaration:
    """A question that a register answers live."""

    name: str
    model: type[BaseModel]


@dataclass(frozen=True, slots=True)
class FeedDeclaration:
    """A stream of a register's records: what it yields, how its progress is measured and what names a record.

    `watermark` and `key` are the fields of a `FeedEntry` that a pipeline goes by: `version`, or `at` where the source
    announces changes apart from contents. `overlap` is how far it reaches back
    before its watermark, for changes that the source dates late; the pipeline does that, so that the window it writes
    down is the window that was read. `in_two_steps` tells that the method takes `wanted`: see `Wanted`.
    """

    name: str
    model: type[BaseModel]
    watermark: str
    key: str
    overlap: timedelta
    in_two_steps: bool = False


def query(model: type[BaseModel]) -> Callable[[F], F]:
    """Declares a method as a live question that answers with this wire model."""

    def declare(method: F) -> F:
        method.declaration = QueryDeclaration(method.__name__, model)  # type: ignore[attr-defined]
        return method

    return declare


def feed(
    model: type[BaseModel], *, watermark: str = "version", key: str = "key", overlap: timedelta
) -> Callable[[F], F]:
    """Declares a method as a feed whose bodies are of this wire model."""

    def declare(method: F) -> F:
        method.declaration = FeedDeclaration(  # type: ignore[attr-defined]
            method.__name__, model, watermark, key, overlap, "wanted" in inspect.signature(method).parameters
        )
        return method

    return declare
