from pathlib import Path

import pytest

from hub.mapping import run_examples
from tests.mapping.folder import changed, folder


def test_own_examples_hold() -> None:
    """Every example of every mapping of the project holds."""
    results = run_examples()

    assert len(results) > 25
    assert [str(problem) for result in results for problem in result.problems] == []


def test_small_examples_hold(tmp_path: Path) -> None:
    """The examples of one mapping can be run alone."""
    results = run_examples("population/small", folder(tmp_path))

    assert [(result.name, result.holds) for result in results] == [("maps", True), ("refuses", True)]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('expect: {personal_id: "100050000017"}', 'expect: {personal_id: "2"}', "maps: personal_id should be '2'"),
        ('expect: {personal_id: "100050000017"}', "absent: [personal_id]", "maps: personal_id should be absent"),
        ('expect: {personal_id: "100050000017"}', "note: {field: a, rule: b}", "maps: should note b at a"),
        ('expect: {personal_id: "100050000017"}', "given: {SoDinhDanh: '2'}", "should map, was refused by format.pers"),
        ('expect: {personal_id: "100050000017"}', "given: {SoDinhDanh: 2}", "the wire model refuses SoDinhDanh"),
        ('given: {SoDinhDanh: "1"}', "given: {}", "should be refused by format.personal_id at personal_id, was mapped"),
        ("rule: format.personal_id", "rule: code.unknown", "refuses: should be refused by code.unknown"),
    ],
)
def test_wrong_example_is_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    """An example that does not hold is told with the line where it stands."""
    results = run_examples("population/small", changed(tmp_path, (old, new)))

    problems = [problem for result in results for problem in result.problems]
    assert any(message in problem.message for problem in problems), problems
    assert all(problem.line >= 33 for problem in problems)
