"""What is left to fill in of a register: marks in its files, in the order in which to go, and open examples."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from connectors.base import Connector
from hub.mapping import MappingError
from hub.mapping.examples import run_examples
from hub.mapping.spec import load_mapping, mapping_names
from hub.settings import ROOT
from schemas.canonical import kinds

_MARK = re.compile(r"\bTODO\b:?\s*(.*?)(?:\s*-->|\"\"\"|`|\|)*\s*$")


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to fill in."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


def files_of(name: str, root: Path = ROOT) -> list[Path]:
    """Lists the files of a register that are there, in the order in which they are best filled in."""
    modules = [inspect.getfile(kind.model) for kind in kinds().values() if name in kind.sources]
    patterns = [
        f"docs/registers/{name}.md",
        f"schemas/{name}.py",
        f"connectors/wsdl/{name}.wsdl",
        f"sandbox_mocks/{name}/*.py",
        f"connectors/{name}.py",
        *(f"schemas/canonical/{Path(module).name}" for module in modules),
        f"mappings/codes/{name}/*",
        f"mappings/{name}/*.yaml",
        f"dags/{name}_sync.py",
        f"tests/conformance/cases/{name}.py",
    ]
    return list(dict.fromkeys(file for pattern in patterns for file in sorted(root.glob(pattern))))


def open_todos(connector: type[Connector], root: Path = ROOT) -> list[Todo]:
    """Lists what is left to fill in of a connector's register: marks first, file by file, then open examples."""
    models = [each.model for each in connector.queries.values()] + [each.model for each in connector.feeds.values()]
    files = files_of(connector.system, root)
    own = [Path(inspect.getfile(each)) for each in (connector, *models)]
    todos = [todo for file in dict.fromkeys([*files, *own]) for todo in _marks(file, root)]
    return [*todos, *open_examples(connector.system)]


def open_examples(register: str) -> list[Todo]:
    """Lists the examples of a register's mappings that wait to be filled in."""
    found: list[Todo] = []
    for name in mapping_names():
        if name.partition("/")[0] != register:
            continue
        try:
            results = run_examples(name)
            source = load_mapping(name).source
        except MappingError as error:
            found += [Todo(f"mappings/{each.file}", each.line, each.message) for each in error.problems]
            continue
        for index, result in enumerate(results):
            if result.open:
                line = source.line(("examples", index))
                found.append(Todo(f"mappings/{source.file}", line, f"example {result.name!r}: {result.todo}"))
    return found


def _marks(file: Path, root: Path) -> Iterator[Todo]:
    shown = file.relative_to(root).as_posix() if file.is_relative_to(root) else file.name
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if found := _MARK.search(line):
            yield Todo(shown, number, found[1].strip() or "fill this in")
