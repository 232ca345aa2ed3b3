"""Serves the lookup API: `python -m hub.api --port 8000 --workers 2`.

It is `uvicorn hub.api.app:create_app --factory` with bounded headers, which uvicorn's command line can't be told.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import uvicorn

CONNECTIONS = 512


def main(arguments: Sequence[str] | None = None) -> None:
    """Serves until it is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m hub.api", description="Serves the lookup API.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen at (default: 8000)")
    parser.add_argument("--workers", type=int, default=1, help="processes that serve (default: 1)")
    parser.add_argument(
        "--connections",
        type=int,
        default=CONNECTIONS,
        help=f"calls at once in a worker; more get a 503 ({CONNECTIONS})",
    )
    options = parser.parse_args(arguments)
    uvicorn.run(
        "hub.api.app:create_app",
        factory=True,
        host=options.host,
        port=options.port,
        workers=options.workers,
        loop="uvloop",
        http="hub.api.protocol:LimitedProtocol",
        ws="none",
        access_log=False,
        server_header=False,
        limit_concurrency=options.connections,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
