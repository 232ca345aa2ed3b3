"""Empties a sandbox, so that a demonstration begins with nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

from hub.launch.errors import LaunchError

_STATE = ("postgres", "postgres.new", "secrets", "keys", "landed", "reports", "airflow", "logs", "demo")
_FILES = ("hub.env", "country.json", "servers.json", "postgres.lock")


def empty(var: Path) -> bool:
    """Deletes the state of a sandbox below `var` and returns whether there was any; the caller holds the lock.

    Raises:
        LaunchError: what lies there is not a sandbox.
    """
    settings = var / "hub.env"
    if settings.exists() and "HUB_ENVIRONMENT='sandbox'" not in settings.read_text():
        raise LaunchError(f"{settings} is not of a sandbox, so nothing in {var} is deleted: give another HUB_VAR_DIR")
    found = False
    for name in _STATE:
        if (var / name).exists():
            found = True
            shutil.rmtree(var / name)
    for name in _FILES:
        (var / name).unlink(missing_ok=True)
    return found
