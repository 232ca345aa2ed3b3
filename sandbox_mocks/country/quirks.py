"""The register's harmless habits: the same content written in another of its usual ways.

A person's record keeps its habits from version to version, so that an entry without change really repeats the one
before.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

_LOCAL_MIDNIGHT_AT_17_UTC = ((date(1955, 7, 2), date(1959, 12, 30)), (date(1975, 6, 14), date(9999, 1, 1)))
"""When clocks in the whole country, by the tz database's Asia/Ho_Chi_Minh, were at UTC+7; dates outside stay texts."""
_EPOCH = date(1970, 1, 1)
_DAY = 86_400_000


def epoch_birth(day: str) -> int | None:
    """Turns yyyyMMdd into epoch milliseconds of midnight in Viet Nam, or None where the offset then was another one."""
    born = date(int(day[:4]), int(day[4:6]), int(day[6:]))
    if any(since <= born < until for since, until in _LOCAL_MIDNIGHT_AT_17_UTC):
        return (born - _EPOCH).days * _DAY - 7 * 3_600_000
    return None


def write_habitually(record: dict[str, Any], genes: bytes) -> None:
    """Rewrites a clean record in place the way the register wrote this person's."""
    name_habit, birth_habit, blank_habit, residence_habit = genes[24], genes[25], genes[26], genes[27]
    name = record["HoVaTen"]
    if name_habit < 12:
        record["HoVaTen"] = {"Ho": "", "ChuDem": "", "Ten": " ".join(part for part in name.values() if part)}
    elif name_habit < 16 and not name["ChuDem"]:
        del name["ChuDem"]
    elif name_habit < 30 and not name["ChuDem"]:
        name["ChuDem"] = None
    birth = record["NgayThangNamSinh"]
    day = birth.get("NgayThangNam")
    if day is None:
        if birth_habit < 100:
            birth["NgayThangNam"] = ("", None)[birth_habit & 1]
    elif birth_habit < 20:
        moment = epoch_birth(day)
        if moment is not None:
            birth["NgayThangNam"] = moment
    elif birth_habit < 60:
        record["NgayThangNamSinh"] = {"Nam": ("", None)[birth_habit & 1], "NgayThangNam": day}
    if blank_habit < 16:
        record["QuocTich"] = ""
    elif blank_habit < 24:
        for field in ("SoSoHoKhau", "NgayChet", "SoDinhDanhThayThe"):
            if record[field] == "":
                del record[field]
    elif blank_habit < 32:
        for field in ("VoChong", "NguoiDaiDien", "NgayChet"):
            if record[field] == "":
                record[field] = None
    elif blank_habit < 40 and record["VoChong"] == "":
        record["VoChong"] = {"HoVaTen": "", "QuocTich": "", "SoDinhDanh": "", "SoCMND": ""}
    elif blank_habit < 48 and record["NguoiDaiDien"] == "":
        del record["NguoiDaiDien"]
    if residence_habit < 24:
        record["NoiOHienTai"] = (None, "")[residence_habit & 1]
    elif residence_habit < 30:
        del record["NoiOHienTai"]
    elif residence_habit < 40:
        record["QueQuan"]["ChiTiet"] = None
    elif residence_habit < 46:
        record["NoiDangKyKhaiSinh"]["QuocGia"] = ""


def left_out(record: dict[str, Any], genes: bytes) -> list[str]:
    """Names the elements of a clean record, as `QuocTich` or `QueQuan.ChiTiet`, that the register never wrote."""
    written = deepcopy(record)
    write_habitually(written, genes)
    paths = [name for name, value in record.items() if value and not written.get(name)]
    for name in ("NoiDangKyKhaiSinh", "QueQuan", "ThuongTru", "NoiOHienTai"):
        if name not in paths and isinstance(place := record.get(name), dict):
            paths += [f"{name}.{part}" for part, value in place.items() if value and not written[name].get(part)]
    return paths
