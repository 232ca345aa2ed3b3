"""Over real HTTP, where the network is the point."""

from __future__ import annotations

from dataclasses import replace

from connectors.errors import Unavailable
from tests.conformance.served import BreaksOff, closed_port
from tests.conformance.suite import check
from tests.conformance.trial import BRIEF, QUICK, Trial, refused


@check("http")
async def over_real_http(trial: Trial) -> None:
    """Sockets, keep-alive and chunks make no difference to an answer."""
    expected = await trial.act()
    async with trial.served() as url, trial.connect(url=url) as connector:
        assert expected == await trial.act(connector=connector), "the answer over a network differs"


@check("http")
async def dropped_connection(trial: Trial) -> None:
    """A connection that is closed without an answer is Unavailable, and mended by asking again when it passes."""
    expected = await trial.act()
    async with trial.served() as url, trial.connect(url=url, retry=QUICK) as connector:
        await trial.faults({"kind": "drop", "operation": trial.operation, "times": 1})
        assert expected == await trial.act(connector=connector), "the second attempt gives something else"
        await trial.faults({"kind": "drop", "operation": trial.operation})
        await refused(trial.act(connector=connector), Unavailable, "connection")


@check("http")
async def connection_that_breaks_off(trial: Trial) -> None:
    """A connection that ends in the middle of an announced answer is Unavailable, and mended by asking again."""
    expected = await trial.act()
    path = trial.wire.sent[-1].request.url.path
    for times, passes in ((1, True), (99, False)):
        async with (
            trial.served(lambda app, times=times: BreaksOff(app, path, times)) as url,  # type: ignore[misc]
            trial.connect(url=url) as connector,
        ):
            if passes:
                assert expected == await trial.act(connector=connector), "the second attempt gives something else"
            else:
                await refused(trial.act(connector=connector), Unavailable, "truncated", "connection")


@check("http")
async def nobody_listens(trial: Trial) -> None:
    """An address on which nobody listens is Unavailable: the service may come back."""
    async with trial.connect(url=closed_port()) as connector:
        await refused(trial.act(connector=connector), Unavailable, "connection")


@check("http")
async def silence_on_a_socket(trial: Trial) -> None:
    """A server that takes the request and then says nothing is given up at the attempt's limit."""
    async with (
        trial.served() as url,
        trial.connect(url=url, retry=replace(BRIEF, attempts=1)) as connector,
    ):
        await trial.faults({"kind": "delay", "operation": trial.operation, "ms": 60_000})
        await refused(trial.act(connector=connector), Unavailable, "timeout", within=4)
