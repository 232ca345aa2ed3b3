"""Turns what went wrong into one sentence for the person at the keyboard."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from types import TracebackType

# Not from hub.settings: that would load pydantic for `hub --help`.
_ROOT = Path(__file__).resolve().parents[2]
_OURS = tuple(f"{room}." for room in ("hub", "connectors", "schemas"))
DEBUG = "HUB_DEBUG"


class Failed(Exception):
    """A command can't do what it was asked; the message says why and what to do."""


def sentence(error: BaseException) -> str:
    """Returns what to tell about an error: our own words as they are, a library's error by its name alone.

    The message of a library may quote the value it stumbled over, and a value may be a person's.
    """
    kind = type(error)
    if kind.__module__.startswith(_OURS) or _raised_by_us(error.__traceback__):
        return str(error) or kind.__name__
    if kind.__name__ == "ValidationError" and hasattr(error, "errors"):
        places = ", ".join(
            f"{'.'.join(str(part) for part in each['loc'])} ({each['type']})"
            for each in error.errors(include_input=False)
        )
        return f"not valid: {places}; see docs/operate.md for the settings"
    if isinstance(error, FileNotFoundError | PermissionError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return (
        f"an unforeseen {kind.__module__}.{kind.__qualname__}; "
        f"run again with {DEBUG}=1 to see where (that output may hold values: do not pass it on)"
    )


def tell(error: BaseException) -> int:
    """Prints the sentence to standard error and returns the exit code."""
    if os.environ.get(DEBUG):
        traceback.print_exception(error)
    sys.stderr.write(f"hub: {sentence(error)}\n")
    return 1


def _raised_by_us(trace: TracebackType | None) -> bool:
    """Tells whether the error was raised in a file of this repository, not in a library that it called."""
    if trace is None:
        return False
    while trace.tb_next is not None:
        trace = trace.tb_next
    raised_in = trace.tb_frame.f_code.co_filename
    return any(raised_in.startswith(str(_ROOT / room) + os.sep) for room in ("hub", "connectors", "schemas"))
