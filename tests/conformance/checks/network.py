"""Over real HTTP, where the network is the point."""

from __future__ import annotations

import os
from dataclasses import replace

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.errors import Denied, Unavailable
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


@check("http")
async def no_cookie_is_kept(trial: Trial) -> None:
    """A cookie of one answer does not go out with the next question: it would tie one officer's call to another's."""

    def sticky(answer: httpx.Response) -> httpx.Response:
        headers = {"Set-Cookie": "session=100199404404; Path=/", "Content-Type": answer.headers["Content-Type"]}
        return httpx.Response(200, headers=headers, content=answer.content)

    trial.script(sticky, times=1)
    async with trial.connect() as connector:
        await trial.act(connector=connector)
        await trial.act(connector=connector)
    assert not any("Cookie" in sent.request.headers for sent in trial.wire.sent), "the cookie was sent back"


@check("http")
async def no_proxy_of_the_shell(trial: Trial) -> None:
    """A proxy that the shell names does not step in between: a register is reached by its own address."""
    expected = await trial.act()
    proxies = {name: closed_port() for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")}
    before = {name: os.environ.get(name) for name in (*proxies, "NO_PROXY", "no_proxy")}
    os.environ.update({**proxies, "NO_PROXY": "", "no_proxy": ""})
    try:
        async with trial.served() as url, trial.connect(url=url) as connector:
            assert expected == await trial.act(connector=connector), "the answer differs"
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


@check("http")
async def untrusted_certificate(trial: Trial) -> None:
    """A certificate that nobody we trust has signed ends the call: nothing is sent, and asking again mends nothing."""
    met: list[str] = []

    def listening(app: ASGIApp) -> ASGIApp:
        async def listen(scope: Scope, receive: Receive, send: Send) -> None:
            met.append(scope["type"])
            await app(scope, receive, send)

        return listen

    async with trial.served(listening, tls=True) as url, trial.connect(url=url) as connector:
        await refused(trial.act(connector=connector), Denied, "certificate")
    assert met == [], "a request went to a server that nobody vouches for"
