"""A PostgreSQL on a disk of its own that a test may fill: a tmpfs that only this process and its server see.

Runs inside `unshare --user --map-root-user --mount`, which needs no rights. Arguments: the folder, and its size in MB.
Reads one word a line from standard input: `start` starts the server and prints {"url": of its administrator,
"passwords": by role}; `fill` takes all free space and `free` gives it back, each answered with {"free": bytes}.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from hub.embedded import EmbeddedPostgres
from hub.settings import Role


def main() -> None:
    """Obeys one command after another until the input ends, then stops the server."""
    folder, size = Path(sys.argv[1]), sys.argv[2]
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}m", "tmpfs", folder], check=True)
    postgres = EmbeddedPostgres(folder, durable=False)
    ballast = folder / "ballast"
    for line in sys.stdin:
        answer: dict[str, object]
        if line.strip() == "start":
            postgres.start()
            passwords = {role.value: urlsplit(postgres.url(role)).password for role in Role}
            answer = {"url": postgres.admin_url(), "passwords": passwords}
        else:
            if line.strip() == "fill":
                with ballast.open("wb") as file:
                    os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(folder).free)
            else:
                ballast.unlink(missing_ok=True)
            answer = {"free": shutil.disk_usage(folder).free}
        print(json.dumps(answer), flush=True)  # noqa: T201
    postgres.stop()


if __name__ == "__main__":
    main()
