"""What may be wrong with a batch as a whole, beside the expectations of its suite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub.quality.rule import CounterExample, ErrorGroup, Rule, Severity, Stage, Wording

_PROMISE = "The hub's promise: an empty or shrunken feed stops for a human instead of wiping anything"


def _rule(
    rule_id: str,
    group: ErrorGroup,
    vi: tuple[str, str],
    en: tuple[str, str],
    source: str,
    trips: Mapping[str, Any],
    stage: Stage = Stage.BATCH,
) -> Rule:
    example = CounterExample("batch", (trips,))
    return Rule(rule_id, group, Severity.STOP, stage, (), Wording(*vi), Wording(*en), source, example)


RULES: Final[tuple[Rule, ...]] = (
    _rule(
        "batch.empty",
        ErrorGroup.MISSING,
        (
            "Nguồn không gửi bản ghi nào trong khoảng thời gian mà bình thường có dữ liệu.",
            "Hỏi cơ quan nguồn; nếu đúng là không có thay đổi thì cho lô đi tiếp, nếu không thì hủy lô và lấy lại.",
        ),
        (
            "The source sent no record for a time in which it usually has some.",
            "Ask the source; release the batch if nothing really changed, else discard it and fetch again.",
        ),
        _PROMISE,
        {"fetched": 0},
    ),
    _rule(
        "batch.shrunken",
        ErrorGroup.MISSING,
        (
            "Số bản ghi ít hơn hẳn mức bình thường của nguồn.",
            "Hỏi cơ quan nguồn; cho lô đi tiếp nếu số lượng đúng, nếu không thì hủy lô và lấy lại.",
        ),
        (
            "There are far fewer records than usual from this source.",
            "Ask the source; release the batch if the number is right, else discard it and fetch again.",
        ),
        _PROMISE,
        {"fetched": 10, "usual": 1000},
    ),
    _rule(
        "batch.drift",
        ErrorGroup.FORMAT,
        (
            "Nguồn đổi cấu trúc và luồng dữ liệu được đặt ở chế độ dừng khi có thay đổi.",
            "Cập nhật mô hình và ánh xạ theo cấu trúc mới, rồi chạy lại lô.",
        ),
        (
            "The source changed its structure, and the feed is set to stop at that.",
            "Update model and mapping to the new structure, then run the batch again.",
        ),
        "The feed's drift policy (freeze)",
        {"drift": ["TruongMoi"]},
        stage=Stage.WIRE,
    ),
    _rule(
        "batch.mostly_refused",
        ErrorGroup.SOURCE_MISMATCH,
        (
            "Phần lớn bản ghi của lô bị giữ lại: nguồn hoặc ánh xạ có lỗi chung, không phải lỗi của từng bản ghi.",
            "Xem quy tắc chiếm đa số trong báo cáo; sửa ánh xạ hoặc báo cơ quan nguồn trước khi cho lô đi tiếp.",
        ),
        (
            "Most records of the batch were refused: source or mapping is at fault, not the single records.",
            "See which rule dominates the report; mend the mapping or tell the source before the batch is released.",
        ),
        "Guidance 4856/BCA-TTDLQG (identifiers 100 %, other attributes above 90 %)",
        {"refused": 60, "fetched": 100},
    ),
    _rule(
        "batch.rule_failed",
        ErrorGroup.SOURCE_MISMATCH,
        (
            "Một quy tắc không thực hiện được, nên không ai biết dữ liệu tốt hay xấu.",
            "Sửa quy tắc, chứng minh bằng phản ví dụ, rồi chạy lại lô; không cho lô đi tiếp khi chưa kiểm tra.",
        ),
        (
            "A rule could not be evaluated, so that nobody knows whether the data is good.",
            "Mend the rule, prove it with its counter-example, then run again; never release an unchecked batch.",
        ),
        "The hub's promise: silence must never look like success",
        {"rule": "raises"},
    ),
)
"""Rules on a batch as a whole."""
