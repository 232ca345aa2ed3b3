"""Commands about mappings: are they right, do their examples hold, what do they make of a record or a batch."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.failures import Failed
from hub.cli.feeds import instant
from hub.cli.mapping_diff import diff
from hub.cli.terminal import AsJson, console, print_json, print_table, read_object

app = typer.Typer(help="Mappings: lint, test, preview, diff, lineage.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The mapping, such as population/citizen.")]


@app.command("lint", epilog="Example: hub mapping lint")
def lint(as_json: AsJson = False) -> None:
    """Checks every mapping, code list and procedure; exits 1 when something is wrong."""
    from zoneinfo import ZoneInfo

    from hub.mapping import lint_all

    problems = lint_all(datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date())
    if as_json:
        print_json(
            [{"file": each.file, "line": each.line, "rule": each.rule, "message": each.message} for each in problems]
        )
    else:
        for problem in problems:
            console().print(str(problem))
    if problems:
        raise Failed(f"{len(problems)} problem(s) in the mappings")
    if not as_json:
        console().print("mappings: nothing wrong")


@app.command("test", epilog="Example: hub mapping test population/citizen")
def test(
    name: Annotated[str | None, typer.Argument(help="One mapping; empty: all.")] = None, as_json: AsJson = False
) -> None:
    """Runs the examples that stand in the mappings; exits 1 when one does not hold.

    An example with a `todo` waits to be filled in: it is listed, and fails only when its mapping is asked for by name.
    """
    from hub.mapping.examples import run_examples

    results = run_examples(name)
    waiting = [result for result in results if result.open]
    broken = [result for result in results if not result.holds and not result.open]
    if as_json:
        print_json(
            [
                {
                    "mapping": each.mapping,
                    "example": each.name,
                    "holds": each.holds,
                    "todo": each.todo,
                    "problems": list(map(str, each.problems)),
                }
                for each in results
            ]
        )
    else:
        for result in broken:
            for problem in result.problems:
                console().print(str(problem))
        for result in waiting:
            console().print(
                f"{result.problems[0].file}:{result.problems[0].line}: {result.name!r} waits: {result.todo}"
            )
    if broken or not results:
        raise Failed(f"{len(broken)} of {len(results)} examples do not hold")
    if name is not None and waiting:
        raise Failed(f"{len(waiting)} of {len(results)} examples of {name} wait to be filled in")
    if not as_json:
        console().print(f"{len(results) - len(waiting)} examples hold" + f", {len(waiting)} wait" * bool(waiting))


@app.command("preview", epilog="Example: hub mapping preview population/citizen --record record.json")
def preview(
    name: Name,
    record: Annotated[
        Path | None, typer.Option(help="A wire record as JSON; `-` reads standard input; empty: the mapping's sample.")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="The day that the record is from; empty: today.")] = None,
    as_json: AsJson = False,
) -> None:
    """Shows field by field what a mapping makes of one record, every value masked."""
    from dataclasses import asdict

    from hub.mapping.preview import preview as preview_record

    day = instant(as_of) or datetime.now(UTC)
    rows = preview_record(name, _record(name, record), day.date())
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    shown = [(row.target, row.shown, ", ".join(row.sources), row.outcome, ", ".join(row.rules)) for row in rows]
    print_table(name, ("attribute", "value, masked", "from", "outcome", "rules"), shown, empty="nothing")


@app.command("lineage", epilog="Example: hub mapping lineage population/citizen --json")
def lineage(name: Name, as_json: AsJson = False) -> None:
    """Tells for every canonical attribute which wire fields, steps and code lists it comes from."""
    from hub.mapping.lineage import lineage as trace

    found = trace(name)
    if as_json:
        print_json(found)
        return
    rows = [
        (target, ", ".join(field["from"]), ", ".join([*map(str, field["steps"]), *field.get("code_lists", ())]))
        for target, field in found["fields"].items()
    ]
    print_table(f"{name}, version {found['version']}", ("attribute", "from", "by"), rows, empty="nothing")


app.command("diff", epilog="Example: hub mapping diff population/citizen --to citizen.yaml")(diff)


def _record(name: str, path: Path | None) -> dict[str, Any]:
    if path is None:
        from hub.mapping.spec import load_mapping

        sample = load_mapping(name).spec.sample
        if sample is None:
            raise Failed(f"{name} has no sample: give a record with --record")
        return dict(sample.record)
    return read_object(path)
