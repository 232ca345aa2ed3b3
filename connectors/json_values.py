"""Reads single values of a JSON record whose source was once XML: texts, numbers as texts, lists of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.records import FieldProblem


def text(record: Mapping[str, Any], name: str) -> str:
    """Returns a text without the blanks around it; empty when it is absent, or no text."""
    value = record.get(name)
    return value.strip() if isinstance(value, str) else ""


def filled(record: Mapping[str, Any], name: str) -> str:
    """Returns a text that may be neither absent nor empty.

    Raises:
        FieldProblem: it is.
    """
    if not (found := text(record, name)):
        raise FieldProblem("field_missing", name)
    return found


def whole_number(record: Mapping[str, Any], name: str) -> int:
    """Reads a count that comes as a number or as its digits.

    Raises:
        FieldProblem: it is neither.
    """
    value = record.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise FieldProblem("field_malformed", name)


def listed(record: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Reads a list of records; one of them may come as itself, and none as nothing.

    Raises:
        FieldProblem: an item is no record.
    """
    value = record.get(name)
    items = [] if value in (None, "") else value if isinstance(value, list) else [value]
    if not all(isinstance(item, dict) for item in items):
        raise FieldProblem("field_malformed", name)
    return items
