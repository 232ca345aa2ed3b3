"""However a register misbehaves, what is raised and what is logged hold nobody and no secret."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import Any

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.base import FeedEntry
from connectors.errors import Denied
from tests.conformance.canary import CANARY, found, overheard, said
from tests.conformance.case import CONTEXT
from tests.conformance.checks.courtesy import ONCE
from tests.conformance.suite import check
from tests.conformance.trial import Trial, refused
from tests.conformance.wire import Change, body

MOST_SPOILED = 50


def _misbehaviours(who: str) -> Iterator[Change]:
    """Lists answers that quote somebody, and library errors that do."""
    for status in (400, 401, 403, 404, 409, 422, 429, 500, 503):
        yield httpx.Response(status, text=who, headers={"Retry-After": "100199404404"})
    for name in ("Content-Encoding", "Content-Type", "Content-Length", "Date", "Set-Cookie"):
        yield httpx.Response(200, text=who, headers={name: CANARY.split()[-1]})
    yield httpx.Response(500, text=who, extensions={"reason_phrase": CANARY.split()[-1].encode()})
    yield httpx.Response(302, headers={"Location": f"http://elsewhere.invalid/{CANARY.split()[-1]}"})
    for form in (
        "<html>{}",
        "<html>{}</html>",
        "{}",
        '{{"{}": 1}}',
        '"{}"',
        '{{"error_code": "{0}", "message": "{0}"}}',
    ):
        yield httpx.Response(200, text=form.format(who))
    for kind in (httpx.ReadError, httpx.ReadTimeout, httpx.RemoteProtocolError, KeyError, ValueError, RuntimeError):
        yield kind(who)
    yield body(lambda content: content[: len(content) * 2 // 3])
    yield body(lambda content: content + who.encode())


async def _outcome(act: Awaitable[Any], texts: list[str]) -> None:
    """Lets a call pass or fail, and fails when either tells about somebody."""
    shown = ""
    with overheard() as lines:
        try:
            await act
        except Exception as error:
            assert (error.__cause__, error.__context__) == (None, None), "the error keeps another exception"
            shown = said(error)
    assert not found(texts, shown), "the error holds a value"
    assert not found(texts, "\n".join(lines)), "a log line holds a value"


@check("http", "question")
async def errors_show_nobody(trial: Trial) -> None:
    """No failed question tells about its subject: not its error, its traceback, its pickle, nor any log."""
    claim, connector = await trial.claim(), trial.untiring(retry=ONCE)
    texts = [*trial.question.traces(claim), CANARY]
    for change in _misbehaviours(" ".join(texts)):
        trial.wire.forget()
        trial.script(change)
        await _outcome(trial.ask(claim, connector=connector), texts)


@check("http", "question")
async def no_field_of_a_request_shows(trial: Trial) -> None:
    """A register that sends our own request back in its answer does not make us show it."""
    claim, connector = await trial.claim(), trial.untiring(retry=ONCE)
    marked = replace(CONTEXT, purpose=CANARY, legal_basis=CANARY, procedure=CANARY, dossier=CANARY, trace_id=CANARY)
    texts = [*trial.question.traces(claim), CANARY]
    for status in (200, 400, 401, 403, 429, 500):
        trial.wire.forget()
        trial.script(lambda answer, status=status: httpx.Response(status, content=_echo(answer.request)))  # type: ignore[misc]
        await _outcome(trial.ask(claim, connector=connector, context=marked), texts)


def _echo(request: httpx.Request) -> bytes:
    return b"\n".join([request.url.raw_path, *(b": ".join(pair) for pair in request.headers.raw), request.content])


@check("http", "feed")
async def feed_errors_show_nobody(trial: Trial) -> None:
    """No failed page tells about anybody on it."""
    entries = await _two(trial)
    texts = [*(entry.key for entry in entries), CANARY]
    connector = trial.untiring(retry=ONCE)
    until = _just_after(entries)
    for operation, change in product(trial.feed.operations(), _misbehaviours(" ".join(texts))):
        trial.wire.forget()
        trial.script(change, operation=operation)
        await _outcome(trial.read(until=until, size=2, connector=connector), texts)


async def _two(trial: Trial) -> list[FeedEntry]:
    """Returns the first two records of the feed."""
    async with aclosing(trial.pages(size=2)) as pages:
        return (await anext(pages)).entries


@check("http", "question")
async def no_field_of_an_answer_shows(trial: Trial) -> None:
    """A marked text in any field of an answer, as its value or where none should be, is never shown."""
    claim, connector = await trial.claim(), trial.untiring(retry=ONCE)
    await trial.ask(claim, connector=connector)
    await _spoil_each(trial, trial.question.operation, lambda: trial.ask(claim, connector=connector))


@check("http", "feed")
async def no_field_of_a_page_shows(trial: Trial) -> None:
    """A marked text in any field of a page, as its value or where none should be, is never shown."""
    connector = trial.untiring(retry=ONCE)
    until = _just_after(await _two(trial))
    for operation in trial.feed.operations():
        trial.wire.forget()
        await trial.read(until=until, size=2, connector=connector)
        await _spoil_each(trial, operation, lambda: trial.read(until=until, size=2, connector=connector))


def _just_after(entries: list[FeedEntry]) -> datetime:
    """Ends a window after some records: a short one is read in no time."""
    return datetime.fromtimestamp((max(entry.at for entry in entries) + 1) / 1000, UTC)


async def _spoil_each(trial: Trial, operation: str, act: Callable[[], Awaitable[Any]]) -> None:
    answer = next(
        kept for sent, kept in zip(trial.wire.sent, trial.wire.kept, strict=True) if sent.operation == operation
    )
    spoiled = list(trial.twin.answers.spoiled(answer, CANARY))
    assert spoiled, "the answer has no field to spoil"
    for content in spoiled[:: len(spoiled) // MOST_SPOILED + 1]:
        trial.wire.forget()
        trial.script(body(lambda _, content=content: content), operation=operation)  # type: ignore[misc]
        await _outcome(act(), [CANARY])


@check("http", "question")
async def answers_leave_no_trace(trial: Trial) -> None:
    """Not even a good answer leaves anything in a log, over a real network, at any level."""
    claim = await trial.claim()
    async with trial.served() as url, trial.connect(url=url) as connector:
        await _outcome(trial.ask(claim, connector=connector), trial.question.traces(claim))


@check("http")
async def headers_leave_no_trace(trial: Trial) -> None:
    """What a register writes into its headers is in no log either, over a real network, at any level."""
    number = CANARY.split()[-1]

    def quoting(app: ASGIApp) -> ASGIApp:
        async def quote(scope: Scope, receive: Receive, send: Send) -> None:
            async def marked(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], (b"x-subject", number.encode())]
                await send(message)

            await app(scope, receive, marked)

        return quote

    async with trial.served(quoting) as url, trial.connect(url=url) as connector:
        await _outcome(trial.act(connector=connector), [number])


@check("http")
async def secrets_are_never_shown(trial: Trial) -> None:
    """A secret is in no error, no log and no repr, also when it was wrong."""
    wrong = "Lộbímật-kiểmthử"
    connector = trial.connect(ports=trial.ports(**{trial.case.secret: wrong}))
    texts = [wrong, *trial.case.secrets.values()]
    with overheard() as lines:
        error = await refused(trial.act(connector=connector), Denied)
        await trial.act()
    shown = "\n".join([said(error), *lines, repr(connector), repr(connector.ports), repr(vars(connector.http))])
    assert not found(texts, shown), "a secret is shown"
