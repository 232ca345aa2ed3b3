from collections.abc import Container
from datetime import date
from pathlib import Path

import pytest

from hub.mapping.code_rules import RULES, check_rows
from hub.mapping.code_sheet import COLUMNS, read_sheet

BROKEN = [
    ("repeated-row", ["1,a,,,,,,", "1,a,,,,,,"], 3, "the same row twice"),
    ("overlap", ["1,a,,,,,,", "1,b,,,,,,"], 3, "code 1 has two rows for the same days"),
    ("overlap", ["1,b,2025-06-30,,,,,", "1,a,,2025-06-30,,,,"], 2, "code 1 has two rows for the same days"),
    ("gap", ["1,a,,2025-06-30,,,,", "1,b,2025-07-02,,,,,"], 3, "no row from 2025-07-01 to 2025-07-01"),
    ("successor-without-end", ["1,a,,,9,,,"], 2, "valid_to"),
    ("unknown-successor", ["1,a,,2025-06-30,9|8,,,"], 2, "leads to 8, which no row has in force on 2025-07-01"),
    ("unknown-successor", ["1,a,,2025-06-29,9,,,"], 2, "in force on 2025-06-30"),
    ("unknown-successor", ["1,a,,2025-06-30,9|,,,"], 2, "leads to an empty code"),
    ("repeated-successor", ["1,a,,2025-06-30,9|9,,,"], 2, "a successor twice"),
    ("formula-cell", ["1,a,,,,,=1+1,"], 2, "begins with ="),
    ("formula-cell", ["1,@a,,,,,,"], 2, "begins with @"),
    ("formula-cell", ["1,a,,,,-2,,"], 2, "begins with -"),
    ("formula-cell", ["+1,a,,,,,,"], 2, "begins with +"),
    ("untidy-cell", ["1,a ,,,,,,"], 2, "outer spaces"),
    ("untidy-cell", ["1,a,,,,,Ho\u0300a,"], 2, "NFC"),
    ("untidy-cell", ["1,a,,,,,x\u202ey,"], 2, "control characters"),
    ("untidy-cell", ["1\x1b[31m,a,,,,,,"], 2, r"\x1b"),
]


def nine_since_july(day: date) -> Container[str]:
    return {"9"} if day >= date(2025, 7, 1) else set()


@pytest.mark.parametrize(("rule", "lines", "line", "message"), BROKEN)
def test_each_rule_trips_alone(tmp_path: Path, rule: str, lines: list[str], line: int, message: str) -> None:
    """Each rule about code lists finds what it is for, at its line, and no other rule speaks."""
    (tmp_path / "list.csv").write_text("\n".join([",".join(COLUMNS), *lines]), encoding="utf-8")

    problems = check_rows(read_sheet(tmp_path / "list.csv"), nine_since_july)

    assert {(problem.rule, problem.line) for problem in problems} == {(rule, line)}
    assert message in problems[0].message
    assert "\x1b" not in problems[0].message


def test_every_rule_has_a_failing_case() -> None:
    """No rule about code lists stands without a list that it refuses."""
    assert {rule.id for rule in RULES} == {case[0] for case in BROKEN}


def test_editions_may_follow_each_other(tmp_path: Path) -> None:
    """Two rows of one code may meet at midnight, and a split names several successors."""
    lines = [",".join(COLUMNS), "1,a,,2025-06-30,9,,,", "1,b,2025-07-01,,,,,", "2,a,,2025-06-30,9,,,"]
    (tmp_path / "list.csv").write_text("\n".join(lines), encoding="utf-8")

    assert check_rows(read_sheet(tmp_path / "list.csv"), nine_since_july) == []
