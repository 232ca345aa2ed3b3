"""Invented names of enterprises, what they are called by law, and what they do."""

from __future__ import annotations

import csv
from pathlib import Path

from sandbox_mocks.country.enterprises.roles import JOINT_STOCK, MEMBERS, ONE_MEMBER, PARTNERSHIP, PRIVATE, STATE

ACTIVITIES_FILE = Path(__file__).parents[1] / "data" / "business_activities.csv"
"""Some activities of the economic classification of Decision 27/2018/QD-TTg."""
BRANCH_TYPE, LOCATION_TYPE, HOUSEHOLD_TYPE = "6", "7", "8"
TYPES = {
    PRIVATE: "Doanh nghiệp tư nhân",
    ONE_MEMBER: "Công ty trách nhiệm hữu hạn một thành viên",
    MEMBERS: "Công ty trách nhiệm hữu hạn hai thành viên trở lên",
    JOINT_STOCK: "Công ty cổ phần",
    PARTNERSHIP: "Công ty hợp danh",
    BRANCH_TYPE: "Chi nhánh",
    LOCATION_TYPE: "Địa điểm kinh doanh",
    HOUSEHOLD_TYPE: "Hộ kinh doanh",
    STATE: "Doanh nghiệp nhà nước",
}
"""ENTERPRISE_TYPE_ID (assumed) and ENTERPRISE_TYPE_NAME."""
POSITIONS = {
    PRIVATE: "Chủ doanh nghiệp tư nhân",
    JOINT_STOCK: "Chủ tịch hội đồng quản trị",
    BRANCH_TYPE: "Người đứng đầu chi nhánh",
    LOCATION_TYPE: "Người đứng đầu địa điểm kinh doanh",
    HOUSEHOLD_TYPE: "Chủ hộ kinh doanh",
}
DIRECTOR = "Giám đốc"
_PREFIXES = {
    PRIVATE: "Doanh nghiệp tư nhân",
    ONE_MEMBER: "Công ty TNHH MTV",
    MEMBERS: "Công ty TNHH",
    JOINT_STOCK: "Công ty cổ phần",
    PARTNERSHIP: "Công ty hợp danh",
    STATE: "Công ty TNHH MTV Nhà nước",
}
_FIELDS = ("Thương mại", "Du lịch", "Văn hóa", "Thể thao", "Sách và Thiết bị", "Truyền thông", "Dịch vụ", "Xây dựng")
_FIRST = (
    *(("Mây Tím", "May Tim"), ("Sao Băng", "Sao Bang"), ("Trăng Khuyết", "Trang Khuyet"), ("Gió Đông", "Gio Dong")),
    *(("Đá Nổi", "Da Noi"), ("Sóng Ngầm", "Song Ngam"), ("Nắng Xưa", "Nang Xua"), ("Cầu Vồng", "Cau Vong")),
)


def _read_activities() -> list[tuple[str, str]]:
    with ACTIVITIES_FILE.open(encoding="utf-8", newline="") as lines:
        return [(row["code"], row["name"]) for row in csv.DictReader(lines)]


ACTIVITIES = _read_activities()


def firm_names(kind: str, first: int, second: int, number: int) -> tuple[str, str, str]:
    """Builds name, short name and foreign name of a firm; its number makes them its own, and no real firm's."""
    words, plain = _FIRST[second % len(_FIRST)]
    full = f"{_PREFIXES[kind]} {_FIELDS[first % len(_FIELDS)]} {words} {number}"
    return full, f"{plain.upper()} {number}", f"{plain} {number} Company"


def activities(genes: bytes, more: bool) -> list[dict[str, str]]:
    """Builds BusinessActivity: one to three activities, the first being the main one."""
    first = genes[2] % len(ACTIVITIES)
    count = 1 + (genes[3] % 3) + more
    chosen = [ACTIVITIES[(first + 5 * at) % len(ACTIVITIES)] for at in range(count)]
    return [{"CODE": code, "NAME": name, "IS_MAIN": "NY"[at == 0]} for at, (code, name) in enumerate(chosen)]
