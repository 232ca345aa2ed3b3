"""Every connector keeps the rules: one line each."""

from __future__ import annotations

from connectors import registry
from connectors.business import Business
from connectors.population import Population
from tests.conformance import COVERED, conformance
from tests.conformance.cases.business import BUSINESS
from tests.conformance.cases.population import POPULATION
from tests.conformance.suite import without_line

TestBusiness = conformance(Business, BUSINESS)
TestPopulation = conformance(Population, POPULATION)


def test_every_connector_has_its_line() -> None:
    """A connector that is found in the registry and not here would be held to nothing."""
    assert without_line(registry(), COVERED) == []
