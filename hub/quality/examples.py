"""Good samples that every counter-example patches: invented people and enterprises, whom no rule may refuse."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

GOOD_VERSION: Final = int(datetime(2026, 6, 1, 3, tzinfo=UTC).timestamp() * 1000)
"""When the source wrote the good samples: 1 June 2026, 10:00 in Viet Nam."""

GOOD_RECORD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "personal_id": "100080000017",
        "number_status": "active",
        "former_id": "100800017",
        "name.full": "Nguyễn Văn An",
        "name.family": "Nguyễn",
        "name.middle": "Văn",
        "name.given": "An",
        "name.raw": "Nguyễn Văn An",
        "gender": "male",
        "birth_date": "1980-03-21",
        "ethnicity": "01",
        "nationality": "VN",
        "marital_status": "married",
        "life_status": "alive",
        "birth_registration.province": "01",
        "birth_registration.commune": "00070",
        "residence.province": "01",
        "residence.commune": "00070",
        "residence.detail": "Số 1 phố Mẫu",
        "residence.country": "VN",
        "father.name": "Nguyễn Văn Bình",
        "father.personal_id": "100050000011",
        "mother.name": "Trần Thị Chi",
        "mother.personal_id": "100153000012",
        "spouse.name": "Lê Thị Dung",
        "spouse.personal_id": "100182000013",
        "household.relationship": "CH01",
        "household.personal_id": "100080000017",
        "household.name": "Nguyễn Văn An",
    }
)
"""A canonical person that no rule refuses."""

GOOD_CANCELLED: Final[Mapping[str, str]] = MappingProxyType(
    {"personal_id": "100080000017", "number_status": "cancelled", "replaced_by": "100080000025"}
)
"""The tombstone of a number that was replaced by another."""

GOOD_ENTERPRISE: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "code": "0314409058",
        "register_id": "0000000017",
        "kind": "multi_member_llc",
        "status": "active",
        "name.full": "Công ty TNHH Du lịch Cầu Vồng 17",
        "name.raw": "Công ty TNHH Du lịch Cầu Vồng 17",
        "name.short": "CAU VONG 17",
        "name.foreign": "Cau Vong 17 Company",
        "founded_on": "2021-03-05",
        "amended_on": "2026-06-01",
        "changes": "3",
        "capital": "1500000000",
        "office.province": "01",
        "office.commune": "00070",
        "office.detail": "Số 1 phố Mẫu",
        "activities": (
            {"code": "7912", "name": "Điều hành tua du lịch", "main": "yes"},
            {"code": "5510", "main": "no"},
        ),
        "members": (
            {"name": "Nguyễn Văn An", "personal_id": "100080000017", "ratio": "60", "country": "VN"},
            {"name": "Công ty cổ phần Sao Băng 18", "enterprise_code": "0100109106", "ratio": "40", "country": "VN"},
        ),
        "representatives": (
            {
                "name": "Nguyễn Văn An",
                "personal_id": "100080000017",
                "birth_date": "1980-03-21",
                "position": "Giám đốc",
            },
        ),
    }
)
"""A canonical enterprise that no rule refuses."""

GOOD_WIRE: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "SoDinhDanh": "100080000017",
        "SoCMND": "100800017",
        "HoVaTen": {"Ho": "Nguyễn", "ChuDem": "Văn", "Ten": "An"},
        "GioiTinh": "1",
        "DanToc": "01",
        "QuocTich": "VN",
        "TinhTrangHonNhan": "2",
        "NgayThangNamSinh": {"NgayThangNam": "19800321"},
        "ThuongTru": {"MaTinhThanh": "01", "MaPhuongXa": "00070", "ChiTiet": "Số 1 phố Mẫu", "QuocGia": "VN"},
        "Cha": {"HoVaTen": "Nguyễn Văn Bình", "QuocTich": "VN", "SoDinhDanh": "100050000011", "SoCMND": ""},
        "TrangThai": "1",
    }
)
"""A wire record of the population register that the mapping accepts; patches may use dotted paths."""

GOOD_ENTERPRISE_WIRE: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "MainInformation": {
            "ENTERPRISE_GDT_CODE": "0314409058",
            "ENTERPRISE_TYPE_ID": "1",
            "ENTERPRISE_STATUS": "00",
            "NAME": "Doanh nghiệp tư nhân Cầu Vồng 17",
            "FOUNDING_DATE": "05/03/2021",
            "LAST_AMEND_DATE": "01/06/2026 10:00:00",
            "CAPITAL_AMOUNT": "1500000000.000",
        },
        "HOAdress": {"CityID": "101", "StreetNumber": "Số 1 phố Mẫu"},
        "Representatives": [{"FULL_NAME": "Nguyễn Văn An", "ID_NO": "100080000017", "BIRTH_DATE": "21/03/1980"}],
    }
)
"""A wire record of the business register that the mapping accepts."""


def patched(sample: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a copy of a flat sample with some keys changed; None takes a key away."""
    merged = {**sample, **patch}
    return {key: value for key, value in merged.items() if value is not None}
