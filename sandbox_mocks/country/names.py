"""Names by frequency: families, middle and given names by sex and generation, and peoples with other ways of naming.

The weights in `data/names.csv` follow published frequency lists of family names and the 2019 census' shares of
ethnicities; those of middle and given names are rough estimates.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

NAMES_FILE = Path(__file__).parent / "data" / "names.csv"
YOUNG_SINCE = 1985
"""Those born since this year have the middle names of the younger generation."""
_STEPS = 4096
_KINH = "01"


class Name(NamedTuple):
    """A name in the register's three parts; peoples without family names have everything in `given`."""

    family: str
    middle: str
    given: str

    @property
    def full(self) -> str:
        """The parts in order, one space between them."""
        return " ".join(part for part in self if part)


def spread(weights: dict[str, float]) -> list[str]:
    """Lays weighted values out over 4,096 steps, so that twelve random bits pick one."""
    total = sum(weights.values())
    table: list[str] = []
    done = 0.0
    for value, weight in weights.items():
        done += weight
        table += [value] * (round(_STEPS * done / total) - len(table))
    return table


def _read_tables() -> dict[str, list[str]]:
    weights: dict[str, dict[str, float]] = {}
    with NAMES_FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            weights.setdefault(row["table"], {})[row["value"]] = float(row["weight"])
    return {table: spread(values) for table, values in weights.items()}


_TABLES = _read_tables()
_ETHNICITIES = _TABLES["ethnicity"]
_FAMILIES = {code: _TABLES[f"family_{code}"] for code in set(_ETHNICITIES) if f"family_{code}" in _TABLES}
_FAMILIES[_KINH] = _TABLES["family"]
_CLANS = {code: _TABLES[f"clan_{code}"] for code in set(_ETHNICITIES) if f"clan_{code}" in _TABLES}
_HIGHLAND_GIVEN = (_TABLES["highland_given_0"], _TABLES["highland_given_1"])
_MIDDLES_OLD = (_TABLES["middle_old_0"], _TABLES["middle_old_1"])
_MIDDLES_YOUNG = (_TABLES["middle_young_0"], _TABLES["middle_young_1"])
_GIVEN = (_TABLES["given_0"], _TABLES["given_1"])


def ethnicity(line: bytes) -> str:
    """Returns the ethnicity of a line of fathers, from the genes of its eldest."""
    return _ETHNICITIES[(line[2] << 4) | (line[3] >> 4)]


def build_name(line: bytes, genes: bytes, sex: int, year: int, at: int = 8) -> Name:
    """Builds the name of one person of a line.

    Args:
        line: genes of the line's eldest, who gives family name and ethnicity.
        genes: genes of the person.
        at: which of the genes choose; another place gives the name of another, unregistered relative of that person.
    """
    code = _ETHNICITIES[(line[2] << 4) | (line[3] >> 4)]
    families = _FAMILIES.get(code)
    if families is None:
        given = _HIGHLAND_GIVEN[sex][(genes[at] << 4) | (genes[at + 2] >> 4)]
        if genes[at + 1] < 40:
            return Name("", "", given)
        return Name("", "", f"{given} {_CLANS[code][(line[0] << 4) | (line[1] >> 4)]}")
    middles = (_MIDDLES_OLD if year < YOUNG_SINCE else _MIDDLES_YOUNG)[sex]
    return Name(
        families[(line[0] << 4) | (line[1] >> 4)],
        middles[(genes[at] << 4) | (genes[at + 1] >> 4)],
        _GIVEN[sex][(genes[at + 2] << 4) | (genes[at + 1] & 15)],
    )
