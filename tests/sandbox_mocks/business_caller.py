"""A minimal caller of the business twin, written apart from the hub's connector."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import httpx

from sandbox_mocks.business.app import PATH, create_app
from sandbox_mocks.clock import Clock
from sandbox_mocks.country import Country
from sandbox_mocks.country.enterprises import Enterprises
from sandbox_mocks.country.timeline import VIETNAM, epoch_ms

KEYS = {
    "AccessKey": "sandbox-access",
    "SecretKey": "sandbox-business-secret",
    "AppName": "lienthong",
    "PartnerCode": "G16",
    "PartnerCodeCus": "G16",
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def keys_header(**changes: str) -> str:
    """Writes the header with the keys."""
    return base64.b64encode(json.dumps({**KEYS, **changes}).encode()).decode()


def officer_header(key: str = "sandbox-officer-key", password: str = "sandbox-officer-pass") -> str:
    """Writes the officer's hash."""
    return base64.b64encode(f"{key}:{password}".encode()).decode()


def moment(text: str) -> int:
    """Reads dd/MM/yyyy HH:mm:ss of Viet Nam as epoch milliseconds."""
    return epoch_ms(datetime.strptime(text, "%d/%m/%Y %H:%M:%S").replace(tzinfo=VIETNAM))


def days(first: datetime, count: int = 5) -> dict[str, str]:
    """Writes a window of whole days."""
    return {"from_date": f"{first:%d/%m/%Y}", "to_date": f"{first + timedelta(days=count - 1):%d/%m/%Y}"}


class BusinessCaller:
    """Calls one business twin in process."""

    def __init__(self, country: Country, clock: Clock | None = None, **options: Any) -> None:
        self.enterprises = Enterprises(country)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(country, clock=clock, **options)), base_url="http://twin.local"
        )
        self.token = ""

    async def sign_in(self, **changes: str) -> httpx.Response:
        """Asks for a token and keeps it."""
        headers = {"lgspaccesstoken": keys_header(), **FORM, **changes}
        response = await self.client.post(f"{PATH}/token", content="grant_type=client_credentials", headers=headers)
        if response.status_code == 200 and "access_token" in response.text:
            self.token = response.json()["access_token"]
        return response

    async def send(self, service: str, asked: dict[str, Any], **changes: str) -> httpx.Response:
        """Calls a service."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "lgspaccesstoken": keys_header(),
            "AuthHash": officer_header(),
            **changes,
        }
        return await self.client.get(f"{PATH}/apiCSDLDKDN/{service}", params=asked, headers=headers)

    async def ask(self, service: str, **asked: Any) -> dict[str, Any]:
        """Calls a service and returns its answer."""
        response = await self.send(service, asked)
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def script(self, *faults: dict[str, Any]) -> None:
        """Scripts faults."""
        response = await self.client.put("/_sandbox/faults", json={"faults": list(faults)})
        assert response.status_code == 200, response.text
