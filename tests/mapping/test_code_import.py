"""A new edition of a code list, on lists of a test's own."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hub.mapping import MappingError, UnknownName, load_code_list
from hub.mapping.code_import import CodeImport, plan_import, write_import
from hub.mapping.code_sheet import COLUMNS, CodeRow, read_sheet
from hub.mapping.lint_codes import lint_code_list

FACTS = """\
whole: {coverage: complete, source: a test}
part: {coverage: partial, source: a test}
before: {coverage: partial, source: a test, successors: whole}
first: {coverage: complete, source: a test}
"""
JULY, EVE = date(2025, 7, 1), date(2025, 6, 30)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of lists: two with the codes 1, 2 and 3, of which one is whole, and two without a file."""
    (tmp_path / "codes").mkdir()
    (tmp_path / "codes" / "lists.yaml").write_text(FACTS)
    for name in ("whole", "part"):
        write(tmp_path / "codes" / f"{name}.csv", "1,1,,,,,One,", "2,2,,,,,Two,", "3,3,,,,,Three,")
    return tmp_path


def write(file: Path, *lines: str) -> Path:
    file.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n", encoding="utf-8")
    return file


def plan(root: Path, name: str, *lines: str, since: date | None = JULY) -> CodeImport:
    return plan_import(name, write(root / "edition.csv", *lines), since, root)


def take_in(root: Path, name: str, *lines: str, since: date | None = JULY) -> dict[str, list[CodeRow]]:
    write_import(plan(root, name, *lines, since=since), root)
    found: dict[str, list[CodeRow]] = {}
    for row in load_code_list(name, root).rows:
        found.setdefault(row.code, []).append(row)
    return found


def test_an_edition_closes_and_opens(root: Path) -> None:
    """What ends does so on the day before and leads to its successors; what begins does so on the day."""
    rows = take_in(
        root, "whole", "1,1,,,,,One,", "2,2,,2025-06-30,4,,Two,", "3,3,,2025-06-30,4,,Three,", "4,4,,,,,Four,"
    )

    assert rows["1"] == [CodeRow("1", "1", label_vi="One")]
    assert [(row.valid_to, row.successors) for row in rows["2"]] == [(EVE, ("4",))]
    assert rows["4"] == [CodeRow("4", "4", JULY, label_vi="Four")]
    assert lint_code_list("whole", root) == []


def test_the_account_of_an_edition(root: Path) -> None:
    """New, ended, split, merged and changed codes are told, and those that nobody gave a successor."""
    lines = ("1,1,,2025-06-30,4|5,,One,", "2,2,,2025-06-30,4,,Two,", "4,4,,,,,Four,", "5,5,,,,,Five,")

    found = plan(root, "whole", *lines)

    assert (found.new, found.ended, found.changed) == (("4", "5"), ("1", "2", "3"), ())
    assert (found.split, found.merged, found.without_successor) == (("1",), ("4",), ("3",))


def test_a_split_stays_a_question(root: Path) -> None:
    """Several successors are kept as several."""
    assert take_in(root, "whole", "1,1,,2025-06-30,2|3,,One,", "2,2,,,,,Two,", "3,3,,,,,Three,")["1"][0].successors == (
        "2",
        "3",
    )


def test_a_code_that_means_something_else_gets_no_successor_by_itself(root: Path) -> None:
    """A code that goes on under another name may be another place: only the file can say that it is the same."""
    changed = ("1,1,,,,,Uno,", "2,2,,,,,Two,", "3,3,,,,,Three,")

    silent = plan(root, "whole", *changed)
    told = plan(root, "whole", "1,1,,2025-06-30,1,,One,", *changed)

    assert (silent.changed, silent.without_successor) == (("1",), ("1",))
    assert (told.changed, told.without_successor) == (("1",), ())
    assert [row.label_vi for row in told.rows if row.code == "1"] == ["One", "Uno"]


def test_what_a_whole_list_leaves_out_ends(root: Path) -> None:
    """An edition of a complete list ends what it does not name; in a part of a list it stays."""
    whole, part = (plan(root, name, "1,1,,,,,One,") for name in ("whole", "part"))

    assert (whole.ended, whole.without_successor) == (("2", "3"), ("2", "3"))
    assert (part.ended, len(part.rows)) == ((), 3)


def test_the_same_edition_twice_changes_nothing(root: Path) -> None:
    """An import that is repeated leaves the file as it was, byte for byte."""
    lines = ("1,1,,2025-06-30,1,,One,", "1,1,,,,,Uno,", "2,2,,2025-06-30,1,,Two,")
    take_in(root, "whole", *lines)
    before = (root / "codes" / "whole.csv").read_bytes()

    take_in(root, "whole", *lines)

    assert (root / "codes" / "whole.csv").read_bytes() == before


def test_an_edition_can_be_corrected(root: Path) -> None:
    """The latest edition may be imported anew: what it held wrongly is replaced or withdrawn, the eve stays."""
    take_in(root, "whole", "1,1,,,,,One,", "2,2,,,,,Two,", "3,3,,,,,Three,", "4,4,,,,,Fuor,", "5,5,,,,,Five,")

    found = plan(root, "whole", "1,1,,,,,One,", "2,2,,,,,Two,", "3,3,,2025-06-30,4,,Three,", "4,4,,,,,Four,")

    assert (found.changed, found.withdrawn, found.ended) == (("4",), ("5",), ("3",))
    assert [(row.valid_from, row.label_vi) for row in found.rows if row.code == "4"] == [(JULY, "Four")]


def test_successors_may_stand_in_another_list(root: Path) -> None:
    """A list of former codes leads into the list that lists.yaml names; its first edition needs no file before."""
    found = plan(root, "before", "8,8,,2025-06-30,1|2,,Eight,", since=None)

    assert (found.since, found.split) == (JULY, ("8",))
    with pytest.raises(MappingError, match="code 8 leads to 7, which no row has in force on 2025-07-01"):
        plan(root, "before", "8,8,,2025-06-30,7,,Eight,", since=None)


def test_a_first_edition_keeps_its_days(root: Path) -> None:
    """A list that was empty takes its rows as they are, without inventing a first day."""
    assert take_in(root, "first", "1,1,,,,,One,")["1"][0].valid_from is None


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["4,4,,,,,Four,", "4,5,,,,,Five,"], r"edition.csv:3: code 4 has two rows for the same days"),
        (["4,4,,,,,Four,", "4,4,,,,,Four,"], r"edition.csv:3: code 4 has the same row twice"),
        (["4,4,,2025-05-31,,,Four,", "4,4,2025-07-01,,,,Four,"], r"edition.csv:3: code 4 has no row from 2025-06-01"),
        (["2,2,,2025-06-30,9,,Two,"], r"edition.csv:2: code 2 leads to 9"),
        (["1,1,,2025-05-31,2,,One,"], r"code 1 has two rows for the same days"),
        (["4,4,,,,,=HYPERLINK(),"], r"edition.csv:2: a cell of code 4 begins with ="),
        (["4,4,2025-08-01,,,,Four,"], r"edition.csv:2: code 4 begins after 2025-07-01"),
        (["1,1,2025-01-01,,,,Uno,"], r"edition.csv:2: the list says something else of code 1 from 2025-01-01"),
        (["4,4"], r"edition.csv:2: is no row"),
    ],
)
def test_what_is_refused(root: Path, lines: list[str], message: str) -> None:
    """Overlaps, repeats, gaps, unknown successors, formulas and a rewritten past are refused with their line."""
    before = (root / "codes" / "part.csv").read_bytes()

    with pytest.raises(MappingError, match=message):
        plan(root, "part", *lines)

    assert (root / "codes" / "part.csv").read_bytes() == before


def test_an_older_edition_is_refused(root: Path) -> None:
    """An edition is never laid over a later one."""
    take_in(root, "whole", "1,1,,,,,One,", "4,4,,,,,Four,")

    with pytest.raises(MappingError, match="already has the edition of 2025-07-01"):
        plan(root, "whole", "1,1,,,,,One,", since=date(2025, 6, 1))


def test_an_edition_needs_a_day(root: Path) -> None:
    """A file without any date says which day it means, or is refused."""
    with pytest.raises(MappingError, match="--from"):
        plan(root, "whole", "1,1,,,,,One,", since=None)


def test_only_a_described_list_is_imported(root: Path) -> None:
    """A name that lists.yaml lacks is refused, be it a slip or a path."""
    for name in ("hwole", "../whole"):
        with pytest.raises(UnknownName):
            plan(root, name, "1,1,,,,,One,")


def test_a_failed_write_leaves_the_list(root: Path) -> None:
    """When the file can't be written, the old one stays and no half of a new one."""
    found = plan(root, "whole", "1,1,,,,,One,", "4,4,,,,,Four,")
    (root / "codes" / "first.csv").mkdir()  # a name that a file can't replace

    with pytest.raises(OSError, match=r"first\.csv"):
        write_import(replace(found, name="first"), root)

    assert sorted(path.name for path in (root / "codes").iterdir()) == [
        "first.csv",
        "lists.yaml",
        "part.csv",
        "whole.csv",
    ]


def test_a_whole_country_s_communes(root: Path) -> None:
    """Ten thousand ended codes with hundreds of splits are laid over three thousand, and none of them is settled."""
    new = [f"{code:05d}" for code in range(1, 3322)]
    write(root / "codes" / "whole.csv", *(f"{code},{code},2025-07-01,,,01,Commune {code}," for code in new))
    load_code_list.cache_clear()
    after = [new[(n * 7) % 3321] for n in range(10_035)]
    split = {n for n in range(10_035) if n % 21 == 0}
    lines = (
        f"{n:05d},{n:05d},,2025-06-30,{after[n]}{'|' + after[n + 1] if n in split else ''},01.001,Former {n},"
        for n in range(1, 10_034)
    )

    found = plan(root, "before", *lines, since=None)

    assert (len(found.rows), len(found.ended), found.without_successor) == (10_033, 10_033, ())
    assert len(found.split) == len(split & set(range(1, 10_034)))
    assert read_sheet(write_import(found, root)).rows == list(found.rows)
