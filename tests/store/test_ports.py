"""The connectors' ports on PostgreSQL: two `make_ports` stand for two processes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from connectors.courtesy import ZONE, Courtesy
from connectors.ports import QuotaSpent, Token
from hub.settings import Role, Settings
from hub.store import health
from hub.store.breaker import StoreBreaker
from hub.store.engine import StoreUnavailable, connect
from hub.store.ports import StorePorts, make_ports
from hub.trust.keys import KeyRing


@pytest_asyncio.fixture
async def two(settings: Settings) -> AsyncIterator[tuple[StorePorts, StorePorts]]:
    """The ports of two processes."""
    one, other = make_ports(settings), make_ports(settings, Role.API)
    yield one, other
    await one.aclose()
    await other.aclose()


Two = tuple[StorePorts, StorePorts]


# --- budget ---------------------------------------------------------------------------------------------------------


async def test_rate_is_shared(two: Two) -> None:
    """Two processes together call a register no oftener than one may."""

    async def call(ports: StorePorts) -> None:
        async with ports.budget.acquire("population", Courtesy(20, 100), timeout=30):
            pass

    began = time.monotonic()
    await asyncio.gather(*(call(two[number % 2]) for number in range(30)))

    # The burst of one second's 20 calls is free, the other 10 take half a second.
    assert time.monotonic() - began >= 0.4


async def test_places_are_shared(two: Two) -> None:
    """No more calls run at a time than the register allows, in all processes together."""
    running, most = 0, 0

    async def call(ports: StorePorts) -> None:
        nonlocal running, most
        async with ports.budget.acquire("population", Courtesy(1000, 2), timeout=30):
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.02)
            running -= 1

    await asyncio.gather(*(call(two[number % 2]) for number in range(10)))

    assert most == 2


async def test_waiting_too_long_is_a_timeout_and_holds_nothing(two: Two) -> None:
    """A caller whose turn does not come in time gets TimeoutError, and the next ones find the place free."""
    async with two[0].budget.acquire("population", Courtesy(1000, 1), 5):
        with pytest.raises(TimeoutError):
            async with two[1].budget.acquire("population", Courtesy(1000, 1), 0.1):
                raise AssertionError("no place was free")

    async with two[1].budget.acquire("population", Courtesy(1000, 1), 0.5):
        pass


async def test_cancelled_call_gives_its_place_back(two: Two) -> None:
    """A call that is cancelled in the middle leaves its place to the next one."""
    inside = asyncio.Event()

    async def call() -> None:
        async with two[0].budget.acquire("population", Courtesy(1000, 1), 5):
            inside.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(call())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async with two[1].budget.acquire("population", Courtesy(1000, 1), 1):
        pass


async def test_place_of_a_killed_process_comes_back(two: Two, settings: Settings) -> None:
    """A place whose holder never left ends with its lease."""
    with connect(settings, Role.PIPELINE) as conn:
        conn.execute(
            """insert into hub.register_place (register, holder, expires_at)
               values ('population', gen_random_uuid(), clock_timestamp() + interval '200 milliseconds')"""
        )

    began = time.monotonic()
    async with two[0].budget.acquire("population", Courtesy(1000, 1), 5):
        assert 0.1 < time.monotonic() - began < 3


async def test_quota_is_shared_and_outlives_its_callers(two: Two, settings: Settings) -> None:
    """The calls of all processes of a day count together, and the one too many learns when the next day begins."""
    courtesy = Courtesy(1000, 10, per_day=3)
    for ports in (two[0], two[1], two[0]):
        async with ports.budget.acquire("population", courtesy, 5):
            pass

    later = make_ports(settings)
    with pytest.raises(QuotaSpent) as caught:
        async with later.budget.acquire("population", courtesy, 5):
            raise AssertionError("the quota was used up")
    await later.aclose()

    now = datetime.now(ZONE)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert abs(caught.value.renewed_in - (midnight - now).total_seconds()) < 5
    async with two[0].budget.acquire("business", courtesy, 5):  # another register has its own
        pass


async def test_a_quota_lowered_below_what_is_used_is_seen(two: Two, settings: Settings) -> None:
    """Who only looks, such as the status page, learns why no call goes out any more."""
    for courtesy in (Courtesy(1000, 10), Courtesy(1000, 10), Courtesy(1000, 10, per_day=1)):
        with contextlib.suppress(QuotaSpent):
            async with two[0].budget.acquire("population", courtesy, 5):
                pass

    with connect(settings, Role.PIPELINE) as conn:
        (register,) = health.read(conn).registers
    assert (register.used.day_calls, register.per_day) == (2, 1)


async def test_quota_is_renewed_by_the_day_and_the_month(two: Two, settings: Settings) -> None:
    """A new day has its calls again as far as the month has some left; a spent quota holds no place."""
    courtesy = Courtesy(1000, 1, per_day=2, per_month=3)

    async def calls_until_spent() -> int:
        for count in range(10):
            try:
                async with two[0].budget.acquire("population", courtesy, 5):
                    pass
            except QuotaSpent:
                return count
        raise AssertionError("the quota was never used up")

    def set_back(day: str) -> None:
        with connect(settings, Role.PIPELINE) as conn:
            today = "(clock_timestamp() at time zone 'Asia/Ho_Chi_Minh')::date"
            conn.execute(f"update hub.register_budget set day = {day.replace('today', today)}".encode())

    first = await calls_until_spent()
    set_back("date_trunc('month', today)::date - 1")  # they were last month's
    month = await calls_until_spent()
    with connect(settings, Role.PIPELINE) as conn:
        used = conn.execute("select day_calls, month_calls from hub.register_budget").fetchone()
        conn.execute("update hub.register_budget set day_calls = 0")  # as if the two had been on an earlier day
    rest = await calls_until_spent()

    assert (first, month, used, rest) == (2, 2, (2, 2), 1)


async def test_calls_without_a_quota_are_counted_with_their_limits(two: Two, settings: Settings) -> None:
    """Who only looks sees the calls of the day and the limits that callers keep to."""
    async with two[0].budget.acquire("population", Courtesy(20, 8), 5):
        pass

    with connect(settings, Role.API) as conn:
        row = conn.execute(
            "select day, day_calls, month_calls, per_second, concurrent, per_day, per_month from hub.register_budget"
        ).fetchone()

    assert row == (datetime.now(ZONE).date(), 1, 1, 20.0, 8, None, None)


def test_ports_serve_one_loop_after_another_and_leave_no_connection(settings: Settings) -> None:
    """Ports that nobody closes work in one `asyncio.run` after another, and each gives its connections back."""
    ports = make_ports(settings)

    async def call() -> None:
        async with ports.budget.acquire("population", Courtesy(1000, 1), 5):
            assert await ports.breaker.before("population") is None

    for _ in range(3):
        asyncio.run(call())

    with connect(settings, Role.PIPELINE) as conn:
        query = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        deadline = time.monotonic() + 10
        while conn.execute(query).fetchone() != (0,) and time.monotonic() < deadline:
            conn.rollback()
            time.sleep(0.02)
        assert conn.execute(query).fetchone() == (0,)


async def test_database_that_is_down_is_named(settings: Settings) -> None:
    """Without its database a port fails with the error that says where it should be."""
    down = settings.model_copy(update={"database_url_pipeline": "postgresql://hub_pipeline:pa55@127.0.0.1:1/hub"})

    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:1/hub"):
        await make_ports(down).breaker.before("population")


# --- breaker --------------------------------------------------------------------------------------------------------


def _breakers(two: Two, *, rest: float = 0.2, lease: float = 60.0) -> tuple[StoreBreaker, StoreBreaker]:
    one, other = (StoreBreaker(ports.link, failures=3, rest=rest, lease=lease) for ports in two)
    return one, other


async def test_breaker_opens_for_all_after_failures_in_a_row(two: Two) -> None:
    """Failures of all processes count together; then everybody waits."""
    one, other = _breakers(two, rest=30)
    assert await one.before("population") is None

    for breaker in (one, other, one):
        await breaker.after("population", False)

    for breaker in (one, other):
        wait = await breaker.before("population")
        assert wait is not None
        assert 0 < wait <= 30
    assert await one.before("business") is None


async def test_success_forgets_the_failures(two: Two) -> None:
    """Only failures in a row open the breaker."""
    one, other = _breakers(two)
    for healthy in (False, False, True, False, False):
        await one.after("population", healthy)

    assert await other.before("population") is None


async def test_one_trial_after_the_rest(two: Two) -> None:
    """After the rest one caller of all gets the trial; its success closes the breaker for all."""
    one, other = _breakers(two)
    for _ in range(3):
        await one.after("population", False)
    await asyncio.sleep(0.25)

    answers = [await breaker.before("population") for breaker in (one, other, one, other)]
    assert [answer is None for answer in answers] == [True, False, False, False]

    await one.after("population", True)
    assert await other.before("population") is None


async def test_failed_trial_opens_again(two: Two) -> None:
    """A trial that fails begins another rest."""
    one, other = _breakers(two)
    for _ in range(3):
        await one.after("population", False)
    await asyncio.sleep(0.25)
    assert await one.before("population") is None

    await one.after("population", False)

    assert await other.before("population") is not None


async def test_trial_without_evidence_gives_its_place_to_another(two: Two) -> None:
    """A cancelled trial says nothing about the register: the next caller gets the trial."""
    one, other = _breakers(two)
    for _ in range(3):
        await one.after("population", False)
    await asyncio.sleep(0.25)
    assert await one.before("population") is None

    await one.after("population", None)

    assert await other.before("population") is None


async def test_killed_trial_ends_with_its_lease(two: Two) -> None:
    """A trial whose process was killed does not keep the breaker half open for ever."""
    one, other = _breakers(two, lease=0.2)
    for _ in range(3):
        await one.after("population", False)
    await asyncio.sleep(0.25)
    assert await one.before("population") is None
    assert await other.before("population") is not None

    await asyncio.sleep(0.25)

    assert await other.before("population") is None


# --- tokens ---------------------------------------------------------------------------------------------------------


async def test_token_is_shared_sealed_and_expires(two: Two, settings: Settings) -> None:
    """A token that one process stores is read by the other, lies sealed, and is gone when it expires."""
    later = datetime.now(UTC) + timedelta(minutes=5)
    assert await two[0].tokens.get("population", "access") is None

    await two[0].tokens.put("population", "access", Token("bearer-canary", later))

    assert await two[1].tokens.get("population", "access") == Token("bearer-canary", later)
    with connect(settings, Role.PIPELINE) as conn:
        (sealed,) = conn.execute("select sealed from hub.register_token").fetchone() or (b"",)
    assert b"bearer-canary" not in sealed
    await two[0].tokens.put("population", "access", Token("old", datetime.now(UTC) - timedelta(seconds=1)))
    assert await two[1].tokens.get("population", "access") is None


async def test_token_that_does_not_open_counts_as_none(two: Two, settings: Settings, tmp_path: Path) -> None:
    """A token under a key that this process does not hold is asked for anew, not an error."""
    later = datetime.now(UTC) + timedelta(minutes=5)
    stranger = make_ports(settings, ring=KeyRing.create(tmp_path / "other"))
    await stranger.tokens.put("population", "access", Token("bearer", later))
    await stranger.aclose()

    assert await two[0].tokens.get("population", "access") is None
