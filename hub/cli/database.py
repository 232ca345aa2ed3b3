"""Commands about the hub's database."""

from __future__ import annotations

import typer

from hub.cli.terminal import AsJson, console, print_json, progress

app = typer.Typer(help="Database: upgrade, status.", no_args_is_help=True)


@app.command("upgrade", epilog="Example: hub db upgrade")
def upgrade(as_json: AsJson = False) -> None:
    """Brings the database to the newest revision: tables, partitions, rights. Safe to repeat."""
    from hub.settings import get_settings
    from hub.store import migrate

    with progress("migrating"):
        revision = migrate.upgrade(get_settings())
    _tell({"revision": revision, "newest": revision}, as_json)


@app.command("status", epilog="Example: hub db status --json")
def status(as_json: AsJson = False) -> None:
    """Tells the revision of the database; exits 1 when it is not the newest."""
    from hub.cli.failures import Failed
    from hub.settings import get_settings
    from hub.store import migrate

    found = {"revision": migrate.current(get_settings()), "newest": migrate.newest()}
    _tell(found, as_json)
    if found["revision"] != found["newest"]:
        raise Failed("the database is not at the newest revision: run `hub db upgrade`")


def _tell(found: dict[str, str | None], as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        console().print(f"database revision {found['revision']} (newest {found['newest']})")
