"""An invented register of library cards with three fields, delivered as files or opened as a view."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pydantic import BaseModel, ConfigDict

from connectors.base import Connector, Courtesy, FeedEntry, KeyEntry, Page, feed
from connectors.delimited import Delimited
from connectors.delivery import Delivery
from connectors.files import Files
from connectors.memory import memory_ports
from connectors.sql import Sql, View
from hub.settings import RegisterSettings
from tests.connectors.conftest import QUICK
from tests.connectors.register import NOW

HEADER = "SoThe,LoaiThe,CapNhat"
FIRST = date(2026, 11, 18)
DAY_18 = datetime(2026, 11, 17, 17, tzinfo=UTC)
"""The beginning of 18 November in Viet Nam."""
DAY = timedelta(days=1)


class Card(BaseModel):
    """A card: number, kind, time of the latest change."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    SoThe: str
    LoaiThe: str
    CapNhat: str


def delivery(**changed: Any) -> Delivery:
    """Returns the declaration of the cards' files, with changes."""
    declared = {"name": "the_%Y%m%d.csv", "first": FIRST, "record": Card, "key": "SoThe", "version": "CapNhat"}
    return Delivery(**{**declared, **changed})


class DeliveredCards(Connector):
    """The cards as files."""

    system = "cards"
    service: ClassVar[Files] = Files(max_bytes=100_000)
    courtesy = Courtesy(per_second=1000, concurrent=2)
    declared = delivery()

    @feed(Card, overlap=timedelta(days=1))
    def cards(self, since: datetime, until: datetime, *, page_size: int = 500) -> AsyncIterator[Page[FeedEntry]]:
        """Cards that changed in the window."""
        return self.service.pages(self, "cards", self.declared, since, until, page_size)

    def keys(self, as_of: datetime, *, page_size: int = 1000) -> AsyncIterator[Page[KeyEntry]]:
        """All cards at a moment."""
        return self.service.keys(self, "cards", self.declared, as_of, page_size)


class ViewedCards(Connector):
    """The cards as a view."""

    system = "cards"
    service: ClassVar[Sql] = Sql(statement_timeout=timedelta(milliseconds=500))
    courtesy = Courtesy(per_second=1000, concurrent=2)
    view = View(name="the_thu_vien", schema="mo", record=Card, key="SoThe", version="CapNhat", status="TrangThai")

    @feed(Card, overlap=timedelta(minutes=10))
    def cards(self, since: datetime, until: datetime, *, page_size: int = 500) -> AsyncIterator[Page[FeedEntry]]:
        """Cards that changed in the window."""
        return self.service.pages(self, "cards", self.view, since, until, page_size)

    def keys(self, as_of: datetime, *, page_size: int = 1000) -> AsyncIterator[Page[KeyEntry]]:
        """All cards at a moment."""
        return self.service.keys(self, "cards", self.view, as_of, page_size)


def delivered(url: str | Path, declared: Delivery | None = None, **changed: Any) -> DeliveredCards:
    """Makes a connector to a folder, in the sandbox, at a fixed time, with quick retries."""

    class Cards(DeliveredCards):
        pass

    Cards.declared = declared or Cards.declared
    Cards.service = changed.pop("service", Cards.service)
    config = changed.pop("config", None) or RegisterSettings(url=str(url))
    ports = changed.pop("ports", None) or memory_ports({})
    options = {"environment": "sandbox", "retry": QUICK, "clock": lambda: NOW}
    return Cards(config, ports, **{**options, **changed})


def csv(*rows: str, header: str = HEADER) -> bytes:
    """Writes a table of cards."""
    return "".join(f"{line}\r\n" for line in (header, *rows)).encode()


def put(
    folder: Path, day: int, content: bytes, *, name: str = "the_202611{:02}.csv", at: datetime | None = None
) -> Path:
    """Delivers the file of a day, written two hours after the day's end."""
    path = folder / name.format(day)
    path.write_bytes(content)
    moment = (at or DAY_18 + (day - 17) * DAY + timedelta(hours=2)).timestamp()
    os.utime(path, (moment, moment))
    return path


def card(number: int, moment: str, kind: str = "A") -> str:
    """Writes a row: `moment` is day and time of November, in Viet Nam."""
    return f"100050{number:06},{kind},2026-11-{moment}"


def zipped(*files: tuple[str | ZipInfo, bytes]) -> bytes:
    """Makes an archive."""
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return target.getvalue()


async def read(pages: AsyncIterator[Page[Any]]) -> list[Any]:
    """Returns the entries of all pages."""
    return [entry async for page in pages for entry in page.entries]


Wrap = Callable[[bytes], bytes]
PIPES = Delimited("|", quoted=False)


def piped(content: bytes) -> bytes:
    """Writes a table with pipes, as daily payment files are."""
    return content.replace(b",", b"|")


def base64(content: bytes) -> bytes:
    """Wraps into base64, with a line break."""
    return b64encode(content) + b"\n"
