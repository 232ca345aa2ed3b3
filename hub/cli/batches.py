"""Commands about batches: what came, what became of it, and what to do with one that waits."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

import typer

from hub.cli.failures import Failed
from hub.cli.terminal import AsJson, By, Reason, console, print_json, print_table

app = typer.Typer(help="Batches: list, show, release, discard.", no_args_is_help=True)
BatchId = Annotated[UUID, typer.Argument(help="The batch; `hub batch list` shows them.")]


@app.command("list", epilog="Example: hub batch list --feed population.citizens")
def list_batches(
    feed: Annotated[str | None, typer.Option(help="Only this feed.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    as_json: AsJson = False,
) -> None:
    """Lists the newest batches with their state and ledger."""
    from hub.store.batches import ledger_of, recent_batches

    with _connect() as conn:
        found = [(batch, ledger_of(conn, batch.batch_id)) for batch in recent_batches(conn, feed, limit)]
    if as_json:
        print_json([_public(batch) | {"ledger": ledger} for batch, ledger in found])
        return
    rows = [
        (batch.batch_id, batch.feed, batch.state, f"{batch.until:%Y-%m-%d %H:%M}", *_ledger(ledger, batch.counts))
        for batch, ledger in found
    ]
    columns = ("batch", "feed", "state", "until (UTC)", "fetched", "published", "quarantined", "other")
    print_table("Batches", columns, rows, empty="no batch yet: `hub run FEED` makes one")


@app.command("show", epilog="Example: hub batch show 5f1c…")
def show(batch: BatchId, as_json: AsJson = False) -> None:
    """Shows one batch: window, ground, versions, ledger and what each rule found."""
    from hub.store.batches import ledger_of, load_batch

    with _connect() as conn:
        found, ledger = load_batch(conn, batch), ledger_of(conn, batch)
        rules = conn.execute(
            "select rule_id, field, stage, severity, records from hub.rule_result where batch_id = %s"
            " order by records desc, rule_id",
            (batch,),
        ).fetchall()
    if as_json:
        names = ("rule", "field", "stage", "severity", "records")
        print_json(_public(found) | {"ledger": ledger, "rules": [dict(zip(names, row, strict=True)) for row in rules]})
        return
    about = [(name, value) for name, value in _public(found).items() if value is not None and name != "counts"]
    print_table(f"Batch {batch}", ("", ""), about, empty="")
    print_table("Ledger", ("", "records"), list((ledger or {}).items()), empty="no ledger: it is not published")
    print_table("Rules", ("rule", "field", "stage", "severity", "records"), rows=rules, empty="no rule found anything")


@app.command("release", epilog='Example: hub batch release 5f1c… --by lan.nt --reason "the ministry announced it"')
def release(batch: BatchId, by: By, reason: Reason) -> None:
    """Lets a parked batch be published, and publishes it."""
    from hub.pipeline.publish import publish

    feed = _decide(batch, "release", by, reason)
    done = publish(feed, _context())
    console().print(f"published {', '.join(done.published) or 'nothing'}")
    if done.parked:
        raise Failed(f"batch {done.parked} waits for a decision next")


@app.command("discard", epilog='Example: hub batch discard 5f1c… --by lan.nt --reason "the source sent half"')
def discard(batch: BatchId, by: By, reason: Reason) -> None:
    """Drops an unpublished batch; the next run fetches its window again."""
    feed = _decide(batch, "discard", by, reason)
    console().print(f"batch {batch} is discarded; the next run of {feed} fetches its window again")


def _decide(batch: UUID, decision: str, by: str, reason: str) -> str:
    from hub.pipeline.decisions import decide
    from hub.store.batches import load_batch

    context = _context()
    decide(batch, decision, by, reason, context)
    with context.connect() as conn:
        return load_batch(conn, batch).feed


def _context() -> Any:
    from hub.pipeline.context import Context

    return Context.from_environment()


def _connect() -> Any:
    from hub.settings import Role, get_settings
    from hub.store.engine import connect

    return connect(get_settings(), Role.PIPELINE)


def _public(batch: Any) -> dict[str, Any]:
    """Returns what may be shown of a batch: all but its key."""
    hidden = {"wrapped_key", "master_version"}
    return {name: value for name, value in asdict(batch).items() if name not in hidden}


def _ledger(ledger: dict[str, int] | None, counts: dict[str, Any]) -> tuple[object, ...]:
    if ledger is None:
        return (counts.get("landed"), None, None, None)
    other = ", ".join(
        f"{name} {ledger[name]}" for name in ("unchanged", "superseded", "duplicate", "filtered") if ledger[name]
    )
    return (ledger["fetched"], ledger["published"], ledger["quarantined"], other)
