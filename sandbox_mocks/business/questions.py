"""Reading the parameters of a call: days, minutes and pages as the register writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sandbox_mocks.country.timeline import VIETNAM, epoch_ms

LARGEST_PAGE = 200
LONGEST_WINDOW = timedelta(days=5)
_MINUTE_MS = 60_000


class Refused(ValueError):
    """A question that the register answers with Status "0"."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


def read_days(asked: Mapping[str, str]) -> tuple[int, int]:
    """Returns the beginning and the end of `from_date` to `to_date`, both days inclusive, in epoch milliseconds."""
    first, last = _day(asked.get("from_date", "")), _day(asked.get("to_date", ""))
    if first > last:
        raise Refused("DATE", "from_date phải trước hoặc bằng to_date")
    if last - first >= LONGEST_WINDOW:
        raise Refused("WINDOW", "Khoảng thời gian tra cứu không được quá 5 ngày")
    return _midnight(first), _midnight(last + timedelta(days=1))


def read_minutes(asked: Mapping[str, str], today: date) -> tuple[int, int]:
    """Returns the beginning and the end of the minutes [from_ts, to_ts) of a day; `24:00` is its end."""
    first, last = _minute(asked.get("from_ts", "")), _minute(asked.get("to_ts", ""))
    if first > last:
        raise Refused("TIME", "from_ts phải trước hoặc bằng to_ts")
    midnight = _midnight(today)
    return midnight + first * _MINUTE_MS, midnight + last * _MINUTE_MS


def read_page(asked: Mapping[str, str]) -> tuple[int, int]:
    """Returns offset and limit."""
    offset, limit = _whole(asked.get("offset", "")), _whole(asked.get("limit", ""))
    if offset is None or limit is None or not 1 <= limit <= LARGEST_PAGE:
        raise Refused("PAGE", f"offset phải từ 0, limit phải từ 1 đến {LARGEST_PAGE}")
    return offset, limit


def page_of(asked: Mapping[str, str]) -> int | None:
    """Returns the number of the page that a call asks for, from 1 on, for the script of faults."""
    try:
        offset, limit = read_page(asked)
    except Refused:
        return None
    return offset // limit + 1


def _day(text: str) -> date:
    if not re.fullmatch(r"[0-9]{2}/[0-9]{2}/[0-9]{4}", text):
        raise Refused("DATE", "Ngày phải có dạng dd/MM/yyyy")
    try:
        return date(int(text[6:]), int(text[3:5]), int(text[:2]))
    except ValueError:
        raise Refused("DATE", "Ngày không tồn tại") from None


def _minute(text: str) -> int:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", text):
        raise Refused("TIME", "Thời điểm phải có dạng HH:mm")
    return int(text[:2]) * 60 + int(text[3:])


def _midnight(day: date) -> int:
    return epoch_ms(datetime(day.year, day.month, day.day, tzinfo=VIETNAM))


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
