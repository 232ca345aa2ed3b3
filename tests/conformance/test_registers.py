"""Every connector keeps the rules: one line for each, and one more for each further question."""

from __future__ import annotations

from connectors import registry
from connectors.business import Business
from connectors.population import Population
from tests.conformance import LINES, conformance
from tests.conformance.cases.business import BUSINESS, DOSSIER
from tests.conformance.cases.population import KIN, POPULATION, VERIFY
from tests.conformance.suite import without_line

TestBusiness = conformance(Business, BUSINESS)
TestBusinessDossier = conformance(Business, DOSSIER, only="question")
TestPopulation = conformance(Population, POPULATION)
TestPopulationKin = conformance(Population, KIN, only="question")
TestPopulationVerify = conformance(Population, VERIFY, only="question")


def test_every_query_and_feed_has_its_line() -> None:
    """What is found in the registry and not here would be held to nothing."""
    assert without_line(registry(), LINES) == []
