"""Row rules on the personal number: what it encodes against what the record says."""

from __future__ import annotations

from typing import Final

from hub.quality.person import PersonView
from hub.quality.rule import ErrorGroup, Fields, Rule, Severity, Wording, row_rule

_NUMBER_LAW = "Decree 137/2015/ND-CP art. 13 (layout of the number); Law 26/2023/QH15 art. 12"
_NUMBERS = ("personal_id", "father.personal_id", "mother.personal_id", "spouse.personal_id", "replaced_by")
# The last nine-digit cards were made in early 2021, for people of 14 and older.
_LAST_CARD_YEAR: Final = 2021
_CARD_AGE: Final = 14


def _canonical_number(person: PersonView) -> Fields:
    replaced_by = person.get("replaced_by")
    numbers = (person.number, person.father, person.mother, person.spouse, replaced_by)
    # A number that tells what it was issued for has 12 characters, three of them digits: the rest at one blow.
    if (
        person.issued is not None
        and (person.father is None or person.father_issued is not None)
        and (person.mother is None or person.mother_issued is not None)
        and (person.spouse is None or person.spouse_issued is not None)
        and (replaced_by is None or len(replaced_by) == 12)
    ):
        joined = "".join(filter(None, numbers))
        if joined.isdigit() and joined.isascii():
            return ()
    named = dict(zip(_NUMBERS, numbers, strict=True))
    return tuple(field for field, number in named.items() if _no_number(field, number or ""))


def _no_number(field: str, number: str) -> bool:
    if not number:
        return field == "personal_id"
    return len(number) != 12 or not (number.isascii() and number.isdigit())


def _birth_year(person: PersonView) -> Fields:
    if person.issued is None or person.birth is None or person.issued.year == person.birth.year:
        return ()
    return ("birth_date",)


def _gender(person: PersonView) -> Fields:
    if person.issued is None or person.gender is None or person.gender in ("unknown", person.issued.sex):
        return ()
    return ("gender",)


def _replaced_by_self(person: PersonView) -> Fields:
    replaced_by = person.get("replaced_by")
    return ("replaced_by",) if replaced_by is not None and replaced_by == person.number else ()


def _former_id(person: PersonView) -> Fields:
    if person.birth is None or person.birth.year + _CARD_AGE <= _LAST_CARD_YEAR:
        return ()
    return ("former_id",) if len(person.get("former_id", "")) == 9 else ()


FORM_RULES: Final[tuple[Rule, ...]] = (
    row_rule(
        "format.canonical_number",
        ErrorGroup.FORMAT,
        Severity.QUARANTINE,
        _canonical_number,
        fields=_NUMBERS,
        vi=Wording(
            "Bản ghi chuẩn hóa có số định danh không phải 12 chữ số.",
            "Xem lại bản chỉnh sửa hoặc ánh xạ đã tạo ra số này, rồi kiểm tra lại bản ghi.",
        ),
        en=Wording(
            "The canonical record holds a personal number that is not 12 digits.",
            "Look at the correction or the mapping that made it, then check the record again.",
        ),
        source=_NUMBER_LAW,
        trips={"spouse.personal_id": "10018200001"},
    ),
)
"""Whether the numbers are numbers at all."""

RULES: Final[tuple[Rule, ...]] = (
    row_rule(
        "conflict.number_birth_year",
        ErrorGroup.CONFLICT,
        Severity.QUARANTINE,
        _birth_year,
        fields=("personal_id", "birth_date"),
        vi=Wording(
            "Năm sinh mã hóa trong số định danh khác năm sinh của bản ghi.",
            "Đối chiếu giấy khai sinh: nếu năm sinh đã được cải chính thì số cũ phải bị hủy và cấp số mới; "
            "báo cơ quan quản lý cơ sở dữ liệu dân cư.",
        ),
        en=Wording(
            "The birth year encoded in the personal number differs from the birth year of the record.",
            "Compare with the birth certificate: a corrected birth year cancels the number and issues a new one; "
            "notify the population database.",
        ),
        source=_NUMBER_LAW,
        trips={"birth_date": "1981-03-21"},
    ),
    row_rule(
        "conflict.number_gender",
        ErrorGroup.CONFLICT,
        Severity.QUARANTINE,
        _gender,
        fields=("personal_id", "gender"),
        vi=Wording(
            "Giới tính mã hóa trong số định danh khác giới tính của bản ghi.",
            "Đối chiếu giấy khai sinh hoặc quyết định xác định lại giới tính; báo cơ sở dữ liệu dân cư.",
        ),
        en=Wording(
            "The sex encoded in the personal number differs from the sex of the record.",
            "Compare with the birth certificate or the decision that re-determined the sex; notify the population "
            "database.",
        ),
        source=_NUMBER_LAW,
        trips={"gender": "female"},
    ),
    row_rule(
        "reference.replaced_by_self",
        ErrorGroup.BROKEN_REFERENCE,
        Severity.QUARANTINE,
        _replaced_by_self,
        fields=("personal_id", "replaced_by"),
        vi=Wording(
            "Số định danh đã hủy được ghi là thay thế bởi chính nó.",
            "Yêu cầu cơ sở dữ liệu dân cư gửi lại số thay thế đúng.",
        ),
        en=Wording(
            "A cancelled number is said to be replaced by itself.",
            "Ask the population database to send the number that really replaced it.",
        ),
        source="Decree 137/2015/ND-CP art. 13-14 (cancelling and re-issuing a number)",
        trips={"replaced_by": "100080000017"},
        on="cancelled",
    ),
    row_rule(
        "outlier.former_id_too_young",
        ErrorGroup.OUTLIER,
        Severity.WARN,
        _former_id,
        fields=("former_id", "birth_date"),
        vi=Wording(
            "Có số chứng minh nhân dân 9 số nhưng chưa đủ 14 tuổi khi loại giấy này ngừng cấp.",
            "Xem số này có phải của cha, mẹ hoặc người giám hộ bị ghi nhầm hay không.",
        ),
        en=Wording(
            "There is a nine-digit identity-card number, but the person was under 14 when such cards ceased.",
            "See whether the number is a parent's or guardian's, entered by mistake.",
        ),
        source="Decree 05/1999/ND-CP art. 3 (cards from the age of 14); Law 26/2023/QH15 art. 46",
        trips={
            "personal_id": "100210000018",
            "birth_date": "2010-05-04",
            "father.personal_id": "100080000017",
            "mother.personal_id": "100182000013",
            "spouse.personal_id": None,
            "spouse.name": None,
            "marital_status": "single",
            "household.personal_id": "100080000017",
            "household.relationship": "CH03",
        },
    ),
)
"""Whether the number agrees with the record."""
