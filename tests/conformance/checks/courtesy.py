"""How a register wants to be treated: rate, places, hours, rest when ill; and what a cancelled call gives back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.base import Courtesy
from connectors.courtesy import ZONE
from connectors.errors import ConnectorError, Unavailable
from connectors.memory import MemoryBreaker, MemoryBudget
from tests.conformance.suite import check
from tests.conformance.trial import QUICK, Trial, refused
from tests.conformance.wire import hang

ONCE = replace(QUICK, attempts=1)


@dataclass
class CountedBudget(MemoryBudget):
    """A budget that notes what it was asked for, and how many places are held."""

    asked: list[tuple[str, Courtesy]] = field(default_factory=list)
    held: int = 0
    refuses: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    @asynccontextmanager
    async def acquire(
        self,
        register: str,
        courtesy: Courtesy,
        timeout: float,  # noqa: ASYNC109 - the port's contract
    ) -> AsyncIterator[None]:
        """Counts a place as held until it is left."""
        self.asked.append((register, courtesy))
        if self.refuses:
            raise TimeoutError
        async with super().acquire(register, courtesy, timeout):
            self.held += 1
            try:
                yield
            finally:
                self.held -= 1


class WakingBreaker(MemoryBreaker):
    """A breaker whose rest ends when it is told to."""

    def wake(self) -> None:
        """Ends every rest."""
        self._until = dict.fromkeys(self._until, 0.0)


@check()
async def rate_respected(trial: Trial) -> None:
    """A call takes its turn from the shared budget, with the courtesy that the register declares."""
    budget = CountedBudget()
    await trial.act(ports=replace(trial.ports(), budget=budget))
    assert budget.asked, "no turn was taken"
    due = {(trial.connector.system, trial.connector.courtesy)}
    assert set(budget.asked) == due, "the budget was asked for another courtesy than the declared one"


@check("http")
async def each_attempt_takes_a_turn(trial: Trial) -> None:
    """A second attempt waits for its turn like the first: a register in trouble is not called more often."""
    budget = CountedBudget()
    trial.script(httpx.Response(503))
    await refused(trial.act(ports=replace(trial.ports(), budget=budget)), Unavailable)
    assert len(budget.asked) >= trial.count(), f"{trial.count()} requests, {len(budget.asked)} turns"


@check()
async def no_turn_no_request(trial: Trial) -> None:
    """A call that gets no turn in time is Unavailable, and nothing is sent."""
    budget = CountedBudget(refuses=True)
    await refused(trial.act(ports=replace(trial.ports(), budget=budget), retry=ONCE), Unavailable, "budget")
    assert trial.untouched(), "a request was sent without a turn"


@check("http")
async def concurrency_respected(trial: Trial) -> None:
    """Never more calls are under way at a time than the register allows, and all of them get their turn."""
    limit = trial.connector.courtesy.concurrent
    await trial.act()

    async def slowly(answer: httpx.Response) -> httpx.Response:
        await asyncio.sleep(0.03)
        return answer

    trial.script(slowly)
    connector = trial.connect(ports=replace(trial.ports(), budget=MemoryBudget()))
    await asyncio.gather(*(trial.act(connector=connector) for _ in range(2 * limit + 1)))
    assert trial.wire.most <= limit, f"{trial.wire.most} calls at a time, {limit} are allowed"


@check()
async def quota_respected(trial: Trial) -> None:
    """When the day's calls are used up nothing is sent, and the caller learns when there are calls again."""
    frugal: Any = type(trial.connector.__name__, (trial.connector,), {"courtesy": Courtesy(1000, 2, per_day=1)})
    budget = MemoryBudget()
    async with budget.acquire(trial.connector.system, frugal.courtesy, 1.0):
        pass
    ports = replace(trial.ports(), budget=budget)
    error = await refused(trial.act(kind=frugal, ports=ports, retry=ONCE), Unavailable, "quota")
    assert error.retry_after is not None, "the caller does not learn when the quota is renewed"
    assert 0 < error.retry_after <= 86_400, "the quota is renewed at midnight"
    assert trial.untouched(), "a register whose calls are used up was called"


@check()
async def maintenance_respected(trial: Trial) -> None:
    """A register under announced maintenance is left alone, and the caller learns when it ends."""
    now = datetime.now(UTC)
    announced = ((now - timedelta(hours=1), now + timedelta(hours=1)),)
    asleep: Any = type(
        trial.connector.__name__, (trial.connector,), {"courtesy": Courtesy(20, 8, maintenance=announced)}
    )
    error = await refused(trial.act(kind=asleep, retry=ONCE), Unavailable, "maintenance")
    assert error.retry_after is not None, "the caller does not learn when the maintenance ends"
    assert 0 < error.retry_after <= 3_600, "the maintenance ends within the hour"
    assert trial.untouched(), "a register under maintenance was called"


@check()
async def service_hours(trial: Trial) -> None:
    """Outside its hours a register is not called, and the caller learns when it opens."""
    tomorrow = datetime.now(UTC).astimezone(ZONE) + timedelta(days=1)
    hours = Courtesy(20, 8, f"{tomorrow:%a} 00:00-24:00")
    asleep: Any = type(trial.connector.__name__, (trial.connector,), {"courtesy": hours})
    error = await refused(trial.act(kind=asleep, retry=ONCE), Unavailable, "closed_hours")
    assert error.retry_after is not None, "the caller does not learn when the register opens"
    assert 0 < error.retry_after <= 86_400, "the register opens tomorrow"
    assert trial.untouched(), "a register that is closed was called"


@check("http")
async def breaker_opens_and_spares(trial: Trial) -> None:
    """After repeated failures the register rests; then one trial goes out, and its success ends the rest."""
    breaker = WakingBreaker(failures=2, rest=60.0)
    connector = trial.connect(ports=replace(trial.ports(), breaker=breaker), retry=ONCE)
    await trial.act(connector=connector)
    trial.wire.forget()
    trial.script(httpx.Response(500))
    for _ in range(2):
        await refused(trial.act(connector=connector), Unavailable, "server_error")
    error = await refused(trial.act(connector=connector), Unavailable, "breaker_open")
    assert error.retry_after is not None, "the caller does not learn how long the register rests"
    assert trial.count() == 2, "a register that rests was called"
    trial.wire.forget()
    breaker.wake()
    await trial.act(connector=connector)
    await trial.act(connector=connector)


@check("http")
async def refusals_spare_the_breaker(trial: Trial) -> None:
    """A register that refuses or throttles is alive: its breaker stays closed."""
    connector = trial.connect(ports=replace(trial.ports(), breaker=MemoryBreaker(failures=1)), retry=ONCE)
    for answer in (httpx.Response(429), httpx.Response(404), httpx.Response(403)):
        trial.wire.forget()
        trial.script(answer, times=1)
        with suppress(ConnectorError):
            await trial.act(connector=connector)
        await trial.act(connector=connector)


@check("http")
async def cancellation_gives_places_back(trial: Trial) -> None:
    """A caller who goes away leaves neither a place taken nor a breaker half open."""
    budget, breaker = CountedBudget(), MemoryBreaker(failures=1, rest=0.0)
    connector = trial.connect(ports=replace(trial.ports(), budget=budget, breaker=breaker))
    await trial.act(connector=connector)
    await breaker.after(trial.connector.system, False)
    trial.wire.forget()
    trial.script(hang)
    call = asyncio.create_task(trial.act(connector=connector))
    ends = time.monotonic() + 3
    while trial.count() == 0 and time.monotonic() < ends:  # noqa: ASYNC110 - the wire has no event
        await asyncio.sleep(0.005)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert budget.held == 0, "the call's place is still taken"
    assert trial.wire.under_way == 0, "the request is still under way"
    trial.wire.forget()
    await trial.act(connector=connector)
