"""Runs the conformance suite of this repository on one connector, without pytest."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Callable
from typing import Any

from connectors.base import Connector
from hub.settings import ROOT


class NoConformance(RuntimeError):
    """The suite can't be run on a connector; the message says why and what to do."""


def conformance_of(connector: type[Connector], say: Callable[[str, int], None]) -> list[Any]:
    """Runs every line of a connector and returns the verdicts (`tests.conformance.suite.Verdict`), in order.

    Raises:
        NoConformance: the suite is not installed here, or nothing declares a case of the connector.
    """
    name = connector.system
    lines = [line for line in _lines(name) if line.connector is connector]
    if not lines:
        raise NoConformance(
            f"no conformance line runs {connector.__name__}: end tests/conformance/cases/{name}.py in"
            f" `Test{connector.__name__} = conformance({connector.__name__}, {name.upper()})`"
        )
    suite = importlib.import_module("tests.conformance.suite")
    verdicts: list[Any] = []
    for line in lines:
        for one in line.checks():
            verdicts.append(asyncio.run(suite.judged_quietly(one, line.connector, line.case)))
            say(one.name, len(verdicts))
    return verdicts


def _lines(name: str) -> list[Any]:
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    try:
        importlib.import_module("tests.conformance")
    except ModuleNotFoundError as error:
        raise NoConformance(
            f"the conformance suite is not here ({error.name} is missing): run this in a clone, after `make install`"
        ) from None
    case = ROOT / "tests" / "conformance" / "cases" / f"{name}.py"
    if not case.is_file():
        raise NoConformance(
            f"{case.relative_to(ROOT)} is missing: it says how {name} is tried; see docs/connect-a-register.md"
        )
    importlib.import_module(f"tests.conformance.cases.{name}")
    lines: list[Any] = importlib.import_module("tests.conformance").LINES
    return lines
