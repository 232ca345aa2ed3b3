"""Reading a YAML file so that every later message can name its line.

Plain YAML has traps for codes: `01` is the number one, `NO` is false and `2025-07-01` a date object. Here a scalar is a
text unless it is a whole number without a leading zero, `true`, `false` or `null`; a key that stands twice is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from hub.mapping.errors import MappingError, Problem, did_you_mean

Model = TypeVar("Model", bound=BaseModel)
Path_ = tuple[str | int, ...]

_WHOLE_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_PLAIN_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class Source:
    """A YAML file as read: its data and the line of every key and item in it."""

    file: str
    data: Any = None
    lines: dict[Path_, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Sequence[str | int]) -> int:
        """Returns the line of a place in the file, or of the nearest place around it."""
        for length in range(len(path), 0, -1):
            if (found := self.lines.get(tuple(path[:length]))) is not None:
                return found
        return 1

    def problem(self, path: Sequence[str | int], rule: str, message: str) -> Problem:
        """Describes something that is wrong at a place of this file."""
        return Problem(self.file, self.line(path), rule, message)


def read_yaml(path: Path) -> Source:
    """Reads a YAML file with its lines.

    Raises:
        MappingError: the file is missing, is no YAML or has a key twice.
    """
    source = Source(f"{path.parent.name}/{path.name}")
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError([Problem(source.file, 1, "file", f"can't be read: {type(error).__name__}")]) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise MappingError([Problem(source.file, line, "yaml", error.problem or "is no YAML")]) from error
    source.data = None if root is None else _value(root, (), source)
    if source.problems:
        raise MappingError(source.problems)
    return source


def read_model(path: Path, model: type[Model]) -> tuple[Model, Source]:
    """Reads a YAML file into a pydantic model.

    Raises:
        MappingError: a key is unknown (with the key that was probably meant), missing, or has a wrong value.
    """
    source = read_yaml(path)
    try:
        return model.model_validate(source.data), source
    except ValidationError as error:
        raise MappingError([_explain(source, model, detail) for detail in error.errors()]) from error


def _value(node: yaml.Node, path: Path_, source: Source) -> Any:
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in found:
                source.problems.append(Problem(source.file, line, "duplicate-key", f"{key} stands twice"))
            source.lines[(*path, key)] = line
            found[key] = _value(value_node, (*path, key), source)
        return found
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            source.lines[(*path, index)] = item.start_mark.line + 1
        return [_value(item, (*path, index), source) for index, item in enumerate(node.value)]
    text = str(node.value)
    if getattr(node, "style", None) in ("'", '"', "|", ">"):
        return text
    if text.lower() in _PLAIN_WORDS:
        return _PLAIN_WORDS[text.lower()]
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else text


def _explain(source: Source, model: type[BaseModel], detail: Any) -> Problem:
    location = tuple(detail["loc"])
    where = ".".join(str(part) for part in location) or "the file"
    if detail["type"] == "extra_forbidden":
        known = _keys_at(model, location[:-1])
        return source.problem(location, "unknown-key", f"{where} is not known here{did_you_mean(location[-1], known)}")
    return source.problem(location, "shape", f"{where}: {detail['msg']}")


def _keys_at(annotation: Any, location: Sequence[str | int]) -> list[str]:
    """Lists the keys that the model allows at a place."""
    for part in location:
        annotation = _step(annotation, part)
    while get_args(annotation) and not isinstance(annotation, type):
        annotation = next((arg for arg in get_args(annotation) if isinstance(arg, type)), None)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [info.alias or name for name, info in annotation.model_fields.items()]
    return []


def _step(annotation: Any, part: str | int) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        named = {info.alias or name: info.annotation for name, info in annotation.model_fields.items()}
        return named.get(str(part))
    args = get_args(annotation)
    return args[-1] if args else None
