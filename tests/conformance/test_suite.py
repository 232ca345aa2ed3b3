"""What is waived, lacking or forgotten is said aloud, and ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Connector
from tests.conformance import CHECKS, Case, Line, Verdict, Waiver, conformance, examine
from tests.conformance.broken.tiny import TINY, Tiny
from tests.conformance.broken.wrong_answers import ChoosesTheFirst
from tests.conformance.case import CAPABILITIES
from tests.conformance.suite import judge, without_line

TODAY = date(2026, 11, 22)
AMBIGUOUS = CHECKS["ambiguous"]


def waived(until: date, check: str = "ambiguous", reason: str = "the register promises one match") -> Case:
    """Returns the tiny register's case with one waiver."""
    return replace(TINY, waivers=(Waiver(check=check, reason=reason, until=until),))


async def state(connector: type[Connector], case: Case) -> Verdict:
    """Judges one check of a connector."""
    return await judge(AMBIGUOUS, connector, case, TODAY)


async def test_a_waiver_holds_until_its_day() -> None:
    """A rule that is broken and waived does not fail, and says why and until when."""
    verdict = await state(ChoosesTheFirst, waived(TODAY))

    assert (verdict.state, verdict.why) == ("waived", "until 2026-11-22: the register promises one match")


async def test_a_waiver_ends() -> None:
    """After its day the broken rule fails again."""
    verdict = await state(ChoosesTheFirst, waived(TODAY - timedelta(days=1)))

    assert verdict.state == "failed"
    assert "ended on 2026-11-21" in verdict.why


async def test_a_waiver_that_is_no_longer_needed_fails() -> None:
    """A connector that was mended loses its waiver, or the next mistake would hide behind it."""
    verdict = await state(Tiny, waived(TODAY))

    assert verdict.state == "failed"
    assert "stale" in verdict.why


@pytest.mark.parametrize(("check", "reason"), [("ambigous", "a reason"), ("ambiguous", " ")])
def test_a_senseless_waiver_is_refused(check: str, reason: str) -> None:
    """A waiver names a check that exists, and why."""
    with pytest.raises(AssertionError):
        conformance(Tiny, waived(TODAY, check, reason))


async def test_a_lack_is_said() -> None:
    """A check that makes no sense for a register is left out with the register's own reason."""
    case = replace(TINY, lacks={**TINY.lacks, "claims": "asks by number alone"})

    assert await state(Tiny, case) == Verdict("ambiguous", "lacking", "claims: asks by number alone")


@pytest.mark.parametrize(
    ("lacks", "changed"),
    [
        ({"feeds": "no such capability"}, {}),
        ({"claims": ""}, {}),
        ({}, {"question": None}),
        ({}, {"feed": None}),
        ({"question": "it has one"}, {}),
        ({"http": "it is a folder"}, {"twin": None}),
    ],
)
def test_a_case_that_contradicts_itself_is_refused(lacks: dict[str, str], changed: dict[str, Any]) -> None:
    """Nothing is left out in silence, and nothing is said to lack that is there."""
    with pytest.raises(ValueError, match=r"capability|declare"):
        replace(TINY, lacks={**TINY.lacks, **lacks}, **changed)


@pytest.mark.parametrize(
    ("changed", "lacking"),
    [({"question": None}, ["question", "record"]), ({"feed": None}, ["feed"]), ({}, ["keys"])],
)
def test_a_case_that_contradicts_its_connector_is_refused(changed: dict[str, Any], lacking: list[str]) -> None:
    """A connector that has a question, a feed or a key list is held to it."""
    lacks = {**TINY.lacks, **dict.fromkeys(lacking, "said to have none")}

    with pytest.raises(AssertionError, match="lacks"):
        conformance(Tiny, replace(TINY, lacks=lacks, **changed))


def test_a_forgotten_connector_is_found() -> None:
    """A query or feed without a line, or whose line runs another class, is named."""
    registry = {"tiny": Tiny}

    assert without_line(registry, [Line(ChoosesTheFirst, TINY)]) == ["tiny.people", "tiny.person"]
    assert without_line(registry, [Line(Tiny, TINY, only="question")]) == ["tiny.people"]
    assert without_line(registry, [Line(Tiny, TINY)]) == []


def test_every_capability_is_needed_by_a_check() -> None:
    """A capability that no check asks for would be declared for nothing."""
    assert set(CAPABILITIES) == {capability for check in CHECKS.values() for capability in check.needs}


def test_every_capability_is_documented() -> None:
    """The page for newcomers says every capability in the words of the code."""
    page = (Path(__file__).parents[2] / "docs" / "connect-a-register.md").read_text("utf-8")

    assert [name for name in CAPABILITIES if f"| `{name}` |" not in page] == []


async def test_the_checks_run_without_pytest(capsys: pytest.CaptureFixture[str]) -> None:
    """A command can run them all: one verdict a check, in order, and nothing printed."""
    case = replace(TINY, waivers=(Waiver(check="ambiguous", reason="test", until=datetime.now(UTC).date()),))

    verdicts = await examine(Line(ChoosesTheFirst, case))

    assert [verdict.check for verdict in verdicts] == list(CHECKS)
    assert {verdict.check for verdict in verdicts if verdict.state == "waived"} == {"ambiguous"}
    assert {verdict.check for verdict in verdicts if verdict.state == "failed"} == {"declares_its_courtesy"}
    assert capsys.readouterr().out == ""
