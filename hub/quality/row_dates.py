"""Row rules on birth, death and age. A partial date only breaks a rule when every day that it may mean does."""

from __future__ import annotations

from typing import Final

from hub.quality.person import PersonView, full_years
from hub.quality.rule import ErrorGroup, Fields, Rule, Severity, Wording, row_rule

OLDEST: Final = 122
"""Nobody is known to have lived longer."""
PROBABLY_DEAD: Final = 110
_MARRIAGE_AGE: Final = 18
_MARRIED = frozenset({"married", "divorced", "widowed"})


def _canonical_date(person: PersonView) -> Fields:
    if person.birth is None and person.birth_text is not None:
        return ("birth_date",)
    return ("deceased_on",) if person.death is None and person.death_text is not None else ()


def _birth_in_future(person: PersonView) -> Fields:
    return ("birth_date",) if person.birth is not None and person.birth.first > person.today else ()


def _years_lived(person: PersonView) -> int:
    """Counts the years that the person has at least lived, to the death when there is one."""
    if person.birth is None:
        return 0
    end = person.today if person.death is None else min(person.death.first, person.today)
    return full_years(person.birth.last, end) if person.birth.last < end else 0


def _birth_too_old(person: PersonView) -> Fields:
    # Cheap first: nearly everyone was born less than a century ago.
    if person.birth is None or person.today - person.birth.last < OLDEST * 365:
        return ()
    return ("birth_date",) if _years_lived(person) > OLDEST else ()


def _alive_past_110(person: PersonView) -> Fields:
    if person.birth is None or person.today - person.birth.last < PROBABLY_DEAD * 365 or not person.alive:
        return ()
    return ("life_status",) if PROBABLY_DEAD <= _years_lived(person) <= OLDEST else ()


def _default_birth_date(person: PersonView) -> Fields:
    text = person.birth_text
    return ("birth_date",) if text is not None and text[4:] == "-01-01" else ()


def _death_before_birth(person: PersonView) -> Fields:
    if person.death is None or person.birth is None:
        return ()
    return ("deceased_on",) if person.death.last < person.birth.first else ()


def _death_in_future(person: PersonView) -> Fields:
    return ("deceased_on",) if person.death is not None and person.death.first > person.today else ()


def _missing_deceased_on(person: PersonView) -> Fields:
    return ("deceased_on",) if person.death_text is None and person.get("life_status") == "deceased" else ()


def _alive_with_death_date(person: PersonView) -> Fields:
    return ("life_status",) if person.death_text is not None and person.alive else ()


def _minor_married(person: PersonView) -> Fields:
    if person.birth is None or person.today - person.birth.first > (_MARRIAGE_AGE + 1) * 366:
        return ()
    if person.get("marital_status") not in _MARRIED or person.birth.first > person.today:
        return ()
    return ("marital_status",) if full_years(person.birth.first, person.today) < _MARRIAGE_AGE else ()


RULES: Final[tuple[Rule, ...]] = (
    row_rule(
        "format.canonical_date",
        ErrorGroup.FORMAT,
        Severity.QUARANTINE,
        _canonical_date,
        fields=("birth_date", "deceased_on"),
        vi=Wording(
            "Bản ghi chuẩn hóa có ngày không đúng dạng yyyy, yyyy-mm hoặc yyyy-mm-dd.",
            "Xem lại bản chỉnh sửa hoặc ánh xạ đã tạo ra ngày này, rồi kiểm tra lại bản ghi.",
        ),
        en=Wording(
            "The canonical record holds a date that is not yyyy, yyyy-mm or yyyy-mm-dd of the calendar.",
            "Look at the correction or the mapping that made it, then check the record again.",
        ),
        source="ISO 8601-1:2019; the hub's canonical model",
        trips={"birth_date": "1980-02-30"},
    ),
    row_rule(
        "outlier.birth_in_future",
        ErrorGroup.OUTLIER,
        Severity.QUARANTINE,
        _birth_in_future,
        fields=("birth_date",),
        vi=Wording(
            "Ngày sinh sau ngày nguồn ghi nhận bản ghi.",
            "Trả lại cơ quan nguồn để đối chiếu giấy khai sinh.",
        ),
        en=Wording(
            "The birth date lies after the day on which the source wrote the record.",
            "Return it to the source, to be compared with the birth certificate.",
        ),
        source="Law on Civil Status 60/2014/QH13 art. 14 (content of birth registration)",
        trips={
            "personal_id": "100226000018",
            "birth_date": "2026-06-02",
            "former_id": None,
            "father.personal_id": "100080000017",
            "mother.personal_id": "100182000013",
            "spouse.personal_id": None,
            "spouse.name": None,
            "marital_status": "single",
            "household.relationship": "CH03",
            "household.personal_id": "100080000017",
        },
    ),
    row_rule(
        "conflict.death_before_birth",
        ErrorGroup.CONFLICT,
        Severity.QUARANTINE,
        _death_before_birth,
        fields=("birth_date", "deceased_on"),
        vi=Wording(
            "Ngày chết trước ngày sinh.",
            "Đối chiếu trích lục khai tử và giấy khai sinh; trả lại cơ quan nguồn.",
        ),
        en=Wording(
            "The date of death lies before the date of birth.",
            "Compare the death extract with the birth certificate; return it to the source.",
        ),
        source="Law on Civil Status 60/2014/QH13 art. 32-34 (registration of deaths)",
        trips={"life_status": "deceased", "deceased_on": "1979"},
    ),
    row_rule(
        "outlier.death_in_future",
        ErrorGroup.OUTLIER,
        Severity.QUARANTINE,
        _death_in_future,
        fields=("deceased_on",),
        vi=Wording(
            "Ngày chết sau ngày nguồn ghi nhận bản ghi.",
            "Trả lại cơ quan nguồn để đối chiếu trích lục khai tử.",
        ),
        en=Wording(
            "The date of death lies after the day on which the source wrote the record.",
            "Return it to the source, to be compared with the death extract.",
        ),
        source="Law on Civil Status 60/2014/QH13 art. 32-34 (registration of deaths)",
        trips={"life_status": "deceased", "deceased_on": "2026-07"},
    ),
    row_rule(
        "conflict.alive_with_death_date",
        ErrorGroup.CONFLICT,
        Severity.QUARANTINE,
        _alive_with_death_date,
        fields=("life_status", "deceased_on"),
        vi=Wording(
            "Bản ghi nói người này còn sống nhưng có ngày chết.",
            "Xác minh tình trạng với cơ quan đăng ký hộ tịch trước khi dùng bản ghi.",
        ),
        en=Wording(
            "The record says that the person lives, and yet gives a date of death.",
            "Verify the state with the civil-status office before the record is used.",
        ),
        source="Law on Civil Status 60/2014/QH13 art. 32-34; guidance 4856/BCA-TTDLQG, consistency",
        trips={"deceased_on": "2024-02-03"},
    ),
    row_rule(
        "missing.deceased_on",
        ErrorGroup.MISSING,
        Severity.WARN,
        _missing_deceased_on,
        fields=("life_status", "deceased_on"),
        vi=Wording(
            "Người đã chết nhưng bản ghi không có ngày chết.",
            "Bổ sung từ trích lục khai tử khi hồ sơ cần đến ngày này.",
        ),
        en=Wording(
            "The person is deceased, and the record gives no date of death.",
            "Complete it from the death extract when a dossier needs the date.",
        ),
        source="Law on Civil Status 60/2014/QH13 art. 34; guidance 4856/BCA-TTDLQG, completeness",
        trips={"life_status": "deceased"},
    ),
    row_rule(
        "outlier.birth_too_old",
        ErrorGroup.OUTLIER,
        Severity.QUARANTINE,
        _birth_too_old,
        fields=("birth_date", "deceased_on"),
        vi=Wording(
            "Theo ngày sinh, người này đã sống hơn 122 năm, dài hơn mọi tuổi thọ từng được ghi nhận.",
            "Kiểm tra thế kỷ của năm sinh; trả lại cơ quan nguồn.",
        ),
        en=Wording(
            "By the birth date, the person has lived more than 122 years, longer than anybody known.",
            "Check the century of the birth year; return it to the source.",
        ),
        source="Longest documented human life (122 years); guidance 4856/BCA-TTDLQG, error group outlier",
        trips={
            "personal_id": "100002000017",
            "birth_date": "1902",
            "household.personal_id": "100002000017",
            "father.personal_id": None,
            "mother.personal_id": None,
        },
    ),
    row_rule(
        "stale.alive_past_110",
        ErrorGroup.STALE,
        Severity.WARN,
        _alive_past_110,
        fields=("birth_date", "life_status"),
        vi=Wording(
            "Người này từ 110 tuổi trở lên và vẫn được ghi là còn sống: có thể chưa đăng ký khai tử.",
            "Đề nghị Ủy ban nhân dân cấp xã nơi thường trú xác minh.",
        ),
        en=Wording(
            "The person is 110 or older and recorded as living: the death may not have been registered.",
            "Ask the commune of residence to verify.",
        ),
        source="Law on Civil Status 60/2014/QH13 art. 33 (duty to register a death within 15 days)",
        trips={
            "personal_id": "100010000017",
            "birth_date": "1910",
            "household.personal_id": "100010000017",
            "father.personal_id": None,
            "mother.personal_id": None,
        },
    ),
    row_rule(
        "outlier.default_birth_date",
        ErrorGroup.OUTLIER,
        Severity.WARN,
        _default_birth_date,
        fields=("birth_date",),
        vi=Wording(
            "Sinh đúng ngày 01/01: có thể là giá trị mặc định khi không biết ngày, tháng.",
            "Khi hồ sơ cần ngày sinh chính xác, đề nghị công dân xác nhận.",
        ),
        en=Wording(
            "Born on 1 January: perhaps the default where day and month are unknown.",
            "When a dossier needs the exact day, ask the citizen to confirm it.",
        ),
        source="Observed in registers: year-only births stored as 01/01/yyyy",
        trips={"birth_date": "1980-01-01"},
    ),
    row_rule(
        "outlier.minor_married",
        ErrorGroup.OUTLIER,
        Severity.WARN,
        _minor_married,
        fields=("birth_date", "marital_status"),
        vi=Wording(
            "Chưa đủ 18 tuổi nhưng tình trạng hôn nhân không phải là chưa kết hôn.",
            "Đối chiếu đăng ký kết hôn và ngày sinh.",
        ),
        en=Wording(
            "Under 18, and the marital status is other than single.",
            "Compare with the marriage registration and the birth date.",
        ),
        source="Law on Marriage and Family 52/2014/QH13 art. 8(1)(a)",
        trips={
            "personal_id": "100209000018",
            "birth_date": "2009-05-04",
            "former_id": None,
            "father.personal_id": "100080000017",
            "household.personal_id": "100080000017",
            "household.relationship": "CH03",
            "mother.personal_id": "100182000013",
            "spouse.personal_id": "100309000014",
        },
    ),
)
"""Rules on birth, death and age."""
