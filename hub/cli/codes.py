"""Commands about code lists: take a new edition in, and see that what is there is sound."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.failures import Failed
from hub.cli.terminal import AsJson, console, print_json, print_table

app = typer.Typer(help="Code lists: import, check.", no_args_is_help=True)
Mappings = Annotated[
    Path | None, typer.Option("--mappings", help="Another folder of mappings, such as a copy to try an edition on.")
]

_SHOWN, _TOLD = 5, 20
_COUNTS = {
    "new": "codes that the list had never held",
    "ended": "codes whose last day is now the eve of the edition",
    "changed": "codes of which the list now says something else",
    "split": "codes that ended with several successors: a question, never a guess",
    "merged": "codes that took over from several",
    "without_successor": "codes that ended without a successor: a question too",
    "withdrawn": "codes that an earlier import of this edition held and this one doesn't",
}


@app.command("import", epilog="Example: hub codes import admin/commune communes.csv --from 2026-04-30 --dry-run")
def import_list(
    name: Annotated[str, typer.Argument(metavar="LIST", help="The code list, such as admin/commune.")],
    file: Annotated[Path, typer.Argument(help="The new edition: CSV with the columns of a list.")],
    since: Annotated[
        str | None, typer.Option("--from", help="First day of the edition; empty: the latest that the file speaks of.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    mappings: Mappings = None,
    as_json: AsJson = False,
) -> None:
    """Lays a new edition over a code list: closes what ended on the day before, opens what begins, guesses nothing."""
    from hub.mapping.code_import import plan_import, write_import
    from hub.mapping.errors import MappingError
    from hub.mapping.paths import MAPPINGS

    root = mappings or MAPPINGS
    try:
        plan = plan_import(name, file, _day(since), root)
    except MappingError as error:
        told = [str(problem) for problem in error.problems[:_TOLD]]
        more = len(error.problems) - len(told)
        raise Failed("\n".join([*told, *([f"and {more} more"] if more else []), "nothing was changed"])) from None
    if not dry_run:
        write_import(plan, root)
    codes = {key: list[str](getattr(plan, key)) for key in _COUNTS}
    if as_json:
        print_json(
            {"list": name, "from": plan.since, "rows": len(plan.rows), "written": not dry_run}
            | {key: len(found) for key, found in codes.items()}
            | {"codes": codes}
        )
        return
    rows = [
        (key, len(found), told, ", ".join(found[:_SHOWN]) + (" …" if len(found) > _SHOWN else ""))
        for (key, told), found in zip(_COUNTS.items(), codes.values(), strict=True)
    ]
    print_table(f"{name} from {plan.since}", ("", "codes", "meaning", "such as"), rows, empty="")
    if dry_run:
        console().print(f"nothing is written: {name} would have {len(plan.rows)} rows")
    else:
        console().print(f"{name} has {len(plan.rows)} rows; running processes take it up when they start again")


@app.command("check", epilog="Example: hub codes check")
def check(mappings: Mappings = None, as_json: AsJson = False) -> None:
    """Checks every code list and tells what each holds; exits 1 when something is wrong."""
    from zoneinfo import ZoneInfo

    from hub.mapping.codes import list_facts, load_code_list
    from hub.mapping.errors import MappingError
    from hub.mapping.lint_codes import lint_code_lists
    from hub.mapping.paths import MAPPINGS

    root = mappings or MAPPINGS
    problems = lint_code_lists(root)
    today = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
    lists = []
    for name, facts in list_facts(root).items():
        try:
            codes = load_code_list(name, root)
        except MappingError:
            continue  # its problems are told already
        split = sum(len(row.successors) > 1 for row in codes.rows)
        latest = codes.changes[-1] if codes.changes else None
        lists.append((name, facts.coverage, len(codes.rows), len(codes.at(today)), split, latest))
    columns = ("list", "coverage", "rows", "in_force", "split", "latest_edition")
    if as_json:
        told = [{"file": each.file, "line": each.line, "rule": each.rule, "message": each.message} for each in problems]
        print_json({"lists": [dict(zip(columns, row, strict=True)) for row in lists], "problems": told})
    else:
        titles = ("list", "coverage", "rows", "in force", "split", "latest edition")
        print_table("Code lists", titles, lists, empty="no code list")
        for problem in problems:
            console().print(str(problem))
    if problems:
        raise Failed(f"{len(problems)} problem(s) in the code lists")


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Failed(f"--from: {text!r} is no day; write it as 2026-04-30") from None
