"""Declarative mappings: from wire records to canonical records, compiled to plain functions.

The mappings themselves are data under `mappings/`. `load_compiled` is what a pipeline needs; the rest serves those who
write mappings: lint, examples, preview, lineage, and the procedures that say which attributes a form needs.
"""

from hub.mapping.compiled import CompiledMapping, load_compiled
from hub.mapping.errors import MappingError, Problem, UnknownName
from hub.mapping.examples import ExampleResult, run_examples
from hub.mapping.lint import lint_mappings
from hub.mapping.spec import mapping_names
from hub.mapping.verdicts import Finding, Mapped

__all__ = [
    "CompiledMapping",
    "ExampleResult",
    "Finding",
    "Mapped",
    "MappingError",
    "Problem",
    "UnknownName",
    "lint_mappings",
    "load_compiled",
    "mapping_names",
    "run_examples",
]
