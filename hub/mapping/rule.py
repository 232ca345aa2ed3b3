"""What all lint rules share: an id, and a docstring that is the message."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

from hub.mapping.errors import Problem


class Rule(ABC):
    """One demand on a file under `mappings/`; the docstring of each tells its author what to do."""

    id: ClassVar[str]
    blocks: ClassVar[bool] = True

    @abstractmethod
    def check(self) -> Iterator[Problem]:
        """Yields a problem for each place that breaks the rule."""

    def told(self, file: str, line: int, **values: Any) -> Problem:
        """Fills the docstring with what was found."""
        return Problem(file, line, self.id, self.words().format(**values), self.blocks)

    @classmethod
    def words(cls) -> str:
        """Returns the docstring on one line; names in braces stand for what is found."""
        return " ".join((cls.__doc__ or "").split())
