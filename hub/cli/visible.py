"""Makes text from elsewhere safe to show on a terminal."""

from __future__ import annotations

import re
from typing import TextIO

# C0 but for tab and newline, DEL, C1 (a terminal may obey each), and what turns the direction of writing.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

# Alone: a number in the middle of an id of ours (a UUID, a dossier's code) is nobody's.
_NUMBER = re.compile(r"(?<![\w-])(?:\d{9}|\d{12})(?![\w-])")


class Errors:
    """Standard error, on which no number of a person appears: an error quotes what it refuses, and that may be one."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Writes text, with nine and twelve digits covered."""
        return self._stream.write(_NUMBER.sub(lambda found: "•" * len(found.group()), text))

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def visible(text: str) -> str:
    """Shows what a terminal would obey instead of print as `�`: a value from outside never changes the screen."""
    return _OBEYED.sub("�", text)


def visible_json(text: str) -> str:
    """Writes the same characters of a JSON document as escapes, so that a program reads them unchanged."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
