"""Takes a new edition of a code list in: what ends, what begins, and what nobody has answered yet.

The file has the columns of a list. It holds the codes in force on the first day of the edition and, with the day before
as their last, the codes that ended and what took over from them. Nothing is guessed: a code that ends without a
successor, or with several, stays a question.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NoReturn

from hub.mapping.code_rules import DAY, check_rows
from hub.mapping.code_sheet import COLUMNS, CodeRow, Sheet, read_sheet
from hub.mapping.codes import CodeList, list_facts, list_file, load_code_list
from hub.mapping.errors import MappingError, Problem
from hub.mapping.lint_codes import successors_of
from hub.mapping.paths import MAPPINGS


@dataclass(frozen=True, slots=True)
class CodeImport:
    """What an edition makes of a list; nothing is written yet."""

    name: str
    since: date
    rows: tuple[CodeRow, ...]
    new: tuple[str, ...]
    """Codes that the list had never held."""
    ended: tuple[str, ...]
    """Codes whose row now ends on the eve of the edition."""
    changed: tuple[str, ...]
    """Codes of which the list says something else now than before, other than that they ended."""
    split: tuple[str, ...]
    """Codes that ended on the eve and have several successors."""
    merged: tuple[str, ...]
    """Codes that took over from more than one that ended on the eve."""
    without_successor: tuple[str, ...]
    """Codes that ended on the eve, and nobody says what took over."""
    withdrawn: tuple[str, ...]
    """Codes that the list held from the edition's own day: this edition corrects it and knows nothing of them."""


def plan_import(name: str, file: Path, since: date | None = None, root: Path = MAPPINGS) -> CodeImport:
    """Lays a new edition over a list; `since` is its first day, by default the latest that the file speaks of.

    In a complete list, a code that the edition leaves out ends on the eve; in another list it stays.

    Raises:
        UnknownName: there is no such list.
        MappingError: the file breaks a rule, or is older than the list; nothing was changed.
    """
    held = _held(name, root)
    sheet = read_sheet(file)
    spoken_of = CodeList(name, held.coverage, sheet.rows).changes
    if since is None and not spoken_of:
        _refuse(sheet, 1, "edition-without-day", "the file has no dates: give the edition's first day with --from")
    since = since or spoken_of[-1]
    if held.changes and since < held.changes[-1]:
        told = f"the list already has the edition of {held.changes[-1]}: an older one can't be laid over it"
        _refuse(sheet, 1, "older-edition", told)
    sheet = _dated(sheet, since)
    _demand(check_rows(sheet))
    rows = _lay_over(held, sheet, since)
    lines = dict(zip(sheet.rows, sheet.lines, strict=True))
    result = Sheet(sheet.file, rows, [lines.get(row, 1) for row in rows])
    own = CodeList(name, held.coverage, rows)
    _demand(check_rows(result, successors_of(name, root) if list_facts(root)[name].successors else own.at))
    return _account(held, own, since)


def write_import(plan: CodeImport, root: Path = MAPPINGS) -> Path:
    """Writes the list, whole or not at all, and returns its file."""
    file = list_file(plan.name, root)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in plan.rows:
        first, last = (day.isoformat() if day else "" for day in (row.valid_from, row.valid_to))
        writer.writerow((row.code, row.meaning, first, last, "|".join(row.successors), *row[5:]))
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text.getvalue())
            out.flush()
            os.fsync(out.fileno())
        Path(partial).chmod(0o644)  # it is no secret, and the workers may run as another user
        Path(partial).replace(file)
    except OSError:
        Path(partial).unlink(missing_ok=True)
        raise
    load_code_list.cache_clear()
    return file


def _held(name: str, root: Path) -> CodeList:
    facts = list_facts(root).get(name)
    if facts is not None and facts.package is None and not list_file(name, root).exists():
        return CodeList(name, facts.coverage, ())  # its first edition
    return load_code_list(name, root)


def _dated(sheet: Sheet, since: date) -> Sheet:
    """Dates the rows that go on under a code which, by the same file, ended on the eve."""
    ended = {row.code for row in sheet.rows if row.valid_to == since - DAY}
    rows = [
        row._replace(valid_from=since)
        if row.code in ended and row.valid_from is None and row.valid_to != since - DAY
        else row
        for row in sheet.rows
    ]
    return Sheet(sheet.file, rows, sheet.lines)


Rows = dict[CodeRow, None]
"""The rows of the list to be, in a set that keeps its order."""


def _lay_over(held: CodeList, sheet: Sheet, since: date) -> list[CodeRow]:
    rows: Rows = dict.fromkeys(held.rows)
    past = [row for row in sheet.rows if row.valid_to is not None and row.valid_to < since]
    gone = set(past)
    present = {row: line for row, line in zip(sheet.rows, sheet.lines, strict=True) if row not in gone}
    ended = _end(rows, past, held, since - DAY)
    in_force = held.at(since)
    for row, line in present.items():
        former = in_force.get(row.code)
        if row.valid_from and row.valid_from > since:
            told = f"code {row.code} begins after {since}: one import is one edition, so begin with the earlier"
            _refuse(sheet, line, "later-edition", told)
        if former is None:
            rows[row._replace(valid_from=row.valid_from or (since if held.rows else None))] = None
        elif row.code in ended:
            rows.pop(former, None)
            rows[row._replace(valid_from=since)] = None
        elif not _same(row, former):
            if row.valid_from and row.valid_from < since:
                told = f"the list says something else of code {row.code} from {row.valid_from} on: leave valid_from"
                _refuse(sheet, line, "rewritten-past", f"{told} empty for what changes on {since}")
            _close(rows, former, since)
            rows[row._replace(valid_from=since)] = None
    if held.coverage == "complete" and present:
        for code in in_force.keys() - ended - {row.code for row in present}:
            _close(rows, in_force[code], since)
    return sorted(rows, key=lambda row: (row.code, row.valid_from or date.min))


def _end(rows: Rows, past: list[CodeRow], held: CodeList, eve: date) -> set[str]:
    """Takes in what the edition says of ended codes and returns those that ended on its eve."""
    before = held.at(eve)
    for row in past:
        former = before.get(row.code) if row.valid_to == eve else None
        if former is None:
            rows[row] = None
        else:
            del rows[former]
            rows[row._replace(valid_from=row.valid_from or former.valid_from)] = None
    return {row.code for row in past if row.valid_to == eve}


def _close(rows: Rows, former: CodeRow, since: date) -> None:
    """Ends a row on the eve; nobody said what took over, so that no successor is named."""
    del rows[former]
    if former.valid_from != since:
        rows[former._replace(valid_to=since - DAY, successors=())] = None


def _same(row: CodeRow, former: CodeRow) -> bool:
    """Whether an edition says of a code what the list says already; it need not repeat since when."""
    return row._replace(valid_from=None) == former._replace(valid_from=None)


def _account(held: CodeList, own: CodeList, since: date) -> CodeImport:
    eve = since - DAY
    gone = [row for row in own.rows if row.valid_to == eve]
    present = own.at(since)
    closed_before = {row.code for row in held.rows if row.valid_to == eve}
    known = {row.code for row in held.rows}
    takers = Counter(successor for row in gone for successor in row.successors)
    ended = tuple(row.code for row in gone if row.code not in closed_before and row.code not in present)
    restated = {row.code for row in set(own.rows) - set(held.rows)}
    return CodeImport(
        held.name,
        since,
        own.rows,
        new=tuple(sorted({row.code for row in own.rows} - known)),
        ended=ended,
        changed=tuple(sorted(restated & known - set(ended))),
        split=tuple(row.code for row in gone if len(row.successors) > 1),
        merged=tuple(sorted(code for code, count in takers.items() if count > 1)),
        without_successor=tuple(row.code for row in gone if not row.successors),
        withdrawn=tuple(sorted(known - {row.code for row in own.rows})),
    )


def _refuse(sheet: Sheet, line: int, rule: str, message: str) -> NoReturn:
    raise MappingError([Problem(sheet.file, line, rule, message)])


def _demand(problems: list[Problem]) -> None:
    if problems:
        raise MappingError(problems)
