"""How a register delivers one feed as files: their names, what they are wrapped in, and what their columns mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from pydantic import BaseModel

from connectors.body import row_body, wire_columns
from connectors.courtesy import ZONE
from connectors.delimited import Delimited, read_rows
from connectors.guard import KeyScheme
from connectors.records import FeedEntry, FieldProblem, epoch_ms
from connectors.unpacking import Layer

DAY = timedelta(days=1)
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """A file is complete when it has not been written to for so long."""

    period: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Marker:
    """A file is complete when one of the same name with this ending lies beside it, no older than the file."""

    ending: str = ".done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The files of one feed.

    `name` is the name of a day's file, the date in it as `strftime` writes it (`doisoat_%Y%m%d.csv`). Each field of
    `record` must be a column. `version` is the column with the time of a row, None where rows have no time of their
    own and take their day's. `moment` says how it is written: `iso`, `ms` (epoch milliseconds) or as for `strptime`,
    without a zone in Vietnamese time. `layers` is what the text is wrapped in, outermost first.

    `keys_are` says what names a row: personal numbers, which the environment guard knows, unless it says otherwise.

    `first` is the day of the first file. `shift` moves the day that a file covers: one dated 21 November with the
    changes of 20 November has a shift of -1 day. `daily` is False for a register that writes no file on some days.
    """

    name: str
    first: date
    record: type[BaseModel]
    key: str
    keys_are: KeyScheme = "personal_id"
    version: str | None
    moment: str = "iso"
    status: str | None = None
    table: Delimited = field(default_factory=Delimited)
    layers: tuple[Layer, ...] = ()
    settled: Quiet | Marker = field(default_factory=Quiet)
    shift: timedelta = timedelta()
    daily: bool = True

    def __post_init__(self) -> None:
        names = {self.file(self.first + timedelta(days=ahead)) for ahead in range(366)}
        if len(names) < 366 or "/" in self.name:
            raise ValueError("the name of a delivery holds year, month and day, and no folder")

    def file(self, day: date) -> str:
        """Returns the name of a day's file."""
        return day.strftime(self.name)

    def covers(self, day: date) -> tuple[int, int]:
        """Returns the first millisecond that a day's file covers, and the first one after it."""
        begins = epoch_ms(datetime.combine(day, time(), ZONE) + self.shift)
        return begins, begins + DAY // MILLISECOND

    def days(self, since: datetime, until: datetime) -> list[date]:
        """Lists the days whose files a window needs, in order."""
        begins = max(self.first, (since - self.shift).astimezone(ZONE).date())
        ends = (until - self.shift - MILLISECOND).astimezone(ZONE).date()
        return [begins + timedelta(days=ahead) for ahead in range((ends - begins).days + 1)]

    def read(self, contents: list[bytes], day: date, since: int, until: int) -> list[FeedEntry]:
        """Reads a day's file, unpacked, and returns what lies in a window, sorted.

        Raises:
            FieldProblem: see `read_rows`; `field_malformed` and `outside_window` name line and column.
        """
        known = wire_columns(self.record)
        hidden = [name for name in (self.key, self.version, self.status) if name and name not in known]
        begins, ends = self.covers(day)
        midnight = datetime.combine(day, time()) + self.shift
        entries: list[FeedEntry] = []
        for content in contents:
            for line, row in read_rows(content, self.table, [*known, *hidden]):
                version = begins
                if self.version is not None:
                    moment = self._moment(row[self.version].strip(), line)
                    # Viet Nam has no summer time, so a local time is as far from midnight as it says: fast and exact.
                    version = moment if isinstance(moment, int) else begins + (moment - midnight) // MILLISECOND
                if not begins <= version < ends:
                    raise FieldProblem("outside_window", f"line {line}, {self.version}")
                if not row[self.key].strip():
                    raise FieldProblem("field_missing", f"line {line}, {self.key}")
                if since <= version < until:
                    status = row[self.status] if self.status else ""
                    entries.append(FeedEntry(row[self.key], version, status, row_body(row, hidden)))
        return sorted(entries, key=lambda entry: (entry.version, entry.key))

    def _moment(self, text: str, line: int) -> int | datetime:
        """Reads a time: epoch milliseconds, or a Vietnamese time without a zone."""
        try:
            if self.moment == "ms":
                return int(text)
            iso = self.moment == "iso"
            read = datetime.fromisoformat(text) if iso else datetime.strptime(text, self.moment)  # noqa: DTZ007
            return epoch_ms(read) if read.tzinfo else read
        except (ValueError, OverflowError):
            raise FieldProblem("field_malformed", f"line {line}, {self.version}") from None
