"""The command that tells what is ill, and what to do about it."""

from __future__ import annotations

import typer

from hub.cli.failures import Failed
from hub.cli.terminal import AsJson, print_json, print_table


def register(app: typer.Typer) -> None:
    """Adds the command to the tree."""
    app.command("doctor", epilog="Example: hub doctor --json")(doctor)


def doctor(as_json: AsJson = False) -> None:
    """Checks settings, keys, secrets, database, feeds and servers; exits 1 when something is ill."""
    from hub.diagnosis import examine

    found = examine()
    if as_json:
        print_json([{"check": each.name, "ok": each.ok, "warns": each.warns, "said": each.said} for each in found])
    else:
        rows = [(each.name, "ILL" if not each.ok else "WARN" if each.warns else "ok", each.said) for each in found]
        print_table("Health", ("check", "", ""), rows, empty="")
    ill = [each.name for each in found if not each.ok]
    if ill:
        raise Failed(f"{len(ill)} of {len(found)} checks are ill: {', '.join(ill)}")
