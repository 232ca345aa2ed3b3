"""What the wire models of all registers share, and where they are found."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

Text = str | None
Blank = Literal[""]


class Wire(BaseModel):
    """A wire model: no unknown field, no value in an error."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    text_part: ClassVar[str | None] = None
    """The field that a plain string stands for, where the source sends either a string or this element."""


@cache
def wire_models() -> Mapping[str, type[Wire]]:
    """Returns every wire model of the modules beside this one as mappings name it, such as `population.Citizen`."""
    found: dict[str, type[Wire]] = {}
    for info in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if info.ispkg:
            continue
        module = importlib.import_module(f"schemas.{info.name}")
        for name, item in vars(module).items():
            if isinstance(item, type) and issubclass(item, Wire) and item.__module__ == module.__name__:
                found[f"{info.name}.{name}"] = item
    found.pop("wire.Wire", None)
    return MappingProxyType(found)
