"""Registers that deliver files: one a day, delimited, possibly zipped and in base64, in a folder or over SFTP.

The date in a file's name says which day it covers. A window is read from the files of its days, and each row must carry
a time of its file's day: the window of a feed then says which files belong to it, and nothing is lost between two days.

| seen | error |
| --- | --- |
| no file for a day of the window | Unavailable `file_missing`: the watermark waits for it |
| a file that is still being written, or changes while it is read | Unavailable `file_unsettled` |
| a link, a folder or a device of that name | BrokenContract `file_refused` |
| a file that was read before and is another one now | BrokenContract `file_changed`, until its days are read again |
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from connectors.delivery import DAY, Delivery, Marker
from connectors.errors import BrokenContract, Unavailable
from connectors.folders import FileFacts, Folder, LocalFolder
from connectors.ports import RegisterConfig, Secrets
from connectors.read_files import ReadFiles, digest
from connectors.records import FeedEntry, FieldProblem, KeyEntry, Page, epoch_ms
from connectors.sftp import SftpFolder
from connectors.unpacking import unpack

if TYPE_CHECKING:
    from connectors.base import Connector


class Files:
    """The folder of a register, whose address is its setting `url`: a path, a `file:` address, or `sftp://host/folder`.

    `max_bytes` bounds a file as delivered and, once more, unpacked. A file is held in memory while it is read: count on
    about six times that.
    """

    def __init__(self, *, max_bytes: int = 64 * 1024 * 1024) -> None:
        self.max_bytes = max_bytes

    def open(self, register: str, config: RegisterConfig, secrets: Secrets) -> Folder:
        """Returns the folder; nothing is opened before the first call."""
        # fsspec's own SFTP driver takes any host key: such an address never reaches it.
        if urlsplit(config.url).scheme == "sftp":
            return SftpFolder(register, config, secrets)
        return LocalFolder(register, config.url)

    def pages(
        self, connector: Connector, feed: str, delivery: Delivery, since: datetime, until: datetime, page_size: int
    ) -> AsyncIterator[Page[FeedEntry]]:
        """Walks through the files of a window, page by page, oldest row first."""
        memory = ReadFiles(connector.system, feed, connector.ports.tokens, connector.clock)
        walk = _Walk(connector, feed, delivery, self.max_bytes, (since, until), page_size, memory)
        return connector.pages(
            feed, walk.page, since=since, until=until, page_size=page_size, keys_are=delivery.keys_are
        )

    async def keys(
        self, connector: Connector, feed: str, delivery: Delivery, as_of: datetime, page_size: int
    ) -> AsyncIterator[Page[KeyEntry]]:
        """Every key of all files up to a moment, once, with its latest version: for reconciliation.

        It holds all keys in memory, and needs a register that leaves its files where they are. It remembers no file as
        read: a file that changed has yet to be read by the feed.
        """
        latest: dict[str, KeyEntry] = {}
        since = datetime.fromtimestamp(delivery.covers(delivery.first)[0] / 1000, UTC)
        walk = _Walk(connector, feed, delivery, self.max_bytes, (since, as_of), page_size, memory=None)
        async for page in connector.pages(
            feed, walk.page, since=since, until=as_of, page_size=page_size, keys_are=delivery.keys_are
        ):
            for entry in page.entries:
                latest[entry.key] = KeyEntry(entry.key, entry.version, entry.status)
        ordered = sorted(latest.values(), key=lambda entry: (entry.version, entry.key))
        for number, start in enumerate(range(0, max(1, len(ordered)), page_size), start=1):
            yield Page(ordered[start : start + page_size], number, len(ordered))


class _Walk:
    """One walk through the files of a window: holds one file's rows, and what is left of the file before it."""

    def __init__(
        self,
        connector: Connector,
        feed: str,
        delivery: Delivery,
        max_bytes: int,
        window: tuple[datetime, datetime],
        page_size: int,
        memory: ReadFiles | None,
    ) -> None:
        self._connector = connector
        self._folder = cast(Folder, connector.session)
        self._feed = feed
        self._delivery = delivery
        self._max_bytes = max_bytes
        self._window = window
        self._size = page_size
        self._days: deque[date] = deque()
        self._memory = memory
        self._looked = False
        self._rows: list[FeedEntry] = []
        self._passed = 0
        self._read: deque[tuple[int, str, FileFacts, str]] = deque()

    async def page(self, number: int) -> Page[FeedEntry]:
        """Returns the page of a number; asked again for the same one, it goes on where it failed."""
        if not self._looked:
            await self._look_around()
            self._looked = True
        start = (number - 1) * self._size - self._passed
        while len(self._rows) < start + self._size and self._days:
            rows = await self._file(self._days[0], self._passed + len(self._rows))
            self._rows = self._rows[start:] + rows
            self._passed += start
            start = 0
            self._days.popleft()
        page = self._rows[start : start + self._size]
        await self._note(self._passed + start + len(page))
        return Page(page, number, None)

    async def _look_around(self) -> None:
        """Lists the folder, sees that no day is missing, and that what was read before is what it was."""
        listed = await self._folder.files()
        days = self._delivery.days(*self._window)
        missing = [day for day in days if self._delivery.file(day) not in listed]
        if missing and self._delivery.daily:
            raise self._unavailable("file_missing", self._delivery.file(missing[0]))
        self._days = deque(day for day in days if day not in missing)
        if self._memory is not None and (changed := await self._changed(self._memory, listed)):
            raise BrokenContract(self._connector.system, self._feed, "file_changed", fields=changed)

    async def _changed(self, memory: ReadFiles, listed: dict[str, FileFacts]) -> list[str]:
        """Lists the files that are not what they were when they were read, but for those that are read anew now."""
        read_anew = {self._delivery.file(day) for day in self._days if self._whole(day)}
        changed: list[str] = []
        for name, (size, modified, known) in (await memory.load(listed)).items():
            facts = listed[name]
            if name in read_anew or (facts.size, facts.modified) == (size, modified):
                continue
            # The same content delivered once more is no change.
            if not facts.regular or digest(await self._folder.read(name, self._max_bytes)) != known:
                changed.append(name)
        return changed

    def _whole(self, day: date) -> bool:
        begins, ends = self._delivery.covers(day)
        return epoch_ms(self._window[0]) <= begins and ends <= epoch_ms(self._window[1])

    async def _file(self, day: date, position: int) -> list[FeedEntry]:
        name = self._delivery.file(day)
        facts = await self._settled(name)
        content = await self._folder.read(name, self._max_bytes)
        if await self._folder.facts(name) != facts or len(content) != facts.size:
            raise self._unavailable("file_unsettled", name)
        try:
            rows, content_digest = await asyncio.to_thread(self._parse, content, day)
        except FieldProblem as problem:
            raise FieldProblem(problem.code, f"{name}: {problem.path}") from None
        self._read.append((position + len(rows), name, facts, content_digest))
        return rows

    def _parse(self, content: bytes, day: date) -> tuple[list[FeedEntry], str]:
        contents = unpack(content, self._delivery.layers, self._max_bytes)
        since, until = map(epoch_ms, self._window)
        return self._delivery.read(contents, day, since, until), digest(content)

    async def _settled(self, name: str) -> FileFacts:
        """Returns what is known about a file that its writer has left."""
        facts = await self._folder.facts(name)
        if facts is None:
            raise self._unavailable("file_missing", name)
        if not facts.regular:
            raise BrokenContract(self._connector.system, self._feed, "file_refused", fields=(name,))
        if isinstance(self._delivery.settled, Marker):
            marker = await self._folder.facts(name + self._delivery.settled.ending)
            if marker is None or marker.modified < facts.modified:
                raise self._unavailable("file_unsettled", name)
            return facts
        quiet = self._connector.clock() - datetime.fromtimestamp(facts.modified, UTC)
        if quiet < self._delivery.settled.period:
            left = (self._delivery.settled.period - quiet).total_seconds()
            raise self._unavailable("file_unsettled", name, min(left, DAY.total_seconds()))
        return facts

    async def _note(self, position: int) -> None:
        """Remembers the files whose rows all lie before a position."""
        while self._read and self._read[0][0] <= position:
            _, name, facts, content_digest = self._read.popleft()
            if self._memory is not None:
                await self._memory.note(name, facts, content_digest)

    def _unavailable(self, code: str, name: str, retry_after: float | None = None) -> Unavailable:
        return Unavailable(self._connector.system, self._feed, code, fields=(name,), retry_after=retry_after)
