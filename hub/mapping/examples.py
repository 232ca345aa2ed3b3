"""Runs the examples of a mapping as tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hub.mapping.compiled import load_compiled
from hub.mapping.errors import Problem
from hub.mapping.paths import MAPPINGS
from hub.mapping.spec import Example, LoadedMapping, load_mapping, mapping_names
from hub.mapping.verdicts import Finding, Mapped

STALE = "stale-todo"


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example that was run.

    `problems` is empty when the mapping does what the example says. One with a `todo` is open as long as it does not,
    and stale when it does: then the mark has to go.
    """

    mapping: str
    name: str
    problems: tuple[Problem, ...]
    todo: str | None = None

    @property
    def holds(self) -> bool:
        """Whether the mapping does what the example says, and the example is no open one."""
        return not self.problems

    @property
    def open(self) -> bool:
        """Whether the example waits to be filled in."""
        return self.todo is not None and not self.stale

    @property
    def stale(self) -> bool:
        """Whether the example says that it waits to be filled in, and holds."""
        return any(problem.rule == STALE for problem in self.problems)


def run_examples(name: str | None = None, root: Path = MAPPINGS) -> list[ExampleResult]:
    """Runs the examples of one mapping or of all.

    Raises:
        MappingError: a mapping can't be compiled.
    """
    names = mapping_names(root) if name is None else [name]
    return [
        ExampleResult(mapping, example.name, tuple(_tried(load_mapping(mapping, root), index, root)), example.todo)
        for mapping in names
        for index, example in enumerate(load_mapping(mapping, root).spec.examples)
    ]


def _tried(mapping: LoadedMapping, index: int, root: Path) -> list[Problem]:
    problems, example = _run(mapping, index, root), mapping.spec.examples[index]
    if example.todo is not None and not problems:
        return [mapping.source.problem(("examples", index), STALE, f"{example.name}: it holds, so take `todo` away")]
    return problems


def overlay(base: Any, given: Any) -> Any:
    """Lays what an example gives over the sample, element by element."""
    if isinstance(base, dict) and isinstance(given, dict):
        return {**base, **{key: overlay(base.get(key), value) for key, value in given.items()}}
    return given


def _run(mapping: LoadedMapping, index: int, root: Path) -> list[Problem]:
    example, sample = mapping.spec.examples[index], mapping.spec.sample
    raw = overlay(sample.record if sample else {}, example.given)
    as_of = example.as_of or (sample.as_of if sample else None)

    def problem(message: str) -> Problem:
        return mapping.source.problem(("examples", index), "example", f"{example.name}: {message}")

    if as_of is None:
        return [problem("needs as_of, since the mapping has no sample")]
    try:
        wire = mapping.wire.model_validate(raw)
    except ValidationError as error:
        paths = sorted({".".join(str(part) for part in detail["loc"]) for detail in error.errors()})
        return [problem(f"the wire model refuses {', '.join(paths)}")]
    outcome = load_compiled(mapping.spec.mapping, root)(wire, as_of)
    return [problem(message) for message in _differences(example, outcome)]


def _differences(example: Example, outcome: Mapped) -> list[str]:
    if example.refuse is not None:
        wanted = Finding(example.refuse.field, example.refuse.rule)
        if wanted in outcome.refusals:
            return []
        return [f"should be refused by {wanted.rule} at {wanted.field}, was {_told(outcome)}"]
    if outcome.record is None:
        return [f"should map, was {_told(outcome)}"]
    record = outcome.record
    found = [
        f"{key} should be {value!r}, was {record.get(key)!r}"
        for key, value in example.expect.items()
        if record.get(key) != value
    ]
    found += [f"{key} should be absent" for key in example.absent if key in record]
    if example.note is not None and Finding(example.note.field, example.note.rule) not in outcome.notes:
        found.append(f"should note {example.note.rule} at {example.note.field}")
    return found


def _told(outcome: Mapped) -> str:
    if not outcome.refusals:
        return "mapped"
    return "refused by " + ", ".join(f"{finding.rule} at {finding.field}" for finding in outcome.refusals)
