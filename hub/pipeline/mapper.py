"""Maps one landed page: wire model → mapping → row rules, as a pure function that any process may run.

What fails in the wire model or the mapping is refused as the wire record; what a row rule refuses keeps the canonical
record beside it. Accepted records go to a mapped page, sealed like the landed one; only the columns that the cross-row
rules and the suite name travel back.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json

from connectors.guard import EnvironmentGuard
from hub.mapping import Mapped, load_compiled
from hub.pipeline.environment import foreign_field
from hub.pipeline.feeds import Feed, find_feed
from hub.pipeline.landing import LandedBatch, slices
from hub.quality.rules import Finding, Severity, finding
from hub.store.quarantine import RefusedRecord
from schemas.canonical import kinds
from schemas.drift import unknown_fields, validate_known

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
LANDED, MAPPED = "page", "mapped"
_FIRST_DAY, _OFFSET, _DAY = date(1970, 1, 1).toordinal(), 7 * 3_600_000, 86_400_000
_SORTED = orjson.OPT_SORT_KEYS


@dataclass(frozen=True, slots=True)
class PageTask:
    """One landed page to map; `start` is the position of its first record in the batch."""

    feed: str
    environment: str
    drift: str
    uri: str
    batch_id: UUID
    key: bytes
    page: str
    start: int


@dataclass(slots=True)
class MappedPage:
    """What came of one page; `columns` hold the accepted records only."""

    page: str
    records: int
    columns: dict[str, list[Any]]
    refused: list[RefusedRecord] = field(default_factory=list)
    findings: Counter[Finding] = field(default_factory=Counter)
    drift: bool = False


class WireRefused(Exception):
    """The wire model refused a record."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__()
        self.findings = list(findings)


def map_page(task: PageTask) -> MappedPage:
    """Maps and row-checks one landed page and writes its mapped page.

    Raises:
        LandedDamaged: the landed page does not open.
        RuleFailed: a rule could not be evaluated.
    """
    feed = find_feed(task.feed)
    landed = LandedBatch(task.uri, task.batch_id, task.key)
    header, payload = landed.read(task.page)
    compiled, rules = load_compiled(feed.mapping), feed.rules
    kind = kinds()[feed.kind]
    guard = EnvironmentGuard(feed.register, task.environment)
    page = MappedPage(task.page, len(header), {})
    accepted: list[list[Any]] = []
    documents: list[bytes] = []
    rows: list[dict[str, Any]] = []
    bodies = slices([entry[3] for entry in header], payload)
    for position, ((key, version, _, _, at), body) in enumerate(zip(header, bodies, strict=True), task.start):
        if not body:
            _refuse(page, position, key, version, [finding("stale.contents_behind")], body, None, at)
            continue
        try:
            wire, drifted = read_wire(feed, body, key, task.drift)
        except WireRefused as refusal:
            page.drift = page.drift or any(found.rule == "wire.drift" for found in refusal.findings)
            _refuse(page, position, key, version, refusal.findings, body, None)
            continue
        if version < at:
            _refuse(page, position, key, version, [finding("stale.contents_behind")], body, None, at)
            continue
        mapped: Mapped = compiled.at(local_date(version))(wire)
        notes = [finding(note.rule, note.field) for note in mapped.notes] if mapped.notes else []
        if drifted:
            notes.append(finding("wire.drift", "", severity=Severity.WARN))
        if mapped.record is None:
            _refuse(
                page, position, key, version, [finding(no.rule, no.field) for no in mapped.refusals] + notes, body, None
            )
            continue
        record = mapped.record
        holders = kind.holders(record) if kind.roles else []
        foreign = foreign_field(guard, kind, record, holders)
        if foreign is not None:
            _refuse(page, position, key, version, [finding("environment.foreign_id", foreign), *notes], body, None)
            continue
        found = rules.row_findings(record, version)
        document = orjson.dumps(record, option=_SORTED)
        if found and any(each.severity != "warn" for each in found):
            _refuse(page, position, key, version, ranked(found) + notes, body, document)
            continue
        if found or notes:
            page.findings.update((*found, *notes))
        accepted.append(
            [
                position,
                record[rules.key],
                version,
                record_status(record),
                record.get("replaced_by"),
                record.get("former_id"),
                len(document),
                list(map(list, holders)),
            ]
        )
        documents.append(document)
        rows.append({**record, "position": position, "version": version, "digest": _content(body)})
    page.columns.update((name, [row.get(name) for row in rows]) for name in rules.columns)
    landed.write(task.page.replace(LANDED, MAPPED, 1), accepted, documents)
    return page


def local_date(version: int) -> date:
    """Returns the date in Viet Nam of a record's version (epoch milliseconds); UTC+7 ever since registers exist."""
    return date.fromordinal(_FIRST_DAY + (version + _OFFSET) // _DAY)


def read_wire(feed: Feed, body: bytes, key: str | None, drift: str) -> tuple[BaseModel, bool]:
    """Reads one wire record; the flag tells that unknown fields were passed over (drift policy `evolve`).

    Without a key the caller compares it.

    Raises:
        WireRefused: not JSON, malformed, drifted, or not the record that its key names.
    """
    try:
        wire = feed.wire.model_validate_json(body)
        drifted = False
    except ValidationError as error:
        wire, drifted = _read_drifted(feed, body, error, drift)
    if key is not None and getattr(wire, feed.key_field) != key:
        raise WireRefused(finding("wire.malformed", feed.key_field))
    return wire, drifted


def record_status(record: dict[str, Any]) -> str:
    """Returns how the record stands in the store: a cancelled number without a successor is a withdrawal."""
    if record.get("number_status") != "cancelled":
        return "current"
    return "cancelled" if "replaced_by" in record else "withdrawn"


def ranked(findings: list[Finding]) -> list[Finding]:
    """Puts what refuses before what only warns, and keeps the order otherwise."""
    return sorted(findings, key=lambda found: found.severity == "warn")


def as_json(findings: list[Finding]) -> list[dict[str, str]]:
    """Returns findings as they stand in quarantine: ids and paths, never a value."""
    return [
        {
            "rule": found.rule,
            "field": found.field,
            "stage": found.stage,
            "severity": found.severity,
            "group": found.group,
        }
        for found in findings
    ]


def _read_drifted(feed: Feed, body: bytes, error: ValidationError, drift: str) -> tuple[BaseModel, bool]:
    if any(problem["type"] == "json_invalid" for problem in _problems(error)):
        raise WireRefused(finding("wire.not_json", "")) from None
    raw = from_json(body)
    try:
        # Where a part may also be blank, an unknown field in it shows as a part of no allowed form: only reading
        # without the unknown fields tells drift from what is malformed.
        wire = validate_known(raw, feed.wire)
    except ValidationError as malformed:
        paths = sorted({_known_path(feed, problem["loc"]) for problem in _problems(malformed)})
        raise WireRefused(*(finding("wire.malformed", path) for path in paths)) from None
    if drift == "evolve":
        return wire, True
    raise WireRefused(*(finding("wire.drift", path) for path in unknown_fields(raw, feed.wire))) from None


def _problems(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_input=False, include_url=False, include_context=False)


def _known_path(feed: Feed, location: tuple[int | str, ...]) -> str:
    """Returns the path of a problem, cut where it stops being our own model's field names."""
    first = str(location[0]) if location else ""
    return first if first in feed.wire.model_fields else ""


def _refuse(
    page: MappedPage,
    position: int,
    key: str,
    version: int,
    findings: list[Finding],
    wire: bytes,
    canonical: bytes | None,
    announced: int | None = None,
) -> None:
    page.findings.update(findings)
    page.refused.append(RefusedRecord(position, key, version, as_json(findings), wire, canonical, announced))


def _content(body: bytes) -> bytes:
    """Returns what tells contents apart within a batch; it is not kept."""
    return blake2b(body, digest_size=16).digest()
