"""Wire models of the national business-registration database: field names exactly as the source spells them.

Any element may be absent, empty or null. Where a list is due, a list of one sometimes comes as its one item, and an
empty one as an empty text: the models hold a list in every case. Fields that the source is not known to send are drift:
the models refuse them, and `schemas.drift` lists and handles them. A ValidationError of these models shows no value.

Seen in public clients: the services, the elements and most fields. Assumed, because no public source shows it:
PARENT_GDT_CODE, MEMBER_ID_NO, ID_NO, BIRTH_DATE and POSITION; that LAST_AMEND_DATE carries a time; the codes of
ENTERPRISE_STATUS (after the tax authority's list), ENTERPRISE_TYPE_ID and PROCESS_STATUS; and that a business location
is asked for as `PARENT.NNNNN`. CityID, DistrictID and WardID are the register's own numbers and no statistics codes.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BeforeValidator, Field

from schemas.wire import Blank, Text, Wire

Item = TypeVar("Item")

LOCATION_DIGITS = 5
"""Length of the counter that names a business location within its parent."""


def _as_list(value: object) -> object:
    """Undoes what converters from XML to JSON do to short lists."""
    if value is None or value == "":
        return []
    return [value] if isinstance(value, dict) else value


Listed = Annotated[list[Item], BeforeValidator(_as_list)]


class ThongTinChinh(Wire):
    """Who an enterprise is; dates are dd/MM/yyyy, LAST_AMEND_DATE with HH:mm:ss in Vietnamese time."""

    ENTERPRISE_ID: Text = None
    ENTERPRISE_GDT_CODE: Text = None
    PARENT_GDT_CODE: Text = None
    IMP_BUSINESS_CODE: Text = None
    ENTERPRISE_TYPE_ID: Text = None
    ENTERPRISE_TYPE_NAME: Text = None
    NAME: Text = None
    SHORT_NAME: Text = None
    NAME_F: Text = None
    FOUNDING_DATE: Text = None
    LAST_AMEND_DATE: Text = None
    NUMBER_CHANGES: Text = None
    ENTERPRISE_STATUS: Text = None
    LEGAL_NAMES: Text = None
    CAPITAL_AMOUNT: Text = None


class DiaChiTruSo(Wire):
    """Where the head office is; DistrictName is empty since July 2025, when the district level ended."""

    CityID: Text = None
    CityName: Text = None
    DistrictID: Text = None
    DistrictName: Text = None
    WardID: Text = None
    WardName: Text = None
    StreetNumber: Text = None
    AddressFullText: Text = None


class NganhNghe(Wire):
    """One line of business by its VSIC code; IS_MAIN is Y or N."""

    CODE: Text = None
    NAME: Text = None
    IS_MAIN: Text = None


class ThanhVien(Wire):
    """One owner: a person or an enterprise."""

    MEMBER_NAME: Text = None
    MEMBER_ID_NO: Text = None
    AMOUNT: Text = None
    RATIO_PERCENT: Text = None
    COUNTRY: Text = None


class NguoiDaiDien(Wire):
    """One legal representative."""

    FULL_NAME: Text = None
    ID_NO: Text = None
    BIRTH_DATE: Text = None
    POSITION: Text = None


MainPart = Annotated[ThongTinChinh | Blank | None, Field(union_mode="left_to_right")]
Office = Annotated[DiaChiTruSo | Blank | None, Field(union_mode="left_to_right")]


class DoanhNghiep(Wire):
    """One enterprise, branch, business location or household business, as `chiTietDoanhNghiep` answers."""

    MainInformation: MainPart = None
    HOAdress: Office = None
    BusinessActivity: Listed[NganhNghe] = Field(default_factory=list)
    Member: Listed[ThanhVien] = Field(default_factory=list)
    Representatives: Listed[NguoiDaiDien] = Field(default_factory=list)

    @property
    def key(self) -> str | None:
        """The code by which the register is asked for it; None when the record does not say."""
        main = self.MainInformation
        return enterprise_key(main.ENTERPRISE_GDT_CODE, main.PARENT_GDT_CODE) if main else None


class HoSo(Wire):
    """One dossier, from the lists (without the last five fields) or from `tinhTrangHoSo`."""

    IN_JOURNAL_NO: Text = None
    DOCUMENT_TYPE: Text = None
    ENTERPRISE_GDT_CODE: Text = None
    PARENT_GDT_CODE: Text = None
    NAME: Text = None
    SITE_ID: Text = None
    RECEIPT_DATE: Text = None
    PLAN_DATE: Text = None
    PROCESS_STATUS: Text = None
    PROCESSED_DATE: Text = None
    REGISTRATION_DATE: Text = None
    SUPPLEMENT_DATE: Text = None
    SUBMISSION_TYPE: Text = None
    CONTACT_NAME: Text = None
    CONTACT_PHONE: Text = None


def enterprise_key(code: str | None, parent: str | None) -> str | None:
    """Returns the code under which an entry is known everywhere.

    The counter of a business location is unique only beside its parent's code; every other code stands alone.
    """
    code, parent = (code or "").strip(), (parent or "").strip()
    if len(code) == LOCATION_DIGITS and parent:
        return f"{parent}.{code}"
    return code or None
