"""A table's columns and the wire model: which must be there, and how a row becomes the body of a feed's entry."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

import orjson
from pydantic import BaseModel

MAX_BODY = 64 * 1024
"""Bytes of one record's body; a longer one is cut, so that it alone is refused and not the page around it."""


def wire_columns(record: type[BaseModel]) -> list[str]:
    """Lists the columns that a wire model knows, each of which must be there."""
    return [field.alias or name for name, field in record.model_fields.items()]


def row_body(row: Mapping[str, object], hidden: Collection[str]) -> bytes:
    """Writes a row as JSON; times in ISO 8601, decimals as text, so that no digit is lost.

    `hidden` are columns that the entry itself carries and the wire model does not know.

    Raises:
        TypeError: a value has a type that JSON does not know, such as bytes.
    """
    shown = {name: value for name, value in row.items() if name not in hidden} if hidden else row
    # A copy: orjson gives a text back in the kilobytes that it reserved for it, which a file's rows must not add up to.
    return bytes(memoryview(orjson.dumps(shown, default=_text))[:MAX_BODY])


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError
