"""Turns what went wrong into one sentence for the person at the keyboard."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import Any

from hub.cli.visible import visible

# Not from hub.settings: that would load pydantic for `hub --help`.
_ROOT = Path(__file__).resolve().parents[2]
_OURS = ("hub", "connectors", "schemas", "sandbox_mocks")
DEBUG = "HUB_DEBUG"

_FULL = "the database has no room left: free space on its disk, then run this again; what was not finished was undone"
_AWAY = "the database broke the connection: see that it runs (`hub doctor`), then run this again"
_OLD = "the database is not as this version of the hub needs it: run `hub db upgrade`"
_BUSY = "the database was too busy with others' work on the same rows: run this again"
_DATABASE = {
    "DiskFull": _FULL,
    "DiskFullError": _FULL,
    "DeadlockDetected": _BUSY,
    "LockNotAvailable": _BUSY,
    "QueryCanceled": _BUSY,
    "OperationalError": _AWAY,
    "PostgresConnectionError": _AWAY,
    "UndefinedTable": _OLD,
    "UndefinedColumn": _OLD,
    "InsufficientPrivilege": _OLD,
}
"""What the errors of both database drivers mean here, the nearest class first; their own texts may quote a row."""


_OWN_TYPES = ("secret_reference", "address_with_secret", "certificate_without_key", "certificate_without_tls")
"""Kinds of pydantic's errors whose text is ours (`connectors/secret_reference.py`) and repeats nothing."""


class Failed(Exception):
    """A command can't do what it was asked; the message says why and what to do."""


def sentence(error: BaseException) -> str:
    """Returns what to tell about an error: our own words as they are, anybody else's error by its name and place alone.

    The message of a library, or of Python itself, may quote the value it stumbled over, and a value may be a person's.
    """
    kind = type(error)
    package = kind.__module__.partition(".")[0]
    if package in _OURS:
        return str(error) or kind.__name__
    origin = getattr(error, "orig", None)
    if package == "sqlalchemy" and isinstance(origin, BaseException):
        return sentence(origin)
    if package in ("psycopg", "asyncpg"):
        for each in kind.__mro__:
            if each.__name__ in _DATABASE:
                return _DATABASE[each.__name__]
    if kind.__name__ == "ValidationError" and hasattr(error, "errors"):
        places = ", ".join(
            f"{'.'.join(str(part) for part in each['loc'])} ({_reason(each)})"
            for each in error.errors(include_input=False)
        )
        return f"not valid: {places}; see docs/reference/settings.md for the settings"
    if isinstance(error, FileNotFoundError | PermissionError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, SyntaxError) and (file := _in_repository(error.filename)):
        # Of the program itself, so that no record is quoted; the frames would only name who imported it.
        return f"{file}:{error.lineno}: {error.msg}: this file is no Python, mend it"
    return (
        f"an unforeseen {kind.__module__}.{kind.__qualname__} {_where(error)}; "
        f"run again with {DEBUG}=1 to see more (that output may hold values: do not pass it on)"
    )


def _reason(problem: Any) -> str:
    return str(problem["msg"] if problem["type"] in _OWN_TYPES else problem["type"])


def tell(error: BaseException) -> int:
    """Prints the sentence to standard error and returns the exit code."""
    if os.environ.get(DEBUG):
        traceback.print_exception(error)
    sys.stderr.write(f"hub: {visible(sentence(error))}\n")
    return 1


def _in_repository(file: str | None) -> Path | None:
    """Returns where one of our own source files lies in this repository; None for any other."""
    if not file or not (path := Path(file).resolve()).is_relative_to(_ROOT) or not path.is_file():
        return None
    return path.relative_to(_ROOT)


def _where(error: BaseException) -> str:
    """Names the innermost line of this repository that the error passed."""
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        file = Path(frame.f_code.co_filename)
        if any(file.is_relative_to(_ROOT / package) for package in _OURS):
            return f"at {file.relative_to(_ROOT)}:{line}"
    return "outside of the hub"
