"""Prints one of Airflow's secrets, made on first use: `python -m hub.launch.secret jwt`.

`airflow.cfg` names this as its `…_cmd`, so no secret stands in the repository and every process reads the same one.
Airflow asks often, so this imports the standard library alone.
"""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import sys
from pathlib import Path

# Bytes of each key. HS512 wants 64 or more; a Fernet key is 32 by definition.
SIZES = {"jwt": 64, "api": 32, "fernet": 32}
METADATA = "metadata"


def secrets_dir(var: Path) -> Path:
    """Returns the folder of Airflow's secrets below a `var` folder."""
    return var / "airflow" / "secrets"


def write_once(path: Path, content: str) -> str:
    """Creates a secret file (0600) unless it exists, and returns what it holds: one winner among racing processes."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link either appears whole or not at all, so nobody ever reads half a key.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    return path.read_text()


def read(name: str, var: Path) -> str:
    """Returns the secret `name`: a key, made when it is asked for first, or the address of Airflow's metadata.

    Raises:
        LookupError: there is no such secret, or the launcher has not written it yet.
    """
    path = secrets_dir(var) / name
    if path.is_file():
        return path.read_text()
    if name in SIZES:
        return write_once(path, base64.urlsafe_b64encode(secrets.token_bytes(SIZES[name])).decode())
    if name == METADATA:
        raise LookupError(f"{path} does not exist: `hub up` writes it; or set AIRFLOW__DATABASE__SQL_ALCHEMY_CONN")
    raise LookupError(f"there is no secret named {name!r}; known are {', '.join([*SIZES, METADATA])}")


def main() -> int:
    """Prints the secret named on the command line, without a newline."""
    var = Path(os.environ.get("HUB_VAR_DIR") or Path(__file__).resolve().parents[2] / "var")
    try:
        sys.stdout.write(read(sys.argv[1] if len(sys.argv) > 1 else "", var))
    except (LookupError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
