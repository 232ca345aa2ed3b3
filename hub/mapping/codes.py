"""Code lists with dates: what a code means on a day, and what became of it.

A list is a CSV file under `mappings/codes/` with the columns below; `lists.yaml` there says how complete it is.
`valid_from` and `valid_to` are the first and the last day of a row, empty for no bound. `meaning` is the canonical
value, empty for "the source says that it doesn't know". `successors` are the codes that took over, joined by `|`;
several of them mean that a unit was split. `parent` is the unit above (`province` or `province.district`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, RootModel

from hub.mapping.errors import MappingError, Problem, UnknownName, did_you_mean
from hub.mapping.paths import MAPPINGS
from hub.mapping.source import Source, read_model
from schemas.communes import current_communes

COLUMNS = ("code", "meaning", "valid_from", "valid_to", "successors", "parent", "label_vi", "label_en")
Coverage = Literal["complete", "open", "partial"]

_COMMUNES_SINCE = date(2025, 7, 1)


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code with its meaning during a span of days."""

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


class CodeList:
    """The rows of one code list, ready to be asked for a day."""

    def __init__(self, name: str, coverage: Coverage, rows: Iterable[CodeRow]) -> None:
        self.name = name
        self.coverage: Coverage = coverage
        self.rows = tuple(rows)
        after_last = (row.valid_to + timedelta(days=1) for row in self.rows if row.valid_to is not None)
        firsts = (row.valid_from for row in self.rows if row.valid_from is not None)
        self.changes = tuple(sorted({*firsts, *after_last}))
        """The days on which another edition of the list begins."""

    def at(self, day: date) -> Mapping[str, CodeRow]:
        """Returns the rows in force on a day, by code."""
        return {row.code: row for row in self.rows if row.in_force(day)}


class ListFacts(BaseModel):
    """What `lists.yaml` says about one list."""

    model_config = ConfigDict(extra="forbid")

    coverage: Coverage
    source: str
    library: Literal["vietnam-provinces"] | None = None


class _Lists(RootModel[dict[str, ListFacts]]):
    pass


@lru_cache
def list_facts(root: Path = MAPPINGS) -> dict[str, ListFacts]:
    """Returns what is known about every code list, by name."""
    return read_model(root / "codes" / "lists.yaml", _Lists)[0].root


@lru_cache
def load_code_list(name: str, root: Path = MAPPINGS) -> CodeList:
    """Loads a code list once.

    Raises:
        UnknownName: there is no such list.
        MappingError: a row is malformed, or two rows of one code overlap.
    """
    facts = list_facts(root).get(name)
    if facts is None:
        message = f"there is no code list {name}{did_you_mean(name, list_facts(root))}"
        raise UnknownName([Problem("codes/lists.yaml", 1, "unknown-code-list", message)])
    if facts.library is not None:
        communes = current_communes().values()
        rows = [CodeRow(c.code, c.code, _COMMUNES_SINCE, parent=c.province, label_vi=c.name) for c in communes]
        return CodeList(name, facts.coverage, rows)
    return CodeList(name, facts.coverage, read_rows(root / "codes" / f"{name}.csv"))


def read_rows(path: Path) -> list[CodeRow]:
    """Reads the rows of a code list and checks them.

    Raises:
        MappingError: with file and line of every malformed or overlapping row.
    """
    source = Source(f"{path.parent.name}/{path.name}")
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise MappingError([Problem(source.file, 1, "file", f"can't be read: {type(error).__name__}")]) from error
    reader = csv.DictReader(text.splitlines())
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise MappingError([Problem(source.file, 1, "columns", f"the columns must be {', '.join(COLUMNS)}")])
    rows: list[CodeRow] = []
    for cells in reader:
        try:
            rows.append(_row(cells))
        except ValueError as error:
            source.problems.append(Problem(source.file, reader.line_num, "row", f"is no row of a code list: {error}"))
    source.problems.extend(_overlaps(source.file, rows))
    if source.problems:
        raise MappingError(source.problems)
    return rows


def _row(cells: Mapping[Any, Any]) -> CodeRow:
    if None in cells or None in cells.values():
        raise ValueError(f"it has not {len(COLUMNS)} cells")
    if not cells["code"]:
        raise ValueError("the code is empty")
    since, until = (date.fromisoformat(cells[key]) if cells[key] else None for key in ("valid_from", "valid_to"))
    if since and until and since > until:
        raise ValueError("valid_from is after valid_to")
    successors = tuple(cells["successors"].split("|")) if cells["successors"] else ()
    return CodeRow(
        cells["code"], cells["meaning"], since, until, successors, cells["parent"], cells["label_vi"], cells["label_en"]
    )


def _overlaps(file: str, rows: list[CodeRow]) -> list[Problem]:
    seen: dict[str, list[CodeRow]] = {}
    problems = []
    for line, row in enumerate(rows, start=2):
        for other in seen.setdefault(row.code, []):
            if (row.valid_from or date.min) <= (other.valid_to or date.max) and (other.valid_from or date.min) <= (
                row.valid_to or date.max
            ):
                problems.append(Problem(file, line, "overlap", f"code {row.code} has two rows for the same days"))
        seen[row.code].append(row)
    return problems


def lint_code_lists(root: Path = MAPPINGS) -> list[Problem]:
    """Finds what is wrong with the code lists: unreadable or overlapping rows, files without facts."""
    try:
        facts = list_facts(root)
    except MappingError as error:
        return list(error.problems)
    problems: list[Problem] = []
    for file in sorted((root / "codes").rglob("*.csv")):
        name = file.relative_to(root / "codes").with_suffix("").as_posix()
        if name not in facts:
            message = f"{name} is missing from lists.yaml: say how complete it is and where it comes from"
            problems.append(Problem(f"{file.parent.name}/{file.name}", 1, "list-without-facts", message))
    for name in facts:
        try:
            load_code_list(name, root)
        except MappingError as error:
            problems += error.problems
    return problems
