"""Reading the rows of a code list from CSV, quickly enough that every worker may do it at its start."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from hub.mapping.errors import MappingError, Problem

COLUMNS = ("code", "meaning", "valid_from", "valid_to", "successors", "parent", "label_vi", "label_en")


class CodeRow(NamedTuple):
    """One code with its meaning during a span of days."""

    # A named tuple, since ten thousand of them are made at the start of each process.
    code: str
    meaning: str
    valid_from: date | None = None
    valid_to: date | None = None
    successors: tuple[str, ...] = ()
    parent: str = ""
    label_vi: str = ""
    label_en: str = ""

    def in_force(self, day: date) -> bool:
        """Whether the row holds on a day; both bounds are included."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a file, each with its line."""

    file: str
    rows: Sequence[CodeRow]
    lines: Sequence[int]


def read_sheet(path: Path) -> Sheet:
    """Reads the rows of a code list.

    Raises:
        MappingError: with file and line of every malformed row.
    """
    file = f"{path.parent.name}/{path.name}"
    try:
        text = path.read_text(encoding="utf-8-sig")  # spreadsheets put a mark before the first column
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError([Problem(file, 1, "file", f"can't be read: {type(error).__name__}")]) from error
    reader = csv.reader(io.StringIO(text, newline=""))
    if tuple(next(reader, ())) != COLUMNS:
        raise MappingError([Problem(file, 1, "columns", f"the columns must be {', '.join(COLUMNS)}")])
    rows: list[CodeRow] = []
    lines: list[int] = []
    problems: list[Problem] = []
    for cells in reader:
        try:
            rows.append(_row(cells))
            lines.append(reader.line_num)
        except ValueError as error:
            problems.append(Problem(file, reader.line_num, "row", f"is no row of a code list: {error}"))
    if problems:
        raise MappingError(problems)
    return Sheet(file, rows, lines)


def _row(cells: list[str]) -> CodeRow:
    if len(cells) != len(COLUMNS):
        raise ValueError(f"it has not {len(COLUMNS)} cells")
    code, meaning, first, last, successors, parent, label_vi, label_en = cells
    if not code:
        raise ValueError("the code is empty")
    since, until = _day(first), _day(last)
    if since and until and since > until:
        raise ValueError("valid_from is after valid_to")
    after = tuple(successors.split("|")) if successors else ()
    return CodeRow(code, meaning, since, until, after, parent, label_vi, label_en)


@lru_cache(maxsize=1024)
def _day(cell: str) -> date | None:
    return date.fromisoformat(cell) if cell else None
