"""Row rules on the people and enterprises behind an enterprise: its owners and its representatives."""

from __future__ import annotations

from typing import Final

from hub.quality.enterprise import HOUSEHOLD, EnterpriseView, figure
from hub.quality.person import days_of, full_years, issued_for
from hub.quality.rule import ErrorGroup, Fields, Rule, Severity, Wording, row_rule

_LAW = "Law on Enterprises 59/2020/QH14"
_ADULT: Final = 18
# Ratios come with two digits behind the point, so that three owners of a third each have 99.99 or 100.02.
_ROUNDING: Final = 0.01


def _owns_itself(enterprise: EnterpriseView) -> Fields:
    code = enterprise.code
    if code and any(member.get("enterprise_code") == code for member in enterprise.members):
        return ("members.enterprise_code",)
    return ()


def _owners_share(enterprise: EnterpriseView) -> Fields:
    shares = [share for member in enterprise.members if (share := figure(member.get("ratio"))) is not None]
    return ("members.ratio",) if sum(shares) > 100 + _ROUNDING * len(shares) else ()


def _no_representative(enterprise: EnterpriseView) -> Fields:
    return ("representatives",) if enterprise.get("status") == "active" and not enterprise.representatives else ()


def _household_code(enterprise: EnterpriseView) -> Fields:
    if enterprise.kind != HOUSEHOLD:
        return ()
    numbers = [number for person in enterprise.representatives if (number := person.get("personal_id")) is not None]
    return ("code",) if numbers and enterprise.code not in numbers else ()


def _minor(enterprise: EnterpriseView) -> Fields:
    for person in enterprise.representatives:
        birth = days_of(person.get("birth_date", ""))
        if birth is not None and full_years(birth.first, enterprise.today) < _ADULT:
            return ("representatives.birth_date",)
    return ()


def _birth_year(enterprise: EnterpriseView) -> Fields:
    for person in enterprise.representatives:
        birth, issued = days_of(person.get("birth_date", "")), issued_for(person.get("personal_id"))
        if birth is not None and issued is not None and birth.year != issued.year:
            return ("representatives.personal_id",)
    return ()


def _director(**change: str) -> dict[str, object]:
    person = {"name": "Nguyễn Văn An", "personal_id": "100080000017", "birth_date": "1980-03-21", **change}
    return {"representatives": [person]}


RULES: Final[tuple[Rule, ...]] = (
    row_rule(
        "reference.enterprise_owns_itself",
        ErrorGroup.BROKEN_REFERENCE,
        Severity.QUARANTINE,
        _owns_itself,
        fields=("code", "members.enterprise_code"),
        vi=Wording(
            "Doanh nghiệp có tên trong danh sách chủ sở hữu của chính mình.",
            "Trả lại cơ quan đăng ký kinh doanh để ghi đúng mã số của thành viên góp vốn.",
        ),
        en=Wording(
            "The enterprise is among its own owners.",
            "Return it to the registration office, to enter the owner's real code.",
        ),
        source="Guidance 4856/BCA-TTDLQG, error group broken reference",
        trips={"members": [{"name": "Công ty TNHH Du lịch Cầu Vồng 17", "enterprise_code": "0314409058"}]},
        on="organisation",
    ),
    row_rule(
        "conflict.representative_birth_year",
        ErrorGroup.CONFLICT,
        Severity.QUARANTINE,
        _birth_year,
        fields=("representatives.personal_id", "representatives.birth_date"),
        vi=Wording(
            "Số định danh của người đại diện mã hóa năm sinh khác với ngày sinh.",
            "Tra cứu người đại diện trong cơ sở dữ liệu dân cư và báo cơ quan đăng ký kinh doanh sửa.",
        ),
        en=Wording(
            "The representative's number encodes another birth year than the birth date says.",
            "Look the representative up in the population register and tell the registration office.",
        ),
        source="Decree 137/2015/ND-CP art. 13 (layout of the number)",
        trips=_director(birth_date="1981-03-21"),
        on="organisation",
    ),
    row_rule(
        "missing.enterprise_representative",
        ErrorGroup.MISSING,
        Severity.WARN,
        _no_representative,
        fields=("status", "representatives"),
        vi=Wording(
            "Doanh nghiệp đang hoạt động nhưng bản ghi không có người đại diện theo pháp luật.",
            "Đề nghị cơ quan đăng ký kinh doanh bổ sung; nếu nhiều bản ghi bị thì xem ánh xạ của danh sách.",
        ),
        en=Wording(
            "The enterprise is active, and the record names no legal representative.",
            "Ask the registration office to complete it; if many records lack one, look at the list's mapping.",
        ),
        source=f"{_LAW} art. 12",
        trips={"representatives": None},
        on="organisation",
    ),
    row_rule(
        "conflict.household_business_code",
        ErrorGroup.CONFLICT,
        Severity.WARN,
        _household_code,
        fields=("code", "representatives.personal_id"),
        vi=Wording(
            "Mã số của hộ kinh doanh không phải số định danh của người đại diện nào.",
            "Tra cứu số của chủ hộ: có thể số đã được thay, hoặc mã là mã số thuế cũ.",
        ),
        en=Wording(
            "The code of the household business is no representative's personal number.",
            "Look the owner's number up: it may have been replaced, or the code is an old tax code.",
        ),
        source="Circular 86/2024/TT-BTC (since July 2025 the owner's personal number is the tax code)",
        trips={"kind": HOUSEHOLD, "code": "100080000025"},
        on="organisation",
    ),
    row_rule(
        "outlier.representative_minor",
        ErrorGroup.OUTLIER,
        Severity.WARN,
        _minor,
        fields=("representatives.birth_date", "representatives.personal_id"),
        vi=Wording(
            "Người đại diện chưa đủ 18 tuổi vào ngày ghi bản ghi.",
            "Kiểm tra ngày sinh và số định danh của người đại diện với cơ sở dữ liệu dân cư.",
        ),
        en=Wording(
            "A representative was under 18 when the record was written.",
            "Check the representative's birth date and number against the population register.",
        ),
        source=f"{_LAW} art. 17(2) (minors may not found or manage); Civil Code 91/2015/QH13 art. 21",
        trips=_director(personal_id="100210000018", birth_date="2010-05-04"),
        on="organisation",
    ),
    row_rule(
        "outlier.owners_share",
        ErrorGroup.OUTLIER,
        Severity.WARN,
        _owners_share,
        fields=("members.ratio",),
        vi=Wording(
            "Tổng tỷ lệ góp vốn của các chủ sở hữu vượt 100 %.",
            "Đối chiếu với danh sách thành viên: có thể người đã rút vốn chưa được xóa.",
        ),
        en=Wording(
            "The shares of the owners are more than 100 % together.",
            "Compare with the list of members: perhaps one who left was not taken off.",
        ),
        source=f"{_LAW} art. 4 (a share is a part of the charter capital)",
        trips={"members": [{"name": "Nguyễn Văn An", "ratio": "60"}, {"name": "Lê Thị Dung", "ratio": "50"}]},
        on="organisation",
    ),
)
"""Rules on owners and representatives."""
