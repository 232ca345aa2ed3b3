"""Cells that a spreadsheet would run: data on the way in, harmless on the way out to a person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.delimited import Delimited, read_rows, spreadsheet_safe, write_rows
from tests.connectors.cards import PIPES

FORMULAS = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1+1",
    "＝1+1",
    '=HYPERLINK("http://x")',
]


@pytest.mark.parametrize("cell", [*FORMULAS, "-150000", "+84912345678"])
def test_a_formula_is_data_on_the_way_in(cell: str) -> None:
    """No cell is changed, cut or refused for its first character."""
    content = write_rows(Delimited(), ["a"], [[cell]], for_spreadsheet=False)

    assert list(read_rows(content, Delimited(), ["a"])) == [(2, {"a": cell})]


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_formula_is_defused_for_a_spreadsheet(cell: str) -> None:
    """A text that a person opens gets an apostrophe before the cell."""
    content = write_rows(Delimited(), ["a"], [[cell]], for_spreadsheet=True)

    assert [row for _, row in read_rows(content, Delimited(), ["a"])] == [{"a": f"'{cell}"}]


@pytest.mark.parametrize("cell", ["-150000", "+84912345678", "-1.234,56", "Nguyễn", "", "a=b", "1+1"])
def test_numbers_and_texts_stay_what_they_are(cell: str) -> None:
    """A negative amount and a telephone number run nothing."""
    assert cell == spreadsheet_safe(cell)


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"])), min_size=2, max_size=2)))
def test_what_is_written_is_read_again(rows: list[list[str]]) -> None:
    """A table for a program comes back as it was."""
    content = write_rows(Delimited(bom=True), ["a", "b"], rows, for_spreadsheet=False)

    assert [[row["a"], row["b"]] for _, row in read_rows(content, Delimited(bom=True), ["a", "b"])] == rows


@pytest.mark.parametrize("cell", ["a|b", "a\nb"])
def test_a_layout_without_quotes_can_not_carry_every_cell(cell: str) -> None:
    """A delimiter inside a value would shift the cells after it, so nothing is written."""
    with pytest.raises(ValueError, match="delimiter or a line break") as caught:
        write_rows(PIPES, ["x", "y"], [[cell, "1"]], for_spreadsheet=False)

    assert cell not in str(caught.value)
