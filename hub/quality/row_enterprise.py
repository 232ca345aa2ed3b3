"""Row rules on an enterprise itself: its dates, its parent and its office."""

from __future__ import annotations

from typing import Final

from hub.quality.enterprise import DEPENDENT, EnterpriseView
from hub.quality.rule import ErrorGroup, Fields, Rule, Severity, Wording, row_rule

_LAW = "Law on Enterprises 59/2020/QH14"


def _founded_in_future(enterprise: EnterpriseView) -> Fields:
    founded = enterprise.founded
    return ("founded_on",) if founded is not None and founded.first > enterprise.today else ()


def _amended_before_founded(enterprise: EnterpriseView) -> Fields:
    founded, amended = enterprise.founded, enterprise.amended
    if founded is None or amended is None or amended.last >= founded.first:
        return ()
    # A founding in the future has a rule of its own, which explains it better.
    return () if founded.first > enterprise.today else ("amended_on",)


def _parent(enterprise: EnterpriseView) -> Fields:
    if enterprise.kind not in DEPENDENT:
        return ()
    parent = enterprise.parent
    if parent is None:
        return ("parent_code",)
    return () if enterprise.code.startswith((f"{parent}-", f"{parent}.")) else ("code",)


def _no_province(enterprise: EnterpriseView) -> Fields:
    return ("office.province",) if enterprise.get("office.province") is None else ()


RULES: Final[tuple[Rule, ...]] = (
    row_rule(
        "outlier.enterprise_founded_in_future",
        ErrorGroup.OUTLIER,
        Severity.QUARANTINE,
        _founded_in_future,
        fields=("founded_on",),
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
    row_rule(
        "conflict.enterprise_amended_before_founded",
        ErrorGroup.CONFLICT,
        Severity.QUARANTINE,
        _amended_before_founded,
        fields=("founded_on", "amended_on"),
        vi=Wording(
            "Ngày thay đổi gần nhất trước ngày thành lập.",
            "Trả lại cơ quan đăng ký kinh doanh: một trong hai ngày bị ghi nhầm.",
        ),
        en=Wording(
            "The latest amendment lies before the founding.",
            "Return it to the registration office: one of the two dates was entered by mistake.",
        ),
        source=f"{_LAW} art. 30 (what is registered is amended after it was registered)",
        trips={"amended_on": "2020-03-05"},
        on="organisation",
    ),
    row_rule(
        "reference.enterprise_parent",
        ErrorGroup.BROKEN_REFERENCE,
        Severity.QUARANTINE,
        _parent,
        fields=("code", "parent_code", "kind"),
        vi=Wording(
            "Chi nhánh hoặc địa điểm kinh doanh không có đơn vị chủ quản, hoặc mã không bắt đầu bằng mã của đơn vị đó.",
            "Trả lại cơ quan đăng ký kinh doanh để ghi đúng mã số của doanh nghiệp chủ quản.",
        ),
        en=Wording(
            "A branch or business location has no parent, or its code does not begin with its parent's.",
            "Return it to the registration office, to enter the parent's real code.",
        ),
        source=f"{_LAW} art. 44; Circular 86/2024/TT-BTC (a dependent unit's code begins with its parent's)",
        trips={"kind": "branch", "code": "0314409058-001", "parent_code": "0100109106"},
        on="organisation",
    ),
    row_rule(
        "missing.enterprise_province",
        ErrorGroup.MISSING,
        Severity.WARN,
        _no_province,
        fields=("office.province", "office.commune"),
        vi=Wording(
            "Trụ sở không có tỉnh, thành phố.",
            "Đề nghị cơ quan đăng ký kinh doanh bổ sung địa chỉ trụ sở theo đơn vị hành chính.",
        ),
        en=Wording(
            "The office has no province.",
            "Ask the registration office to complete the address by its administrative unit.",
        ),
        source=f"{_LAW} art. 42 (the head office is placed by the administrative units)",
        trips={"office.province": None},
        on="organisation",
    ),
)
"""Rules on enterprises."""
