"""Writes the settings of a sandbox: `hub.env`, which every hub process reads, and the secrets that it refers to."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.embedded import EmbeddedPostgres
from hub.launch.errors import LaunchError
from hub.launch.secret import METADATA, secrets_dir
from hub.settings import ROOT

_METADATA_VARIABLE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
_TWINS = ROOT / "sandbox_mocks"
_SECRET = re.compile(r"\{secret:([^}]+)\}")


@dataclass(frozen=True)
class Addresses:
    """Where the servers of one sandbox listen."""

    api: int
    airflow: int
    twin: int

    @property
    def api_url(self) -> str:
        """The lookup API."""
        return f"http://127.0.0.1:{self.api}"

    @property
    def airflow_url(self) -> str:
        """Airflow's pages and REST API."""
        return f"http://127.0.0.1:{self.airflow}"

    @property
    def twin_url(self) -> str:
        """The sandbox twin of the national systems."""
        return f"http://127.0.0.1:{self.twin}"


def write_private(path: Path, content: str) -> None:
    """Replaces a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
    draft.replace(path)


def databases(var: Path, port: int | None) -> dict[str, str]:
    """Returns the addresses of both databases: the embedded server's, or those of the caller's environment.

    Raises:
        LaunchError: the caller names a database for the hub but none for Airflow.
    """
    if port is not None:
        return EmbeddedPostgres(var, port=port).environment()
    if _METADATA_VARIABLE not in os.environ:
        raise LaunchError(
            f"HUB_DATABASE_URL names a PostgreSQL of your own, so Airflow needs one too: set {_METADATA_VARIABLE}"
        )
    names = ("HUB_DATABASE_URL", "HUB_DATABASE_URL_PIPELINE", "HUB_DATABASE_URL_API", "HUB_DATABASE_URL_RETENTION")
    return {name: os.environ[name] for name in (*names, _METADATA_VARIABLE) if name in os.environ}


def write_sandbox(var: Path, addresses: Addresses, urls: Mapping[str, str]) -> None:
    """Writes `hub.env` (0600) and the sandbox credentials, by which the hub finds its databases and the twin."""
    write_private(secrets_dir(var) / METADATA, urls[_METADATA_VARIABLE])
    values = {
        "HUB_ENVIRONMENT": "sandbox",
        "HUB_VAR_DIR": str(var),
        "HUB_API_URL": addresses.api_url,
        **{name: value for name, value in urls.items() if name.startswith("HUB_")},
    }
    for file in sorted(_TWINS.glob("*/hub.env")):
        values |= _of_twin(file, addresses.twin_url, var / "secrets")
    lines = ["# Written by the launcher at each start. Settings of your own belong in the environment.\n"]
    lines += [f"{name}={_quoted(name, value)}\n" for name, value in values.items()]
    write_private(var / "hub.env", "".join(lines))


def _of_twin(file: Path, url: str, folder: Path) -> dict[str, str]:
    """Reads how a twin is reached: settings, with its credentials in private files (worthless anywhere else)."""
    found: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        name, given, value = line.partition("=")
        if not given or line.startswith("#"):
            continue
        secret = folder / f"{file.parent.name}.{name.rpartition('__')[2].lower()}"
        if given_secret := _SECRET.search(value):
            write_private(secret, f"{given_secret[1]}\n")  # the newline says that the file is whole
        found[name] = _SECRET.sub(f"file:{secret}", value).replace("{twin}", url)
    return found


def _quoted(name: str, value: str) -> str:
    """Writes a value so that python-dotenv and a shell read it back unchanged.

    Raises:
        LaunchError: it holds what one of them could not read: a quote, a backslash or a line's end.
    """
    if set(value) & set("'\\\r\n\0"):
        raise LaunchError(f"{name} holds a quote, a backslash or a line's end: write it percent-encoded, or without")
    return f"'{value}'"
