"""A register that delivers files: the invented library cards, which prove the checks on a register without HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hub.settings import RegisterSettings
from tests.conformance.case import Case, Feed
from tests.connectors.cards import DAY, DAY_18, card, csv, put

_DAYS = (18, 19, 20)


@contextmanager
def _folder() -> Iterator[str]:
    """Delivers three days of five cards each."""
    with TemporaryDirectory() as name:
        for day in _DAYS:
            rows = [card(day * 100 + hour, f"{day}T{hour:02}:00:00") for hour in range(1, 6)]
            put(Path(name), day, csv(*rows))
        yield name


CARDS = Case(
    place=_folder,
    config=lambda url: RegisterSettings(url=url),
    feed=Feed(
        method="cards",
        operation="cards",
        since=DAY_18,
        until=DAY_18 + len(_DAYS) * DAY,
        size=5,
        whole=True,
    ),
    lacks={
        "http": "delivers files",
        "question": "delivers files",
        "record": "answers no question",
        "verdict": "answers no question",
        "claims": "answers no question",
        "officers": "answers no question",
        "login": "delivers files",
        "signed_time": "delivers files",
        "tombstones": "never says that a card is gone",
    },
)
