"""The body of a feed's entry, made from a row: raw JSON of the wire record, as the register's columns name it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import orjson

MAX_BODY = 64 * 1024
"""Bytes of one record's body; a longer one is cut, so that it alone is refused and not the page around it."""


def row_body(row: Mapping[str, object]) -> bytes:
    """Writes a row as JSON; times in ISO 8601, decimals as text, so that no digit is lost.

    Raises:
        TypeError: a value has a type that JSON does not know, such as bytes.
    """
    return orjson.dumps(row, default=_text)[:MAX_BODY]


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError
