"""All twins of one country in one application, with one clock and one script of faults."""

from __future__ import annotations

import time
from pathlib import Path

from starlette.applications import Starlette
from starlette.types import ASGIApp

from sandbox_mocks.business import app as business
from sandbox_mocks.business.control import BusinessControl
from sandbox_mocks.business.credentials import Credentials as BusinessCredentials
from sandbox_mocks.civil_status import app as civil_status
from sandbox_mocks.civil_status.credentials import Credentials as CivilStatusCredentials
from sandbox_mocks.clock import Clock
from sandbox_mocks.control import Control
from sandbox_mocks.country import Country
from sandbox_mocks.country.civil_status import CivilStatus
from sandbox_mocks.country.enterprises import Enterprises
from sandbox_mocks.dropping import Dropping
from sandbox_mocks.faults import FaultScript
from sandbox_mocks.payment.app import PaymentPlatform
from sandbox_mocks.payment.partners import Credentials as PaymentCredentials
from sandbox_mocks.population import app as population
from sandbox_mocks.population.credentials import Credentials as PopulationCredentials
from sandbox_mocks.treasury.app import Treasury
from sandbox_mocks.treasury.credentials import Credentials as TreasuryCredentials
from sandbox_mocks.twins import further_twins


def create_app(
    country: Country,
    population_credentials: PopulationCredentials | None = None,
    business_credentials: BusinessCredentials | None = None,
    clock: Clock | None = None,
    civil_status_credentials: CivilStatusCredentials | None = None,
    payment_credentials: PaymentCredentials | None = None,
    base: str = "",
    treasury_credentials: TreasuryCredentials | None = None,
    files: Path | None = None,
) -> ASGIApp:
    """Builds every register over one country, the payment platform and the banks, and the twins of further registers.

    Args:
        country: the people behind all.
        clock: the country's time: what has happened so far.
        base: the server's own address, for the pages to which it sends browsers.
        files: the folder into which treasury and banks deliver files; None: nowhere.
    """
    clock, script, enterprises = clock or Clock(), FaultScript(), Enterprises(country)
    platform = PaymentPlatform(payment_credentials or PaymentCredentials(), clock, script, base)
    routes = [
        *population.routes(country, population_credentials or PopulationCredentials(), clock, script, _wall_clock_ms),
        *business.routes(enterprises, business_credentials or BusinessCredentials(), clock, script, _wall_clock_ms),
        *civil_status.routes(
            CivilStatus(country), civil_status_credentials or CivilStatusCredentials(), clock, script, _wall_clock_ms
        ),
        *platform.routes(),
        *Treasury(
            platform.orders, treasury_credentials or TreasuryCredentials(), clock, script, _wall_clock_ms, files
        ).routes(),
        *(route for twin in further_twins().values() for route in twin.routes(country, clock, script)),
        *Control(country, clock, script).routes(),
        *BusinessControl(enterprises, clock).routes(),
    ]
    return Dropping(Starlette(routes=routes))


def _wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000
