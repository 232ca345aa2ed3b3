import unicodedata
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.mapping import TRANSFORMS
from hub.mapping.transforms import Refused, d_stroke, former_id, nfc, partial_date, personal_id, squeeze
from schemas.partial_date import PartialDate

VIET_NAM = ZoneInfo("Asia/Ho_Chi_Minh")


def milliseconds(day: date, zone: ZoneInfo | timezone) -> int:
    """Returns the epoch milliseconds of a day's midnight in a zone."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return (midnight - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(milliseconds=1)  # noqa: UP017


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("Nguyễn Văn An", "Nguyễn Văn An"),
        ("  Nguyễn   Văn\tAn ", "Nguyễn Văn An"),
        ("Nguyễn\u00a0Văn An", "Nguyễn Văn An"),
        ("Nguyễn\u200b Văn\ufeff An", "Nguyễn Văn An"),
        ("\u200b", ""),
    ],
)
def test_squeeze(sent: str, expected: str) -> None:
    """Outer, doubled, no-break and zero-width spaces disappear."""
    assert squeeze(sent) == expected


def test_nfc() -> None:
    """Decomposed letters are composed."""
    assert nfc(unicodedata.normalize("NFD", "Nguyễn")) == "Nguyễn"


def test_d_stroke() -> None:
    """The Icelandic eth becomes the Vietnamese letter in both cases."""
    assert d_stroke("\u00d0ặng \u00f0ức") == "Đặng đức"


@given(st.text())
def test_repairs_settle(text: str) -> None:
    """A repair has nothing left to repair in its own result, and then returns the very same object."""
    for step in (squeeze, nfc, d_stroke):
        once = step(text)
        assert step(once) is once


@given(st.text() | st.text(alphabet="aễ\u0302\u0301 \u00a0\u200b\u00d0\t", max_size=5))
def test_settled_means_nothing_to_repair(text: str) -> None:
    """A text that a repair's shortcut calls settled comes out of the repair as the same object."""
    names = {"value": text, "is_normalized": unicodedata.is_normalized}

    for step in TRANSFORMS.values():
        if step.settled is not None and eval(step.settled, names):
            assert step.apply(text) is text


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("19500321", "1950-03-21"),
        (" 19500321 ", "1950-03-21"),
        ("195003", "1950-03"),
        ("1950", "1950"),
        ("19520229", "1952-02-29"),
        ("  ", ""),
    ],
)
def test_partial_date(sent: str, expected: str) -> None:
    """A date stays as precise as it was sent."""
    assert partial_date(sent) == expected


@pytest.mark.parametrize(
    "sent",
    [
        "19520231",
        "195013",
        "0000",
        "00000101",
        "1950-03-21",
        "21/03/1950",
        "1950W101",
        "²²²²",
        "195",
        10**20,
        -(10**20),
    ],
)
def test_invalid_date(sent: str | int) -> None:
    """What names no day of the calendar in a known spelling is refused."""
    with pytest.raises(Refused, match=r"^date\.invalid$"):
        partial_date(sent)


@given(st.dates(min_value=date(1900, 1, 1)))
def test_midnight_in_viet_nam_keeps_the_day(day: date) -> None:
    """Milliseconds of a midnight in Viet Nam name that day, through every offset that the country has had."""
    assert partial_date(milliseconds(day, VIET_NAM)) == day.isoformat()


@pytest.mark.parametrize(
    ("day", "offset"),
    [
        (date(1910, 5, 4), timedelta(hours=7, minutes=6, seconds=30)),
        (date(1930, 5, 4), timedelta(hours=7)),
        (date(1944, 5, 4), timedelta(hours=8)),
        (date(1945, 5, 4), timedelta(hours=9)),
        (date(1950, 5, 4), timedelta(hours=8)),
        (date(1957, 5, 4), timedelta(hours=7)),
        (date(1965, 5, 4), timedelta(hours=8)),
        (date(1975, 6, 13), timedelta(hours=7)),
        (date(2001, 5, 4), timedelta(hours=7)),
    ],
)
def test_historic_offsets(day: date, offset: timedelta) -> None:
    """The tz database holds these offsets for Viet Nam, and none of them shifts a birthday."""
    assert datetime(day.year, day.month, day.day, tzinfo=VIET_NAM).utcoffset() == offset
    assert partial_date(milliseconds(day, timezone(offset))) == day.isoformat()


@given(st.dates(min_value=date(1900, 1, 1)))
def test_midnight_of_a_constant_offset_keeps_the_day(day: date) -> None:
    """A sender that takes +07:00 for all of history means the same day."""
    assert partial_date(milliseconds(day, timezone(timedelta(hours=7)))) == day.isoformat()


@given(st.dates(min_value=date(1900, 1, 1)))
def test_midnight_in_utc_is_refused(day: date) -> None:
    """Milliseconds of a midnight in UTC are refused on every day, never read as a shifted birthday."""
    with pytest.raises(Refused, match=r"^date\.epoch_not_midnight$"):
        partial_date(milliseconds(day, timezone.utc))  # noqa: UP017


@given(st.integers())
def test_epoch_is_total(value: int) -> None:
    """Any whole number gives a day or a refusal."""
    try:
        text = partial_date(value)
    except Refused as refused:
        assert refused.rule in {"date.invalid", "date.epoch_not_midnight"}
    else:
        assert PartialDate.parse(text).precision == "day"


@pytest.mark.parametrize("step", [personal_id, former_id])
def test_blank_numbers_are_absent(step: object) -> None:
    """A blank number is no number rather than a malformed one."""
    assert callable(step)
    assert step("  ") == ""


def test_numbers_lose_outer_spaces() -> None:
    """Outer spaces do not make a number malformed."""
    assert personal_id(" 100050000017 ") == "100050000017"
    assert former_id("100500017\u00a0") == "100500017"


@pytest.mark.parametrize(
    ("step", "value", "rule"),
    [(personal_id, "1000200000190", "format.personal_id"), (former_id, "10050001", "format.former_id")],
)
def test_malformed_numbers(step: object, value: str, rule: str) -> None:
    """A malformed number is refused by the rule of its kind, and the refusal does not hold it."""
    assert callable(step)
    with pytest.raises(Refused) as caught:
        step(value)

    assert caught.value.rule == rule
    assert value not in repr(caught.value)


def test_every_step_is_described() -> None:
    """Every registered step says what it does in one sentence."""
    for step in TRANSFORMS.values():
        assert step.doc.endswith("."), step.name
