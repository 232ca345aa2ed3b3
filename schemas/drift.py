"""Fields that a source began to send: finding them by path, and reading a record without them.

A feed's drift policy decides what happens to them: `freeze` stops the batch, `quarantine` refuses the record,
`evolve` records the paths and reads on. Nothing here ever shows a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)


def unknown_fields(raw: object, model: type[BaseModel]) -> list[str]:
    """Lists the dotted paths of a raw record that the model does not know, sorted, without values.

    A key that does not look like a field name is shown as `?`: a broken sender may put data into keys.
    """
    return sorted(set(_walk(raw, model, "")))


def validate_known(raw: object, model: type[Model]) -> Model:
    """Reads a raw record as the drift policy `evolve` does: unknown fields are left out, all else is checked."""
    return model.model_validate(raw, extra="ignore")


def nested_model(annotation: Any) -> type[BaseModel] | None:
    """Finds the model inside an annotation such as `DiaChi | Literal[''] | None` or `list[NhanThan]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType, Annotated, list):
        found = (nested_model(part) for part in get_args(annotation))
        return next((model for model in found if model is not None), None)
    return None


@lru_cache
def _children(model: type[BaseModel]) -> dict[str, type[BaseModel] | None]:
    return {name: nested_model(field.annotation) for name, field in model.model_fields.items()}


def _walk(raw: object, model: type[BaseModel], prefix: str) -> Iterator[str]:
    if isinstance(raw, list):
        for item in raw:
            yield from _walk(item, model, prefix)
    if not isinstance(raw, dict):
        return
    children = _children(model)
    for key, value in raw.items():
        if key not in children:
            yield prefix + (key if isinstance(key, str) and _field_like(key) else "?")
        elif (child := children[key]) is not None:
            yield from _walk(value, child, f"{prefix}{key}.")


def _field_like(key: str) -> bool:
    return len(key) <= 64 and key.isascii() and key.isidentifier() and not re.search(r"\d{4}", key)
