"""The token of an LGSP in PostgreSQL, where all processes of the hub find it."""

from __future__ import annotations

from dataclasses import replace

import httpx

from connectors.memory import MemorySecrets
from hub.settings import Role, Settings
from hub.store.ports import make_ports
from hub.trust.keys import KeyRing
from tests.connectors.conftest import BUSINESS_SECRETS, CONTEXT, QUICK, Brisk, business_settings
from tests.connectors.lgsp import Lgsp, code


async def test_pipeline_and_api_log_in_once(settings: Settings, ring: KeyRing, lgsp: Lgsp) -> None:
    """A token that one role fetched is used by the other, over the same sealed row."""
    for role in (Role.PIPELINE, Role.API):
        ports = make_ports(settings, role, ring)
        connector = Brisk(
            business_settings(),
            replace(ports, secrets=MemorySecrets(BUSINESS_SECRETS)),
            environment="sandbox",
            retry=QUICK,
            transport=httpx.MockTransport(lgsp),
        )
        async with connector:
            assert await connector.enterprise(code(1), CONTEXT) is None
        await ports.aclose()

    assert (len(lgsp.logins), len(lgsp.requests)) == (1, 2)
