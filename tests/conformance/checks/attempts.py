"""One retry budget for a call, counted at the twin; waits that the register asks for; limits of time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx

from connectors.base import CallContext, deadline_in
from connectors.errors import BrokenContract, Refused, Unavailable
from tests.conformance.case import CONTEXT
from tests.conformance.suite import check
from tests.conformance.trial import BRIEF, QUICK, Trial, refused
from tests.conformance.wire import hang


def _by(seconds: float) -> CallContext:
    return replace(CONTEXT, deadline=deadline_in(seconds))


@check("http")
async def one_retry_budget(trial: Trial) -> None:
    """A register that stays ill is asked exactly as often as the budget says: nothing inside a call retries too."""
    trial.script(httpx.Response(503))
    await refused(trial.act(), Unavailable, "server_error")
    assert trial.count() == QUICK.attempts, f"{trial.count()} attempts, {QUICK.attempts} are due"


@check("http", "feed")
async def one_retry_budget_for_a_page(trial: Trial) -> None:
    """Each page has the same one budget."""
    trial.script(httpx.Response(503), operation=trial.feed.operation, after=1)
    await refused(trial.read(), Unavailable, "server_error")
    count = trial.wire.count(trial.feed.operation)
    assert count == 1 + QUICK.attempts, f"{count} requests, {1 + QUICK.attempts} are due"


@check("http")
async def transient_is_retried(trial: Trial) -> None:
    """What passes is tried again: a server error, a dropped connection."""
    expected = await trial.act()
    for change in (httpx.Response(500), httpx.Response(503), httpx.RemoteProtocolError("dropped")):
        trial.wire.forget()
        trial.script(change, times=1)
        assert expected == await trial.act(), "the second attempt gives something else"
        assert trial.count() == 2, f"{trial.count()} attempts, 2 are due"


@check("http")
async def permanent_is_not_retried(trial: Trial) -> None:
    """What asking again can't mend is asked once."""
    for status in (400, 404, 405, 422):
        trial.wire.forget()
        trial.script(httpx.Response(status))
        await refused(trial.act(), Refused)
        assert trial.count() == 1, f"{trial.count()} attempts after HTTP {status}"


@check("http")
async def server_errors(trial: Trial) -> None:
    """Every 5xx is Unavailable, whatever its body."""
    for status in (500, 502, 503, 504):
        trial.wire.forget()
        trial.script(httpx.Response(status, text="<html><body>lỗi"))
        await refused(trial.act(), Unavailable)


@check("http")
async def throttling(trial: Trial) -> None:
    """A 429 is Unavailable and says so, and a register that throttles is not taken for ill."""
    trial.script(httpx.Response(429))
    ports = trial.ports()
    for _ in range(3):
        await refused(trial.act(ports=ports), Unavailable, "throttled")


@check("http")
async def retry_after_in_seconds(trial: Trial) -> None:
    """A wait that the register asks for is kept when it fits into the budget, and reported when it does not."""
    trial.script(httpx.Response(429, headers={"Retry-After": "1"}), times=1)
    await trial.act()
    first, second = (sent.at for sent in trial.wire.sent if sent.operation == trial.operation)
    assert second - first >= 1.0, "the next attempt came before the register wanted it"
    trial.wire.forget()
    trial.script(httpx.Response(503, headers={"Retry-After": "1800"}))
    error = await refused(trial.act(), Unavailable)
    assert error.retry_after == 1800.0, "the caller is not told how long the register wants to be left alone"
    assert trial.count() == 1, "a register that asked for half an hour was asked again"


@check("http")
async def retry_after_as_a_date(trial: Trial) -> None:
    """A `Retry-After` may be a date, which is held against the connector's clock."""
    now = datetime.now(UTC)
    date = format_datetime(now.replace(microsecond=0) + timedelta(hours=1), usegmt=True)
    trial.script(httpx.Response(429, headers={"Retry-After": date}))
    error = await refused(trial.act(clock=lambda: now), Unavailable)
    assert error.retry_after is not None, "a date is not understood"
    assert 3590 <= error.retry_after <= 3600, "a date is misread"


@check("http")
async def retry_after_zero(trial: Trial) -> None:
    """A register that says "at once" still gets the usual wait, and no more attempts than the budget has."""
    trial.script(httpx.Response(429, headers={"Retry-After": "0"}))
    await refused(trial.act(retry=replace(QUICK, first_wait=0.2, longest_wait=0.2)), Unavailable, "throttled")
    times = [sent.at for sent in trial.wire.sent if sent.operation == trial.operation]
    assert len(times) == QUICK.attempts, f"{len(times)} attempts, {QUICK.attempts} are due"
    assert times[1] - times[0] >= 0.1, "the next attempt came at once"


@check("http", "question")
async def deadline_honoured(trial: Trial) -> None:
    """A caller with a deadline is answered at its deadline, however slow the register is."""
    await trial.claim()
    trial.script(hang)
    await refused(trial.ask(context=_by(0.3)), Unavailable, "timeout", "deadline", within=4)


@check("http", "question")
async def deadline_over(trial: Trial) -> None:
    """A call whose deadline has passed never reaches the register."""
    await trial.claim()
    await refused(trial.ask(context=_by(-1)), Unavailable, "deadline")
    assert trial.untouched(), "a request was sent after the deadline"


@check("http", "question")
async def deadline_ends_waits(trial: Trial) -> None:
    """A wait that would end after the deadline is not begun."""
    await trial.claim()
    trial.script(httpx.Response(429, headers={"Retry-After": "60"}))
    patient = replace(QUICK, seconds=3600.0)
    error = await refused(trial.ask(context=_by(30), retry=patient), Unavailable, "throttled", within=5)
    assert error.retry_after == 60.0, "the register's own figure is lost"


@check("http")
async def time_out(trial: Trial) -> None:
    """A register that never answers costs each attempt its limit and the call its budget, no more."""
    trial.script(hang)
    await refused(trial.act(retry=BRIEF), Unavailable, "timeout", within=4)
    assert trial.count() == BRIEF.attempts, f"{trial.count()} attempts, {BRIEF.attempts} are due"


@check("http")
async def time_out_after_commit(trial: Trial) -> None:
    """An answer that is lost after the work was done is asked for as a new request, not as one seen before."""
    expected = await trial.act()
    trial.script(hang, times=1)
    assert expected == await trial.act(retry=replace(QUICK, attempt_seconds=1.5)), "the second attempt differs"


@check("http")
async def stray_errors_become_ours(trial: Trial) -> None:
    """Whatever breaks inside an attempt leaves it as a ConnectorError: callers know no other kind."""
    trial.script(KeyError("stray"))
    await refused(trial.act(), BrokenContract, "unreadable")
