"""A marked person goes through every failure, and is then looked for in every error, traceback and log line."""

from __future__ import annotations

import base64
import json
import logging
import pickle
import traceback
import unicodedata
from collections.abc import Callable

import httpx
import pytest

from connectors.base import FeedEntry, IdentityClaim, KeyEntry, Token
from connectors.errors import ConnectorError
from tests.connectors.conftest import CONTEXT, Connect
from tests.connectors.register import (
    NOW,
    REPLY,
    SINCE,
    UNTIL,
    Behaviour,
    Register,
    Row,
    envelope,
    fault,
    page,
    rows,
)  # fmt: skip

NUMBER = "100199404404"
NAME = "Lý Quỳnh Kiểmthử"
WHO = f"{NAME} {NUMBER}"
CLAIM = IdentityClaim(personal_id=NUMBER, name=NAME, birth_date="1994-04-04")
PERSON = f"<CongDan><SoDinhDanh>{NUMBER}</SoDinhDanh><HoVaTen><Ten>{NAME}</Ten></HoVaTen></CongDan>"
BODY = json.dumps({"SoDinhDanh": NUMBER, "HoVaTen": {"Ten": NAME}}, ensure_ascii=False)


def traces() -> list[str]:
    """Lists the shapes under which the person could show up."""
    texts = [NUMBER, NAME, NAME.upper(), NAME.lower(), unicodedata.normalize("NFD", NAME), "Ly Quynh Kiemthu", "404404"]
    raw = [text.encode() for text in texts]
    return [
        *texts,
        *(ascii(text)[1:-1] for text in texts),
        *(base64.b64encode(text).decode().rstrip("=")[:-2] for text in raw),
        *(text.hex() for text in raw),
    ]


def assert_clean(text: str) -> None:
    """Fails when the person is found, without printing them."""
    assert [number for number, trace in enumerate(traces()) if trace in text] == []


def collection(people: str) -> httpx.Response:
    """Wraps people into the answer of the lookup."""
    return envelope(f'<CongdanCollection xmlns="{REPLY}">{people}</CongdanCollection>')


def cut(request: httpx.Request, right: httpx.Response) -> httpx.Response:
    """Breaks an answer off in the middle of the person."""
    return httpx.Response(200, content=right.content[: right.content.index(b"</CongDan>") - 3])


QUESTIONS: dict[str, Behaviour] = {
    "http error with the person in its body": httpx.Response(500, text=WHO),
    "html with the person": httpx.Response(200, text=f"<html>{WHO}"),
    "well-formed html": httpx.Response(200, text=f"<html>{WHO}</html>"),
    "client fault that quotes the person": fault("Client", WHO),
    "server fault that quotes the person": fault("Server", WHO),
    "fault whose code quotes the person": fault(WHO, WHO),
    "fault in 200": fault("Client", WHO, status=200),
    "refused with the person": httpx.Response(404, text=WHO),
    "denied with the person": httpx.Response(401, text=WHO),
    "forbidden with the person": httpx.Response(403, text=WHO),
    "redirect to the person": httpx.Response(302, headers={"Location": f"http://x.invalid/{NUMBER}"}),
    "throttled for the person": httpx.Response(429, headers={"Retry-After": NUMBER}, text=WHO),
    "library error that quotes the person": httpx.ReadError(WHO),
    "time-out that quotes the person": httpx.ReadTimeout(WHO),
    "stray error that quotes the person": KeyError(WHO),
    "truncated": cut,
    "another person": collection(PERSON.replace("100199", "100198")),
    "two people": collection(PERSON * 2),
    "unknown element": collection(PERSON.replace("</CongDan>", f"<Moi>{WHO}</Moi></CongDan>")),
    "element named after the person": collection(PERSON.replace("</CongDan>", f"<_{NUMBER}/></CongDan>")),
    "wrong form": collection(PERSON.replace(NUMBER, f"<a>{WHO}</a>")),
    "other element": envelope(f"<Other>{WHO}</Other>"),
    "entities": httpx.Response(200, text=f'<!DOCTYPE a [<!ENTITY b "{WHO}">]><a>&b;</a>'),
}  # fmt: skip
FEEDS: dict[str, Behaviour] = {
    "malformed version": lambda _, right: httpx.Response(
        200, text=right.text.replace("<ThoiDiemDuLieu>", f"<ThoiDiemDuLieu>{NAME}")
    ),
    "malformed total": lambda _, right: httpx.Response(200, text=right.text.replace("<TongSo>", f"<TongSo>{NAME}")),
    "outside the window": page([Row(NUMBER, 1, BODY)], total=1, number=1, size=500),
    "out of order": page(
        [Row(NUMBER, rows(2)[1].version, BODY), Row(NUMBER, rows(1)[0].version, BODY)], total=2, number=1, size=500
    ),
    "real person": page([Row("001" + NUMBER[3:], rows(1)[0].version, BODY)], total=1, number=1, size=500),
    "other page": page([Row(NUMBER, rows(1)[0].version, BODY)], total=1, number=9, size=500),
    "truncated": cut,
}


async def failure(act: Callable[[], object], caplog: pytest.LogCaptureFixture) -> str:
    """Runs what must fail, and returns everything that the failure says anywhere."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ConnectorError) as caught:
        await act()  # type: ignore[misc]
    error = caught.value
    trace = "".join(traceback.format_exception(error))
    assert error.__cause__ is None
    assert error.__context__ is None
    logged = "\n".join(f"{record.getMessage()} {record.args}" for record in caplog.records)
    return "\n".join([repr(error), str(error), trace, logged, repr(pickle.dumps(error))])


@pytest.mark.parametrize("case", QUESTIONS)
async def test_no_failed_question_tells_about_the_person(
    connect: Connect, register: Register, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    """However a register misbehaves, the error, its traceback, its pickle and the logs hold nobody."""
    register.people = PERSON
    register.script.extend([QUESTIONS[case]] * 4)

    assert_clean(await failure(lambda: connect().citizen(CLAIM, CONTEXT), caplog))


@pytest.mark.parametrize("case", FEEDS)
async def test_no_failed_page_tells_about_the_person(
    connect: Connect, register: Register, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    """However a page is broken, the error, its traceback, its pickle and the logs hold nobody."""
    register.rows = [Row(NUMBER, rows(1)[0].version, BODY)]
    register.script.extend([FEEDS[case]] * 4)

    async def read() -> None:
        async for _ in connect().citizens(SINCE, UNTIL):
            pass

    assert_clean(await failure(read, caplog))


async def test_a_good_answer_leaves_no_trace_in_logs(
    connect: Connect, register: Register, caplog: pytest.LogCaptureFixture
) -> None:
    """Even at DEBUG, no library below logs a request or an answer."""
    caplog.set_level(logging.DEBUG)
    register.people = PERSON

    assert await connect().citizen(CLAIM, CONTEXT)

    assert_clean("\n".join(f"{record.getMessage()} {record.args}" for record in caplog.records))


def test_records_show_nobody() -> None:
    """The repr of a claim, an entry and a token holds no value."""
    shown = [
        CLAIM,
        FeedEntry(NUMBER, 1, "1", BODY.encode()),
        KeyEntry(NUMBER, 1, "1"),
        [FeedEntry(NUMBER, 1, "1", BODY.encode())],
        Token(WHO, NOW),
    ]

    assert_clean("\n".join(f"{item!r} {item}" for item in shown))


def test_the_search_finds_what_it_looks_for() -> None:
    """The search would fail on a name, in any of its shapes."""
    for text in (NAME, NUMBER, NAME.upper(), unicodedata.normalize("NFD", NAME), WHO.encode().hex(), ascii(WHO)):
        with pytest.raises(AssertionError):
            assert_clean(f"…{text}…")
