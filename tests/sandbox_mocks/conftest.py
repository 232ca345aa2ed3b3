"""Countries and callers for the tests of the twins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from sandbox_mocks.clock import Clock
from sandbox_mocks.country import Country
from sandbox_mocks.country.timeline import VIETNAM, epoch_ms
from tests.sandbox_mocks.caller import Caller

TODAY = datetime(2026, 11, 22, 8, tzinfo=VIETNAM)
NOW = epoch_ms(TODAY)


@pytest.fixture(scope="session")
def country() -> Country:
    """A country of 30,000 people with its defects."""
    return Country(seed=5, people=30_000)


@pytest.fixture(scope="session")
def clean() -> Country:
    """A country of 3,000 people without defects."""
    return Country(seed=6, people=3_000, defect_rate=0)


@pytest.fixture(scope="session")
def large() -> Country:
    """A country of two million people."""
    return Country(seed=7, people=2_000_000)


@pytest.fixture
async def caller(clean: Country) -> AsyncIterator[Caller]:
    """A caller of a fresh twin of the clean country, its clock standing at `TODAY`."""
    caller = Caller(clean, Clock(TODAY))
    yield caller
    await caller.client.aclose()
