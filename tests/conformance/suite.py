"""The list of checks, and how they are run for one connector: as a test class, or one by one without pytest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

import pytest
from structlog.testing import capture_logs

from connectors.base import Connector
from connectors.errors import ConnectorError
from tests.conformance.case import CAPABILITIES, Case, Waiver
from tests.conformance.trial import Trial

LONGEST = 60.0
"""Seconds after which a check counts as failed: a connector that hangs must not hang the suite."""

Run = Callable[[Trial], Awaitable[None]]


@dataclass(frozen=True)
class Check:
    """One rule: its name, the sentence that says it, what it needs of a register, and how it is tried."""

    name: str
    rule: str
    needs: tuple[str, ...]
    run: Run


@dataclass(frozen=True)
class Verdict:
    """What one check says about one connector."""

    check: str
    state: Literal["passed", "failed", "lacking", "waived"]
    why: str = ""


CHECKS: dict[str, Check] = {}


@dataclass(frozen=True)
class Line:
    """One connector and one case of it; `only` leaves out the checks that do not need this capability."""

    connector: type[Connector]
    case: Case
    only: str | None = None

    def checks(self) -> list[Check]:
        """Lists the checks that are run."""
        return [one for one in CHECKS.values() if self.only is None or self.only in one.needs]

    def offers(self) -> set[tuple[type[Connector], str]]:
        """Returns the query and the feed that the checks call, with their connector."""
        asked = self.case.question and self.case.question.method
        walked = self.case.feed and self.only in (None, "feed") and self.case.feed.method
        return {(self.connector, name) for name in (asked, walked) if name}


LINES: list[Line] = []
"""Every line that was declared, in order: what a command that tests a connector by its name goes through."""


def check(*needs: str) -> Callable[[Run], Run]:
    """Makes a function a check; it is left out for a register that lacks one of these capabilities."""

    def register(run: Run) -> Run:
        assert set(needs) <= set(CAPABILITIES), f"no such capability: {needs}"
        assert run.__doc__, f"{run.__name__} does not say its rule"
        CHECKS[run.__name__] = Check(run.__name__, run.__doc__.strip(), needs, run)
        return run

    return register


async def try_check(one: Check, connector: type[Connector], case: Case) -> None:
    """Runs one check.

    Raises:
        AssertionError: the connector does not keep the rule.
    """
    try:
        async with asyncio.timeout(LONGEST), Trial(connector, case) as trial:
            await one.run(trial)
    except ConnectorError as error:
        raise AssertionError(f"{type(error).__name__} {error.code} {error.fields} where an answer is due") from None
    except TimeoutError:
        raise AssertionError("the check did not end") from None


async def judge(one: Check, connector: type[Connector], case: Case, today: date | None = None) -> Verdict:
    """Runs one check unless the register lacks what it needs, and holds its waiver against the outcome."""
    for capability in one.needs:
        if capability in case.lacks:
            return Verdict(one.name, "lacking", f"{capability}: {case.lacks[capability]}")
    failure = ""
    try:
        await try_check(one, connector, case)
    except AssertionError as failed:
        failure = str(failed) or "the rule is broken"
    waiver = next((waiver for waiver in case.waivers if waiver.check == one.name), None)
    if waiver is None:
        return Verdict(one.name, "failed" if failure else "passed", failure)
    return _waived(waiver, failure, today or datetime.now(UTC).date())


def _waived(waiver: Waiver, failure: str, today: date) -> Verdict:
    if not failure:
        return Verdict(waiver.check, "failed", "the waiver is stale: the check passes, take the waiver away")
    if today > waiver.until:
        return Verdict(waiver.check, "failed", f"the waiver ended on {waiver.until}: {failure}")
    return Verdict(waiver.check, "waived", f"until {waiver.until}: {waiver.reason}")


async def judged_quietly(one: Check, connector: type[Connector], case: Case) -> Verdict:
    """Runs one check as `judge` does, and lets no log line of it out."""
    with capture_logs():
        return await judge(one, connector, case)


async def examine(line: Line) -> list[Verdict]:
    """Runs the checks of one line, in order; needs neither pytest nor a fixture."""
    return [await judged_quietly(one, line.connector, line.case) for one in line.checks()]


def conformance(connector: type[Connector], case: Case, *, only: str | None = None) -> type:
    """Makes the test class of one connector; the line that does so is what a new register needs.

    `only` names a capability, for a further question of a register that has a line already.
    """
    _declare(connector, case)
    line = Line(connector, case, only)
    LINES.append(line)
    tests = {f"test_{one.name}": _as_test(one, connector, case) for one in line.checks()}
    return type(f"Test{connector.__name__}", (), {"__doc__": f"The rules for {connector.system}.", **tests})


def _declare(connector: type[Connector], case: Case) -> None:
    unknown = {waiver.check for waiver in case.waivers} - set(CHECKS)
    assert not unknown, f"{connector.system}: waivers for checks that do not exist: {sorted(unknown)}"
    for waiver in case.waivers:
        assert waiver.reason.strip(), f"{connector.system}: the waiver of {waiver.check} has no reason"
    has = {"question": connector.queries, "feed": connector.feeds, "keys": hasattr(connector, "keys")}
    wrong = [capability for capability, there in has.items() if there and capability in case.lacks]
    assert not wrong, f"{connector.system} has what its case says it lacks: {wrong}"


def without_line(registry: Mapping[str, type[Connector]], lines: Iterable[Line]) -> list[str]:
    """Lists the queries and feeds of all registers that no conformance line runs."""
    covered = {offer for line in lines for offer in line.offers()}
    offered = [(c, name) for c in registry.values() for name in (*c.queries, *c.feeds)]
    return sorted(f"{connector.system}.{name}" for connector, name in offered if (connector, name) not in covered)


def _as_test(one: Check, connector: type[Connector], case: Case) -> Callable[[object], Awaitable[None]]:
    async def test(self: object) -> None:
        verdict = await judge(one, connector, case)
        if verdict.state == "lacking":
            pytest.skip(verdict.why)
        if verdict.state == "waived":
            pytest.xfail(verdict.why)
        assert verdict.state == "passed", f"{one.rule} {connector.system}: {verdict.why}"

    test.__doc__ = one.rule
    return test
