"""What the rules said about a batch: which records are refused, which are repeats, and how often each rule spoke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.pipeline.landing import LandedBatch, slices
from hub.pipeline.mapper import LANDED, MAPPED, MappedPage, as_json
from hub.quality.rules import Finding
from hub.store.quarantine import RefusedRecord

REFUSED = "refused"
_NONE = -1


@dataclass(slots=True)
class Verdict:
    """The judgement of one batch, filled page by page and then by the rules over all rows.

    `late` are records that only the rules over the whole batch refused: they lie in the mapped pages and are left out
    when the batch is published.
    """

    refused: dict[int, RefusedRecord] = field(default_factory=dict)
    late: dict[int, list[Finding]] = field(default_factory=dict)
    repeated: set[int] = field(default_factory=set)
    counts: Counter[Finding] = field(default_factory=Counter)
    pages: list[tuple[str, int, int]] = field(default_factory=list)

    def add_page(self, page: MappedPage) -> None:
        """Takes over what the page-wise layers found."""
        start = self.pages[-1][1] + self.pages[-1][2] if self.pages else 0
        self.pages.append((page.page, start, page.records))
        self.counts.update(page.findings)
        self.refused.update((record.position, record) for record in page.refused)

    def drop_repeats(self, columns: dict[str, list[Any]], key: str) -> dict[str, list[Any]]:
        """Sets identical repeats aside (same number, version and content: normal in a feed) and returns the other
        rows.
        """
        marks = list(zip(columns[key], columns["version"], columns["digest"], strict=True))
        if len(set(marks)) == len(marks):
            return columns
        seen: set[tuple[str, int, bytes]] = set()
        keep: list[int] = []
        for row, (position, mark) in enumerate(zip(columns["position"], marks, strict=True)):
            if mark in seen:
                self.repeated.add(position)
            else:
                seen.add(mark)
                keep.append(row)
        return {name: [values[row] for row in keep] for name, values in columns.items()}

    def add_findings(self, position: int, findings: list[Finding]) -> None:
        """Takes over what a rule over the whole batch found in one record."""
        self.counts.update(findings)
        refusing = [found for found in findings if found.severity != "warn"]
        if refusing:
            self.late.setdefault(position, []).extend(refusing)


def rule_rows(counts: Mapping[Finding, int]) -> list[tuple[str, str, str, str, str, int]]:
    """Returns how often each rule spoke, as the store keeps it."""
    ordered = sorted(counts.items(), key=lambda item: (item[0].rule, item[0].field))
    return [(each.rule, each.field, each.stage, each.group, each.severity, count) for each, count in ordered]


def write_refused(landed: LandedBatch, verdict: Verdict) -> None:
    """Writes the refused records of a batch, sealed, for the publish step."""
    for record in _late_records(landed, verdict):
        verdict.refused[record.position] = record
    header, payloads = [], []
    for position in sorted(verdict.refused):
        record = verdict.refused[position]
        canonical = record.canonical
        length = _NONE if canonical is None else len(canonical)
        header.append(
            [
                position,
                record.key,
                record.source_version,
                record.findings,
                len(record.wire),
                length,
                record.announced,
            ]
        )
        payloads += [record.wire] if canonical is None else [record.wire, canonical]
    landed.write(f"{REFUSED}-00001", {"records": header, "repeated": sorted(verdict.repeated)}, payloads)


def read_refused(landed: LandedBatch) -> tuple[list[RefusedRecord], set[int]]:
    """Returns the refused records of a checked batch, and the positions of its repeats."""
    header, payload = landed.read(f"{REFUSED}-00001")
    refused, start = [], 0
    for position, key, version, findings, wire_length, canonical_length, announced in header["records"]:
        wire = payload[start : start + wire_length]
        start += wire_length
        canonical = None
        if canonical_length != _NONE:
            canonical = payload[start : start + canonical_length]
            start += canonical_length
        refused.append(RefusedRecord(position, key, version, findings, wire, canonical, announced))
    return refused, set(header["repeated"])


def read_wire_records(
    landed: LandedBatch, page: str, start: int, positions: set[int]
) -> dict[int, tuple[str, int, bytes]]:
    """Returns key, version and wire bytes of some positions of one landed page."""
    header, payload = landed.read(page)
    found = {}
    for offset, ((key, version, *_), raw) in enumerate(
        zip(header, slices([e[3] for e in header], payload), strict=True)
    ):
        if start + offset in positions:
            found[start + offset] = (key, version, raw)
    return found


def _late_records(landed: LandedBatch, verdict: Verdict) -> list[RefusedRecord]:
    """Fetches wire and canonical record of what the whole-batch rules refused, page by page."""
    records = []
    for page, start, size in verdict.pages:
        wanted = {position for position in verdict.late if start <= position < start + size}
        if not wanted:
            continue
        wires = read_wire_records(landed, page, start, wanted)
        rows, payload = landed.read(page.replace(LANDED, MAPPED, 1))
        for row, document in zip(rows, slices([row[6] for row in rows], payload), strict=True):
            if row[0] in wanted:
                key, version, wire = wires[row[0]]
                records.append(RefusedRecord(row[0], key, version, as_json(verdict.late[row[0]]), wire, document))
    return records
