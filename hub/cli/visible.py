"""Makes text from elsewhere safe to show on a terminal."""

from __future__ import annotations

import re

# C0 but for tab and newline, DEL, C1 (a terminal may obey each), and what turns the direction of writing.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Shows what a terminal would obey instead of print as `�`: a value from outside never changes the screen."""
    return _OBEYED.sub("�", text)


def visible_json(text: str) -> str:
    """Writes the same characters of a JSON document as escapes, so that a program reads them unchanged."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
