"""Column lineage, read from the parsed mapping: which wire fields each canonical field comes from, and over what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hub.mapping.paths import MAPPINGS
from hub.mapping.places import INPUTS, LISTS
from hub.mapping.spec import FieldRule, load_mapping


def lineage(name: str, root: Path = MAPPINGS) -> dict[str, Any]:
    """Describes a mapping as JSON-ready data: `fields` has an entry for each canonical key that it may fill.

    Raises:
        UnknownName: there is no such mapping.
        MappingError: the file is no mapping.
    """
    spec = load_mapping(name, root).spec
    fields: dict[str, Any] = {}
    for target, rule in spec.fields.items():
        fields.update(_place(target, rule) if rule.place is not None else {target: _field(rule)})
    return {
        "mapping": spec.mapping,
        "version": spec.version,
        "from": spec.from_,
        "to": spec.to,
        "variants": [{"when": variant.when, "use": variant.use} for variant in spec.variants],
        "fields": fields,
        "ignored": spec.ignored,
    }


def _field(rule: FieldRule) -> dict[str, Any]:
    described: dict[str, Any] = {"verb": rule.verb, "from": rule.paths, "steps": rule.then}
    if rule.use is not None:
        described["use"] = rule.use
    if rule.codes is not None:
        described["code_lists"] = [rule.codes]
        described["as_of"] = str(rule.as_of)
    if rule.when:
        described["when"] = rule.when
    return described


def _place(target: str, rule: FieldRule) -> dict[str, Any]:
    return {
        f"{target}.{part}": {
            "verb": "place",
            "from": [f"{rule.place}.{field}" for field in inputs],
            "steps": [],
            **({} if part.endswith("_recorded") else {"code_lists": list(LISTS), "as_of": "record"}),
        }
        for part, inputs in INPUTS.items()
    }
