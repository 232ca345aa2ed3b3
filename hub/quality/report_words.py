"""The words of the validation report, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Language = Literal["vi", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("vi", "en")

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Báo cáo kiểm tra dữ liệu", "Data validation report"),
    "other_language": ("English", "Tiếng Việt"),
    "data_docs": ("Tài liệu Great Expectations", "Great Expectations Data Docs"),
    "feed": ("Luồng dữ liệu", "Feed"),
    "batch": ("Lô", "Batch"),
    "window": ("Thay đổi trong khoảng", "Changes between"),
    "made": ("Lập lúc", "Made at"),
    "until": ("đến trước", "and"),
    "summary": ("Tóm tắt", "In short"),
    "ledger": ("Bảng cân đối bản ghi", "Account of the records"),
    "ledger_caption": (
        "Mỗi bản ghi nhận từ nguồn được tính đúng một lần ở bên phải.",
        "Each record that came from the source is counted exactly once on the right.",
    ),
    "received": ("Nhận từ nguồn", "Received from the source"),
    "accounted": ("Kết quả", "What became of them"),
    "records": ("Bản ghi", "Records"),
    "share": ("Tỷ lệ", "Share"),
    "total": ("Cộng", "Total"),
    "balanced": ("Cân đối: hai bên bằng nhau.", "Balanced: both sides are equal."),
    "unbalanced": (
        "KHÔNG cân đối: lô này không được đưa vào kho dữ liệu.",
        "NOT balanced: this batch must not reach the store.",
    ),
    "no_ledger": (
        "Lô chưa được đưa vào kho dữ liệu nên chưa có bảng cân đối.",
        "The batch has not been published yet, so there is no account.",
    ),
    "fetched": ("Nhận từ nguồn", "Received"),
    "published": ("Đưa vào kho dữ liệu", "Published to the store"),
    "unchanged": ("Không thay đổi so với kho", "Unchanged in the store"),
    "superseded": ("Cũ hơn bản đã có", "Older than what the store has"),
    "quarantined": ("Giữ lại chờ xử lý", "Held back in quarantine"),
    "duplicate": ("Lặp lại nguyên văn", "Identical repeats"),
    "filtered": ("Ngoài phạm vi được sao chép", "Outside the scope that may be copied"),
    "findings": ("Các vấn đề phát hiện", "What was found"),
    "findings_caption": (
        "Số bản ghi theo quy tắc và trường; một bản ghi có thể có nhiều vấn đề.",
        "Records by rule and field; a record may have several problems.",
    ),
    "no_findings": ("Không quy tắc nào phát hiện vấn đề.", "No rule found a problem."),
    "rule": ("Quy tắc", "Rule"),
    "field": ("Trường", "Field"),
    "whole_record": ("cả bản ghi", "the whole record"),
    "whole_batch": ("cả lô", "the whole batch"),
    "problem": ("Vấn đề", "Problem"),
    "next_step": ("Việc cần làm", "Next step"),
    "source": ("Căn cứ", "Source"),
    "stop": ("Dừng lô", "Stops the batch"),
    "quarantine": ("Giữ bản ghi lại", "Holds the record back"),
    "warn": ("Cảnh báo", "Warning"),
    "warnings": ("Cảnh báo", "Warnings"),
    "stop_help": ("Lô chờ người có thẩm quyền quyết định.", "The batch waits for a human decision."),
    "quarantine_help": (
        "Bản ghi không vào kho dữ liệu cho đến khi được xử lý.",
        "The record stays out of the store until it is dealt with.",
    ),
    "warn_help": ("Bản ghi vẫn vào kho dữ liệu.", "The record still reaches the store."),
    "groups": ("Theo tám nhóm lỗi quốc gia", "By the eight national error groups"),
    "groups_caption": (
        "Số lần phát hiện theo nhóm lỗi của bộ chỉ số chất lượng dữ liệu.",
        "Findings by error group of the national data-quality index.",
    ),
    "group": ("Nhóm lỗi", "Error group"),
    "count": ("Số lần", "Findings"),
    "missing": ("Thiếu dữ liệu", "Missing"),
    "outlier": ("Giá trị bất thường", "Outlier"),
    "format": ("Sai định dạng", "Format"),
    "broken_reference": ("Tham chiếu hỏng", "Broken reference"),
    "conflict": ("Mâu thuẫn giữa các trường", "Cross-field conflict"),
    "stale": ("Dữ liệu cũ", "Stale"),
    "source_mismatch": ("Lệch với nguồn quốc gia", "Mismatch with the national source"),
    "duplicate_group": ("Trùng lặp", "Duplicate"),
    "suite": ("Kiểm tra toàn lô", "Checks of the whole batch"),
    "suite_caption": (
        "Kỳ vọng về phân bố, tỷ lệ và tính duy nhất trong lô.",
        "Expectations on distributions, shares and uniqueness within the batch.",
    ),
    "no_suite": ("Lô chưa được kiểm tra.", "The batch has not been checked."),
    "result": ("Kết quả", "Result"),
    "passed": ("Đạt", "Passed"),
    "failed": ("Không đạt", "Failed"),
    "not_evaluated": ("Không đánh giá: quá ít bản ghi", "Not evaluated: too few records"),
    "values": ("Số giá trị", "Values"),
    "observed": ("Quan sát", "Observed"),
    "expectation": ("Không đạt có nghĩa là", "What a failure would mean"),
    "how": ("Cách kiểm tra", "How it was checked"),
    "mapping_version": ("Phiên bản ánh xạ", "Mapping version"),
    "rules_version": ("Phiên bản quy tắc", "Rules version"),
    "rules_known": ("Số quy tắc trong danh mục", "Rules in the catalogue"),
    "legal_basis": ("Căn cứ sao chép dữ liệu", "Legal basis of the copy"),
    "scope": ("Phạm vi", "Scope"),
    "known_subjects": ("Người có hồ sơ đang giải quyết", "People with a dossier in hand"),
    "all": ("Toàn bộ", "Everyone"),
    "parked": ("Lô đang chờ quyết định", "The batch waits for a decision"),
    "was_parked": ("Lô đã phải chờ quyết định", "The batch had to wait for a decision"),
    "decided": ("Quyết định", "Decision"),
    "release": ("cho đi tiếp", "released"),
    "discard": ("hủy", "discarded"),
    "state_landed": ("Đã nhận", "Landed"),
    "state_fetching": ("Đang nhận", "Fetching"),
    "state_checked": ("Đã kiểm tra", "Checked"),
    "state_parked": ("Chờ quyết định", "Waiting for a decision"),
    "state_published": ("Đã vào kho dữ liệu", "Published"),
    "state_discarded": ("Đã hủy", "Discarded"),
    "state_failed": ("Thất bại", "Failed"),
    "no_values": (
        "Báo cáo chỉ có số đếm và tên quy tắc, không có giá trị nào của bản ghi.",
        "This report holds counts and names of rules, and no value of a record.",
    ),
    "unknown": ("chưa có", "none yet"),
    "unknown_rule": (
        "Quy tắc này không còn trong danh mục hiện hành.",
        "This rule is no longer in the catalogue.",
    ),
    "see_version": (
        "Tra phiên bản quy tắc ghi ở cuối báo cáo.",
        "Look it up in the rules version that stands at the end of this report.",
    ),
}

WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    language: {key: pair[index] for key, pair in _WORDS.items()} for index, language in enumerate(LANGUAGES)
}
"""Every word of the report by language and key."""


def number(language: Language, value: int) -> str:
    """Writes a whole number with the thousands separator of the language."""
    text = f"{value:,}"
    return text.replace(",", ".") if language == "vi" else text


def decimal(language: Language, value: float, places: int) -> str:
    """Writes a number with the decimal sign of the language."""
    text = f"{value:,.{places}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "vi" else text


def percent(language: Language, part: int, whole: int) -> str:
    """Writes a share in percent; a small one never rounds to nothing, nor a big one to all."""
    if whole == 0:
        return "–"
    share = 100 * part / whole
    if 0 < share < 0.1:
        return f"< {decimal(language, 0.1, 1)} %"
    if 99.9 < share < 100:
        return f"> {decimal(language, 99.9, 1)} %"
    return f"{decimal(language, share, 1)} %"
