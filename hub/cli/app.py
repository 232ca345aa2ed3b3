"""The tree of commands. Commands import what they need when they run, so that `hub --help` answers at once."""

from __future__ import annotations

import typer

from hub.cli import (
    alerts,
    batches,
    codes,
    connectors,
    consumers,
    database,
    doctor,
    feeds,
    keys,
    lookup,
    mapping,
    new,
    quarantine,
    secrets,
    servers,
)

app = typer.Typer(
    name="hub",
    help="Lienthong: national registers in, pre-filled dossiers out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)

for group, name in (
    (batches.app, "batch"),
    (quarantine.app, "quarantine"),
    (mapping.app, "mapping"),
    (codes.app, "codes"),
    (new.app, "new"),
    (connectors.app, "connector"),
    (consumers.app, "consumer"),
    (keys.app, "keys"),
    (secrets.app, "secrets"),
    (database.app, "db"),
    (alerts.app, "alerts"),
):
    app.add_typer(group, name=name)

for room in (servers, doctor, feeds, lookup):
    room.register(app)
