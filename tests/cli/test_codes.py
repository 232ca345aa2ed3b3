"""The commands about code lists, on a copy of the project's own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hub.settings import ROOT
from tests.cli.test_commands import hub

OLD = "admin/commune_before_2025-07"
HEADER = "code,meaning,valid_from,valid_to,successors,parent,label_vi,label_en\n"
EDITION = HEADER + '00004,00004,,2025-06-30,00004,01.001,"Phường Trúc Bạch, Quận Ba Đình",\n'


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the code lists."""
    shutil.copytree(ROOT / "mappings" / "codes", tmp_path / "mappings" / "codes")
    return tmp_path / "mappings"


def test_the_lists_of_the_project_are_sound() -> None:
    """`hub codes check` finds nothing wrong and tells what each list holds."""
    done, told = hub("codes", "check", "--json"), hub("codes", "check")

    lists = {each["list"]: each for each in json.loads(done.stdout)["lists"]}
    assert (done.returncode, json.loads(done.stdout)["problems"]) == (0, [])
    assert lists["admin/province"]["in_force"] == 34
    assert lists["admin/commune"]["in_force"] == 3321
    assert lists[OLD]["split"] > 0
    assert "admin/province" in told.stdout


def test_an_edition_is_shown_before_it_is_taken_in(copied: Path, tmp_path: Path) -> None:
    """A dry run tells what an import would do and leaves the file as it is; the import then does it."""
    file, edition = copied / "codes" / f"{OLD}.csv", tmp_path / "edition.csv"
    edition.write_text(EDITION, encoding="utf-8")
    before = file.read_bytes()
    ask = ("codes", "import", OLD, str(edition), "--mappings", str(copied), "--json")

    tried = json.loads(hub(*ask, "--dry-run").stdout)
    unchanged = file.read_bytes() == before
    done, again = json.loads(hub(*ask).stdout), hub(*ask[:-1])

    assert unchanged
    assert (tried["written"], done["written"]) == (False, True)
    assert (tried["new"], done["new"], done["codes"]["new"]) == (1, 1, ["00004"])
    assert done["from"] == "2025-07-01"
    assert "Phường Trúc Bạch" in file.read_text(encoding="utf-8")
    assert again.returncode == 0
    assert f"{OLD} has {done['rows']} rows" in again.stdout


@pytest.mark.parametrize(
    ("line", "more", "told"),
    [
        ("00004,00004,,2025-06-30,99999,01.001,x,", (), "edition.csv:2: code 00004 leads to 99999"),
        ("00004,00004,,2025-06-30,,01.001,=x,", (), "edition.csv:2: a cell of code 00004 begins with ="),
        ("00004,00004,,,,01.001,x,", ("--from", "soon"), "--from: 'soon' is no day"),
    ],
)
def test_a_broken_edition_is_refused(copied: Path, tmp_path: Path, line: str, more: tuple[str, ...], told: str) -> None:
    """What is wrong with an edition is told by its line, on the error stream, and nothing is written."""
    edition, before = tmp_path / "edition.csv", (copied / "codes" / f"{OLD}.csv").read_bytes()
    edition.write_text(HEADER + line, encoding="utf-8")

    done = hub("codes", "import", OLD, str(edition), "--mappings", str(copied), *more)

    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert (copied / "codes" / f"{OLD}.csv").read_bytes() == before


def test_many_problems_are_not_a_flood(copied: Path, tmp_path: Path) -> None:
    """Of many problems the first are told, and how many more there are."""
    edition = tmp_path / "edition.csv"
    edition.write_text(HEADER + "".join(f"{n:05},x,,2025-06-30,99999,,,\n" for n in range(1, 101)), encoding="utf-8")

    done = hub("codes", "import", OLD, str(edition), "--mappings", str(copied))

    assert "and 80 more" in done.stderr
    assert len(done.stderr.splitlines()) == 22


def test_a_broken_list_fails_the_check(copied: Path) -> None:
    """`hub codes check` exits 1 and names file and line of what is wrong, whatever the other lists are."""
    file = copied / "codes" / f"{OLD}.csv"
    file.write_text(EDITION.replace("00004,01.001", "00004|00004,01.001"), encoding="utf-8")

    done = hub("codes", "check", "--mappings", str(copied), "--json")

    problems = json.loads(done.stdout)["problems"]
    assert done.returncode == 1
    assert [(each["file"], each["line"], each["rule"]) for each in problems] == [
        ("admin/commune_before_2025-07.csv", 2, "repeated-successor")
    ]


def test_an_unknown_list_is_refused(tmp_path: Path) -> None:
    """A list that lists.yaml does not describe is told with the nearest name."""
    (tmp_path / "edition.csv").write_text(EDITION, encoding="utf-8")

    done = hub("codes", "import", "admin/comune", str(tmp_path / "edition.csv"))

    assert (done.returncode, "did you mean admin/commune?" in done.stderr) == (1, True)
