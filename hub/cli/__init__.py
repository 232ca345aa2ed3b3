"""The `hub` command. Each file here holds the commands of one story; what they do stands in the other rooms."""

from __future__ import annotations

import sys

from hub.cli.failures import tell


def main() -> None:
    """Runs the command line; a failure ends in one sentence and a non-zero exit, never in a traceback."""
    from hub.cli.app import app

    try:
        app(prog_name="hub")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        sys.exit(tell(error))
