"""Countries and callers for the tests of the twins."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox_mocks.clock import Clock
from sandbox_mocks.country import Country
from sandbox_mocks.country.civil_status import CivilStatus
from sandbox_mocks.country.enterprises import Enterprises
from sandbox_mocks.country.timeline import VIETNAM, epoch_ms
from tests.sandbox_mocks.business_caller import BusinessCaller
from tests.sandbox_mocks.caller import Caller
from tests.sandbox_mocks.civil_status_caller import CivilStatusCaller
from tests.sandbox_mocks.payment_caller import PaymentCaller

TODAY = datetime(2026, 11, 22, 8, tzinfo=VIETNAM)
NOW = epoch_ms(TODAY)
Start = Callable[..., dict[str, Any]]


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


@pytest.fixture(scope="session")
def enterprises(country: Country) -> Enterprises:
    """The business register of the country with its defects."""
    return Enterprises(country)


@pytest.fixture
async def business(clean: Country) -> AsyncIterator[BusinessCaller]:
    """A caller of a fresh business twin of the clean country, signed in, the twin's clock standing at `TODAY`."""
    caller = BusinessCaller(clean, Clock(TODAY))
    await caller.sign_in()
    yield caller
    await caller.client.aclose()


@pytest.fixture(scope="session")
def books(country: Country) -> CivilStatus:
    """The civil-status books of the country with its defects."""
    return CivilStatus(country)


@pytest.fixture
async def civil(clean: Country) -> AsyncIterator[CivilStatusCaller]:
    """A caller of a fresh civil-status twin of the clean country, signed in, the twin's clock standing at `TODAY`."""
    caller = CivilStatusCaller(clean, Clock(TODAY))
    await caller.sign_in()
    yield caller
    await caller.client.aclose()


@pytest.fixture
async def payer(clean: Country) -> AsyncIterator[PaymentCaller]:
    """A partner of a fresh payment twin, the twin's clock standing at `TODAY`."""
    caller = PaymentCaller(clean, Clock(TODAY))
    yield caller
    await caller.client.aclose()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts twins that end with the test."""
    running: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> dict[str, Any]:
        ready = tmp_path / f"ready-{len(running)}.json"
        command = [sys.executable, "-m", "sandbox_mocks", "--port", "0", "--ready-file", str(ready), *arguments]
        begun = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        running.append(process)
        while not ready.exists():
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() - begun < 60
            time.sleep(0.01)
        return {**json.loads(ready.read_text()), "process": process, "seconds": time.monotonic() - begun}

    yield run
    for process in running:
        process.kill()
        process.communicate()
