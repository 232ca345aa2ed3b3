import pytest
from pydantic import ValidationError

from schemas.business import DoanhNghiep, HoSo, NganhNghe, ThongTinChinh, enterprise_key
from schemas.drift import unknown_fields, validate_known

FULL = {
    "MainInformation": {
        "ENTERPRISE_ID": "0000000007",
        "ENTERPRISE_GDT_CODE": "9900000075",
        "IMP_BUSINESS_CODE": "",
        "ENTERPRISE_TYPE_ID": "2",
        "ENTERPRISE_TYPE_NAME": "Công ty TNHH một thành viên",
        "NAME": "Công ty TNHH Ví Dụ",
        "SHORT_NAME": "",
        "NAME_F": "Vi Du Company",
        "FOUNDING_DATE": "02/07/2021",
        "LAST_AMEND_DATE": "20/11/2026 09:00:00",
        "NUMBER_CHANGES": "3",
        "ENTERPRISE_STATUS": "00",
        "LEGAL_NAMES": "Nguyễn Văn An",
        "CAPITAL_AMOUNT": "1500000000.000",
    },
    "HOAdress": {"CityID": "128", "CityName": "Hà Nội", "DistrictID": "", "DistrictName": "", "WardID": "20001"},
    "BusinessActivity": [{"CODE": "7912", "NAME": "Điều hành tua du lịch", "IS_MAIN": "Y"}],
    "Member": [{"MEMBER_NAME": "Nguyễn Văn An", "MEMBER_ID_NO": "100050000017", "RATIO_PERCENT": "100"}],
    "Representatives": [{"FULL_NAME": "Nguyễn Văn An", "ID_NO": "100050000017", "BIRTH_DATE": "21/03/1950"}],
}


def test_a_whole_record_is_read() -> None:
    """What the contract says is read as it stands."""
    found = DoanhNghiep.model_validate(FULL)

    assert isinstance(found.MainInformation, ThongTinChinh)
    assert found.MainInformation.CAPITAL_AMOUNT == "1500000000.000"
    assert found.Member[0].RATIO_PERCENT == "100"
    assert found.key == "9900000075"
    assert unknown_fields(FULL, DoanhNghiep) == []


@pytest.mark.parametrize("name", FULL)
@pytest.mark.parametrize("nothing", ["", None, "absent"])
def test_each_element_may_be_absent_empty_or_null(name: str, nothing: object) -> None:
    """A record without one of its elements is read; a missing list is an empty one."""
    raw = {part: value for part, value in FULL.items() if part != name}
    found = DoanhNghiep.model_validate(raw if nothing == "absent" else {**raw, name: nothing})

    assert getattr(found, name) in ("", None, [])


def test_each_field_may_be_absent_empty_or_null() -> None:
    """A field may be absent, empty or null, in elements and in lists."""
    found = DoanhNghiep.model_validate(
        {"MainInformation": {"NAME": "", "SHORT_NAME": None}, "Member": [{"AMOUNT": None}, {}]}
    )

    assert isinstance(found.MainInformation, ThongTinChinh)
    assert (found.MainInformation.NAME, found.MainInformation.SHORT_NAME, found.key) == ("", None, None)
    assert [member.AMOUNT for member in found.Member] == [None, None]


@pytest.mark.parametrize("name", ["BusinessActivity", "Member", "Representatives"])
def test_one_item_may_come_as_itself(name: str) -> None:
    """A list of one that came as its item is the same record."""
    alone = {**FULL, name: FULL[name][0]}  # type: ignore[index]

    assert DoanhNghiep.model_validate(alone) == DoanhNghiep.model_validate(FULL)


def test_the_same_from_json() -> None:
    """JSON text is read by the same rules, as the pipeline does it."""
    found = DoanhNghiep.model_validate_json('{"BusinessActivity": {"CODE": "7912"}, "Member": "", "HOAdress": ""}')

    assert found.BusinessActivity == [NganhNghe(CODE="7912")]
    assert (found.Member, found.HOAdress) == ([], "")


@pytest.mark.parametrize(
    "raw",
    [
        {"MainInformation": []},
        {"MainInformation": "Nguyễn"},
        {"MainInformation": {"CAPITAL_AMOUNT": 1500000000.0}},
        {"MainInformation": {"NUMBER_CHANGES": 3}},
        {"Member": "Nguyễn"},
        {"Member": ["Nguyễn"]},
        {"Member": [{"MEMBER_NAME": ["Nguyễn"]}]},
        {"BusinessActivity": 7},
    ],
)
def test_malformed_shows_no_value(raw: dict[str, object]) -> None:
    """What the register is not known to send is refused, and the error shows no value."""
    with pytest.raises(ValidationError) as caught:
        DoanhNghiep.model_validate(raw)

    assert "Nguyễn" not in str(caught.value)


def test_drift_is_listed_by_path() -> None:
    """Unknown fields are found in elements, in lists, and in an item that stands for its list."""
    raw = {
        "Moi": 1,
        "MainInformation": {"Moi": 1},
        "Member": {"Moi": 1},
        "Representatives": [{"ID_NO": ""}, {"Moi": 1}],
    }

    assert unknown_fields(raw, DoanhNghiep) == ["MainInformation.Moi", "Member.Moi", "Moi", "Representatives.Moi"]
    with pytest.raises(ValidationError):
        DoanhNghiep.model_validate(raw)
    assert len(validate_known(raw, DoanhNghiep).Member) == 1


@pytest.mark.parametrize(
    ("code", "parent", "key"),
    [
        ("9900000075", None, "9900000075"),
        ("9900000075-001", "9900000075", "9900000075-001"),
        ("00036", "9900000075", "9900000075.00036"),
        (" 00036 ", " 9900000075", "9900000075.00036"),
        ("00036", "", "00036"),
        ("100050000017", None, "100050000017"),
        ("", "9900000075", None),
        (None, None, None),
    ],
)
def test_keys(code: str | None, parent: str | None, key: str | None) -> None:
    """A location's counter stands beside its parent's code; every other code stands alone."""
    assert enterprise_key(code, parent) == key
    assert DoanhNghiep(MainInformation=ThongTinChinh(ENTERPRISE_GDT_CODE=code, PARENT_GDT_CODE=parent)).key == key


def test_a_dossier_is_read() -> None:
    """A dossier of a list lacks what only its own service tells."""
    assert HoSo.model_validate({"IN_JOURNAL_NO": "HS1", "PROCESS_STATUS": "3"}).CONTACT_NAME is None
    with pytest.raises(ValidationError):
        HoSo.model_validate({"Moi": ""})
