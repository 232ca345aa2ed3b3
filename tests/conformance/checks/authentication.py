"""Signing in: whose fault a refusal is, and how often it is tried."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx

from connectors.errors import Denied, Refused, Unavailable
from connectors.memory import MemorySecrets, memory_ports
from tests.conformance.suite import check
from tests.conformance.trial import Trial, refused


@check("http")
async def missing_secret(trial: Trial) -> None:
    """A secret that the settings name and nobody has is a setting to mend, and nothing is sent without it."""
    await refused(trial.act(ports=memory_ports({})), Refused, "secret_missing")
    assert trial.untouched(), "a request was sent without the secret"


@check("http")
async def wrong_secret(trial: Trial) -> None:
    """A wrong secret is Denied, after at most one fresh signature."""
    await refused(trial.act(ports=trial.ports(**{trial.case.secret: "wrong"})), Denied, "credentials", "login_refused")
    assert len(trial.wire.sent) <= 2, f"{len(trial.wire.sent)} requests with a wrong secret"


@check("http")
async def rotated_secret(trial: Trial) -> None:
    """A secret that was changed is used in the next call, without a restart."""

    class Rotating(MemorySecrets):
        right = False

        async def get(self, reference: str) -> str:
            secret = await super().get(reference)
            return secret if self.right or reference != trial.case.secret else "the old one"

    secrets = Rotating(trial.case.secrets)
    ports = trial.ports()
    connector = trial.connect(ports=type(ports)(secrets, ports.budget, ports.breaker, ports.tokens))
    await refused(trial.act(connector=connector), Denied)
    secrets.right = True
    await trial.act(connector=connector)


@check("http", "feed")
async def expired_mid_flight(trial: Trial) -> None:
    """A sign-in that expires between two pages is renewed: nothing is lost and nothing comes twice."""
    expected = await trial.read()
    await trial.faults({"kind": "token", "operation": trial.feed.operation, "page": 2, "times": 1})
    assert expected == await trial.read(), "the walk with a renewed sign-in gives something else"


@check("http")
async def expired_for_good(trial: Trial) -> None:
    """A register that refuses a fresh sign-in too is not asked a third time."""
    trial.script(httpx.Response(401))
    await refused(trial.act(), Denied)
    assert trial.count() == 2, f"{trial.count()} requests, where one and a fresh one are due"


@check("http")
async def forbidden(trial: Trial) -> None:
    """A right that we do not have is Denied, and asking again would not give it."""
    trial.script(httpx.Response(403))
    await refused(trial.act(), Denied, "forbidden")
    assert trial.count() == 1, f"{trial.count()} requests for a right that we do not have"


@check("http", "signed_time")
async def clock_skew(trial: Trial) -> None:
    """A signature that is refused for its time blames the clocks, not the secret."""
    late = trial.connect(clock=lambda: datetime.now(UTC) - timedelta(minutes=10))
    await refused(trial.act(connector=late), Denied, "clock_skew")


@check("http")
async def refused_sign_in_spares_the_breaker(trial: Trial) -> None:
    """Our own wrong secret is no illness of the register: its breaker stays closed for everybody else."""
    ports = trial.ports(**{trial.case.secret: "wrong"})
    for _ in range(7):
        error = await refused(trial.act(ports=ports), (Denied, Unavailable))
        assert error.code != "breaker_open", "a wrong secret opened the breaker"


@check("http", "login")
async def login_in_trouble(trial: Trial) -> None:
    """A token service that is ill, or reports an error as if it were an answer, is Unavailable and asked again."""
    expected = await trial.act()
    for fault in ({"kind": "status", "code": 503}, {"kind": "ok_with_error"}):
        fault = {**fault, "operation": trial.twin.login}
        await trial.faults({**fault, "times": 1})
        assert expected == await trial.act(), "the second attempt gives something else"
        await trial.faults(fault)
        await refused(trial.act(), Unavailable)


@check("http", "login")
async def one_login_for_all(trial: Trial) -> None:
    """All calls and all processes share one token: a register counts log-ins."""
    assert trial.twin.login is not None
    ports = trial.ports()
    for _ in range(2):
        connector = trial.connect(ports=ports)
        await asyncio.gather(*(trial.act(connector=connector) for _ in range(3)))
    logins = trial.wire.count(trial.twin.login)
    assert logins == 1, f"{logins} log-ins where one is enough"
