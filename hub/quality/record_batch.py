"""What every kind of record is checked by that has no rules of its own.

Around these stand the wire model, the mapping, the environment guard and the volume of the batch, which ask for no
kind. Of columns for expectations a kind has `<field>_is_filled` for each of its fields, and each field that holds one
of a closed list of codes by its own name; no other value goes into a frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, get_args, get_origin

from hub.quality.batch import Columns, Hits, contradicting_rows, findings_of, implausible_versions
from hub.quality.frame import Derived, token_of
from hub.quality.known import NOTHING, Known
from hub.quality.rules import Finding
from schemas.canonical import Kind, fields_of

_PLACE = ("position", "version", "digest")


def columns_of(kind: Kind) -> tuple[str, ...]:
    """Names the columns of a batch of a kind: the row's place, version and digest, and every field of its model."""
    return (*_PLACE, *fields_of(kind.model))


def no_row_findings(record: Mapping[str, Any], version_ms: int) -> list[Finding]:
    """Finds nothing: what one record says is settled by its wire model and its mapping."""
    return []


def cross_row_findings(
    columns: Columns, key: str, *, now: datetime | None = None, known: Known = NOTHING
) -> dict[int, list[Finding]]:
    """Checks the rows of a batch against each other; findings by row index.

    Args:
        key: the column with the numbers that the records stand under.
        now: the moment after which no version can have been written, such as the end of the batch's window.
        known: what the store knows; these rules ask for nothing.

    Raises:
        RuleFailed: a rule could not be evaluated, as when a column is missing; the message holds no value.
    """

    def hits() -> dict[str, Hits]:
        return {
            "duplicate.record_key": contradicting_rows(columns, key),
            "outlier.version_time": implausible_versions(columns, key, now),
        }

    return findings_of("duplicate.record_key", hits)


def derived_of(kind: Kind) -> dict[str, Derived]:
    """Returns every column that an expectation on a kind may name, and how it comes about."""

    def key_token(columns: Columns) -> list[float]:
        return [token_of(pair) for pair in zip(columns[kind.key], columns["version"], strict=True)]

    derived: dict[str, Derived] = {"key_token": key_token}
    for name, spec in fields_of(kind.model).items():
        derived[f"{name}_is_filled"] = _is_filled(name)
        if _is_closed(spec.type):
            derived[name] = _values(name)
    return derived


def _is_filled(name: str) -> Derived:
    return lambda columns: [int(bool(value)) for value in columns[name]]


def _values(name: str) -> Derived:
    return lambda columns: columns[name]


def _is_closed(annotation: Any) -> bool:
    """Tells whether a type is a closed list of codes, perhaps an optional one."""
    if get_origin(annotation) is Literal:
        return True
    return get_origin(annotation) is not tuple and any(_is_closed(part) for part in get_args(annotation))
