"""Finds the twins of further registers: each package beside this module that has a `twin.py`.

Such a module says in `PATH` where its register stands, and gives its routes by `routes(country, clock, script)`.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


def further_twins() -> dict[str, Any]:
    """Returns the modules of the twins by the names of their registers."""
    names = sorted(info.name for info in pkgutil.iter_modules([str(_HERE)]) if info.ispkg)
    return {
        name: importlib.import_module(f"sandbox_mocks.{name}.twin")
        for name in names
        if (_HERE / name / "twin.py").is_file()
    }
