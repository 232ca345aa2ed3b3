"""Delimited text (RFC 4180 and its pipe-delimited kin): strict on the way in, careful on the way out.

A cell that begins with `=`, `+`, `-`, `@` or a tab is data: a debit is `-150000`, a telephone number `+84…`. It is read
as it stands, and written as it stands for a program. Only a text that a person will open in a spreadsheet gets an
apostrophe before such a cell, because a spreadsheet would run it (CWE-1236).
"""

from __future__ import annotations

import csv
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO, TextIOWrapper

from connectors.records import FieldProblem

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d[\d.,]*")


@dataclass(frozen=True, slots=True)
class Delimited:
    """How a register writes its tables: UTF-8, one header line, with a byte order mark or without.

    `quoted` is False for a source that knows no quotes, where a quotation mark is part of a value.
    """

    delimiter: str = ","
    quoted: bool = True
    bom: bool = False


def read_rows(content: bytes, layout: Delimited, required: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yields each row with the number of its line; a column that is not required comes along under its own name.

    Raises:
        FieldProblem: `file_encoding`, `column_missing`, `column_repeated`, or `row_malformed` with the line.
    """
    if content.startswith(BOM_UTF8) != layout.bom:
        raise FieldProblem("file_encoding", "byte order mark")
    # UTF-16 and binary content can pass for UTF-8; both hold bytes that no text has.
    if _CONTROL.search(content):
        raise FieldProblem("file_encoding", "control character")
    text = TextIOWrapper(BytesIO(content), encoding="utf-8-sig" if layout.bom else "utf-8", newline="")
    reader = csv.reader(
        text,
        delimiter=layout.delimiter,
        quoting=csv.QUOTE_MINIMAL if layout.quoted else csv.QUOTE_NONE,
        strict=True,
    )
    try:
        header = next(reader, [])
        _check_header(header, required)
        for cells in filter(None, reader):  # a blank line is no row
            if len(cells) != len(header):
                raise FieldProblem("row_malformed", f"line {reader.line_num}")
            yield reader.line_num, dict(zip(header, cells, strict=True))
    except UnicodeDecodeError:
        raise FieldProblem("file_encoding", "UTF-8") from None
    except csv.Error:
        raise FieldProblem("row_malformed", f"line {reader.line_num}") from None


def _check_header(header: Sequence[str], required: Sequence[str]) -> None:
    if missing := [name for name in required if name not in header]:
        raise FieldProblem("column_missing", ", ".join(missing))
    if len(set(header)) < len(header):
        raise FieldProblem("column_repeated", "header")


def write_rows(
    layout: Delimited, header: Sequence[str], rows: Iterable[Sequence[str]], *, for_spreadsheet: bool
) -> bytes:
    """Writes a table; `for_spreadsheet` says that a person will open it, so no cell may run as a formula.

    Raises:
        ValueError: a cell holds the delimiter or a line break, and the layout has no quotes to put it in.
    """
    text = StringIO(newline="")
    writer = csv.writer(
        text,
        delimiter=layout.delimiter,
        quoting=csv.QUOTE_MINIMAL if layout.quoted else csv.QUOTE_NONE,
        quotechar='"' if layout.quoted else None,
    )
    try:
        writer.writerow(header)
        for row in rows:
            writer.writerow([spreadsheet_safe(cell) for cell in row] if for_spreadsheet else row)
    except csv.Error:
        raise ValueError("a cell holds a delimiter or a line break, and the layout has no quotes") from None
    return (BOM_UTF8 if layout.bom else b"") + text.getvalue().encode()


def spreadsheet_safe(cell: str) -> str:
    """Returns a cell that no spreadsheet takes for a formula; a plain number stays a number."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell
