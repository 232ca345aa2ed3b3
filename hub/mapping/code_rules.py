"""Lint rules about code lists: each code has one meaning on each day, and what ends names what took over."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Container, Iterator
from datetime import date, timedelta
from itertools import pairwise

from hub.mapping.code_sheet import CodeRow, Sheet
from hub.mapping.errors import Problem
from hub.mapping.rule import Rule

InForce = Callable[[date], Container[str]]
"""Returns the codes in force on a day."""

DAY = timedelta(days=1)


class CodeRule(Rule):
    """One demand on a code list."""

    def __init__(self, sheet: Sheet, after: InForce | None = None) -> None:
        self.sheet = sheet
        self.after = after
        """The list in which successors stand; without it they aren't looked up."""

    def at(self, index: int, **values: object) -> Problem:
        """Tells the problem of a row."""
        return self.told(self.sheet.file, self.sheet.lines[index], **values)

    def editions(self) -> Iterator[list[tuple[int, CodeRow]]]:
        """Yields the rows, with their places, of every code that has several, in the order of their days."""
        by_code: dict[str, list[tuple[int, CodeRow]]] = defaultdict(list)
        for index, row in enumerate(self.sheet.rows):
            by_code[row.code].append((index, row))
        for rows in by_code.values():
            if len(rows) > 1:
                yield sorted(rows, key=lambda each: (each[1].valid_from or date.min, each[0]))


class RepeatedRow(CodeRule):
    """code {code} has the same row twice: delete one of them"""

    id = "repeated-row"

    def check(self) -> Iterator[Problem]:
        for rows in self.editions():
            for (_, former), (index, row) in pairwise(rows):
                if row == former:
                    yield self.at(index, code=row.code)


class OverlappingRows(CodeRule):
    """code {code} has two rows for the same days: let the former end on the day before the next begins"""

    id = "overlap"

    def check(self) -> Iterator[Problem]:
        for rows in self.editions():
            for (_, former), (index, row) in pairwise(rows):
                if row != former and (row.valid_from or date.min) <= (former.valid_to or date.max):
                    yield self.at(index, code=row.code)


class GapOfValidity(CodeRule):
    """code {code} has no row from {first} to {last}: let its rows follow each other day by day"""

    id = "gap"
    blocks = False

    def check(self) -> Iterator[Problem]:
        for rows in self.editions():
            for (_, former), (index, row) in pairwise(rows):
                if former.valid_to and row.valid_from and former.valid_to + DAY < row.valid_from:
                    yield self.at(index, code=row.code, first=former.valid_to + DAY, last=row.valid_from - DAY)


class SuccessorWithoutEnd(CodeRule):
    """code {code} names successors and does not end: give its last day in valid_to"""

    id = "successor-without-end"
    blocks = False

    def check(self) -> Iterator[Problem]:
        for index, row in enumerate(self.sheet.rows):
            if row.successors and row.valid_to is None:
                yield self.at(index, code=row.code)


class UnknownSuccessor(CodeRule):
    """code {code} leads to {successor}, which no row has in force on {day}: name a code of that day, or leave the
    successors empty when nobody knows
    """

    id = "unknown-successor"
    blocks = False

    def check(self) -> Iterator[Problem]:
        known: dict[date, Container[str]] = {}
        for index, row in enumerate(self.sheet.rows):
            if self.after is None or row.valid_to is None or not row.successors:
                continue
            day = row.valid_to + DAY
            if day not in known:
                known[day] = self.after(day)
            for successor in row.successors:
                if successor not in known[day]:
                    yield self.at(index, code=row.code, successor=successor or "an empty code", day=day)


class RepeatedSuccessor(CodeRule):
    """code {code} names a successor twice: name each code that took over once, joined by |"""

    id = "repeated-successor"
    blocks = False

    def check(self) -> Iterator[Problem]:
        for index, row in enumerate(self.sheet.rows):
            if len(set(row.successors)) < len(row.successors):
                yield self.at(index, code=row.code)


class FormulaCell(CodeRule):
    """a cell of code {code} begins with {mark}, which a spreadsheet runs as a formula: write plain text"""

    id = "formula-cell"
    blocks = False

    def check(self) -> Iterator[Problem]:
        for index, row in enumerate(self.sheet.rows):
            for cell in texts(row):
                if cell.startswith(("=", "+", "-", "@")):
                    yield self.at(index, code=row.code, mark=cell[0])


class UntidyCell(CodeRule):
    """a cell of code {code} has outer spaces, control characters or text that is not Unicode NFC: write it plainly"""

    id = "untidy-cell"
    blocks = False

    def check(self) -> Iterator[Problem]:
        for index, row in enumerate(self.sheet.rows):
            for cell in texts(row):
                if cell != cell.strip() or not cell.isprintable() or not unicodedata.is_normalized("NFC", cell):
                    yield self.at(index, code=ascii(row.code))


RULES: tuple[type[CodeRule], ...] = (
    RepeatedRow,
    OverlappingRows,
    GapOfValidity,
    SuccessorWithoutEnd,
    UnknownSuccessor,
    RepeatedSuccessor,
    FormulaCell,
    UntidyCell,
)
"""Every rule about code lists, in the order in which problems are told."""


def texts(row: CodeRow) -> tuple[str, ...]:
    """Returns the cells of a row that hold text."""
    return (row.code, row.meaning, *row.successors, row.parent, row.label_vi, row.label_en)


def check_rows(sheet: Sheet, after: InForce | None = None) -> list[Problem]:
    """Finds everything that is wrong with the rows of a code list."""
    return [problem for rule in RULES for problem in rule(sheet, after).check()]
