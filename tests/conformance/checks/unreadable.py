"""Answers that are none: an answer is never guessed, and "unreadable" never becomes "nobody"."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from functools import lru_cache

import httpx

from connectors.errors import BrokenContract, ConnectorError, Unavailable
from tests.conformance.suite import check
from tests.conformance.trial import Trial, refused
from tests.conformance.wire import body

MEGABYTE = 1024 * 1024
FAR_TOO_MUCH = 64
"""Megabytes that no answer of a register has."""

NO_ANSWER = (Unavailable, BrokenContract)


@check("http")
async def garbage(trial: Trial) -> None:
    """Bytes that are no document break the contract, and are asked for once."""
    trial.script(httpx.Response(200, content=b"\x00\xff\xfe<<<&&& \x1f\x8b\x08"))
    await refused(trial.act(), BrokenContract)
    assert trial.count() == 1, f"{trial.count()} requests for garbage"


@check("http")
async def truncated(trial: Trial) -> None:
    """An answer that breaks off, wherever it does, is never read as a whole one."""
    for part in (0.2, 0.5, 0.9, 0.99):
        trial.wire.forget()
        trial.script(body(lambda content, part=part: content[: int(len(content) * part)]))  # type: ignore[misc]
        await refused(trial.act(), NO_ANSWER)


@check("http")
async def truncated_once(trial: Trial) -> None:
    """An answer that broke off may come whole the next time."""
    expected = await trial.act()
    trial.script(body(lambda content: content[: len(content) // 2]), times=1)
    assert expected == await trial.act(), "the second attempt gives something else"


@check("http")
async def empty_body(trial: Trial) -> None:
    """A good status without a body is no answer."""
    for content in (b"", b" \r\n"):
        trial.wire.forget()
        trial.script(httpx.Response(200, content=content))
        await refused(trial.act(), Unavailable, "empty_answer")


@check("http")
async def error_with_a_good_status(trial: Trial) -> None:
    """An error that comes with 200 is an error."""
    await trial.faults({"kind": "ok_with_error", "operation": trial.operation})
    await refused(trial.act(), Unavailable)


@check("http")
async def page_of_a_gateway(trial: Trial) -> None:
    """A web page with status 200, as gateways show for maintenance, is no answer."""
    for page in ("<html><body>Bảo trì</body></html>", "<!DOCTYPE html><title>503</title>"):
        trial.wire.forget()
        trial.script(httpx.Response(200, html=page))
        await refused(trial.act(), NO_ANSWER)


@check("http")
async def another_document(trial: Trial) -> None:
    """A well-formed document that says nothing of what was asked is no answer, and not "nobody" either."""
    for content in (b"<a/>", b"{}", b"[]", b"null", b'"ok"', b"true", b"0"):
        trial.wire.forget()
        trial.script(httpx.Response(200, content=content))
        await refused(trial.act(), NO_ANSWER)


class _Endless(httpx.AsyncByteStream):
    """An answer of many megabytes that counts how many were taken."""

    def __init__(self) -> None:
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(FAR_TOO_MUCH):
            self.taken += 1
            yield b" " * MEGABYTE


@check("http")
async def oversize(trial: Trial) -> None:
    """An answer is read up to a limit and no further, and is not asked for again."""
    endless = _Endless()
    trial.script(lambda _: httpx.Response(200, stream=endless))
    await refused(trial.act(), BrokenContract, "oversize")
    assert endless.taken < FAR_TOO_MUCH, "the whole of an endless answer was read"
    assert trial.count() == 1, f"{trial.count()} requests for an oversized answer"


@check("http")
async def gzip_bomb(trial: Trial) -> None:
    """The limit holds for what comes out of a packed answer, not for what goes in."""
    trial.script(httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(_bomb())))
    await refused(trial.act(), BrokenContract, "oversize")


@lru_cache(1)
def _bomb() -> bytes:
    packer = zlib.compressobj(1, wbits=zlib.MAX_WBITS | 16)
    spaces = b" " * MEGABYTE
    return b"".join([*(packer.compress(spaces) for _ in range(FAR_TOO_MUCH)), packer.flush()])


@check("http")
async def encoding_not_asked_for(trial: Trial) -> None:
    """An encoding that was not asked for is refused, not guessed."""
    trial.script(httpx.Response(200, headers={"Content-Encoding": "br"}, stream=httpx.ByteStream(b"\x0b\x02\x80")))
    await refused(trial.act(), BrokenContract, "encoding")


@check("http")
async def hostile_document(trial: Trial) -> None:
    """A document that is made to break its reader is refused like any other, within the time of a call."""
    for bomb in trial.twin.answers.bombs():
        trial.wire.forget()
        trial.script(httpx.Response(200, content=bomb))
        await refused(trial.act(), NO_ANSWER)


@check("http")
async def redirect(trial: Trial) -> None:
    """A redirect is not followed: our signature goes to the address of the settings and to no other."""
    await trial.act()
    path = trial.wire.sent[-1].request.url.path
    for status in (301, 302, 307, 308):
        trial.wire.forget()
        trial.script(httpx.Response(status, headers={"Location": f"http://elsewhere.invalid{path}"}), times=1)
        await refused(trial.act(), BrokenContract, "redirect")
        hosts = {sent.request.url.host for sent in trial.wire.sent}
        assert hosts == {"twin"}, "the redirect was followed"


@check("http")
async def status_of_no_answer(trial: Trial) -> None:
    """A good status other than 200 promises an answer that is not there, or not whole: it is none."""
    for status in (201, 202, 203, 204, 205, 206, 207):
        trial.wire.forget()
        trial.script(lambda answer, status=status: httpx.Response(status, content=answer.content))  # type: ignore[misc]
        await refused(trial.act(), ConnectorError)
