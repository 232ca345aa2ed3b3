"""What the rows of one batch say against each other: the rules that `hub.quality.batch` evaluates.

`outlier.version_time` holds for every kind of record; the other rules on enterprises are in `enterprise_batch_rules`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub.quality.rule import CounterExample, ErrorGroup, Fields, Rule, Severity, Stage, Wording

_CONSISTENCY = "Guidance 4856/BCA-TTDLQG, error groups duplicate and cross-field conflict"


def _rule(
    rule_id: str,
    group: ErrorGroup,
    severity: Severity,
    vi: tuple[str, str],
    en: tuple[str, str],
    source: str,
    fields: Fields,
    *rows: Mapping[str, Any],
) -> Rule:
    example = CounterExample("rows", rows)
    return Rule(rule_id, group, severity, Stage.CROSS_ROW, fields, Wording(*vi), Wording(*en), source, example)


RULES: Final[tuple[Rule, ...]] = (
    _rule(
        "duplicate.personal_id",
        ErrorGroup.DUPLICATE,
        Severity.QUARANTINE,
        (
            "Hai bản ghi cùng số định danh, cùng phiên bản nhưng khác nội dung.",
            "Yêu cầu cơ quan nguồn xác định bản ghi đúng; cả hai được giữ lại.",
        ),
        (
            "Two records have the same number and version, and different content.",
            "Ask the source which one is right; both are kept back.",
        ),
        "Law 26/2023/QH15 art. 12 (a number belongs to one person)",
        ("personal_id",),
        {"digest": b"1"},
        {"digest": b"2"},
    ),
    _rule(
        "outlier.version_time",
        ErrorGroup.OUTLIER,
        Severity.QUARANTINE,
        (
            "Phiên bản có thời điểm ở tương lai hoặc trước năm 2010: nếu nhận thì không bản ghi nào sau này thay được, "
            "hoặc nó không thay được bản nào.",
            "Trả lại cơ quan nguồn: đồng hồ hoặc đơn vị thời gian của họ sai.",
        ),
        (
            "The version's time lies in the future or before 2010: no later record could ever replace it, or it could "
            "replace none.",
            "Return it to the source: its clock or its unit of time is wrong.",
        ),
        "The hub's rule of order: a record never replaces a newer one",
        ("personal_id", "code"),
        {"version": 4_102_444_800_000, "digest": b"1"},
    ),
    _rule(
        "duplicate.person",
        ErrorGroup.DUPLICATE,
        Severity.WARN,
        (
            "Hai số định danh đang dùng có cùng họ tên, ngày sinh và mẹ: có thể là một người được cấp hai số.",
            "So sánh hai bản ghi; nếu là một người, đề nghị cơ sở dữ liệu dân cư hủy một số.",
        ),
        (
            "Two numbers in use share name, birth date and mother: perhaps one person with two numbers.",
            "Compare the two records; if they are one person, ask the population database to cancel a number.",
        ),
        "Decree 137/2015/ND-CP art. 13 (one number for one person)",
        ("personal_id",),
        {"digest": b"1"},
        {"personal_id": "100080000025", "digest": b"2", "spouse.personal_id": None},
    ),
    _rule(
        "conflict.spouse_not_mutual",
        ErrorGroup.CONFLICT,
        Severity.WARN,
        (
            "Người này ghi vợ hoặc chồng là một người, nhưng người đó lại ghi vợ hoặc chồng là người khác.",
            "Đối chiếu đăng ký kết hôn của cả hai; thường một bên chưa cập nhật.",
        ),
        (
            "The person names a spouse, and that spouse names another one.",
            "Compare both with the marriage registration; one of them is usually out of date.",
        ),
        "Law on Marriage and Family 52/2014/QH13 art. 2(1) (one husband, one wife)",
        ("spouse.personal_id",),
        {"digest": b"1"},
        {
            "personal_id": "100182000013",
            "name.full": "Lê Thị Dung",
            "gender": "female",
            "birth_date": "1982",
            "former_id": None,
            "mother.personal_id": None,
            "mother.name": None,
            "spouse.personal_id": "100080000033",
            "digest": b"2",
        },
    ),
    _rule(
        "conflict.former_id_shared",
        ErrorGroup.CONFLICT,
        Severity.WARN,
        (
            "Hơn hai người cùng có một số chứng minh nhân dân cũ: số cũ từng trùng giữa các tỉnh, hiếm khi quá hai.",
            "Không dùng số cũ này để tìm người; đối chiếu bằng số định danh.",
        ),
        (
            "More than two people hold one former card number: re-use between provinces is known, rarely beyond two.",
            "Don't find people by this old number; use the personal number.",
        ),
        _CONSISTENCY,
        ("former_id",),
        {"digest": b"1"},
        {"personal_id": "100080000025", "name.full": "Trần Văn Bảy", "spouse.personal_id": None, "digest": b"2"},
        {"personal_id": "100080000033", "name.full": "Phạm Văn Tám", "spouse.personal_id": None, "digest": b"3"},
    ),
    _rule(
        "reference.replacement_cycle",
        ErrorGroup.BROKEN_REFERENCE,
        Severity.QUARANTINE,
        (
            "Các số định danh đã hủy được ghi là thay thế lẫn nhau theo vòng tròn.",
            "Yêu cầu cơ sở dữ liệu dân cư cho biết số nào đang dùng.",
        ),
        (
            "Cancelled numbers are said to replace each other in a circle.",
            "Ask the population database which of them is in use.",
        ),
        "Decree 137/2015/ND-CP art. 13-14 (cancelling and re-issuing a number)",
        ("replaced_by",),
        {"number_status": "cancelled", "replaced_by": "100080000025", "former_id": None, "digest": b"1"},
        {
            "personal_id": "100080000025",
            "number_status": "cancelled",
            "replaced_by": "100080000017",
            "former_id": None,
            "digest": b"2",
        },
    ),
    _rule(
        "duplicate.replacement",
        ErrorGroup.DUPLICATE,
        Severity.QUARANTINE,
        (
            "Quá hai số định danh đã hủy cùng được ghi là thay bằng một số.",
            "Yêu cầu cơ sở dữ liệu dân cư xác nhận: nếu ghi nhận, những người này sẽ bị coi là một người.",
        ),
        (
            "More than two cancelled numbers are said to be replaced by one and the same number.",
            "Ask the population database: published as they are, they would become one person.",
        ),
        "Decree 137/2015/ND-CP art. 13-14 (cancelling and re-issuing a number)",
        ("replaced_by",),
        *(
            {
                "personal_id": f"10008000003{last}",
                "number_status": "cancelled",
                "replaced_by": "100080000025",
                "former_id": None,
                "digest": bytes([last]),
            }
            for last in range(3)
        ),
    ),
)
"""Rules on the rows of a batch against each other."""
