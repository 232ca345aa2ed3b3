"""Shows what a mapping makes of one record, field by field, with every value masked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from hub.mapping.compiled import load_compiled
from hub.mapping.lineage import lineage
from hub.mapping.paths import MAPPINGS
from hub.mapping.spec import load_mapping
from hub.mapping.verdicts import Mapped
from schemas.drift import unknown_fields

Outcome = Literal["filled", "empty", "repaired", "refused", "withheld", "unreadable"]
"""`withheld`: another field of the record was refused, so that nothing of it maps."""


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One canonical field of the preview: where it comes from, what became of it, and its value's mere shape."""

    target: str
    sources: tuple[str, ...]
    outcome: Outcome
    shown: str
    rules: tuple[str, ...] = ()


def preview(name: str, raw: dict[str, Any], as_of: date, root: Path = MAPPINGS) -> list[PreviewRow]:
    """Maps one raw wire record and shows each canonical field, masked.

    A record that the wire model refuses gives one row per path that it refuses.

    Raises:
        MappingError: there is no such mapping, or it can't be compiled.
    """
    mapping = load_mapping(name, root)
    variants = [variant for variant in mapping.spec.variants if variant.when.items() <= raw.items()]
    if variants:
        return preview(variants[0].use, raw, as_of, root)
    try:
        wire = mapping.wire.model_validate(raw)
    except ValidationError as error:
        drifted = unknown_fields(raw, mapping.wire)
        rows = [PreviewRow("", (path,), "unreadable", "", ("wire.drift",)) for path in drifted]
        known = {
            ".".join(str(part) for part in found["loc"])
            for found in error.errors(include_input=False)
            if found["type"] != "extra_forbidden"
        }
        return rows + [PreviewRow("", (path,), "unreadable", "", ("wire.malformed",)) for path in sorted(known)]
    mapped = load_compiled(name, root)(wire, as_of)
    fields = lineage(name, root)["fields"]
    return [_row(target, tuple(described["from"]), mapped) for target, described in fields.items()]


def _row(target: str, sources: tuple[str, ...], mapped: Mapped) -> PreviewRow:
    refused = tuple(finding.rule for finding in mapped.refusals if finding.field == target)
    repaired = tuple(finding.rule for finding in mapped.notes if finding.field == target)
    if refused or mapped.record is None:
        return PreviewRow(target, sources, "refused" if refused else "withheld", "", refused)
    if target not in mapped.record:
        return PreviewRow(target, sources, "empty", "")
    value = mapped.record[target]
    shown = f"{len(value)} item(s)" if isinstance(value, list) else mask(str(value))
    return PreviewRow(target, sources, "repaired" if repaired else "filled", shown, repaired)


def mask(value: str) -> str:
    """Keeps the shape of a value and hides its content: a text shows two letters, or none if it is short.

    Where there is a digit, every letter and digit becomes `#`, so that a number shows its length and a date its
    precision.
    """
    if any(character.isdigit() for character in value):
        return "".join("#" if character.isalnum() else character for character in value)
    if not value:
        return ""
    return f"{value[:2]}***" if len(value) > 6 and value[:2].isalpha() else "***"
