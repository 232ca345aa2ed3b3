"""The current communes (from 2025-07-01) and the province of each, from the vietnam-provinces library.

The library numbers them as integers; the state writes five digits for a commune and two for a province.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import NamedTuple


class Commune(NamedTuple):
    """One commune (xã, phường or đặc khu) of the current list."""

    code: str
    name: str
    province: str


@lru_cache(maxsize=1)
def current_communes() -> dict[str, Commune]:
    """Returns every current commune by its code."""
    # Importing the library builds an enumeration of every commune, which no DAG file should wait for; of it all we
    # take the data file, which loads in a few milliseconds.
    from vietnam_provinces import NESTED_DIVISIONS_JSON_PATH

    provinces = json.loads(NESTED_DIVISIONS_JSON_PATH.read_bytes())
    found = (
        Commune(f"{ward['code']:05d}", " ".join(ward["name"].split()), f"{province['code']:02d}")
        for province in provinces
        for ward in province["wards"]
    )
    return {commune.code: commune for commune in found}


def commune_province(code: str) -> str | None:
    """Returns the current province of a current commune, or None when the list has no such code."""
    commune = current_communes().get(code)
    return None if commune is None else commune.province
