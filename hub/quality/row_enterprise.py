"""Row rules on an enterprise: its dates, its parent, its owners and who represents it."""

from __future__ import annotations

from typing import Final

from hub.quality.enterprise import EnterpriseView
from hub.quality.rule import ErrorGroup, Fields, Rule, Severity, Wording, row_rule

_LAW = "Law on Enterprises 59/2020/QH14"


def _founded_in_future(enterprise: EnterpriseView) -> Fields:
    founded = enterprise.founded
    return ("founded_on",) if founded is not None and founded.first > enterprise.today else ()


RULES: Final[tuple[Rule, ...]] = (
    row_rule(
        "outlier.enterprise_founded_in_future",
        ErrorGroup.OUTLIER,
        Severity.QUARANTINE,
        _founded_in_future,
        fields=("founded_on", "amended_on"),
        vi=Wording(
            "Ngày thành lập sau ngày cơ quan nguồn ghi bản ghi này.",
            "Trả lại cơ quan đăng ký kinh doanh để kiểm tra ngày cấp giấy chứng nhận lần đầu.",
        ),
        en=Wording(
            "The founding day lies after the day on which the source wrote this record.",
            "Return it to the registration office, to check the day of the first certificate.",
        ),
        source=f"{_LAW} art. 27 (the certificate is granted before it is recorded)",
        trips={"founded_on": "2031-03-05"},
        on="organisation",
    ),
)
"""Rules on enterprises."""
