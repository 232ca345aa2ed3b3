"""What may be wrong with registers, feeds and the hub itself, in both languages, with what to do about it.

A condition is declared here once; whether it holds is looked up in `watches.py`. Its words go to webhooks, mails, the
status page and `docs/reference/alerts.md` alike. They may name `{about}` and the facts of a finding: counts, rule ids,
ids of batches, and never a value of a record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["critical", "warning"]


@dataclass(frozen=True, slots=True)
class Wording:
    """What is wrong, and what to do about it, in one language."""

    what: str
    do: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that may be wrong; `critical` if citizens' lookups suffer from it or soon will."""

    id: str
    severity: Severity
    vi: Wording
    en: Wording


@dataclass(frozen=True, slots=True)
class Finding:
    """A condition that holds about a register, a feed or a part of the hub."""

    condition: Condition
    about: str
    facts: Mapping[str, str | int] = field(default_factory=dict)

    def words(self, language: Literal["vi", "en"]) -> Wording:
        """Returns what is wrong and what to do, with the facts filled in."""
        return fill(self.condition, language, self.about, self.facts)


def fill(condition: Condition, language: Literal["vi", "en"], about: str, facts: Mapping[str, str | int]) -> Wording:
    """Returns the words of a condition about something; a fact that an older version did not note stays as `…`."""
    known = _Facts(facts, about=about)
    words: Wording = getattr(condition, language)
    return Wording(words.what.format_map(known), words.do.format_map(known))


class _Facts(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return "…"


FEED_SILENT = Condition(
    "feed.silent",
    "critical",
    Wording(
        "Luồng {about} đã im lặng {hours} giờ (giới hạn: {limit} giờ)",
        "Chạy `hub doctor`; xem lần chạy gần nhất của luồng trong Airflow. Nếu cơ quan nguồn ngừng dịch vụ, hỏi họ và "
        "đặt `MAINTENANCE`. Khi chạy lại được, hệ thống tự lấy bù.",
    ),
    Wording(
        "Feed {about} has been silent for {hours} h (limit: {limit} h)",
        "Run `hub doctor`; look at the feed's last run in Airflow. If the register is out of service, ask its side and "
        "set `MAINTENANCE`. Once it runs again the gap is fetched by itself.",
    ),
)
FEED_VOLUME = Condition(
    "feed.volume",
    "critical",
    Wording(
        "Luồng {about} nhận quá ít bản ghi: lô {batch} chờ quyết định ({rule})",
        "Hỏi cơ quan nguồn số lượng có đúng không. Đúng thì `hub batch release`, sai thì `hub batch discard` rồi chạy "
        "lại.",
    ),
    Wording(
        "Feed {about} brought far too few records: batch {batch} waits for a decision ({rule})",
        "Ask the register whether the number is right: `hub batch release` if it is, else `hub batch discard` and run "
        "again.",
    ),
)
FEED_PARKED = Condition(
    "feed.parked",
    "critical",
    Wording(
        "Lô {batch} của luồng {about} chờ quyết định ({rule})",
        "Xem `hub batch show {batch}` và báo cáo của lô, rồi `hub batch release` hoặc `hub batch discard`. Luồng đứng "
        "yên cho đến khi có quyết định.",
    ),
    Wording(
        "Batch {batch} of feed {about} waits for a decision ({rule})",
        "See `hub batch show {batch}` and the batch's report, then `hub batch release` or `hub batch discard`. The "
        "feed stands still until then.",
    ),
)
QUARANTINE_GROWING = Condition(
    "quarantine.growing",
    "warning",
    Wording(
        "Luồng {about}: {refused} trong {fetched} bản ghi mới bị giữ lại, gấp {times} lần bình thường",
        "Xem quy tắc nào tăng: `hub quarantine list`, báo cáo của lô. Sửa ánh xạ hoặc báo cơ quan nguồn.",
    ),
    Wording(
        "Feed {about}: {refused} of {fetched} new records were quarantined, {times} times as many as usual",
        "See which rule grew: `hub quarantine list`, the batch's report. Mend the mapping or tell the register's side.",
    ),
)
REGISTER_RESTING = Condition(
    "register.resting",
    "critical",
    Wording(
        "Hệ thống nguồn {about} không trả lời: tạm ngừng gọi sau {failures} lần lỗi liên tiếp",
        "Kiểm tra mạng và thông báo của cơ quan nguồn. Hệ thống tự gọi thử; dữ liệu đã lưu vẫn được dùng để trả lời.",
    ),
    Wording(
        "Register {about} does not answer: calls rest after {failures} failures in a row",
        "Check the network and what the register's side announced. The hub tries by itself; lookups go on from what is "
        "stored.",
    ),
)
REGISTER_QUOTA = Condition(
    "register.quota",
    "warning",
    Wording(
        "Đã dùng hết hạn mức gọi {about}: {calls}/{quota} lượt",
        "Chờ đến khi hạn mức được cấp lại (00:00 hoặc ngày 1 hằng tháng). Nếu thường xuyên thiếu, thỏa thuận lại với "
        "cơ quan nguồn.",
    ),
    Wording(
        "The quota of register {about} is used up: {calls} of {quota} calls",
        "Wait until it renews (at midnight or on the first of the month, Vietnamese time). If it is often too small, "
        "agree on more with the register's side.",
    ),
)
RUN_LATE = Condition(
    "run.late",
    "warning",
    Wording(
        "Lần chạy của luồng {about} quá thời hạn",
        "Xem lần chạy trong Airflow và `hub doctor`; nguồn chậm thì chờ, tác vụ treo thì dừng và chạy lại.",
    ),
    Wording(
        "A run of feed {about} is past its deadline",
        "See the run in Airflow, and `hub doctor`; wait if the register is slow, stop and repeat the task if it hangs.",
    ),
)
SECRET_ENDING = Condition(
    "secret.ending",
    "warning",
    Wording(
        "{about} hết hạn ngày {day}",
        "Xin cơ quan nguồn gia hạn hoặc cấp mới, rồi thay tệp; không cần khởi động lại. Xem `hub secrets check`.",
    ),
    Wording(
        "{about} ends on {day}",
        "Ask the register's side for a new one and replace the file; no restart is needed. See `hub secrets check`.",
    ),
)
SECRET_ENDED = Condition(
    "secret.ended",
    "critical",
    Wording(
        "{about} đã hết hạn, sắp hết hạn ({day}) hoặc không đọc được",
        "Thay ngay: hệ thống nguồn sẽ từ chối hoặc không kết nối được. Xem `hub secrets check`.",
    ),
    Wording(
        "{about} has ended, ends within days ({day}) or can't be read",
        "Replace it now: the register can't be called without it. See `hub secrets check`.",
    ),
)
HUB_DATABASE = Condition(
    "hub.database",
    "critical",
    Wording(
        "Cơ sở dữ liệu của hệ thống không trả lời",
        "Không lượt tra cứu nào được trả lời. Khởi động lại PostgreSQL, kiểm tra đĩa; xem `hub doctor`.",
    ),
    Wording(
        "The hub's database does not answer",
        "No lookup is answered. Start PostgreSQL again, check its disk; see `hub doctor`.",
    ),
)
HUB_TEST = Condition(
    "hub.test",
    "warning",
    Wording("Tin thử: kênh cảnh báo hoạt động", "Không cần làm gì."),
    Wording("A test: this channel of alerts works", "Nothing needs to be done."),
)

CONDITIONS: dict[str, Condition] = {
    condition.id: condition
    for condition in (
        FEED_SILENT,
        FEED_VOLUME,
        FEED_PARKED,
        QUARANTINE_GROWING,
        REGISTER_RESTING,
        REGISTER_QUOTA,
        RUN_LATE,
        SECRET_ENDING,
        SECRET_ENDED,
        HUB_DATABASE,
        HUB_TEST,
    )
}
"""All conditions by id."""
