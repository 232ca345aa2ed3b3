"""Commands about the secrets and certificates of registers; none of them shows a value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from hub.cli.failures import Failed
from hub.cli.terminal import AsJson, console, print_json, print_table, progress

if TYPE_CHECKING:
    from hub.store.secret_check import SecretReport

app = typer.Typer(help="Secrets and certificates of the registers: list, check.", no_args_is_help=True)


@app.command("list", epilog="Example: hub secrets list")
def list_secrets(as_json: AsJson = False) -> None:
    """Lists which setting refers to which secret, whether it is there and how old, and what ends when; no value."""
    report = _look()
    now = datetime.now(UTC)
    if as_json:
        print_json(
            {
                "secrets": [
                    {
                        "setting": each.setting,
                        "register": each.register,
                        "reference": each.reference,
                        "there": each.problem is None,
                        "problem": each.problem,
                        "changed": each.changed,
                    }
                    for each in report.secrets
                ],
                "expiries": [
                    {"register": each.register, "what": each.what, "day": each.day, "severity": each.severity}
                    for each in report.expiries
                ],
            }
        )
        return
    rows = [
        (each.setting, each.reference, f"{(now - each.changed).days} days" if each.changed else "", each.problem or "")
        for each in report.secrets
    ]
    print_table("Secrets", ("setting", "reference", "age", "problem"), rows, empty="no setting refers to a secret")
    ends = [(each.register, each.what, each.day or "", each.severity.value) for each in report.expiries]
    print_table("Ends", ("register", "what", "day", ""), ends, empty="nothing is known to end")


@app.command("check", epilog="Example: hub secrets check")
def check(as_json: AsJson = False) -> None:
    """Tries every reference and certificate; warns 30 days before an end, exits 1 within 7 or when one is broken."""
    report = _look()
    if as_json:
        print_json({"ill": report.ill, "warnings": report.warnings, "references": len(report.secrets)})
    else:
        for mark, texts in (("WARN", report.warnings), ("ILL", report.ill)):
            for text in texts:
                console().print(f"{mark} {text}")
    if report.ill:
        raise Failed(f"{len(report.ill)} secrets or certificates need somebody: see docs/secure.md")
    if not as_json:
        console().print(f"{len(report.secrets)} references give their secret")


def _look() -> SecretReport:
    from hub.settings import get_settings
    from hub.store.secret_check import check_secrets

    with progress("trying every reference"):
        return check_secrets(get_settings())
