"""What the enterprises of one batch say against each other: the rules that `hub.quality.enterprise_batch` evaluates."""

from __future__ import annotations

from typing import Final

from hub.quality.known import Known
from hub.quality.rule import CounterExample, ErrorGroup, Rule, Severity, Stage, Wording

_OTHER_CODE: Final = "0100109106"


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "duplicate.enterprise_code",
        ErrorGroup.DUPLICATE,
        Severity.QUARANTINE,
        Stage.CROSS_ROW,
        ("code",),
        Wording(
            "Hai bản ghi cùng mã số doanh nghiệp, cùng phiên bản nhưng khác nội dung.",
            "Yêu cầu cơ quan nguồn xác định bản ghi đúng; cả hai được giữ lại.",
        ),
        Wording(
            "Two records have the same enterprise code and version, and different content.",
            "Ask the source which one is right; both are kept back.",
        ),
        "Law on Enterprises 59/2020/QH14 art. 29 (a code belongs to one enterprise)",
        CounterExample("organisation_rows", ({"digest": b"1"}, {"digest": b"2"})),
    ),
    Rule(
        "reference.ownership_circle",
        ErrorGroup.BROKEN_REFERENCE,
        Severity.QUARANTINE,
        Stage.CROSS_ROW,
        ("members.enterprise_code",),
        Wording(
            "Các doanh nghiệp trong lô, hoặc cùng với doanh nghiệp đã lưu, sở hữu lẫn nhau thành vòng.",
            "Trả lại cơ quan đăng ký kinh doanh: công ty con không được góp vốn vào công ty mẹ.",
        ),
        Wording(
            "Enterprises of the batch, or together with stored ones, own each other in a circle.",
            "Return it to the registration office: a subsidiary must not contribute capital to its parent company.",
        ),
        "Law on Enterprises 59/2020/QH14 art. 195(2)",
        CounterExample(
            "organisation_rows",
            (
                {"members": [{"name": "Công ty cổ phần Sao Băng 18", "enterprise_code": _OTHER_CODE}]},
                {
                    "code": _OTHER_CODE,
                    "name.full": "Công ty cổ phần Sao Băng 18",
                    "members": [{"name": "Công ty TNHH Du lịch Cầu Vồng 17", "enterprise_code": "0314409058"}],
                },
            ),
        ),
    ),
    Rule(
        "duplicate.enterprise_name",
        ErrorGroup.DUPLICATE,
        Severity.WARN,
        Stage.CROSS_ROW,
        ("name.full", "office.commune"),
        Wording(
            "Hai doanh nghiệp đang hoạt động có cùng tên trong cùng một xã, phường, đặc khu.",
            "So sánh hai bản ghi: một doanh nghiệp có hai mã số, hoặc tên bị đăng ký trùng.",
        ),
        Wording(
            "Two active enterprises have the same name in the same commune.",
            "Compare the two records: one enterprise has two codes, or a name was registered twice.",
        ),
        "Law on Enterprises 59/2020/QH14 art. 38(1) and art. 41 (no enterprise takes another's name)",
        CounterExample("organisation_rows", ({"digest": b"1"}, {"code": _OTHER_CODE})),
    ),
    Rule(
        "mismatch.representative_deceased",
        ErrorGroup.SOURCE_MISMATCH,
        Severity.WARN,
        Stage.CROSS_ROW,
        ("representatives.personal_id",),
        Wording(
            "Người đại diện theo pháp luật đã chết theo cơ sở dữ liệu dân cư, còn doanh nghiệp chưa đóng.",
            "Báo cơ quan đăng ký kinh doanh để cử người khác; bản ghi vẫn được công bố vì đúng như đã đăng ký.",
        ),
        Wording(
            "A legal representative is dead by the population register, and the enterprise is not closed.",
            "Tell the registration office, so that another is appointed; the record is published as it is registered.",
        ),
        "Law on Enterprises 59/2020/QH14 art. 12(5) and art. 193(2) (who follows a representative or owner who died)",
        CounterExample(
            "organisation_rows", ({"status": "active"},), known=Known(deceased=frozenset(("100080000017",)))
        ),
    ),
)
"""Rules on the enterprises of a batch."""
