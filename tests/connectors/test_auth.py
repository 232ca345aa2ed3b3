"""The signature of the population's security server, and what a refused one means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from connectors.auth import Account, ApiKey, SecurityServerBasic, security_server_basic
from connectors.errors import Denied, Refused
from connectors.memory import memory_ports
from tests.connectors.conftest import CLAIM, CONTEXT, SECRETS, Connect, settings
from tests.connectors.register import NOW, Register

VECTOR = "Basic bW9ja3VzZXI6MmEyNGIwZjI5MWExNDkwMjIxMmE1ZTk4NjI4MWQ1ZThmODgxYjJlMDU4NjczYWE0MGY0NzkxMWY3YzExZWMyNg=="


def test_signature_agrees_with_the_published_vector() -> None:
    """The known account, time, secret and address give the known header."""
    assert security_server_basic("mockuser", "mockkey", "1767237300000", "http://mock.local/qldc/037") == VECTOR


async def test_the_flow_signs_a_request_without_a_network() -> None:
    """The generator writes the header of the vector, from a reference to the secret and the clock."""
    config = settings(user="mockuser", logical_url="http://mock.local/qldc/037")
    moment = datetime.fromtimestamp(1767237300, UTC)
    ports = memory_ports({**SECRETS, "env:SECRET": "mockkey\n"})
    async with httpx.AsyncClient() as http:
        flow = SecurityServerBasic(Account("population", config, ports, lambda: moment, http))

        request = await anext(flow.async_auth_flow(httpx.Request("POST", config.url)))

    assert request.headers["Authorization"] == VECTOR
    assert request.headers["Timestamp"] == "1767237300000"
    assert request.headers["X-Road-Client"] == "VN/GOV/G16/lienthong"
    assert request.headers["ApiKey"] == "sandbox-key"


async def test_a_key_is_sent_in_the_header_that_the_register_reads() -> None:
    """A register whose header has another name takes one line."""

    class Key(ApiKey):
        header = "X-API-Key"

    ports = memory_ports({"env:KEY": "sandbox-key\n"})
    async with httpx.AsyncClient() as http:
        account = Account("fishing", settings(api_key="env:KEY"), ports, lambda: NOW, http)
        requests = [
            await anext(sign(account).async_auth_flow(httpx.Request("GET", "https://register.invalid/list")))
            for sign in (ApiKey, Key)
        ]

    assert [each.headers.get("ApiKey") for each in requests] == ["sandbox-key", None]
    assert [each.headers.get("X-API-Key") for each in requests] == [None, "sandbox-key"]


async def test_seconds_are_sent_where_the_register_wants_them(connect: Connect, register: Register) -> None:
    """The unit of the timestamp is a setting, and the signature covers the same text."""
    await connect(config=settings(timestamp_unit="s")).citizen(CLAIM, CONTEXT)

    headers = register.requests[0].headers
    stamp = str(int(NOW.timestamp()))
    assert headers["Timestamp"] == stamp
    assert headers["Authorization"] == security_server_basic(
        "sandbox-hub", "sandbox-secret", stamp, "http://mock.local/qldc/population"
    )


async def test_every_attempt_is_signed_anew(connect: Connect, register: Register) -> None:
    """A retry never carries the time of the attempt before it."""
    register.script.append(httpx.Response(503))
    ticks: Iterator[datetime] = (NOW + timedelta(seconds=n) for n in range(100))

    await connect(clock=lambda: next(ticks)).citizen(CLAIM, CONTEXT)

    stamps = [request.headers["Timestamp"] for request in register.requests]
    assert len(set(stamps)) == len(stamps) == 2


async def test_a_rotated_secret_is_used_at_once(connect: Connect, register: Register) -> None:
    """A 401 is answered once with a fresh signature, from the secret that is valid by then."""

    class Rotating:
        def __init__(self) -> None:
            self.values = ["old-secret", "new-secret"]

        async def get(self, reference: str) -> str:
            return SECRETS[reference] if reference == "env:KEY" else self.values.pop(0)

        def forget(self, reference: str) -> None:
            """Keeps nothing."""

    register.script.append(httpx.Response(401))

    await connect(ports=replace(memory_ports(), secrets=Rotating())).citizen(CLAIM, CONTEXT)

    first, second = (request.headers["Authorization"] for request in register.requests)
    assert first != second


async def test_a_second_401_is_denied(connect: Connect, register: Register) -> None:
    """Wrong credentials are tried twice and not once more: accounts get locked."""
    register.script.extend([httpx.Response(401)] * 5)

    with pytest.raises(Denied) as caught:
        await connect().citizen(CLAIM, CONTEXT)

    assert caught.value.code == "credentials"
    assert len(register.requests) == 2


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_refusal_by_another_clock_says_so(connect: Connect, register: Register, minutes: int) -> None:
    """When the register's own date is far from ours, the error names the clocks and what to do."""
    theirs = (NOW + timedelta(minutes=minutes)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    register.script.append(httpx.Response(401, headers={"Date": theirs}))

    with pytest.raises(Denied, match="synchronise this machine") as caught:
        await connect().citizen(CLAIM, CONTEXT)

    assert caught.value.code == "clock_skew"
    assert len(register.requests) == 1


@pytest.mark.parametrize("changed", [{"secret": None}, {"user": None}, {"secret": "env:NONE"}, {"api_key": "env:NONE"}])
async def test_a_missing_account_is_refused_before_anything_is_sent(
    connect: Connect, register: Register, changed: dict[str, None]
) -> None:
    """A setting without its secret is named, and nothing goes out."""
    with pytest.raises(Refused) as caught:
        await connect(config=settings(**changed)).citizen(CLAIM, CONTEXT)

    assert ("secret_missing", tuple(changed)) == (caught.value.code, caught.value.fields)
    assert register.requests == []
