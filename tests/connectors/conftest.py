"""A population connector on a register that a test can script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.base import CallContext, IdentityClaim, RetryBudget
from connectors.memory import memory_ports
from connectors.population import Population
from hub.settings import RegisterSettings
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
