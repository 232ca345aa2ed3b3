"""What every connector must do, as checks: `TestPopulation = conformance(Population, POPULATION)` runs them all.

`case.py` says what a register declares about itself, `checks/` holds the rules, `broken/` a wrong connector for each of
them. `examine` runs the same checks without pytest.
"""

from tests.conformance import checks
from tests.conformance.case import Case, Feed, PersonQuestion, Question, Waiver
from tests.conformance.suite import CHECKS, LINES, Line, Verdict, conformance, examine

__all__ = [
    "CHECKS",
    "LINES",
    "Case",
    "Feed",
    "Line",
    "PersonQuestion",
    "Question",
    "Verdict",
    "Waiver",
    "checks",
    "conformance",
    "examine",
]
