"""Reads one page of a feed and tries what the hub would make of it: nothing is stored, and no value is shown."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from connectors.guard import EnvironmentGuard
from connectors.records import FeedEntry
from hub.mapping import load_compiled
from hub.pipeline.context import Context
from hub.pipeline.environment import foreign_field
from hub.pipeline.errors import NotThere
from hub.pipeline.feeds import Feed, find_feed
from hub.pipeline.fetch import settled
from hub.pipeline.mapper import WireRefused, local_date, read_wire
from hub.quality.rules import RULES
from hub.settings import Environment
from schemas.canonical import kinds
from schemas.drift import unknown_fields

LOOK_BACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Refusals:
    """How many records a rule refused in a field, and what to do about it."""

    rule: str
    field: str
    records: int
    next: str


@dataclass(frozen=True, slots=True)
class PageRead:
    """What was found of the records of one page; `filled` counts those that have a field, by its path at the top."""

    since: datetime
    until: datetime
    read: int
    mapped: int
    refused: list[Refusals]
    filled: dict[str, int]


def read_page(
    feed_name: str, context: Context, since: datetime | None, until: datetime | None, records: int
) -> PageRead:
    """Reads at most so many records of a feed's window and maps each.

    Raises:
        UnknownFeed: there is no such feed.
        NotThere: this is production, where records are read by a run, with its ledger and its scope, and not to try.
        ConnectorError: the register refused, was unavailable or broke its contract.
    """
    feed = find_feed(feed_name)
    if context.settings.environment is Environment.PRODUCTION:
        raise NotThere(
            "records of real people are read by `hub run` alone, with scope and ledger; try a connector in a sandbox"
        )
    end = until or settled(context.settings.feed(feed.name))
    begin = since or end - LOOK_BACK
    entries = asyncio.run(_entries(feed, context, begin, end, records))
    findings: Counter[tuple[str, str]] = Counter()
    filled: Counter[str] = Counter()
    mapped = 0
    for entry in entries:
        filled.update(_filled(feed, entry.body))
        broken = _broken(feed, context, entry)
        findings.update(set(broken))
        mapped += not broken
    refused = [Refusals(rule, field, count, RULES[rule].en.next) for (rule, field), count in findings.most_common()]
    return PageRead(begin, end, len(entries), mapped, refused, dict(sorted(filled.items())))


async def _entries(feed: Feed, context: Context, since: datetime, until: datetime, records: int) -> list[FeedEntry]:
    async with (
        context.connector(feed) as connector,
        aclosing(getattr(connector, feed.stream)(since, until, page_size=records)) as pages,
    ):
        async for page in pages:
            found: list[FeedEntry] = page.entries[:records]
            return found
    return []


def _broken(feed: Feed, context: Context, entry: FeedEntry) -> list[tuple[str, str]]:
    """Names the rules that refuse a record, each with the field; none when it maps."""
    drift = context.settings.feed(feed.name).drift
    try:
        wire, _ = read_wire(feed, entry.body, entry.key, "quarantine" if drift == "freeze" else drift)
    except WireRefused as refusal:
        return [(found.rule, found.field) for found in refusal.findings]
    mapped = load_compiled(feed.mapping)(wire, local_date(entry.version))
    if mapped.record is None:
        return [(no.rule, no.field) for no in mapped.refusals]
    guard = EnvironmentGuard(feed.register, context.settings.environment.value)
    kind = kinds()[feed.kind]
    foreign = foreign_field(guard, kind, mapped.record, kind.holders(mapped.record))
    return [] if foreign is None else [("environment.foreign_id", foreign)]


def _filled(feed: Feed, body: bytes) -> list[str]:
    """Names the fields of a record that have a value; one that the wire model does not know is marked."""
    try:
        raw: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    known = [
        name for name in feed.wire.model_fields if isinstance(raw, dict) and raw.get(name) not in (None, "", [], {})
    ]
    return [*known, *(f"{path} (not in the wire model)" for path in unknown_fields(raw, feed.wire))]
