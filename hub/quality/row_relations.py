"""Row rules on the people that a record names: parents, spouse, head of household."""

from __future__ import annotations

from typing import Final

from hub.quality.person import PersonView
from hub.quality.rule import ErrorGroup, Fields, Rule, Severity, Wording, row_rule

_YOUNGEST_PARENT: Final = 12
_OLDEST_PARENT: Final = 80
_ADULT: Final = 18
_HEAD: Final = "CH01"
_CONSISTENCY = "Guidance 4856/BCA-TTDLQG, error group cross-field conflict"
_MARRIAGE_LAW = "Law on Marriage and Family 52/2014/QH13"


def _self_relative(person: PersonView) -> Fields:
    number = person.number
    found: Fields = ()
    if person.father == number and number:
        found += ("father.personal_id",)
    if person.mother == number and number:
        found += ("mother.personal_id",)
    if person.spouse == number and number:
        found += ("spouse.personal_id",)
    if number and person.get("representative.personal_id") == number:
        found += ("representative.personal_id",)
    return found


def _parent_birth_year(person: PersonView) -> Fields:
    if person.birth is None:
        return ()
    year, father, mother = person.birth.year, person.father_issued, person.mother_issued
    found: Fields = ()
    if father is not None and father.year >= year and person.father != person.number:
        found += ("father.personal_id",)
    if mother is not None and mother.year >= year and person.mother != person.number:
        found += ("mother.personal_id",)
    return found


def _parent_age(person: PersonView) -> Fields:
    if person.birth is None:
        return ()
    year, father, mother = person.birth.year, person.father_issued, person.mother_issued
    found: Fields = ()
    if father is not None and not _YOUNGEST_PARENT <= year - father.year <= _OLDEST_PARENT and father.year < year:
        found += ("father.personal_id",)
    if mother is not None and not _YOUNGEST_PARENT <= year - mother.year <= _OLDEST_PARENT and mother.year < year:
        found += ("mother.personal_id",)
    return found


def _parent_gender(person: PersonView) -> Fields:
    if person.father == person.mother:
        return ()
    father, mother, number = person.father_issued, person.mother_issued, person.number
    found: Fields = ()
    if father is not None and father.sex == "female" and person.father != number:
        found += ("father.personal_id",)
    if mother is not None and mother.sex == "male" and person.mother != number:
        found += ("mother.personal_id",)
    return found


def _same_parents(person: PersonView) -> Fields:
    return ("mother.personal_id",) if person.mother is not None and person.mother == person.father else ()


def _spouse_is_parent(person: PersonView) -> Fields:
    spouse = person.spouse
    return ("spouse.personal_id",) if spouse is not None and spouse in (person.father, person.mother) else ()


def _spouse_gender(person: PersonView) -> Fields:
    own, spouse = person.issued, person.spouse_issued
    if own is None or spouse is None or own.sex != spouse.sex:
        return ()
    # The spouse's own number, or a parent's, entered here has its own rule.
    return () if person.spouse in (person.number, person.father, person.mother) else ("spouse.personal_id",)


def _single_with_spouse(person: PersonView) -> Fields:
    if person.get("marital_status") != "single":
        return ()
    return ("marital_status",) if person.spouse is not None or person.get("spouse.name") is not None else ()


def _household_head(person: PersonView) -> Fields:
    head, relationship = person.get("household.personal_id"), person.get("household.relationship")
    if head is None or relationship is None:
        return ()
    return ("household.relationship",) if (relationship == _HEAD) != (head == person.number) else ()


def _guardian_of_minor(person: PersonView) -> Fields:
    if person.birth is None or person.today - person.birth.first >= _ADULT * 365 or not person.alive:
        return ()
    if person.father is not None or person.mother is not None:
        return ()
    named = ("father.name", "mother.name", "representative.name", "representative.personal_id")
    return () if any(person.get(key) is not None for key in named) else ("representative.name",)


_CHILD: Final[dict[str, str | None]] = {
    "personal_id": "100215000018",
    "birth_date": "2015-05-04",
    "former_id": None,
    "marital_status": "single",
    "spouse.name": None,
    "spouse.personal_id": None,
    "household.relationship": "CH03",
    "household.personal_id": "100080000017",
}


RULES: Final[tuple[Rule, ...]] = (
    row_rule(
        "reference.self_relative",
        ErrorGroup.BROKEN_REFERENCE,
        Severity.QUARANTINE,
        _self_relative,
        fields=("father.personal_id", "mother.personal_id", "spouse.personal_id", "representative.personal_id"),
        vi=Wording(
            "Số định danh của người thân trùng với số của chính người này.",
            "Trả lại cơ quan nguồn để ghi đúng số của người thân.",
        ),
        en=Wording(
            "A relative's number is the person's own number.",
            "Return it to the source, to enter the relative's real number.",
        ),
        source=_CONSISTENCY,
        trips={"father.personal_id": "100080000017"},
    ),
    row_rule(
        "reference.same_parents",
        ErrorGroup.BROKEN_REFERENCE,
        Severity.QUARANTINE,
        _same_parents,
        fields=("father.personal_id", "mother.personal_id"),
        vi=Wording(
            "Cha và mẹ có cùng một số định danh.",
            "Trả lại cơ quan nguồn: một trong hai số bị ghi nhầm.",
        ),
        en=Wording(
            "Father and mother have the same number.",
            "Return it to the source: one of the two was entered by mistake.",
        ),
        source=_CONSISTENCY,
        trips={"mother.personal_id": "100050000011"},
    ),
    row_rule(
        "reference.spouse_is_parent",
        ErrorGroup.BROKEN_REFERENCE,
        Severity.QUARANTINE,
        _spouse_is_parent,
        fields=("spouse.personal_id", "father.personal_id", "mother.personal_id"),
        vi=Wording(
            "Vợ hoặc chồng có cùng số định danh với cha hoặc mẹ.",
            "Trả lại cơ quan nguồn: một trong hai số bị ghi nhầm.",
        ),
        en=Wording(
            "The spouse has the number of the father or the mother.",
            "Return it to the source: one of the two was entered by mistake.",
        ),
        source=f"{_MARRIAGE_LAW} art. 5(2)(d)",
        trips={"spouse.personal_id": "100153000012"},
    ),
    row_rule(
        "conflict.parent_birth_year",
        ErrorGroup.CONFLICT,
        Severity.QUARANTINE,
        _parent_birth_year,
        fields=("birth_date", "father.personal_id", "mother.personal_id"),
        vi=Wording(
            "Theo số định danh, cha hoặc mẹ sinh cùng năm hoặc sau con.",
            "Kiểm tra số định danh của cha, mẹ và năm sinh của con với giấy khai sinh.",
        ),
        en=Wording(
            "By the number, a parent was born in the child's birth year or later.",
            "Check the parents' numbers and the child's birth year against the birth certificate.",
        ),
        source=_CONSISTENCY,
        trips={"father.personal_id": "100085000011"},
    ),
    row_rule(
        "outlier.parent_age",
        ErrorGroup.OUTLIER,
        Severity.WARN,
        _parent_age,
        fields=("birth_date", "father.personal_id", "mother.personal_id"),
        vi=Wording(
            "Theo số định danh, cha hoặc mẹ hơn con dưới 12 tuổi hoặc trên 80 tuổi.",
            "Kiểm tra có phải anh, chị, ông hoặc bà bị ghi nhầm là cha, mẹ hay không.",
        ),
        en=Wording(
            "By the number, a parent is less than 12 or more than 80 years older than the child.",
            "See whether a sibling or a grandparent was entered as a parent.",
        ),
        source="Plausible ages of parents; guidance 4856/BCA-TTDLQG, error group outlier",
        trips={"father.personal_id": "100072000011"},
    ),
    row_rule(
        "conflict.parent_gender",
        ErrorGroup.CONFLICT,
        Severity.WARN,
        _parent_gender,
        fields=("father.personal_id", "mother.personal_id"),
        vi=Wording(
            "Số định danh của cha là của nữ, hoặc số của mẹ là của nam.",
            "Kiểm tra cha và mẹ có bị ghi đổi chỗ hay không.",
        ),
        en=Wording(
            "The father's number was issued for a woman, or the mother's for a man.",
            "See whether father and mother were exchanged.",
        ),
        source="Decree 137/2015/ND-CP art. 13 (sex digit of the number)",
        trips={"father.personal_id": "100150000011"},
    ),
    row_rule(
        "conflict.spouse_gender",
        ErrorGroup.CONFLICT,
        Severity.WARN,
        _spouse_gender,
        fields=("personal_id", "spouse.personal_id"),
        vi=Wording(
            "Số định danh của hai vợ chồng mã hóa cùng một giới tính.",
            "Kiểm tra số định danh của vợ hoặc chồng với đăng ký kết hôn.",
        ),
        en=Wording(
            "The numbers of the two spouses encode the same sex.",
            "Check the spouse's number against the marriage registration.",
        ),
        source=f"{_MARRIAGE_LAW} art. 8(2)",
        trips={"spouse.personal_id": "100082000013"},
    ),
    row_rule(
        "conflict.single_with_spouse",
        ErrorGroup.CONFLICT,
        Severity.WARN,
        _single_with_spouse,
        fields=("marital_status", "spouse.personal_id", "spouse.name"),
        vi=Wording(
            "Tình trạng hôn nhân là chưa kết hôn nhưng bản ghi có vợ hoặc chồng.",
            "Đối chiếu đăng ký kết hôn; tình trạng hôn nhân thường chậm cập nhật.",
        ),
        en=Wording(
            "The marital status is single, and the record names a spouse.",
            "Compare with the marriage registration; the status often lags behind.",
        ),
        source=f"{_MARRIAGE_LAW} art. 9 (marriage is registered)",
        trips={"marital_status": "single"},
    ),
    row_rule(
        "conflict.household_head",
        ErrorGroup.CONFLICT,
        Severity.WARN,
        _household_head,
        fields=("household.relationship", "household.personal_id"),
        vi=Wording(
            "Quan hệ với chủ hộ không khớp: là chủ hộ (CH01) nhưng số chủ hộ là của người khác, hoặc ngược lại.",
            "Đối chiếu dữ liệu cư trú; thông tin chủ hộ thường chậm cập nhật.",
        ),
        en=Wording(
            "Head of household (CH01), but the head's number is another person's; or the reverse.",
            "Compare with the residence data; the head of household often lags behind.",
        ),
        source="Law on Residence 68/2020/QH14 art. 10",
        trips={"household.relationship": "CH02"},
    ),
    row_rule(
        "missing.guardian_of_minor",
        ErrorGroup.MISSING,
        Severity.WARN,
        _guardian_of_minor,
        fields=("birth_date", "father.name", "mother.name", "representative.name"),
        vi=Wording(
            "Người dưới 18 tuổi nhưng bản ghi không có cha, mẹ hoặc người đại diện.",
            "Bổ sung từ giấy khai sinh hoặc quyết định cử người giám hộ.",
        ),
        en=Wording(
            "Under 18, and the record names neither father, mother nor representative.",
            "Complete it from the birth certificate or the decision that appointed a guardian.",
        ),
        source="Civil Code 91/2015/QH13 art. 136",
        trips={
            **_CHILD,
            "father.name": None,
            "father.personal_id": None,
            "mother.name": None,
            "mother.personal_id": None,
        },
    ),
)
"""Rules on the people that a record names."""
