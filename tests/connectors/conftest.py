"""Connectors on registers that a test can script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.base import CallContext, Courtesy, IdentityClaim, RetryBudget
from connectors.business import Business
from connectors.memory import memory_ports
from connectors.population import Population
from hub.settings import RegisterSettings
from tests.connectors.lgsp import URL, Lgsp, hashed
from tests.connectors.register import NOW, Register

QUICK = RetryBudget(attempts=4, seconds=5.0, attempt_seconds=1.0, first_wait=0.001, longest_wait=0.002)
SECRETS = {"env:SECRET": "sandbox-secret", "env:KEY": "sandbox-key"}
CONTEXT = CallContext(
    purpose="prefill",
    legal_basis="Law 91/2025/QH15 art. 19(c)",
    procedure="1.004623",
    dossier="G16.01-261122-0007",
    officer="an",
)
CLAIM = IdentityClaim(personal_id="100050000017", name="Nguyễn Văn An", birth_date="1950")


def settings(**changed: Any) -> RegisterSettings:
    """Returns the settings of the sandbox's register."""
    return RegisterSettings(
        **{
            "url": "http://register.invalid/qldc/population",
            "logical_url": "http://mock.local/qldc/population",
            "user": "sandbox-hub",
            "secret": "env:SECRET",
            "api_key": "env:KEY",
            "client_id": "VN/GOV/G16/lienthong",
            "officers": {"an": "CB-00123"},
            **changed,
        }
    )


Connect = Callable[..., Population]


@pytest.fixture
def register() -> Register:
    """A register with nobody in it."""
    return Register()


@pytest.fixture
def connect(register: Register) -> Connect:
    """Makes connectors to that register, in the sandbox, at a fixed time, with quick retries."""

    def make(**changed: Any) -> Population:
        options = {
            "environment": "sandbox",
            "settle_lag": timedelta(minutes=2),
            "retry": QUICK,
            "transport": httpx.MockTransport(register),
            "clock": lambda: NOW,
        }
        config = changed.pop("config", None) or settings()
        ports = changed.pop("ports", None) or memory_ports(SECRETS)
        return Population(config, ports, **{**options, **changed})

    return make


BUSINESS_SECRETS = {"env:BUSINESS": "sandbox-business-secret", "env:SYNC": "sync-key:sync-pass", "env:AN": "an:an-pass"}


def business_settings(**changed: Any) -> RegisterSettings:
    """Returns the settings of the sandbox's business register."""
    return RegisterSettings(
        **{
            "url": URL,
            "access_key": "sandbox-access",
            "secret": "env:BUSINESS",
            "app_name": "lienthong",
            "partner_code": "G16",
            "partner_code_cus": "G16",
            "sync_officer": "CB-SYNC",
            "officers": {"an": "CB-00123"},
            "officer_secrets": {"CB-SYNC": "env:SYNC", "CB-00123": "env:AN"},
            **changed,
        }
    )


class Brisk(Business):
    """The business register's connector without its rate, so that a test need not wait for turns."""

    courtesy = Courtesy(per_second=100_000, concurrent=8)


@pytest.fixture
def lgsp() -> Lgsp:
    """A business register with no enterprise in it, which knows the officers of the settings."""
    return Lgsp(passes={"sync": hashed("sync-key:sync-pass"), "an": hashed("an:an-pass")})


@pytest.fixture
def business(lgsp: Lgsp) -> Callable[..., Business]:
    """Makes connectors to that register, in the sandbox, at its time, with quick retries."""

    def make(kind: type[Business] = Brisk, **changed: Any) -> Business:
        options = {
            "environment": "sandbox",
            "settle_lag": timedelta(minutes=2),
            "retry": QUICK,
            "transport": httpx.MockTransport(lgsp),
            "clock": lambda: lgsp.now,
        }
        config = changed.pop("config", None) or business_settings()
        ports = changed.pop("ports", None) or memory_ports(BUSINESS_SECRETS)
        return kind(config, ports, **{**options, **changed})

    return make
