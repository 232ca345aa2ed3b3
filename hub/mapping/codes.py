"""Code lists with dates: what a code means on a day, and what became of it.

A list is a CSV file under `mappings/codes/` with the columns below; `lists.yaml` there, or in the folder of the list,
says how complete it is.
`valid_from` and `valid_to` are the first and the last day of a row, empty for no bound. `meaning` is the canonical
value, empty for "the source says that it doesn't know". `successors` are the codes that took over, joined by `|`;
several of them mean that a unit was split. `parent` is the unit above (`province` or `province.district`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, RootModel

from hub.mapping.code_rules import OverlappingRows, RepeatedRow
from hub.mapping.code_sheet import CodeRow, read_sheet
from hub.mapping.errors import MappingError, Problem, UnknownName, did_you_mean
from hub.mapping.paths import MAPPINGS
from hub.mapping.source import read_model
from schemas.communes import current_communes

Coverage = Literal["complete", "open", "partial"]

_COMMUNES_SINCE = date(2025, 7, 1)


class CodeList:
    """The rows of one code list, ready to be asked for a day."""

    def __init__(self, name: str, coverage: Coverage, rows: Iterable[CodeRow]) -> None:
        self.name = name
        self.coverage: Coverage = coverage
        self.rows = tuple(rows)
        firsts = {row.valid_from for row in self.rows if row.valid_from}
        lasts = {row.valid_to for row in self.rows if row.valid_to}
        self.changes = tuple(sorted(firsts | {last + timedelta(days=1) for last in lasts}))
        """The days on which another edition of the list begins."""

    def at(self, day: date) -> Mapping[str, CodeRow]:
        """Returns the rows in force on a day, by code."""
        return {row.code: row for row in self.rows if row.in_force(day)}


class ListFacts(BaseModel):
    """What `lists.yaml` says about one list."""

    model_config = ConfigDict(extra="forbid")

    coverage: Coverage
    source: str
    successors: str | None = None
    """The list that the successors of an ended code stand in, when it is another one."""
    package: Literal["vietnam-provinces"] | None = None
    """The package that carries the list as long as no file of it was imported."""


class _Lists(RootModel[dict[str, ListFacts]]):
    pass


@lru_cache
def list_facts(root: Path = MAPPINGS) -> dict[str, ListFacts]:
    """Returns what is known about every code list, by name.

    `lists.yaml` says it of all lists, or one in a register's own folder of the lists there.

    Raises:
        MappingError: a file can't be read, or speaks of a list that another one speaks of or that lies elsewhere.
    """
    found = dict(read_model(root / "codes" / "lists.yaml", _Lists)[0].root)
    for file in sorted((root / "codes").glob("*/lists.yaml")):
        model, source = read_model(file, _Lists)
        for name, facts in model.root.items():
            if name in found or not name.startswith(f"{file.parent.name}/"):
                message = f"{name} is described elsewhere already, or is no list of this folder"
                raise MappingError([source.problem((name,), "list-described-twice", message)])
            found[name] = facts
    return found


def list_file(name: str, root: Path = MAPPINGS) -> Path:
    """Returns where the file of a code list lies, or would lie."""
    return root / "codes" / f"{name}.csv"


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
    file = list_file(name, root)
    if facts.package is not None and not file.exists():
        communes = current_communes().values()
        rows = [CodeRow(c.code, c.code, _COMMUNES_SINCE, parent=c.province, label_vi=c.name) for c in communes]
        return CodeList(name, facts.coverage, rows)
    sheet = read_sheet(file)
    # What would let a code's meaning depend on the order of rows stops the process; the rest waits for the lint.
    problems = [*RepeatedRow(sheet).check(), *OverlappingRows(sheet).check()]
    if problems:
        raise MappingError(problems)
    return CodeList(name, facts.coverage, sheet.rows)
