"""Commands that move a feed: the same steps as the DAGs, without Airflow."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from hub.cli.failures import Failed
from hub.cli.terminal import AsJson, console, print_json, print_table, progress

Feed = Annotated[str, typer.Argument(help="The feed, such as population.citizens.")]
Instant = typer.Option(help="ISO 8601, such as 2026-11-01 or 2026-11-01T08:00+07:00.")


def register(app: typer.Typer) -> None:
    """Adds the commands to the tree."""
    app.command("run", epilog="Example: hub run population.citizens --since 2026-11-01")(run)
    app.command("reconcile", epilog="Example: hub reconcile population.citizens")(reconcile)
    app.command("report", epilog="Example: hub report 5f1c…")(report)
    app.command("retention", epilog="Example: hub retention")(retention)


def run(
    feed: Feed,
    since: Annotated[str | None, Instant] = None,
    until: Annotated[str | None, Instant] = None,
    scope: Annotated[str | None, typer.Option(help="known_subjects or all; empty: as configured.")] = None,
    as_json: AsJson = False,
) -> None:
    """Copies what changed: fetch, land, map, check, publish. With --since or --until it is a backfill."""
    from hub.pipeline.context import Context
    from hub.pipeline.run import run_feed
    from hub.settings import FeedScope, get_settings

    window = {"since": instant(since), "until": instant(until)}
    if scope is not None:
        settings = get_settings()
        if scope not in {each.value for each in FeedScope}:
            raise Failed(f"--scope is {' or '.join(FeedScope)}, not {scope!r}")
        settings.feeds[feed.replace(".", "_")] = settings.feed(feed).model_copy(update={"scope": FeedScope(scope)})
    with progress(feed) as say:
        outcome = run_feed(feed, Context.from_environment(say), **window)
    if as_json:
        print_json(asdict(outcome))
    else:
        for batch_id in outcome.published:
            console().print(f"published batch {batch_id}; `hub batch show {batch_id}` tells what became of its records")
        if not outcome.published and not outcome.parked:
            console().print(f"{feed}: nothing new")
    if outcome.parked:
        raise Failed(f"batch {outcome.parked} waits for a decision: `hub batch show|release|discard {outcome.parked}`")


def reconcile(feed: Feed, as_json: AsJson = False) -> None:
    """Compares counts and keys with the register; exits 1 when they differ beyond what waits in quarantine."""
    from hub.pipeline.context import Context
    from hub.pipeline.reconcile import reconcile as compare

    with progress(feed) as say:
        found = compare(feed, Context.from_environment(say))
    if as_json:
        print_json(asdict(found) | {"agrees": found.agrees})
    else:
        rows = [(name, value) for name, value in asdict(found).items() if isinstance(value, int)]
        print_table(f"{feed} as of {found.as_of:%Y-%m-%d %H:%M} UTC", ("count", "records"), rows, empty="")
    if not found.agrees:
        raise Failed(f"{feed}: the store and its source differ; run the feed again with --since to fill the gap")


def report(batch: Annotated[UUID, typer.Argument(help="The batch.")], as_json: AsJson = False) -> None:
    """Writes the validation report of a batch (Vietnamese and English) and its Data Docs."""
    from hub.pipeline.context import Context
    from hub.pipeline.reports import write_report

    with progress("report") as say:
        paths = {name: str(path) for name, path in write_report(batch, Context.from_environment(say)).items()}
    if as_json:
        print_json(paths)
    else:
        print_table("Reports", ("report", "file"), list(paths.items()), empty="")


def retention(as_json: AsJson = False) -> None:
    """Applies the retention periods: what is past its time goes, its keys first."""
    from hub.pipeline.context import Context
    from hub.pipeline.retention import apply_retention

    with progress("retention") as say:
        gone = apply_retention(Context.from_environment(say))
    if as_json:
        print_json(gone)
    else:
        print_table("Gone", ("what", "count"), list(gone.items()), empty="")


def instant(text: str | None) -> datetime | None:
    """Reads a point in time; one without a zone is UTC.

    Raises:
        Failed: it is none.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Failed(f"{text!r} is no time: write 2026-11-01 or 2026-11-01T08:00+07:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
