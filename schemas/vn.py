"""Identifiers of Vietnamese public administration: each an annotated type with its rule, its source and an example.

The types check structure only. Whether a number agrees with the person's sex or birth year is a question for the
quality rules: a corrected birth date or sex cancels the number and issues another, so a mismatch is a finding about
the record and not a malformed number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator
from stdnum.vn import mst

from schemas.partial_date import PartialDate, PartialDateText

__all__ = [
    "PROVINCE_PREFIXES",
    "SYNTHETIC_PREFIX",
    "AgencyCode",
    "AnyEnterpriseCode",
    "BusinessLocationCode",
    "CommuneCode",
    "DossierCode",
    "EnterpriseCode",
    "FormerId",
    "Identifier",
    "PartialDate",
    "PartialDateText",
    "PersonalId",
    "ProcedureCode",
    "ProvinceCode",
    "described",
    "encoded_birth_year",
    "encoded_sex",
    "is_former_id",
    "is_personal_id",
    "synthetic",
]

SYNTHETIC_PREFIX = "100"
"""The first three digits of every invented person; no province and no country has them."""

_PROVINCES_BEFORE_2025_07 = (
    "01 02 04 06 08 10 11 12 14 15 17 19 20 22 24 25 26 27 30 31 33 34 35 36 37 38 40 42 44 45 46 48 "
    "49 51 52 54 56 58 60 62 64 66 67 68 70 72 74 75 77 79 80 82 83 84 86 87 89 91 92 93 94 95 96"
)

PROVINCE_PREFIXES = frozenset(f"0{code}" for code in _PROVINCES_BEFORE_2025_07.split())
"""`0` and the province code of before July 2025; a number keeps its prefix through every later merger."""

_PROCEDURE = re.compile(r"[1-3]\.\d{6}", re.ASCII)
_AGENCY = re.compile(r"(?:\d{3}(?:\.\d{2}){2}\.)?[GH]\d{2}(?:\.\d{1,3}){0,3}", re.ASCII)
_DOSSIER = re.compile(_AGENCY.pattern + r"-\d{6}-\d{4,6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Identifier:
    """What one identifier type accepts, who says so, and a sample that it accepts."""

    name: str
    rule: str
    source: str
    example: str


def described(annotated: Any) -> Identifier:
    """Returns the description that an identifier type of this module carries."""
    return next(part for part in get_args(annotated) if isinstance(part, Identifier))


def is_personal_id(text: str) -> bool:
    """Tells whether a text has the structure of a personal identification number.

    A prefix that does not start with `0` is the country of a birth registered abroad. The list of those countries is
    not public, so any of them passes.
    """
    if len(text) != 12 or not (text.isascii() and text.isdigit()):
        return False
    return text[0] != "0" or text[:3] in PROVINCE_PREFIXES


def is_former_id(text: str) -> bool:
    """Tells whether a text has the structure of an identity-card number from before 2016: 9 digits, rarely 12."""
    return len(text) in (9, 12) and text.isascii() and text.isdigit()


def synthetic(personal_id: str) -> bool:
    """Tells whether a number belongs to an invented person of the sandbox."""
    return personal_id[:3] == SYNTHETIC_PREFIX


def encoded_sex(personal_id: str) -> Literal["male", "female"]:
    """Reads the sex that a personal number was issued for: an even fourth digit is male."""
    return "female" if int(personal_id[3]) % 2 else "male"


def encoded_birth_year(personal_id: str) -> int:
    """Reads the birth year that a personal number was issued for, from its century digit and its two year digits."""
    return 1900 + 100 * (int(personal_id[3]) // 2) + int(personal_id[4:6])


def _personal_id(text: str) -> str:
    if not is_personal_id(text):
        raise ValueError("not a personal identification number: 12 digits with a known prefix")
    return text


def _former_id(text: str) -> str:
    if not is_former_id(text):
        raise ValueError("not a former identity-card number: 9 digits (some of 2012-2015 have 12)")
    return text


def _enterprise_code(text: str) -> str:
    if is_personal_id(text):
        return text
    if not mst.is_valid(text):
        raise ValueError("not an enterprise code: 10 digits with a check digit, 10-3, or a 12-digit personal number")
    return str(mst.format(text))


def _business_location_code(text: str) -> str:
    parent, _, counter = text.partition(".")
    if not (mst.is_valid(parent) and len(mst.compact(parent)) == 10 and len(counter) == 5 and counter.isdecimal()):
        raise ValueError("not the code of a business location: its parent's code, a dot, five digits")
    return text


def _any_enterprise_code(text: str) -> str:
    return _business_location_code(text) if "." in text else _enterprise_code(text)


def _matching(pattern: re.Pattern[str], what: str) -> AfterValidator:
    def check(text: str) -> str:
        if pattern.fullmatch(text) is None:
            raise ValueError(f"not {what}")
        return text

    return AfterValidator(check)


PersonalId = Annotated[
    str,
    AfterValidator(_personal_id),
    Identifier(
        "personal identification number (số định danh cá nhân)",
        "12 digits PPPGYYNNNNNN: place of birth registration, century and sex, birth year, random; no check digit",
        "Decree 137/2015/ND-CP art. 13, Law 26/2023/QH15",
        "100050000017",
    ),
]
FormerId = Annotated[
    str,
    AfterValidator(_former_id),
    Identifier(
        "former identity-card number (số CMND)",
        "9 digits, 12 for some cards of 2012-2015; expired at the end of 2024; re-used between provinces",
        "Decree 05/1999/ND-CP, Law 26/2023/QH15 art. 46",
        "100500017",
    ),
]
EnterpriseCode = Annotated[
    str,
    AfterValidator(_enterprise_code),
    Identifier(
        "enterprise or tax code (mã số doanh nghiệp, mã số thuế)",
        "10 digits with a check digit; 10-3 for a dependent unit; the personal number for a household business",
        "Circular 86/2024/TT-BTC",
        "0100233488",
    ),
]
BusinessLocationCode = Annotated[
    str,
    AfterValidator(_business_location_code),
    Identifier(
        "code of a business location (mã địa điểm kinh doanh)",
        "the parent's 10-digit code, a dot, a five-digit counter that is unique only beside the parent's code",
        "Form in which the hub keeps what the register sends in two fields",
        "0100233488.00036",
    ),
]
AnyEnterpriseCode = Annotated[
    str,
    AfterValidator(_any_enterprise_code),
    Identifier(
        "code of an enterprise, a dependent unit, a business location or a household business",
        "10 digits with a check digit; 10-3 for a dependent unit; 10, a dot and 5 for a business location; the "
        "personal number for a household business",
        "Circular 86/2024/TT-BTC",
        "0100233488",
    ),
]
ProcedureCode = Annotated[
    str,
    _matching(_PROCEDURE, "a procedure code such as 1.004623"),
    Identifier(
        "procedure code (mã thủ tục hành chính)",
        "1, 2 or 3, a dot, six digits",
        "National database of administrative procedures",
        "1.004623",
    ),
]
AgencyCode = Annotated[
    str,
    _matching(_AGENCY, "an agency code such as G16.01 or 000.00.00.H30"),
    Identifier(
        "agency code (mã định danh cơ quan)",
        "G (ministry) or H (province) and two digits, up to three dotted parts; the old form has 000.00.00. before it",
        "Decision 20/2020/QD-TTg",
        "G16.01",
    ),
]
DossierCode = Annotated[
    str,
    _matching(_DOSSIER, "a dossier code such as G16.01-261122-0007"),
    Identifier(
        "dossier code (mã hồ sơ)",
        "agency, date as yymmdd, daily counter of four to six digits",
        "Circular 03/2025/TT-VPCP",
        "G16.01-261122-0007",
    ),
]
ProvinceCode = Annotated[
    str,
    _matching(re.compile(r"\d{2}", re.ASCII), "a province code of two digits"),
    Identifier("province code", "two digits; unique within one list edition", "Decision 19/2025/QD-TTg", "01"),
]
CommuneCode = Annotated[
    str,
    _matching(re.compile(r"\d{5}", re.ASCII), "a commune code of five digits"),
    Identifier("commune code", "five digits; unique within one list edition", "Decision 19/2025/QD-TTg", "00004"),
]
