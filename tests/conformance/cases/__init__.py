"""One declaration for each register, with its line: `TestPopulation = conformance(Population, POPULATION)`."""

from __future__ import annotations

import importlib
import pkgutil


def lines() -> dict[str, type]:
    """Imports every case and returns the test classes of their lines by name."""
    found: dict[str, type] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        found |= {name: item for name, item in vars(module).items() if name.startswith("Test")}
    return found
