"""Commands about quarantined records: which, why, and what a steward decides."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.text import Text

from hub.cli.failures import Failed
from hub.cli.terminal import AsJson, By, Reason, console, print_json, print_table

app = typer.Typer(help="Quarantine: list, show, release, discard.", no_args_is_help=True)
EntryId = Annotated[UUID, typer.Argument(help="The entry; `hub quarantine list` shows them.")]


@app.command("list", epilog="Example: hub quarantine list --rule conflict.number_gender")
def list_entries(
    feed: Annotated[str | None, typer.Option(help="Only this feed.")] = None,
    batch: Annotated[UUID | None, typer.Option(help="Only this batch.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only this rule.")] = None,
    status: Annotated[str, typer.Option(help="open, released, discarded, … or all.")] = "open",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    as_json: AsJson = False,
) -> None:
    """Lists quarantined records by rule and field; no value of a record is shown."""
    from hub.store import quarantine

    with _connect() as conn:
        wanted = None if status == "all" else status
        found = quarantine.list_entries(conn, feed=feed, batch_id=batch, rule_id=rule, status=wanted, limit=limit)
    if as_json:
        print_json([asdict(entry) for entry in found])
        return
    rows = [
        (entry.entry_id, entry.rule_id, entry.field, entry.stage, entry.severity, entry.status, entry.due_on)
        for entry in found
    ]
    columns = ("entry", "rule", "field", "stage", "severity", "status", "due on")
    print_table("Quarantine", columns, rows, empty="nothing is in quarantine")


@app.command("show", epilog="Example: hub quarantine show 91ab…  ·  with values: … --values --by lan.nt")
def show(
    entry: EntryId,
    values: Annotated[bool, typer.Option("--values", help="Open the record; the access is logged.")] = False,
    by: Annotated[str, typer.Option(envvar="HUB_STEWARD", help="Who looks; needed with --values.")] = "",
    as_json: AsJson = False,
) -> None:
    """Shows why a record was refused; its values only when asked, and then with an entry in the exchange log."""
    from hub.quality.rules import RULES
    from hub.store import quarantine

    with _connect() as conn:
        found = quarantine.load_entry(conn, entry)  # so that no access to what does not exist is logged
        shown: dict[str, Any] = asdict(found)
        if values:
            shown["wire"], shown["canonical"] = _open(conn, entry, by)
    if as_json:
        print_json(shown)
        return
    simple = [
        (name, value) for name, value in shown.items() if not isinstance(value, dict | list) and value is not None
    ]
    print_table(f"Entry {entry}", ("", ""), simple, empty="")
    for finding in found.findings:
        console().print(Text.assemble((finding["rule"], "bold"), " ", finding["field"]))
        rule = RULES.get(finding["rule"])  # an entry may be older than the rules of today
        for told in (rule.vi, rule.en) if rule else ():
            console().print(f"  {told.what} → {told.next}")
    if values and shown["canonical"]:
        print_table("Canonical record", ("attribute", "value"), sorted(shown["canonical"].items()), empty="")


@app.command("release", epilog='Example: hub quarantine release 91ab… --by lan.nt --reason "checked with the commune"')
def release(entry: EntryId, by: By, reason: Reason, as_json: AsJson = False) -> None:
    """Publishes a refused record on a steward's word; a newer record is never overwritten."""
    from hub.pipeline.context import Context
    from hub.pipeline.decisions import release_entry

    done = release_entry(entry, by, reason, Context.from_environment())
    if as_json:
        print_json(asdict(done))
    else:
        console().print(f"entry {entry}: {done.outcome}")


@app.command("discard", epilog='Example: hub quarantine discard 91ab… --by lan.nt --reason "the source withdrew it"')
def discard(entry: EntryId, by: By, reason: Reason) -> None:
    """Closes a refused record that is not to be published."""
    from hub.pipeline.context import Context
    from hub.pipeline.decisions import discard_entry

    discard_entry(entry, by, reason, Context.from_environment())
    console().print(f"entry {entry}: discarded")


def _open(conn: Any, entry: UUID, by: str) -> tuple[str, dict[str, str] | None]:
    from hub.settings import get_settings
    from hub.store import administration, quarantine
    from hub.trust.keys import KeyRing

    if not by:
        raise Failed("who looks? give --by (or HUB_STEWARD): the access is written into the exchange log")
    administration.log_steward(conn, exchange_id=entry, officer=by, outcome="quarantine_read", legal_basis=None)
    conn.commit()  # the entry stands before anything is shown
    wire, canonical = quarantine.open_documents(conn, KeyRing.load(get_settings()), entry)
    return wire.decode(errors="replace"), canonical


def _connect() -> Any:
    from hub.settings import Role, get_settings
    from hub.store.engine import connect

    return connect(get_settings(), Role.PIPELINE)
