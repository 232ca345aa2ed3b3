from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.partial_date import PartialDate


@st.composite
def partial_dates(draw: st.DrawFn) -> PartialDate:
    day = draw(st.dates())
    known = draw(st.integers(1, 3))
    return PartialDate(*(day.year, day.month, day.day)[:known])


@given(partial_dates())
def test_text_round_trip(partial: PartialDate) -> None:
    """A partial date read from its own text is the same date with the same precision."""
    assert partial == PartialDate.parse(str(partial))


@given(st.text(max_size=12))
def test_parse_refuses_without_the_value(text: str) -> None:
    """Any other text is refused by a ValueError that does not repeat it."""
    try:
        parsed = PartialDate.parse(text)
    except ValueError as error:
        assert len(text) < 3 or text not in str(error)
    else:
        assert text == str(parsed)


@given(partial_dates(), partial_dates())
def test_exactly_one_relation_holds(one: PartialDate, other: PartialDate) -> None:
    """Of two partial dates, one is certainly before, or certainly after, or they may be the same day."""
    assert one.certainly_before(other) + one.certainly_after(other) + one.may_equal(other) == 1


@pytest.mark.parametrize(
    ("text", "precision", "earliest", "latest"),
    [
        ("1950", "year", date(1950, 1, 1), date(1950, 12, 31)),
        ("1952-02", "month", date(1952, 2, 1), date(1952, 2, 29)),
        ("1950-03-21", "day", date(1950, 3, 21), date(1950, 3, 21)),
    ],
)
def test_bounds(text: str, precision: str, earliest: date, latest: date) -> None:
    """The bounds are the first and the last day that the known parts leave open."""
    partial = PartialDate.parse(text)

    assert (precision, earliest, latest) == (partial.precision, partial.earliest, partial.latest)


@pytest.mark.parametrize(
    "text", ["", "195", "1950-3", "1950-13", "1952-02-30", "1950-00", "0000", "1950-03-21T00", "١٩٥٠"]
)
def test_no_date(text: str) -> None:
    """What names no year, month or day of the calendar is refused."""
    with pytest.raises(ValueError, match=r"no such|not yyyy"):
        PartialDate.parse(text)


def test_day_needs_month() -> None:
    """A day without its month is no partial date."""
    with pytest.raises(ValueError, match="needs its month"):
        PartialDate(1950, None, 3)


def test_year_against_day() -> None:
    """A year-only date is certainly before a day of the next year and undecided within its own."""
    year = PartialDate(1950)

    assert year.certainly_before(date(1951, 1, 1))
    assert not year.certainly_before(date(1950, 6, 1))
    assert not year.certainly_after(date(1950, 6, 1))
