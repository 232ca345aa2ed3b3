"""The data frame that the batch suite looks at: indicators and figures derived from the columns of a batch.

No name, number or birth date goes in. What only has to be told apart (names, keys) goes in as a hash of this process.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd

Columns = Mapping[str, Sequence[Any]]
Derived = Callable[[Columns], Sequence[Any]]

_ADULT_FROM: Final = "1985"
_EVER_MARRIED: Final = frozenset(("married", "divorced", "widowed"))
_OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def is_one_of(name: str, *wanted: str) -> Derived:
    """An indicator that is None where the column has no value."""

    def derive(columns: Columns) -> list[int | None]:
        return [None if value is None else int(value in wanted) for value in columns[name]]

    return derive


def _gender_is_male(columns: Columns) -> list[int | None]:
    male = {"male": 1, "female": 0}
    return [male.get(value) for value in columns["gender"]]


def _birth_year(columns: Columns) -> list[int | None]:
    return [int(text[:4]) if text is not None and text[:4].isdecimal() else None for text in columns["birth_date"]]


def _birth_day(columns: Columns) -> list[int | None]:
    return [int(text[8:]) if text is not None and len(text) == 10 else None for text in columns["birth_date"]]


def _birth_is_january_first(columns: Columns) -> list[int | None]:
    return [
        int(text[5:] == "01-01") if text is not None and len(text) == 10 else None for text in columns["birth_date"]
    ]


def _birth_is_year_only(columns: Columns) -> list[int | None]:
    return [None if text is None else int(len(text) == 4) for text in columns["birth_date"]]


def _residence_has_commune(columns: Columns) -> list[int | None]:
    rows = zip(
        columns["number_status"],
        columns["residence.commune"],
        columns["residence.commune_candidates"],
        strict=True,
    )
    return [
        int(commune is not None or candidates is not None) if status == "active" else None
        for status, commune, candidates in rows
    ]


def _adult_was_married(columns: Columns) -> list[int | None]:
    rows = zip(columns["birth_date"], columns["marital_status"], strict=True)
    return [
        int(status in _EVER_MARRIED) if birth is not None and status is not None and birth[:4] <= _ADULT_FROM else None
        for birth, status in rows
    ]


def _name_token(columns: Columns) -> list[float | None]:
    return [None if name is None else token_of(name) for name in columns["name.full"]]


def _key_token(columns: Columns) -> list[float | None]:
    return [token_of(key) for key in zip(columns["personal_id"], columns["version"], strict=True)]


def token_of(value: object) -> float:
    """Tells values apart without showing them: 53 bits of this process's salted hash, which a float column holds."""
    return float(hash(value) & (2**53 - 1))


DERIVED: Final[Mapping[str, Derived]] = {
    "gender_is_unknown": is_one_of("gender", "unknown"),
    "gender_is_male": _gender_is_male,
    "birth_year": _birth_year,
    "birth_day": _birth_day,
    "birth_is_january_first": _birth_is_january_first,
    "birth_is_year_only": _birth_is_year_only,
    "residence_has_commune": _residence_has_commune,
    "ethnicity_is_kinh": is_one_of("ethnicity", "01"),
    "life_is_deceased": is_one_of("life_status", "deceased"),
    "number_is_cancelled": is_one_of("number_status", "cancelled"),
    "adult_was_married": _adult_was_married,
    "name_token": _name_token,
    "key_token": _key_token,
    "version": lambda columns: columns["version"],
    "ethnicity": lambda columns: columns["ethnicity"],
    "residence.province": lambda columns: columns["residence.province"],
}
"""Every column that an expectation on people may name, and how it comes about."""


def build_frame(columns: Columns, names: Iterable[str], derived: Mapping[str, Derived] = DERIVED) -> pd.DataFrame:
    """Builds the frame of the named columns, one row a record, numbered from 0.

    Raises:
        LookupError: an expectation names a column that nothing derives.
    """
    import numpy as np
    import pandas as pd

    data: dict[str, Any] = {}
    for name in dict.fromkeys(names):
        if name not in derived:
            raise LookupError(f"no column {name!r} is derived in hub/quality/*frame.py")
        values = derived[name](columns)
        # Left alone, pandas looks at every value to find out that a column holds figures.
        coded = isinstance(next((value for value in values if value is not None), None), str)
        data[name] = values if coded else np.array(values, dtype=float)
    return pd.DataFrame(data)


def count_values(frame: pd.DataFrame, column: str, condition: Mapping[str, Any] | None) -> int:
    """Counts the values that an expectation on a column, under its row condition, has to look at."""
    values = frame[column]
    if condition is not None:
        compare = _OPERATORS[condition["operator"]]
        values = values[compare(frame[condition["column"]["name"]], condition["parameter"])]
    return int(values.notna().sum())
