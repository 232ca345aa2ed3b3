"""What the records of one batch say against each other whatever their kind: see `hub.quality.record_batch`."""

from __future__ import annotations

from typing import Final

from hub.quality.rule import CounterExample, ErrorGroup, Rule, Severity, Stage, Wording

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "duplicate.record_key",
        ErrorGroup.DUPLICATE,
        Severity.QUARANTINE,
        Stage.CROSS_ROW,
        (),
        Wording(
            "Hai bản ghi cùng số định danh hoặc mã số, cùng phiên bản nhưng khác nội dung.",
            "Yêu cầu cơ quan nguồn xác định bản ghi đúng; cả hai được giữ lại.",
        ),
        Wording(
            "Two records stand under the same number in the same version, with different content.",
            "Ask the source which one is right; both are kept back.",
        ),
        "Decree 278/2025/ND-CP art. 5 (one trusted source for a datum)",
        CounterExample("record_rows", ({"digest": b"1"}, {"digest": b"2"})),
    ),
)
"""Rules on a batch of records whose kind has none of its own."""
