"""Declarative mappings: from wire records to canonical records, compiled to plain functions.

The mappings themselves are data under `mappings/`. `load_compiled` is what a pipeline needs; the rest serves those who
write mappings (lint, examples, preview, lineage) and those who need to know what a procedure's form asks.
"""

from datetime import date
from pathlib import Path

from hub.mapping.code_sheet import CodeRow
from hub.mapping.codes import CodeList, load_code_list
from hub.mapping.compiled import CompiledMapping, load_candidate, load_compiled
from hub.mapping.computed import COMPUTED
from hub.mapping.errors import MappingError, Problem, UnknownName
from hub.mapping.examples import ExampleResult, run_examples
from hub.mapping.lineage import lineage
from hub.mapping.lint import lint_mappings
from hub.mapping.lint_codes import lint_code_lists
from hub.mapping.paths import MAPPINGS
from hub.mapping.preview import PreviewRow, mask, preview
from hub.mapping.procedures import (
    FormField,
    Procedure,
    lint_procedures,
    load_procedure,
    load_procedures,
    procedure_codes,
)
from hub.mapping.spec import mapping_names
from hub.mapping.transforms import TRANSFORMS
from hub.mapping.verdicts import Finding, Mapped

__all__ = [
    "COMPUTED",
    "TRANSFORMS",
    "CodeList",
    "CodeRow",
    "CompiledMapping",
    "ExampleResult",
    "Finding",
    "FormField",
    "Mapped",
    "MappingError",
    "PreviewRow",
    "Problem",
    "Procedure",
    "UnknownName",
    "lineage",
    "lint_all",
    "load_candidate",
    "load_code_list",
    "load_compiled",
    "load_procedure",
    "load_procedures",
    "mapping_names",
    "mask",
    "preview",
    "procedure_codes",
    "run_examples",
]


def lint_all(today: date | None = None, root: Path = MAPPINGS) -> list[Problem]:
    """Finds everything that is wrong with any code list, mapping or procedure file.

    Given the day, it also demands that every code list in use has a row in force on it.
    """
    return [*lint_code_lists(root), *lint_mappings(root, today), *lint_procedures(root)]
