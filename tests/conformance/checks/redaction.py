"""However a register misbehaves, what is raised and what is logged hold nobody and no secret."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from typing import Any

import httpx

from connectors.base import Connector
from connectors.errors import Denied
from connectors.memory import MemoryBreaker
from connectors.ports import Ports
from tests.conformance.canary import CANARY, found, overheard, said
from tests.conformance.checks.courtesy import ONCE
from tests.conformance.suite import check
from tests.conformance.trial import Trial, refused
from tests.conformance.wire import Change, body

MOST_SPOILED = 120


def _unhurried(trial: Trial) -> Connector:
    """Makes a connector that neither rests nor waits, for hundreds of failures."""
    ports = trial.ports()
    ports = Ports(ports.secrets, FreeBudget(), MemoryBreaker(failures=10**9), ports.tokens)
    return trial.connect(ports=ports, retry=ONCE)


class FreeBudget:
    """Gives a turn to every call: what is looked at here is no rate."""

    def acquire(self, *asked: object) -> AbstractAsyncContextManager[None]:
        return nullcontext()


def _misbehaviours(who: str) -> Iterator[Change]:
    """Lists answers that quote somebody, and library errors that do."""
    for status in (400, 401, 403, 404, 409, 422, 429, 500, 503):
        yield httpx.Response(status, text=who, headers={"Retry-After": "100199404404"})
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


@check("question")
async def errors_show_nobody(trial: Trial) -> None:
    """No failed question tells about its subject: not its error, its traceback, its pickle, nor any log."""
    claim, connector = await trial.claim(), _unhurried(trial)
    texts = [*trial.question.traces(claim), CANARY]
    for change in _misbehaviours(" ".join(texts)):
        trial.wire.forget()
        trial.script(change)
        await _outcome(trial.ask(claim, connector=connector), texts)


@check("feed")
async def feed_errors_show_nobody(trial: Trial) -> None:
    """No failed page tells about anybody on it."""
    entries = (await anext(trial.pages(size=2))).entries
    texts = [*(entry.key for entry in entries), CANARY]
    connector = _unhurried(trial)
    for change in _misbehaviours(" ".join(texts)):
        trial.wire.forget()
        trial.script(change, operation=trial.feed.operation)
        await _outcome(_first(trial, connector), texts)


async def _first(trial: Trial, connector: Connector) -> None:
    async with aclosing(trial.pages(size=2, connector=connector)) as pages:  # type: ignore[type-var]
        await anext(pages)


@check("question")
async def no_field_of_an_answer_shows(trial: Trial) -> None:
    """A marked text in any field of an answer, as its value or where none should be, is never shown."""
    claim, connector = await trial.claim(), _unhurried(trial)
    await trial.ask(claim, connector=connector)
    await _spoil_each(trial, trial.question.operation, lambda: trial.ask(claim, connector=connector))


@check("feed")
async def no_field_of_a_page_shows(trial: Trial) -> None:
    """A marked text in any field of a page, as its value or where none should be, is never shown."""
    connector = _unhurried(trial)
    await _first(trial, connector)
    await _spoil_each(trial, trial.feed.operation, lambda: _first(trial, connector))


async def _spoil_each(trial: Trial, operation: str, act: Callable[[], Awaitable[Any]]) -> None:
    answer = next(
        kept for sent, kept in zip(trial.wire.sent, trial.wire.kept, strict=True) if sent.operation == operation
    )
    spoiled = list(trial.case.answers.spoiled(answer, CANARY))
    for content in spoiled[:: len(spoiled) // MOST_SPOILED + 1]:
        trial.wire.forget()
        trial.script(body(lambda _, content=content: content), operation=operation)  # type: ignore[misc]
        await _outcome(act(), [CANARY])


@check("question")
async def answers_leave_no_trace(trial: Trial) -> None:
    """Not even a good answer leaves anything in a log, over a real network, at any level."""
    claim = await trial.claim()
    async with trial.served() as url, trial.connect(url=url, transport=None) as connector:
        await _outcome(trial.ask(claim, connector=connector), trial.question.traces(claim))


@check()
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
