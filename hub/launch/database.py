"""Runs the embedded PostgreSQL until it is told to stop: `python -m hub.launch.database VAR READY_FILE`.

A process of its own, so that a guard stops the server in order even when the launcher is gone.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from hub.embedded import EmbeddedPostgres, EmbeddedRefused


def main() -> int:
    """Starts the server, writes its port to the ready file, and waits for SIGTERM."""
    var, ready = Path(sys.argv[1]), Path(sys.argv[2])
    # Blocked from the start: a signal that comes during start-up waits until the server can be stopped in order.
    stopping = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stopping)
    server = EmbeddedPostgres(var)
    try:
        server.start()
    except EmbeddedRefused as error:
        sys.stderr.write(f"{error}\n")
        return 1
    draft = ready.with_suffix(".draft")
    draft.write_text(json.dumps({"port": server.port, "process": os.getpid()}))
    draft.replace(ready)
    signal.sigwait(stopping)
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
