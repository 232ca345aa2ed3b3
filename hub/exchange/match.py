"""Comparing claims with stored records: names at three levels, birth dates at the claimed precision."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

NameLevel = Literal["exact", "tones", "letters"]
"""How far two names had to be folded until they agreed: not at all (but for case and spaces), tone marks dropped, or
only base letters and digits left."""

_SPACES = re.compile(r"\s+")
_NO_LETTER = re.compile(r"[\W_]+")
_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0303\u0309\u0323"))
_MARKS = dict.fromkeys(code for code in range(0x0300, 0x0370))
# The d with stroke has no decomposition; the Icelandic eth is sent in its place by some systems.
_STROKES = str.maketrans("ĐÐ", "DD")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a caller says about a person; a part that the caller did not give is None."""

    personal_id: str | None = None
    former_id: str | None = None
    name: str | None = None
    birth_date: str | None = None

    @property
    def number(self) -> str | None:
        """The number that a record is sought under."""
        return self.personal_id

    def missing(self) -> list[str]:
        """Lists the parts without which a stored record is never released: a number alone proves nothing."""
        parts = {"subject.name": self.name, "subject.birth_date": self.birth_date}
        return [path for path, value in parts.items() if value is None]

    def agreement(self, record: Mapping[str, Any]) -> NameLevel | None:
        """Compares a complete claim with a canonical record; None unless name and birth date both agree."""
        if self.name is None or self.birth_date is None:
            return None
        if not birth_date_agrees(self.birth_date, record.get("birth_date", "")):
            return None
        return name_level(self.name, record.get("name.full", ""))

    def guess(self) -> str:
        """What is tried at the number: the same again is no new guess."""
        return f"claim\0{self.name}\0{self.birth_date}"


@dataclass(frozen=True, slots=True)
class EnterpriseClaim:
    """What a caller says about an enterprise, dependent unit or household business."""

    enterprise_code: str
    name: str | None = None

    @property
    def number(self) -> str:
        """The code that a record is sought under."""
        return self.enterprise_code

    def missing(self) -> list[str]:
        """Lists the parts without which a stored record is never released."""
        return ["enterprise.name"] if self.name is None else []

    def agreement(self, record: Mapping[str, Any]) -> NameLevel | None:
        """Compares a complete claim with a canonical record; None unless the names agree."""
        return None if self.name is None else name_level(self.name, record.get("name.full", ""))

    def guess(self) -> str:
        """What is tried at the code."""
        return f"enterprise\0{self.name}"


@dataclass(frozen=True, slots=True)
class Claims:
    """Whom a lookup is about: a person, an enterprise, or both."""

    person: Claim | None = None
    enterprise: EnterpriseClaim | None = None


def name_level(claimed: str, stored: str) -> NameLevel | None:
    """Finds the strictest level at which two names agree; None when they differ even in their base letters."""
    left, right = _upper(claimed), _upper(stored)
    letters = _letters(left)
    if not letters or letters != _letters(right):
        return None
    if left == right:
        return "exact"
    return "tones" if _drop(left, _TONES) == _drop(right, _TONES) else "letters"


def birth_date_agrees(claimed: str, stored: str) -> bool:
    """Tells whether a stored partial date, cut to the precision of the claimed one, is the same.

    A claim that is more precise than the register does not agree: the register can't confirm the day.
    """
    return stored == claimed or stored.startswith(claimed + "-")


def _upper(name: str) -> str:
    return unicodedata.normalize("NFC", _SPACES.sub(" ", name).strip().upper())


def _drop(name: str, marks: dict[int, None]) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).translate(marks))


def _letters(name: str) -> str:
    return _NO_LETTER.sub("", _drop(name.translate(_STROKES), _MARKS))
