"""What can be wrong with a mapping, a code list or a procedure file.

    MappingError            the file can't be used; says file, line and what to write instead
      UnknownName           a mapping, code list or procedure of that name does not exist

A record that does not fit is no error: the compiled mapping returns it with its refusals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file under `mappings/`."""

    file: str
    line: int
    rule: str
    message: str
    blocks: bool = True
    """Whether the file can't be used at all; otherwise it is merely not fit to be merged."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message} [{self.rule}]"


class MappingError(Exception):
    """A file under `mappings/` can't be used; carries every problem that was found in it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


class UnknownName(MappingError):
    """No mapping, code list or procedure has the name that was asked for."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Completes a message with the known word that was probably meant, or with nothing."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""
