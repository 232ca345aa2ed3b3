"""Reading request bodies: bounded, typed, and refused by the path of what is wrong, never by its value."""

from __future__ import annotations

import asyncio
import re
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.types import Message, Receive

from hub.exchange.refusals import InvalidParam, Refused

LARGEST_BODY = 65_536
_BODY_SECONDS = 10.0
_JSON = re.compile(r"application/json\s*(;\s*charset=\"?utf-8\"?\s*)?", re.IGNORECASE)
_FIELD_LIKE = re.compile(r"[A-Za-z_]{1,40}", re.ASCII)

Model = TypeVar("Model", bound=BaseModel)


async def read_body(
    headers: dict[bytes, bytes], receive: Receive, media_type: str, seconds: float = _BODY_SECONDS
) -> bytes:
    """Reads a body of the expected media type, up to `LARGEST_BODY` bytes, all of it in `seconds`.

    Raises:
        Refused: wrong media type, compressed, too large or too slow.
    """
    given = headers.get(b"content-type", b"").decode("latin-1")
    if given != media_type and not _same_type(given, media_type):
        raise Refused("body.media_type")
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise Refused("body.media_type")
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > LARGEST_BODY:
        raise Refused("body.too_large")
    try:
        async with asyncio.timeout(seconds):
            message = await receive()
            if message.get("more_body", False):
                return await _read_rest(receive, message)
    except TimeoutError:
        raise Refused("body.timeout") from None
    if message["type"] == "http.disconnect":
        raise Refused("body.timeout")
    body: bytes = message.get("body", b"")
    if len(body) > LARGEST_BODY:
        raise Refused("body.too_large")
    return body


def parse(model: type[Model], body: bytes) -> Model:
    """Checks a JSON body against its model.

    Raises:
        Refused: not JSON, or the paths at which it does not fit.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
    if problems[0]["type"] == "json_invalid":
        raise Refused("body.not_json")
    raise Refused("body.invalid", tuple(InvalidParam(_path(each), _reason(each["type"])) for each in problems[:20]))


def _same_type(given: str, expected: str) -> bool:
    if expected == "application/json":
        return _JSON.fullmatch(given.strip()) is not None
    return given.split(";")[0].strip().lower() == expected


async def _read_rest(receive: Receive, message: Message) -> bytes:
    body = bytearray(message.get("body", b""))
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused("body.timeout")
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            raise Refused("body.too_large")
    return bytes(body)


def _path(problem: Any) -> str:
    """Writes a location as `subject.birth_date` or `attributes[2]`.

    An unknown key that does not look like a field name is shown as `?`: a careless caller may put data into keys.
    """
    path = ""
    for part in problem["loc"]:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            shown = part if _FIELD_LIKE.fullmatch(part) else "?"
            path += f".{shown}" if path else shown
    return path or "(body)"


def _reason(kind: str) -> str:
    if kind in ("missing", "one_number", "nobody"):
        return kind
    if kind == "extra_forbidden":
        return "unknown_field"
    if kind.endswith(("too_short", "too_long")):
        return "length"
    if kind.startswith(("greater_than", "less_than")):
        return "range"
    return "type" if kind.endswith("_type") else "format"
