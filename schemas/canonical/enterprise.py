"""What the hub means by an enterprise, its dependent units, and a household business."""

from __future__ import annotations

from typing import Annotated, Literal

from schemas.canonical.kind import Kind, RoleSource
from schemas.canonical.model import Canonical, Classified, CountryCode, Filled, Place
from schemas.vn import BusinessLocationCode, EnterpriseCode, PartialDateText, PersonalId

Public = Classified("public")
"""The register publishes it (Law on Enterprises 59/2020/QH14 art. 32 and 33)."""

EnterpriseKind = Literal[
    "private",
    "one_member_llc",
    "multi_member_llc",
    "joint_stock",
    "partnership",
    "branch",
    "business_location",
    "household_business",
    "state",
]
EnterpriseStatus = Literal["active", "suspended", "not_at_address", "dissolving", "stopped", "closed"]


class EnterpriseName(Canonical):
    """A name: `full` in NFC with single spaces, `raw` as it was sent."""

    full: Annotated[Filled, Public]
    raw: Annotated[Filled, Public]
    short: Annotated[Filled | None, Public] = None
    foreign: Annotated[Filled | None, Public] = None


class Activity(Canonical):
    """One line of business by its code in the Vietnamese standard industrial classification (VSIC)."""

    code: Annotated[Filled, Public]
    name: Annotated[Filled | None, Public] = None
    main: Annotated[Literal["yes", "no"], Public] = "no"


class Representative(Canonical):
    """A legal representative: the role `represents` between a person and this enterprise."""

    name: Filled
    personal_id: PersonalId | None = None
    birth_date: PartialDateText | None = None
    position: Filled | None = None


class Member(Canonical):
    """An owner, a person or an enterprise: the role `owns`. Amounts are dong, ratios percent."""

    name: Filled
    personal_id: PersonalId | None = None
    enterprise_code: EnterpriseCode | None = None
    amount: Filled | None = None
    ratio: Filled | None = None
    country: CountryCode | None = None


class Enterprise(Canonical):
    """An enterprise, branch, business location or household business under its code."""

    code: Annotated[EnterpriseCode | BusinessLocationCode, Public]
    register_id: Filled | None = None
    parent_code: Annotated[EnterpriseCode | None, Public] = None
    former_licence: Annotated[Filled | None, Public] = None
    kind: Annotated[EnterpriseKind, Public]
    status: Annotated[EnterpriseStatus, Public]
    name: EnterpriseName
    founded_on: Annotated[PartialDateText | None, Public] = None
    amended_on: Annotated[PartialDateText | None, Public] = None
    changes: Annotated[Filled | None, Public] = None
    capital: Annotated[Filled | None, Public] = None
    office: Place | None = None
    activities: Annotated[tuple[Activity, ...], Public] = ()
    members: tuple[Member, ...] = ()
    representatives: tuple[Representative, ...] = ()


KIND = Kind(
    name="organisation",
    model=Enterprise,
    subject="organisation",
    key="code",
    prefix="enterprise",
    sources=("business",),
    governs=True,
    roles=(
        RoleSource("represents", "representatives", {"personal_id": "person"}),
        RoleSource("owns", "members", {"personal_id": "person", "enterprise_code": "organisation"}, country="country"),
    ),
    attributes={
        "code": ("Mã số doanh nghiệp", "Enterprise code"),
        "name.full": ("Tên doanh nghiệp bằng tiếng Việt", "Name of the enterprise"),
        "name.short": ("Tên doanh nghiệp viết tắt", "Short name of the enterprise"),
        "name.foreign": ("Tên doanh nghiệp bằng tiếng nước ngoài", "Name of the enterprise in a foreign language"),
        "kind": ("Loại hình doanh nghiệp", "Type of enterprise"),
        "status": ("Tình trạng hoạt động", "Status of the enterprise"),
        "parent_code": ("Mã số doanh nghiệp chủ quản", "Code of the parent enterprise"),
        "founded_on": ("Ngày đăng ký lần đầu", "Date of first registration"),
        "amended_on": ("Ngày đăng ký thay đổi gần nhất", "Date of the latest amendment"),
        "capital": ("Vốn điều lệ hoặc vốn đầu tư", "Charter or investment capital"),
        "office": ("Địa chỉ trụ sở chính", "Head office"),
        "activities": ("Ngành, nghề kinh doanh", "Lines of business"),
        "representatives": ("Người đại diện theo pháp luật", "Legal representatives"),
        "members": ("Chủ sở hữu, thành viên góp vốn", "Owners and members"),
    },
)
