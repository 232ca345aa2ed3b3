"""Finding what is wrong with the code lists as they lie under `mappings/codes/`."""

from __future__ import annotations

from collections.abc import Container
from datetime import date
from pathlib import Path

from hub.mapping.code_rules import InForce, check_rows
from hub.mapping.code_sheet import read_sheet
from hub.mapping.codes import list_facts, list_file, load_code_list
from hub.mapping.errors import MappingError, Problem
from hub.mapping.paths import MAPPINGS


def lint_code_lists(root: Path = MAPPINGS) -> list[Problem]:
    """Finds what is wrong with any code list: files without facts, and rows that break a rule."""
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
    return problems + [problem for name in facts for problem in lint_code_list(name, root)]


def lint_code_list(name: str, root: Path = MAPPINGS) -> list[Problem]:
    """Finds what is wrong with one code list."""
    facts, file = list_facts(root)[name], list_file(name, root)
    if facts.package is not None and not file.exists():
        return []
    try:
        return check_rows(read_sheet(file), successors_of(name, root))
    except MappingError as error:
        return list(error.problems)


def successors_of(name: str, root: Path = MAPPINGS) -> InForce:
    """Returns what tells which codes may succeed those of a list.

    Raises (when it is asked):
        MappingError: the list in which the successors stand is broken itself.
    """
    where = list_facts(root)[name].successors or name

    def in_force(day: date) -> Container[str]:
        return load_code_list(where, root).at(day)

    return in_force
