"""The tree of errors and the table of their codes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import connectors
from connectors import errors
from connectors.errors import CODES, ConnectorError

SOURCES = "\n".join(
    path.read_text("utf-8") for path in Path(connectors.__file__).parent.glob("*.py") if path.name != "errors.py"
)
DOCS = Path(connectors.__file__).parents[1] / "docs" / "connect-a-register.md"


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_raised_somewhere(code: str) -> None:
    """The table holds no code that nothing raises."""
    assert f'"{code}"' in SOURCES


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_documented(code: str) -> None:
    """Each code has its row in the docs, with the advice that the error gives."""
    assert f"| `{code}` | {CODES[code]} |" in DOCS.read_text("utf-8")


def test_the_tree_is_drawn() -> None:
    """Each error of the module stands in the drawing at its top."""
    kinds = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, ConnectorError)]

    assert {kind.__name__ for kind in kinds} == set(re.findall(r"(?:├── |└── |^    )(\w+)", errors.__doc__ or "", re.M))


def test_a_message_says_where_what_and_what_to_do() -> None:
    """An error reads as register and operation, code, field and advice."""
    error = errors.BrokenContract("population", "citizen", "field_missing", fields=("Cha.HoVaTen",))

    assert str(error) == f"population.citizen: field_missing (Cha.HoVaTen): {CODES['field_missing']}"
