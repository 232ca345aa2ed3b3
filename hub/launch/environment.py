"""The environment of every process that the launcher starts."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from hub.settings import ROOT

# Variables of the caller that would lead a child out of this repository or against another installation.
_DROPPED = ("PYTHONPATH", "PYTHONHOME", "AIRFLOW_CONFIG")


def folders(var: Path) -> dict[str, str]:
    """Returns the variables that keep caches, configuration and temporary files below `var`."""
    home = var / "home"
    return {
        "HOME": str(home),
        "TMPDIR": str(var / "tmp"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
    }


def prepare(var: Path) -> None:
    """Makes the folders that the servers expect, readable by their owner alone."""
    for folder in (var, var / "home", var / "tmp", var / "logs", var / "reports", var / "airflow" / "logs"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    passwords = var / "airflow" / "passwords.json"
    # Airflow fills this file in with the umask's rights, so it must exist with the right ones before.
    os.close(os.open(passwords, os.O_WRONLY | os.O_CREAT, 0o600))


def base(var: Path, caller: Mapping[str, str] | None = None) -> dict[str, str]:
    """Returns the environment of the hub's own processes: they find all settings in `hub.env` below `var`."""
    given = dict(os.environ if caller is None else caller)
    kept = {name: value for name, value in given.items() if name not in _DROPPED}
    return (
        kept
        | folders(var)
        | {
            "HUB_VAR_DIR": str(var),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{given.get('PATH', os.defpath)}",
            "PYTHONUNBUFFERED": "1",
            "GX_ANALYTICS_ENABLED": "false",
            "NO_COLOR": "1",
        }
    )


def airflow(var: Path, port: int, caller: Mapping[str, str] | None = None) -> dict[str, str]:
    """Returns the environment of Airflow's processes: `airflow.cfg` at the root, and what differs on this machine."""
    state = var / "airflow"
    return base(var, caller) | {
        "AIRFLOW_HOME": str(ROOT),
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(state / "logs"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(state / "logs" / "dag_processor"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(state / "passwords.json"),
    }
