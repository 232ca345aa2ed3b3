"""The list of checks, and how they are run for one connector: as a test class, or one by one without pytest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Set
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
COVERED: set[tuple[type[Connector], str]] = set()
"""The queries and feeds that a conformance line runs, with their connectors."""


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


async def examine(connector: type[Connector], case: Case) -> list[Verdict]:
    """Runs every check for one connector, in order; needs neither pytest nor a fixture."""
    _declare(connector, case)
    with capture_logs():
        return [await judge(one, connector, case) for one in CHECKS.values()]


def conformance(connector: type[Connector], case: Case, *, only: str | None = None) -> type:
    """Makes the test class of one connector; the line that does so is what a new register needs.

    `only` names a capability, for a further question of a register that has a line already: just the checks that need
    it are run.
    """
    _declare(connector, case)
    asked = [case.question.method] if case.question else []
    walked = [case.feed.method] if case.feed and only in (None, "feed") else []
    COVERED.update((connector, name) for name in (*asked, *walked))
    chosen = [one for one in CHECKS.values() if only is None or only in one.needs]
    tests = {f"test_{one.name}": _as_test(one, connector, case) for one in chosen}
    return type(f"Test{connector.__name__}", (), {"__doc__": f"The rules for {connector.system}.", **tests})


def _declare(connector: type[Connector], case: Case) -> None:
    unknown = {waiver.check for waiver in case.waivers} - set(CHECKS)
    assert not unknown, f"{connector.system}: waivers for checks that do not exist: {sorted(unknown)}"
    for waiver in case.waivers:
        assert waiver.reason.strip(), f"{connector.system}: the waiver of {waiver.check} has no reason"
    has = {"question": connector.queries, "feed": connector.feeds, "keys": hasattr(connector, "keys")}
    wrong = [capability for capability, there in has.items() if there and capability in case.lacks]
    assert not wrong, f"{connector.system} has what its case says it lacks: {wrong}"


def without_line(registry: Mapping[str, type[Connector]], covered: Set[tuple[type[Connector], str]]) -> list[str]:
    """Lists the queries and feeds of all registers that no conformance line runs."""
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
