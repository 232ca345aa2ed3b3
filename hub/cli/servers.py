"""Commands that start servers: the whole hub, a demonstration of it, or the twin alone."""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from hub.cli.failures import Failed
from hub.cli.terminal import console

Seed = Annotated[int, typer.Option(min=0, help="Which invented country the twin plays.")]
People = Annotated[int, typer.Option(min=100, help="How many people live in it.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the tree."""
    app.command("up", epilog="Example: hub up")(up)
    app.command("demo", epilog="Example: hub demo --seed 7")(demo)
    app.command("sandbox", epilog="Example: hub sandbox --port 8090 --seed 7")(sandbox)


def up(seed: Seed = 1, people: People = 2000) -> None:
    """Starts everything in HUB_VAR_DIR, keeps what is there, and stays until Ctrl-C or SIGTERM."""
    from hub.launch.stack import Stack

    _stop_on_signals()
    try:
        with Stack(_var(), seed=seed, people=people, say=_say) as stack:
            stack.start()
            _where(stack)
            stack.watch()
    except KeyboardInterrupt:
        _say("stopped")


def demo(
    seed: Seed = 1,
    people: People = 2000,
    stay: Annotated[bool, typer.Option("--stay", help="Keep everything running afterwards.")] = False,
) -> None:
    """Plays the whole story in an empty sandbox, checks every value against the twin's truth, and tells about it."""
    from hub.demo.play import play
    from hub.demo.tell import tell
    from hub.launch import reset
    from hub.launch.stack import Stack

    if "HUB_DATABASE_URL" in os.environ:
        raise Failed("a demonstration empties its database: unset HUB_DATABASE_URL, so that it runs on its own")
    _stop_on_signals()
    with Stack(_var(), seed=seed, people=people, say=_say) as stack:
        if reset.empty(stack.var):
            _say(f"emptied the sandbox in {stack.var}")
        stack.start()
        account = play(stack.var, stack.addresses, _say)
        tell(account, console(), today=datetime.now(UTC).date())
        if stay:
            _where(stack)
            try:
                stack.watch()
            except KeyboardInterrupt:
                _say("stopped")


def sandbox(
    port: Annotated[int, typer.Option(help="Port on loopback; 0 takes a free one.")] = 8090,
    seed: Seed = 1,
    people: People = 2000,
) -> None:
    """Starts only the twin of the national systems."""
    command = [sys.executable, "-m", "sandbox_mocks", "--port", str(port), "--seed", str(seed), "--people", str(people)]
    os.execv(sys.executable, command)  # noqa: S606 - our own module, no shell


def _var() -> Path:
    from hub.settings import ROOT

    # Not from the settings: those of the last start stand in that folder and are about to be replaced.
    return Path(os.environ.get("HUB_VAR_DIR") or ROOT / "var")


def _say(text: str) -> None:
    console().print(Text.assemble(("·", "dim"), " ", text))


def _where(stack: Any) -> None:
    """Prints where to look while the servers run."""
    addresses, out = stack.addresses, console()
    out.print()
    out.print(f"  Airflow      {addresses.airflow_url}  (users admin, steward, auditor)")
    out.print(f"  reports      {addresses.airflow_url}/hub/reports/")
    out.print(f"  lookup API   {addresses.api_url}/docs")
    out.print(f"  twin         {addresses.twin_url}/qldc/population?wsdl")
    out.print(f"  passwords    {stack.var}/airflow/passwords.json")
    out.print(f"  logs         {stack.var}/logs/")
    out.print("  Ctrl-C stops everything.")


def _stop_on_signals() -> None:
    """Makes SIGTERM and a closed terminal end the command in order, as Ctrl-C does."""

    def stop(*_: object) -> None:
        # Once: what comes after must not interrupt the stopping.
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
