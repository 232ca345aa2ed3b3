"""A search for marked texts in everything that a failed call says."""

from __future__ import annotations

import base64
import logging
import pickle
import traceback
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from structlog.testing import capture_logs

from connectors.errors import ConnectorError

CANARY = "Lý Quỳnh Kiểmthử 100199404404"


@contextmanager
def overheard() -> Iterator[list[str]]:
    """Collects what any library logs, at any level, by logging or by structlog; complete when the block is left."""
    lines: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            trace = "".join(traceback.format_exception(record.exc_info[1])) if record.exc_info else ""
            lines.append(f"{record.getMessage()} {record.args} {trace}")

    root, listener = logging.getLogger(), Listener(logging.DEBUG)
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    try:
        with capture_logs() as events:
            yield lines
        lines.extend(map(str, events))
    finally:
        root.setLevel(level)
        root.removeHandler(listener)


def said(error: BaseException) -> str:
    """Returns all that an error says, in any way that it is shown, kept or sent on."""
    parts: list[Any] = [repr(error), str(error), error.args, vars(error), getattr(error, "__notes__", "")]
    kept = pickle.dumps(error) if isinstance(error, ConnectorError) else b""
    return "\n".join([*map(str, parts), *traceback.format_exception(error), repr(kept)])


def found(texts: Iterable[str], where: str) -> list[int]:
    """Returns the places of those texts that show up in any shape; never the texts themselves."""
    return [place for place, text in enumerate(texts) if any(shape in where for shape in _shapes(text))]


def _shapes(text: str) -> Iterator[str]:
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    for shape in {text, text.upper(), text.lower(), unicodedata.normalize("NFD", text), plain}:
        raw = shape.encode()
        yield shape
        yield ascii(shape)[1:-1]
        yield repr(raw)[2:-1]
        # Within a longer text the same bytes have three spellings, by where they begin.
        for before in range(3):
            yield base64.b64encode(bytes(before) + raw).decode().rstrip("=")[before + 1 if before else 0 : -2]
        yield raw.hex()
