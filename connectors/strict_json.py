"""Reads an answer as one JSON object: UTF-8, no key twice, no number that JSON lacks. No error holds a part of it."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from connectors.errors import BrokenContract, ConnectorError, Refused, Unavailable
from connectors.records import FieldProblem
from connectors.transfer import Answer, Transfer

_ENDS = {b"{": b"}", b"[": b"]"}
_OTHER_MARKS = (b"\xff\xfe", b"\xfe\xff")
"""Byte order marks of UTF-16 and UTF-32."""


def read_object(answer: Answer, transfer: Transfer) -> dict[str, Any]:
    """Returns the object that an answer of status 200 holds.

    A key that stands twice is refused: two values for one element are not silently one.

    Raises:
        ConnectorError: by the status, or because the body is no such object.
    """
    status = f"HTTP {answer.status}"
    if answer.status >= 500 or answer.status in (408, 425):
        raise Unavailable(
            transfer.register, transfer.operation, "server_error", fields=(status,), retry_after=answer.retry_after
        )
    if answer.status != 200:
        raise transfer.error(Refused, "http_refused", status)
    try:
        text = answer.body.decode("utf-8-sig")
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise transfer.error(BrokenContract, "not_json") from None
    except UnicodeDecodeError:
        raise transfer.error(*_undecodable(answer.body)) from None
    except ValueError:
        raise transfer.error(*_unreadable(answer.body)) from None
    if not isinstance(found, dict):
        raise transfer.error(BrokenContract, "not_json")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        # The key is not named: a broken sender may put data into keys.
        raise FieldProblem("key_repeated", "body")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError("not JSON")


def _finite(digits: str) -> float:
    """Reads a number with a fraction or an exponent; beyond what a float holds Python would make it infinite."""
    if math.isinf(number := float(digits)):
        raise ValueError("not a number that can be kept")
    return number


def _unreadable(body: bytes) -> tuple[type[ConnectorError], str]:
    """Says why a body is no JSON: what broke off may come whole next time, anything else will not."""
    bare = body.strip()
    if not bare:
        return Unavailable, "empty_answer"
    end = _ENDS.get(bare[:1])
    return (Unavailable, "truncated") if end and not bare.endswith(end) else (BrokenContract, "not_json")


def _undecodable(body: bytes) -> tuple[type[ConnectorError], str]:
    """Says why a body is no UTF-8: whole in another charset, broken off within a letter, or no text at all."""
    bare = body.strip()
    whole = _ENDS.get(bare[:1]) == bare[-1:]
    return (BrokenContract, "not_utf8") if whole or bare.startswith(_OTHER_MARKS) else _unreadable(body)
