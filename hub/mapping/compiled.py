"""Mappings ready to run, loaded once per process."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from hub.mapping.codes import CodeList, load_code_list
from hub.mapping.compiler import Emitter
from hub.mapping.errors import MappingError
from hub.mapping.items import reading_items
from hub.mapping.lint import lint
from hub.mapping.lint_items import ItemMappingVersion
from hub.mapping.lint_variants import VariantVersion
from hub.mapping.paths import MAPPINGS
from hub.mapping.places import LISTS, Gazetteer, reading_places
from hub.mapping.spec import LoadedMapping, load_mapping, read_mapping
from hub.mapping.transforms import Refused
from hub.mapping.verdicts import Finding, Mapped

_RAISED_TOGETHER = (VariantVersion.id, ItemMappingVersion.id)
MapRecord = Callable[[Any], Mapped]


class _Table(dict[str, str]):
    """A code list on a day, as the generated code asks it: `table[code]` is the meaning."""

    def __init__(self, codes: CodeList, day: date) -> None:
        super().__init__((code, row.meaning) for code, row in codes.at(day).items())
        self.coverage = codes.coverage

    def __missing__(self, code: str) -> str:
        stripped = code.strip()
        if not stripped or stripped in self:
            return self.get(stripped, "")
        if self.coverage == "complete":
            raise Refused("code.unknown")
        return stripped if self.coverage == "open" else ""


class CompiledMapping:
    """A mapping as a function from a wire record and the day of its version to a canonical record.

    The function is pure and total: it never raises on a valid wire model, and what it returns depends on nothing else.
    """

    def __init__(self, mapping: LoadedMapping, root: Path = MAPPINGS) -> None:
        self.name = mapping.spec.mapping
        self.version = mapping.spec.version
        self.wire = mapping.wire
        self._emitter = Emitter(mapping)
        # The tree holds our own templates and constants (see hub.mapping.compiler); no text of a mapping is code in it.
        self._code = compile(self._emitter.tree, f"<mapping {self.name}>", "exec")
        self._lists = {
            name: load_code_list(name, root)
            for name in sorted({rule.codes for rule in self._emitter.lists.values() if rule.codes is not None})
        }
        self._place_lists = [load_code_list(name, root) for name in LISTS] if self._emitter.places else []
        self._variants: list[CompiledMapping] = [load_compiled(variant.use, root) for variant in mapping.spec.variants]
        self._items = {name: load_compiled(use, root) for name, (_, use) in self._emitter.items.items()}
        everything = [*self._lists.values(), *self._place_lists]
        mine = {day for codes in everything for day in codes.changes}
        others = [*self._variants, *self._items.values()]
        self.changes: list[date] = sorted(mine.union(*(other.changes for other in others)))
        """The days on which one of the code lists changes, and with it the function."""
        self._by_day: dict[date, MapRecord] = {}
        self._by_edition: dict[int, MapRecord] = {}

    def __call__(self, record: Any, as_of: date) -> Mapped:
        """Maps one wire record whose version is from the day `as_of` (in Viet Nam)."""
        return (self._by_day.get(as_of) or self.at(as_of))(record)

    def at(self, as_of: date) -> MapRecord:
        """Returns the plain function for records whose version is from one day."""
        found = self._by_day.get(as_of)
        if found is None:
            edition = sum(change <= as_of for change in self.changes)
            found = self._by_edition.get(edition)
            if found is None:
                found = self._by_edition[edition] = self._bind(as_of)
            if len(self._by_day) > 20_000:
                self._by_day.clear()
            self._by_day[as_of] = found
        return found

    def _bind(self, day: date) -> MapRecord:
        names: dict[str, Any] = {
            **self._emitter.constants,
            "Refused": Refused,
            "Finding": Finding,
            "Mapped": Mapped,
            "new": tuple.__new__,
            "is_normalized": unicodedata.is_normalized,
        }
        for name, rule in self._emitter.lists.items():
            names[name] = _Table(self._lists[rule.codes or ""], day if rule.as_of == "record" else rule.as_of)
        if self._emitter.places:
            gazetteer = Gazetteer(day, *self._place_lists)
            for name, target in self._emitter.places.items():
                names[name] = reading_places(gazetteer, target)
        for index, variant in enumerate(self._variants):
            names[f"variant_{index}"] = variant.at(day)
        for name, (target, _) in self._emitter.items.items():
            names[name] = reading_items(target, self._items[name].at(day))
        exec(self._code, names)  # noqa: S102 - see the comment where the code is compiled
        function: MapRecord = names["mapped"]
        return function


@lru_cache
def load_compiled(name: str, root: Path = MAPPINGS) -> CompiledMapping:
    """Loads, lints and compiles a mapping once per process.

    Raises:
        MappingError: the mapping has a problem; the message has file, line and the word that was probably meant.
    """
    mapping = load_mapping(name, root)
    problems = [problem for problem in lint(mapping, root) if problem.blocks]
    if problems:
        raise MappingError(problems)
    return CompiledMapping(mapping, root)


def load_candidate(name: str, path: Path, root: Path = MAPPINGS) -> CompiledMapping:
    """Compiles a mapping as another file has it, or as another folder of mappings does with its own code lists.

    A file may have another version than the mappings that it uses have here: they are raised together only when it is
    put in place.

    Raises:
        MappingError: the mapping has a problem.
    """
    if path.is_dir():
        return load_compiled(name, path.resolve())
    mapping = read_mapping(path, name)
    problems = [each for each in lint(mapping, root) if each.blocks and each.rule not in _RAISED_TOGETHER]
    if problems:
        raise MappingError(problems)
    return CompiledMapping(mapping, root)
