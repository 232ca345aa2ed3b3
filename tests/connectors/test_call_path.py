"""One call: attempts, waits, deadline, breaker, budget, and what each says about the register's health."""

from __future__ import annotations

import asyncio
import pickle
import time
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from connectors.base import Connector, Courtesy, RetryBudget, deadline_in
from connectors.errors import BrokenContract, ConnectorError, Denied, Refused, Unavailable
from connectors.memory import MemoryBreaker, MemoryBudget, memory_ports
from connectors.population import Population
from connectors.retry import Backoff, retry_after
from tests.connectors.conftest import CLAIM, CONTEXT, QUICK, SECRETS, Connect
from tests.connectors.register import NOW, Register, fault


async def test_transient_failures_are_tried_again(connect: Connect, register: Register) -> None:
    """A register that recovers within the retry budget gives its answer."""
    register.script.extend([httpx.Response(503), httpx.ConnectError("x"), httpx.ReadTimeout("x")])

    assert await connect().citizen(CLAIM, CONTEXT) is None

    assert len(register.requests) == 4


async def test_budget_of_attempts_is_kept(connect: Connect, register: Register) -> None:
    """A register that stays ill is asked exactly as often as the retry budget allows."""
    register.script.extend([httpx.Response(503)] * 9)

    with pytest.raises(Unavailable) as caught:
        await connect().citizen(CLAIM, CONTEXT)

    assert caught.value.code == "server_error"
    assert QUICK.attempts == len(register.requests)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(fault("Client"), Refused), (httpx.Response(403), Denied), (httpx.Response(200, text="<html/>"), BrokenContract)],
)
async def test_permanent_failures_are_not_tried_again(
    connect: Connect, register: Register, answer: httpx.Response, kind: type[ConnectorError]
) -> None:
    """Only Unavailable is retried."""
    register.script.append(answer)

    with pytest.raises(kind):
        await connect().citizen(CLAIM, CONTEXT)

    assert len(register.requests) == 1


async def test_retry_after_within_the_budget_is_honoured(connect: Connect, register: Register) -> None:
    """A throttled call waits as long as the register asked."""
    register.script.append(httpx.Response(429, headers={"Retry-After": "1"}))
    begun = time.monotonic()

    await connect().citizen(CLAIM, CONTEXT)

    assert time.monotonic() - begun >= 1.0


async def test_retry_after_beyond_the_deadline_gives_up_at_once(connect: Connect, register: Register) -> None:
    """A wait that would end after the deadline is not begun, and the caller gets the register's own figure."""
    register.script.append(httpx.Response(429, headers={"Retry-After": "1800"}))
    begun = time.monotonic()

    with pytest.raises(Unavailable) as caught:
        await connect().citizen(CLAIM, replace(CONTEXT, deadline=deadline_in(3)))

    assert caught.value.retry_after == 1800.0
    assert time.monotonic() - begun < 1.0
    assert len(register.requests) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Sun, 22 Nov 2026 08:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 07:00:00 GMT", None),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        ("99999999999", 86_400.0),
        (None, None),
    ],
)
def test_retry_after_is_read_with_suspicion(header: str | None, seconds: float | None) -> None:
    """Dates and seconds are read; negative, endless and senseless values are not believed."""
    assert seconds == retry_after(header, NOW)


async def test_retry_after_zero_is_no_tight_loop() -> None:
    """A register that says "at once" still gets the usual wait."""
    backoff = Backoff(RetryBudget(first_wait=0.5), ends=time.monotonic() + 10)

    wait = backoff(Unavailable("population", "citizen", "throttled", retry_after=0.0))

    assert 0.25 <= wait <= 0.5


async def test_waits_grow_up_to_their_limit() -> None:
    """The wait doubles with every attempt, and never exceeds the longest one."""
    backoff = Backoff(RetryBudget(attempts=10, first_wait=1.0, longest_wait=4.0), ends=time.monotonic() + 1000)

    waits = [backoff(Unavailable("population", "citizen", "timeout")) for _ in range(5)]

    assert [
        limits
        for limits, wait in zip([(0.5, 1), (1, 2), (2, 4), (2, 4), (2, 4)], waits, strict=True)
        if limits[0] <= wait <= limits[1]
    ] == [(0.5, 1), (1, 2), (2, 4), (2, 4), (2, 4)]


async def _hang(request: httpx.Request) -> httpx.Response:
    await asyncio.sleep(30)
    raise AssertionError("the call should have been given up")


async def test_deadline_ends_a_call_that_hangs(connect: Connect) -> None:
    """A caller with a deadline is answered at its deadline, however slow the register is."""
    begun = time.monotonic()

    with pytest.raises(Unavailable) as caught:
        await connect(transport=httpx.MockTransport(_hang)).citizen(CLAIM, replace(CONTEXT, deadline=deadline_in(0.2)))

    assert caught.value.code == "timeout"
    assert 0.2 <= time.monotonic() - begun < 1.0


async def test_deadline_in_the_past_sends_nothing(connect: Connect, register: Register) -> None:
    """A call whose deadline has passed never reaches the register."""
    with pytest.raises(Unavailable) as caught:
        await connect().citizen(CLAIM, replace(CONTEXT, deadline=deadline_in(-1)))

    assert caught.value.code == "deadline"
    assert register.requests == []


async def test_an_attempt_has_its_own_limit(connect: Connect) -> None:
    """A hanging attempt is cut off and tried again within the total."""
    retry = RetryBudget(attempts=2, seconds=5, attempt_seconds=0.1, first_wait=0.001)

    with pytest.raises(Unavailable) as caught:
        await connect(transport=httpx.MockTransport(_hang), retry=retry).citizen(CLAIM, CONTEXT)

    assert caught.value.code == "timeout"


async def test_breaker_opens_and_lets_one_trial_through(connect: Connect, register: Register) -> None:
    """After repeated failures calls rest; then one trial goes out, and its success closes the breaker."""
    breaker = MemoryBreaker(failures=2, rest=0.1)
    ports = replace(memory_ports(SECRETS), breaker=breaker)
    population = connect(ports=ports, retry=replace(QUICK, attempts=1))
    register.script.extend([httpx.Response(500), httpx.ReadTimeout("x")])
    for _ in range(2):
        with pytest.raises(Unavailable):
            await population.citizen(CLAIM, CONTEXT)

    with pytest.raises(Unavailable) as caught:
        await population.citizen(CLAIM, CONTEXT)

    assert caught.value.code == "breaker_open"
    assert 0 < (caught.value.retry_after or 0) <= 0.1
    assert len(register.requests) == 2
    await asyncio.sleep(0.11)
    assert None is await breaker.before("population")
    assert await breaker.before("population")
    await breaker.after("population", True)
    assert await population.citizen(CLAIM, CONTEXT) is None


@pytest.mark.parametrize("answer", [httpx.Response(429), fault("Client"), httpx.Response(403)])
async def test_refusals_do_not_open_the_breaker(connect: Connect, register: Register, answer: httpx.Response) -> None:
    """A register that throttles or refuses is alive."""
    ports = replace(memory_ports(SECRETS), breaker=MemoryBreaker(failures=1))
    population = connect(ports=ports, retry=replace(QUICK, attempts=1))
    register.script.append(answer)

    with pytest.raises(ConnectorError):
        await population.citizen(CLAIM, CONTEXT)

    assert await population.citizen(CLAIM, CONTEXT) is None


@pytest.mark.parametrize(("seconds", "counted"), [(0.05, False), (1.05, True)])
async def test_an_impatient_caller_does_not_open_the_breaker(connect: Connect, seconds: float, counted: bool) -> None:
    """A time-out counts against the register only when the attempt had at least a second."""
    breaker = MemoryBreaker(failures=1)
    population = connect(
        ports=replace(memory_ports(SECRETS), breaker=breaker),
        transport=httpx.MockTransport(_hang),
        retry=RetryBudget(attempts=1, attempt_seconds=5),
    )

    with pytest.raises(Unavailable):
        await population.citizen(CLAIM, replace(CONTEXT, deadline=deadline_in(seconds)))

    assert (await breaker.before("population") is not None) is counted


async def test_a_cancelled_trial_gives_its_place_back(connect: Connect) -> None:
    """A trial whose caller went away does not leave the breaker half open for ever."""
    breaker = MemoryBreaker(failures=1, rest=0.0)
    await breaker.after("population", False)
    population = connect(ports=replace(memory_ports(SECRETS), breaker=breaker), transport=httpx.MockTransport(_hang))
    trial = asyncio.create_task(population.citizen(CLAIM, CONTEXT))
    await asyncio.sleep(0.05)

    trial.cancel()
    await asyncio.gather(trial, return_exceptions=True)

    assert None is await breaker.before("population")


async def test_concurrent_calls_stay_within_the_courtesy(connect: Connect, register: Register) -> None:
    """Never more calls are under way at a time than the courtesy allows, and all of them get their turn."""
    under_way = most = 0

    async def slow(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.02)
        under_way -= 1
        return await register(request)

    population = connect(transport=httpx.MockTransport(slow))

    await asyncio.gather(*(population.citizen(CLAIM, CONTEXT) for _ in range(20)))

    assert Population.courtesy.concurrent == most
    assert len(register.requests) == 20


async def test_rate_is_kept_on_average() -> None:
    """After a burst of one second's calls, turns come at the agreed rate."""
    budget = MemoryBudget()
    begun = time.monotonic()

    for _ in range(15):
        async with budget.acquire("population", Courtesy(10, 4), timeout=5):
            pass

    assert time.monotonic() - begun >= 0.45


async def test_no_turn_in_time_is_unavailable(connect: Connect) -> None:
    """A caller who gets no place before its limit is told so, and takes none away."""
    ports = memory_ports(SECRETS)
    population = connect(ports=ports, transport=httpx.MockTransport(_hang))
    holders = [asyncio.create_task(population.citizen(CLAIM, CONTEXT)) for _ in range(8)]
    await asyncio.sleep(0.05)

    with pytest.raises(Unavailable) as caught:
        await population.citizen(CLAIM, replace(CONTEXT, deadline=deadline_in(0.1)))

    assert caught.value.code == "budget"
    for holder in holders:
        holder.cancel()
    await asyncio.gather(*holders, return_exceptions=True)


async def test_service_hours_are_kept(connect: Connect, register: Register) -> None:
    """Outside its hours a register is not called, and the caller learns when it opens."""

    class NightRegister(Population):
        courtesy = Courtesy(20, 8, "Mon-Sun 00:00-05:00")

    population = connect()
    night = NightRegister(
        population.config,
        population.ports,
        environment="sandbox",
        retry=QUICK,
        clock=lambda: NOW,
        transport=httpx.MockTransport(register),
    )

    with pytest.raises(Unavailable) as caught:
        await night.citizen(CLAIM, CONTEXT)

    assert (caught.value.code, caught.value.retry_after) == ("closed_hours", 9 * 3600.0)
    assert register.requests == []


@pytest.mark.parametrize(
    ("windows", "moment", "closed"),
    [
        ("Mon-Sun 00:00-24:00", "2026-11-22T15:00", 0),
        ("Mon-Fri 08:00-17:00", "2026-11-23T01:00", 0),  # Monday 08:00 in Viet Nam
        ("Mon-Fri 08:00-17:00", "2026-11-22T23:00", 2 * 3600),
        ("Mon-Fri 08:00-17:00", "2026-11-20T10:00", (7 + 48 + 8) * 3600),  # Friday 17:00
        ("Fri-Mon 22:00-24:00, Tue 01:00-02:00", "2026-11-23T17:00", 3600),
    ],
)
def test_windows_are_read_in_vietnamese_time(windows: str, moment: str, closed: float) -> None:
    """A window is a wall-clock time in Viet Nam."""
    assert closed == Courtesy(1, 1, windows).closed_for(datetime.fromisoformat(moment).replace(tzinfo=UTC))


@pytest.mark.parametrize("windows", ["", "always", "Mon-Sun 22:00-06:00", "Mon 08:00-25:00", "Xyz 08:00-09:00"])
def test_senseless_windows_are_refused(windows: str) -> None:
    """A window that can't be read is an error when the class is made, not in the night."""
    with pytest.raises(ValueError, match="service window"):
        Courtesy(1, 1, windows)


async def test_a_stray_exception_becomes_an_error_without_its_text(connect: Connect) -> None:
    """A mistake in reading an answer shows type and place, never the value it stumbled over."""

    async def stumble() -> None:
        raise KeyError("Nguyễn Văn An")

    with pytest.raises(BrokenContract) as caught:
        await connect().call("citizen", stumble)

    assert caught.value.code == "unreadable"
    assert caught.value.fields[0].startswith("KeyError at ")
    assert "Nguyễn" not in str(caught.value)


async def test_errors_keep_no_other_exception(connect: Connect, register: Register) -> None:
    """An error that leaves a call drags no request, body or library exception along."""
    register.script.extend([httpx.ConnectError("x")] * 4)

    with pytest.raises(Unavailable) as caught:
        await connect().citizen(CLAIM, CONTEXT)

    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_errors_cross_process_boundaries() -> None:
    """A pickled error keeps its type, code, fields and waiting time."""
    error = Unavailable("population", "citizen", "throttled", fields=("a",), retry_after=3.0)

    again = pickle.loads(pickle.dumps(error))

    assert (Unavailable, "throttled", ("a",), 3.0, str(error)) == (
        type(again),
        again.code,
        again.fields,
        again.retry_after,
        str(again),
    )


def test_declarations_are_collected() -> None:
    """A connector's class lists its queries and feeds."""
    assert {"citizen", "verify", "kin"} == set(Population.queries)
    assert {"citizens"} == set(Population.feeds)
    assert Population.feeds["citizens"].overlap.total_seconds() == 600
    assert Connector.feeds == {}


def test_declarations_are_inherited() -> None:
    """A connector that changes another one's courtesy keeps its queries and feeds."""

    class Slower(Population):
        courtesy = Courtesy(1, 1)

    assert (Population.queries, Population.feeds) == (Slower.queries, Slower.feeds)
