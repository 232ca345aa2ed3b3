"""Commands about alerts: look for them and tell them, list them, test the channels."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

import typer

from hub.cli.failures import Failed
from hub.cli.terminal import AsJson, console, print_json, print_table, progress

app = typer.Typer(help="What is wrong with registers and feeds, and who is told.", no_args_is_help=True)


@app.command("check", epilog="Example: hub alerts check")
def check(as_json: AsJson = False) -> None:
    """Looks what is wrong now, and tells each channel what began, goes on or ended; exits 1 when one fails."""
    from hub.alerts.channels import channels
    from hub.alerts.round import check as run_round
    from hub.settings import get_settings

    settings = get_settings()
    with progress("alerts"):
        outcome = run_round(settings)
    if as_json:
        print_json(asdict(outcome))
    else:
        console().print(f"{outcome.open} alerts are open; `hub alerts list` shows them")
        for channel, count in outcome.told.items():
            console().print(f"{channel}: told of {count}")
        if not channels(settings):
            console().print("no channel is configured, so nobody is told: see docs/operate.md")
    if outcome.failed:
        raise Failed("; ".join(f"{channel}: {why}" for channel, why in outcome.failed.items()))


@app.command("list", epilog="Example: hub alerts list --limit 50")
def list_alerts(
    limit: Annotated[int, typer.Option(help="At most so many; open ones come first.")] = 20, as_json: AsJson = False
) -> None:
    """Shows the alerts that are open, then those that have ended lately."""
    from hub.alerts.conditions import CONDITIONS, fill
    from hub.settings import Role, get_settings
    from hub.store.alerts import recent_alerts
    from hub.store.engine import connect

    with connect(get_settings(), Role.PIPELINE) as conn:
        found = recent_alerts(conn, limit)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    rows = []
    for each in found:
        condition = CONDITIONS.get(each.condition)
        words = fill(condition, "en", each.about, each.facts) if condition else None
        rows.append(
            (
                each.severity if each.ended_at is None else "ended",
                f"{each.began_at:%Y-%m-%d %H:%M}",
                f"{each.ended_at:%Y-%m-%d %H:%M}" if each.ended_at else "",
                words.what if words else f"{each.condition}: {each.about}",
                words.do if words and each.ended_at is None else "",
            )
        )
    print_table("Alerts", ("", "began (UTC)", "ended", "what", "what to do"), rows, empty="no alerts")


@app.command("test", epilog="Example: hub alerts test")
def test() -> None:
    """Sends a test message by each configured channel; exits 1 when one fails or none is configured."""
    from hub.alerts.channels import channels, deliver
    from hub.alerts.conditions import HUB_TEST
    from hub.alerts.message import Message
    from hub.alerts.round import hub_name
    from hub.settings import get_settings
    from hub.store.alerts import Alert, Due

    settings, now = get_settings(), datetime.now(UTC)
    ways = channels(settings)
    if not ways:
        raise Failed("no channel is configured: set HUB_ALERTS__WEBHOOK_URL or HUB_ALERTS__EMAIL_TO")
    alert = Alert(uuid4(), HUB_TEST.id, "hub", HUB_TEST.severity, {}, now, None)
    failed = []
    with progress("alerts"):
        for way in ways:
            if why := deliver(way, Message(way.name, now, hub_name(settings), (Due(alert, "began", now),))):
                failed.append(f"{way.name}: {why}")
            else:
                console().print(f"{way.name}: taken")
    if failed:
        raise Failed("; ".join(failed))
