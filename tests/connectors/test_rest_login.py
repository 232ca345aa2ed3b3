"""The token of an LGSP: one log-in for all, renewed in time and once upon a 401, and no secret kept."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.base import Token, deadline_in
from connectors.business import Business
from connectors.errors import BrokenContract, ConnectorError, Denied, Refused, Unavailable
from connectors.memory import MemoryTokens, memory_ports
from tests.connectors.conftest import BUSINESS_SECRETS, CONTEXT, business_settings
from tests.connectors.lgsp import KEYS, NOW, URL, Lgsp, code
from tests.connectors.register import Behaviour

Make = Callable[..., Business]


async def ask(business: Business) -> None:
    """Asks about an enterprise that is not there."""
    assert await business.enterprise(code(1), CONTEXT) is None


async def test_the_login_is_as_the_gateway_wants_it(business: Make, lgsp: Lgsp) -> None:
    """A form, the account's keys in one header, and no officer or bearer in it."""
    await ask(business())

    (login,) = lgsp.logins
    assert (login.method, str(login.url)) == ("POST", f"{URL}/token")
    assert login.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert login.content == b"grant_type=client_credentials"
    assert json.loads(b64decode(login.headers["lgspaccesstoken"])) == KEYS
    assert {"Authorization", "AuthHash"}.isdisjoint(login.headers)


async def test_each_call_carries_token_keys_and_officer(business: Make, lgsp: Lgsp) -> None:
    """A live question goes out under its officer, a feed under the officer for synchronisation."""
    connector = business()

    await ask(connector)
    _ = [part async for part in connector.enterprises(NOW - timedelta(hours=1), NOW - timedelta(minutes=5))]

    question, listing, _ = lgsp.requests
    assert (question.headers["AuthHash"], listing.headers["AuthHash"]) == (lgsp.passes["an"], lgsp.passes["sync"])
    for request in lgsp.requests:
        assert request.headers["Authorization"] == "Bearer token-1"
        assert json.loads(b64decode(request.headers["lgspaccesstoken"])) == KEYS


async def test_many_calls_at_a_time_log_in_once(business: Make, lgsp: Lgsp) -> None:
    """Within a process one log-in is under way, and the others wait for its token."""
    connector = business()

    await asyncio.gather(*(ask(connector) for _ in range(20)))

    assert (len(lgsp.logins), len(lgsp.requests)) == (1, 20)


async def test_processes_share_a_login(business: Make, lgsp: Lgsp) -> None:
    """Another process finds the token in the port."""
    ports = memory_ports(BUSINESS_SECRETS)

    await ask(business(ports=ports))
    await ask(business(ports=replace(memory_ports(BUSINESS_SECRETS), tokens=ports.tokens)))

    assert len(lgsp.logins) == 1


async def test_another_account_does_not_use_the_token(business: Make, lgsp: Lgsp) -> None:
    """A token belongs to the settings that it was issued for."""
    ports = memory_ports(BUSINESS_SECRETS)
    await ask(business(ports=ports))

    with pytest.raises(Denied):
        await ask(business(ports=ports, config=business_settings(partner_code="G15")))

    assert len(lgsp.logins) == 2


async def test_a_dead_token_is_renewed_once(business: Make, lgsp: Lgsp) -> None:
    """A token that the gateway ended early is replaced, and the question goes out again."""
    connector = business()
    await ask(connector)
    lgsp.revoke()

    await ask(connector)

    assert (len(lgsp.logins), len(lgsp.requests)) == (2, 3)
    assert lgsp.requests[-1].headers["Authorization"] == "Bearer token-2"


async def test_a_token_that_dies_under_many_calls_is_renewed_once(business: Make, lgsp: Lgsp) -> None:
    """All calls that met the 401 share the new token, however late each learns of it."""
    connector = business()
    await ask(connector)
    lgsp.revoke()

    await asyncio.gather(*(ask(connector) for _ in range(8)))

    assert len(lgsp.logins) == 2


async def test_a_token_that_another_process_renewed_is_used(business: Make, lgsp: Lgsp) -> None:
    """After a 401 the port is asked first: somebody else may have logged in already."""
    ports = memory_ports(BUSINESS_SECRETS)
    first, second = business(ports=ports), business(ports=ports)
    await ask(first)
    await ask(second)
    lgsp.revoke()
    await ask(first)

    await ask(second)

    assert len(lgsp.logins) == 2


async def test_a_fresh_token_that_is_refused_ends_in_denied(business: Make, lgsp: Lgsp) -> None:
    """Two 401 in a row are no matter of the token's age; nothing is tried for ever."""
    lgsp.script.extend([httpx.Response(401, json={"error_code": "token_expired"})] * 9)

    with pytest.raises(Denied) as caught:
        await ask(business())

    assert caught.value.code == "credentials"
    assert (len(lgsp.logins), len(lgsp.requests)) == (2, 2)


async def test_a_refused_call_does_not_blame_the_clocks(business: Make, lgsp: Lgsp) -> None:
    """A bearer token has no time stamp in it: a 401 is answered with a new token, whatever the register's date."""
    lgsp.script.append(httpx.Response(401, headers={"Date": "Sun, 01 Jan 2023 00:00:00 GMT"}))

    await ask(business())

    assert len(lgsp.logins) == 2


@pytest.mark.parametrize(
    ("stated", "life"),
    [(300, 270.0), ("300", 270.0), (60, 54.0), (10**9, 86_370.0), (None, 54.0), (0, 54.0), ("soon", 54.0)],
)
async def test_a_token_ends_before_the_register_says(business: Make, lgsp: Lgsp, stated: object, life: float) -> None:
    """Half a minute is kept back, of a short life a tenth; an unstated life is a minute, the longest a day."""
    kept: list[Token] = []

    class Keeping(MemoryTokens):
        async def put(self, register: str, name: str, token: Token) -> None:
            kept.append(token)

    lgsp.expires_in = stated
    begun = datetime.now(UTC)

    await ask(business(ports=replace(memory_ports(BUSINESS_SECRETS), tokens=Keeping())))

    (token,) = kept
    assert begun <= token.expires_at - timedelta(seconds=life) <= datetime.now(UTC)


async def test_an_old_token_is_not_used(business: Make, lgsp: Lgsp) -> None:
    """A token past its time in the port is replaced before a call, and not after a 401."""
    lgsp.expires_in = 1
    connector = business()
    await ask(connector)
    await asyncio.sleep(0.95)

    await ask(connector)

    assert (len(lgsp.logins), len(lgsp.requests)) == (2, 2)


@pytest.mark.parametrize(
    ("answer", "kind", "code_", "logins"),
    [
        (httpx.Response(401, json={"error_code": "101", "message": "x"}), Denied, "login_refused", 1),
        (httpx.Response(401), Denied, "login_refused", 1),
        (httpx.Response(400, json={"error": "invalid_client"}), Denied, "login_refused", 1),
        (httpx.Response(403), Denied, "login_refused", 1),
        (httpx.Response(415), Refused, "http_refused", 1),
        (httpx.Response(404), Refused, "http_refused", 1),
        (httpx.Response(302, headers={"Location": "https://elsewhere.invalid"}), BrokenContract, "redirect", 1),
        (httpx.Response(200, text="<html>"), BrokenContract, "not_json", 1),
        (httpx.Response(200, json={}), BrokenContract, "field_missing", 1),
        (httpx.Response(200, json={"access_token": "a\nb"}), BrokenContract, "field_missing", 1),
        (httpx.Response(200, json={"access_token": 7}), BrokenContract, "field_missing", 1),
        (httpx.Response(200, text='{"access_token": "' + "x" * 70_000 + '"}'), BrokenContract, "oversize", 1),
        (httpx.Response(200, json={"error_code": "500", "message": "x"}), Unavailable, "error_in_200", 4),
        (httpx.Response(503), Unavailable, "server_error", 4),
        (httpx.Response(429, headers={"Retry-After": "0"}), Unavailable, "throttled", 4),
        (httpx.ConnectError("x"), Unavailable, "connection", 4),
        (httpx.ReadTimeout("x"), Unavailable, "timeout", 4),
    ],
)
async def test_a_bad_token_service_has_the_same_errors(
    business: Make,
    lgsp: Lgsp,
    answer: Behaviour,
    kind: type[ConnectorError],
    code_: str,
    logins: int,
) -> None:
    """The log-in is bounded and classified like any call, is not tried twice with wrong keys, and nothing is asked."""
    lgsp.token_script.extend([answer] * 9)

    with pytest.raises(kind) as caught:
        await ask(business())

    assert caught.value.code == code_
    assert (len(lgsp.logins), lgsp.requests) == (logins, [])


async def test_a_login_keeps_the_callers_deadline(business: Make, lgsp: Lgsp) -> None:
    """A token service that hangs does not hold a caller longer than it can wait."""

    async def hang(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(Unavailable):
        await business(transport=httpx.MockTransport(hang)).enterprise(
            code(1), replace(CONTEXT, deadline=deadline_in(0.2))
        )

    assert lgsp.requests == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"access_key": None}, "access_key"),
        ({"secret": None}, "secret"),
        ({"secret": "env:NONE"}, "secret"),
        ({"app_name": None}, "app_name"),
        ({"partner_code": None}, "partner_code"),
        ({"partner_code_cus": ""}, "partner_code_cus"),
        ({"officer_secrets": {}}, "officer_secrets"),
        ({"officer_secrets": {"CB-00123": "env:NONE"}}, "officer_secrets"),
    ],
)
async def test_a_missing_setting_is_named_before_anything_is_sent(
    business: Make, lgsp: Lgsp, changed: dict[str, Any], field: str
) -> None:
    """A setting without its value or secret is named, and nothing goes out."""
    with pytest.raises(Refused) as caught:
        await ask(business(config=business_settings(**changed)))

    assert (caught.value.code, caught.value.fields) == ("secret_missing", (field,))
    assert (lgsp.logins, lgsp.requests) == ([], [])


async def test_secrets_are_asked_for_every_request(business: Make, lgsp: Lgsp) -> None:
    """A rotated secret or officer's pass is used at the next call; the connector keeps neither."""
    secrets = dict(BUSINESS_SECRETS)

    class Rotating:
        async def get(self, reference: str) -> str:
            return secrets[reference] + "\n"

        def forget(self, reference: str) -> None:
            """Keeps nothing."""

    connector = business(ports=replace(memory_ports(), secrets=Rotating()))
    await ask(connector)
    secrets["env:AN"] = "an:new-pass"

    with pytest.raises(Denied) as caught:
        await ask(connector)

    assert caught.value.code == "forbidden"
    assert "sandbox-business-secret" not in repr(vars(connector.http.auth))


async def test_an_officer_without_a_code_is_refused(business: Make, lgsp: Lgsp) -> None:
    """Nobody asks under another officer's pass."""
    with pytest.raises(Refused) as caught:
        await business().enterprise(code(1), replace(CONTEXT, officer="binh"))

    assert (caught.value.code, lgsp.requests) == ("officer_unmapped", [])
