"""Dates as civil status writes them: whole or in parts, in figures and in words."""

from __future__ import annotations

from datetime import date
from typing import Any

Parts = tuple[int, int, int]
_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")


def last_day(birth: dict[str, Any]) -> Parts:
    """Returns year, month and day of the last day on which someone may have been born; `birth` is population's."""
    day = birth.get("NgayThangNam")
    return (int(day[:4]), int(day[4:6]), int(day[6:])) if day else (int(birth["Nam"]), 12, 31)


def years_later(day: Parts, years: int) -> Parts:
    """Returns the same day some years later; 29 February stays one, for comparison."""
    return day[0] + years, day[1], day[2]


def in_parts(birth: dict[str, Any]) -> dict[str, str]:
    """Writes population's date of birth as namSinh, thangSinh and ngaySinh, as far as it is known."""
    day = birth.get("NgayThangNam")
    if not day:
        return {"namSinh": birth["Nam"]}
    return {"namSinh": day[:4], "thangSinh": day[4:6], "ngaySinh": day[6:]}


def in_figures(parts: dict[str, str]) -> str:
    """Writes namSinh, thangSinh and ngaySinh as dd/MM/yyyy, MM/yyyy or yyyy."""
    return "/".join(parts[name] for name in ("ngaySinh", "thangSinh", "namSinh") if parts.get(name))


def written(day: date) -> str:
    """Writes a date as dd/MM/yyyy."""
    return f"{day:%d/%m/%Y}"


def in_words(parts: dict[str, str]) -> str:
    """Writes a date in Vietnamese words, as the paper register does."""
    words = []
    if parts.get("ngaySinh"):
        words.append(f"Ngày {_below_hundred(int(parts['ngaySinh']))}")
    if parts.get("thangSinh"):
        month = int(parts["thangSinh"])
        words.append(f"tháng {'tư' if month == 4 else _below_hundred(month)}")
    words.append(f"năm {_year(int(parts['namSinh']))}")
    text = ", ".join(words)
    return text[:1].upper() + text[1:]


def _below_hundred(number: int) -> str:
    tens, ones = divmod(number, 10)
    if tens == 0:
        return _DIGITS[ones]
    last = {0: "", 1: " mốt" if tens > 1 else " một", 5: " lăm"}.get(ones, f" {_DIGITS[ones]}")
    return f"{'mười' if tens == 1 else _DIGITS[tens] + ' mươi'}{last}"


def _year(year: int) -> str:
    thousands, rest = divmod(year, 1000)
    hundreds, rest = divmod(rest, 100)
    tail = "" if rest == 0 else f" linh {_DIGITS[rest]}" if rest < 10 else f" {_below_hundred(rest)}"
    return f"{_DIGITS[thousands]} nghìn {_DIGITS[hundreds]} trăm{tail}"
