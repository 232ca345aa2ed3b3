"""The `hub` command. Each file here holds the commands of one story; what they do stands in the other rooms."""

from __future__ import annotations

import sys
from contextlib import redirect_stderr
from typing import TextIO, cast

from hub.cli.failures import tell
from hub.cli.visible import Errors


def main() -> None:
    """Runs the command line; a failure ends in one sentence and a non-zero exit, never in a traceback."""
    from hub.cli.app import app

    with redirect_stderr(cast(TextIO, Errors(sys.stderr))):
        try:
            app(prog_name="hub")
        except KeyboardInterrupt:
            sys.exit(130)
        except Exception as error:
            sys.exit(tell(error))
