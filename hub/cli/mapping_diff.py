"""The command that tries a changed mapping on the last batch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from hub.cli.failures import Failed
from hub.cli.terminal import AsJson, console, print_json, print_table, progress

if TYPE_CHECKING:
    from hub.pipeline.mapping_diff import Change, MappingDiff

File = Annotated[
    Path | None, typer.Option(exists=True, help="The changed mapping: a file, or a folder of mappings with its lists.")
]
OldFile = Annotated[
    Path | None,
    typer.Option("--from", exists=True, help="The former mapping, file or folder; empty: the one in force."),
]


def diff(
    name: Annotated[str, typer.Argument(help="The mapping, such as population/citizen.")],
    to: File = None,
    from_: OldFile = None,
    batch: Annotated[UUID | None, typer.Option(help="A batch; empty: the newest retained one of its feed.")] = None,
    values: Annotated[bool, typer.Option("--values", help="Show real values; the access is logged.")] = False,
    by: Annotated[str, typer.Option(envvar="HUB_STEWARD", help="Who looks; needed with --values.")] = "",
    as_json: AsJson = False,
) -> None:
    """Shows what a changed mapping would change over the last retained batch, every value masked; writes nothing."""
    from hub.mapping import load_candidate, load_compiled
    from hub.pipeline.context import Context
    from hub.pipeline.mapping_diff import diff_mapping

    if to is None and from_ is None:
        raise Failed("compare with what? name the changed mapping with --to, or the former one with --from")
    if values and not by:
        raise Failed("who looks? give --by (or HUB_STEWARD): the access is written into the exchange log")
    old, new = (load_candidate(name, path) if path else load_compiled(name) for path in (from_, to))
    with progress(f"mapping diff {name}") as report:
        context = Context.from_environment(report)
        found = diff_mapping(name, old, new, context, batch_id=batch, values_for=by if values else None)
    if as_json:
        print_json(_as_json(found))
    else:
        _print(found)


def _print(found: MappingDiff) -> None:
    rows = [
        (key, change.records, _examples(change))
        for key, change in sorted(found.fields.items(), key=lambda each: -each[1].records)
    ]
    print_table("Fields that change", ("attribute", "records", "before → after"), rows, empty="no field changes")
    for title, changes in (("Newly quarantined", found.newly_quarantined), ("Released", found.newly_released)):
        refused = [(rule, key, change.records, _examples(change)) for (rule, key), change in changes.items()]
        if refused:
            print_table(title, ("rule", "field", "records", "before → after"), refused, empty="")
    console().print(
        f"batch {found.batch_id}: {found.records} records; {found.changed} change, {found.quarantined} newly"
        f" quarantined, {found.released} released, {found.refused_otherwise} refused by another rule,"
        f" {found.unreadable} not read"
    )
    console().print("rules over several records and the batch's suite were not run")
    if found.differs and found.versions[0] >= found.versions[1]:
        console().print(f"raise the mapping's version above {found.versions[0]}: records come out otherwise")


def _examples(change: Change) -> str:
    return "\n".join(f"{before or '(empty)'} → {after or '(empty)'}" for before, after in change.examples)


def _as_json(found: MappingDiff) -> dict[str, Any]:
    def told(change: Change) -> dict[str, Any]:
        return {"records": change.records, "examples": [list(pair) for pair in change.examples]}

    counts = ("records", "unreadable", "changed", "quarantined", "released", "refused_otherwise")
    return {
        "mapping": found.mapping,
        "versions": list(found.versions),
        "batch": found.batch_id,
        **{name: getattr(found, name) for name in counts},
        "fields": {key: told(change) for key, change in sorted(found.fields.items())},
        "newly_quarantined": [
            {"rule": rule, "field": key, **told(change)} for (rule, key), change in found.newly_quarantined.items()
        ],
        "newly_released": [
            {"rule": rule, "field": key, **told(change)} for (rule, key), change in found.newly_released.items()
        ],
    }
