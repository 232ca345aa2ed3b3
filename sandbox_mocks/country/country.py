"""One coherent country, computed from a seed: its people, families, numbers, and the history of its register."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from sandbox_mocks.country.defects import APPLY, CHANCES, STREAMED, Case
from sandbox_mocks.country.demography import FEMALE, Demography
from sandbox_mocks.country.feed import FORMER, PLAIN, SECOND, VARIANT, Entry, Feed
from sandbox_mocks.country.lives import Lives
from sandbox_mocks.country.numbering import Numbering
from sandbox_mocks.country.permutation import Keyring
from sandbox_mocks.country.places import Places
from sandbox_mocks.country.quirks import left_out, write_habitually
from sandbox_mocks.country.records import CANCELLED, Record, Records

_SCALE = 2**64
_COUPLE_KINDS = ("load_couple", "wedding")


class Holder(NamedTuple):
    """Who a number belongs to: the person, the entry time that counts for it, and whether it is a former or second
    number."""

    person: int
    version: int
    form: str


class Country:
    """A country of people who never lived.

    Nothing is stored: person `index` is computed when asked for, so ten million people cost what ten cost.

    Args:
        seed: every seed is another country.
        people: how many are born by the end of 2026; those born until 2030 come on top, with higher indices.
        defect_rate: multiplies the rates of `defects.CHANCES`; 0 gives a register without defects.
    """

    def __init__(self, seed: int, people: int, defect_rate: float = 1.0) -> None:
        if people < 1 or defect_rate < 0:
            raise ValueError("people must be at least 1, defect_rate at least 0")
        self.seed, self.people, self.defect_rate = seed, people, defect_rate
        self._keys = Keyring(seed)
        self.demography = Demography(people, self._keys)
        self.numbering = Numbering(self.demography, self._keys)
        self.lives = Lives(self.demography, self.numbering, self._keys, defect_rate)
        self.places = Places()
        self.records = Records(self.demography, self.numbering, self.lives, self.places, self._keys)
        self.feed = Feed(self.demography, self.numbering, self.lives, self.records)
        self.total = self.demography.total
        self._thresholds: list[tuple[int, str]] = []
        reached = 0.0
        for defect, chance in CHANCES.items():
            reached += chance * defect_rate
            self._thresholds.append((int(min(reached, 1.0) * _SCALE), defect))

    def parents(self, index: int) -> tuple[int, int] | None:
        """Returns father and mother, or None when the register never knew them."""
        return self.demography.parents(index)

    def spouse(self, index: int, at: int | None = None) -> int | None:
        """Returns whom a person is married to at a moment; with None, whom the person marries at some time."""
        if at is not None:
            place = self.demography.place(index)
            married = self.lives.life(index, place).married
            if married is None or married > at:
                return None
        return self.demography.spouse(index)

    def children(self, index: int, at: int | None = None) -> list[int]:
        """Returns a person's children, oldest first; with a moment, only those registered by then."""
        children = self.demography.children(index)
        return children if at is None else [child for child in children if self.registered(child) <= at]

    def registered(self, index: int) -> int:
        """Returns when a person's first entry was made, in epoch milliseconds."""
        return self.lives.registered(index, self.demography.place(index))

    def version(self, index: int, at: int) -> int | None:
        """Returns the time of a person's latest entry at a moment, or None before the first one."""
        place = self.demography.place(index)
        times = [self.lives.registered(index, place), *self.lives.entry_times(index, place)]
        return max((time for time in times if time <= at), default=None)

    def former_number(self, index: int, at: int) -> str | None:
        """Returns the number that a person had before it was replaced, if that has happened by a moment."""
        place = self.demography.place(index)
        replaced = self.lives.replaced(place)
        return self.records.former_number(place) if replaced is not None and replaced <= at else None

    def truth(self, index: int, at: int) -> Record | None:
        """Returns the clean record of a person as of the latest entry at a moment; None before the first entry."""
        version = self.version(index, at)
        return None if version is None else self.records.write(index, version)

    def left_out(self, index: int, version: int) -> list[str]:
        """Names the elements of a person's clean record that the register never wrote down."""
        return left_out(self.records.write(index, version), self._keys.genes(index))

    def find(self, number: str, at: int) -> list[Holder]:
        """Finds who has or had a number: twelve digits find at most one person, nine digits one or two."""
        if len(number) == 9:
            found = [(index, self.version(index, at)) for index in self.numbering.card_holders(number)]
            return [Holder(index, version, PLAIN) for index, version in found if version is not None]
        resolved = self.numbering.resolve(number)
        if resolved is None:
            return []
        kind, index, cause = resolved
        if kind == "second":
            return self._find_second(number, cause, at)
        version = self.version(index, at)
        if version is None:
            return []
        place = self.demography.place(index)
        replaced = self.lives.replaced(place)
        if kind == "lasting":
            return [Holder(index, version, PLAIN)] if replaced is None or replaced <= at else []
        if replaced is None or self.records.former_number(place) != number:
            return []
        return [Holder(index, replaced, FORMER) if replaced <= at else Holder(index, version, PLAIN)]

    def truth_of(self, number: str, at: int) -> Record | None:
        """Returns the clean record behind a twelve-digit number, a former number's with its cancellation."""
        for holder in self.find(number, at)[:1]:
            record = self.records.write(holder.person, holder.version, former=holder.form == FORMER)
            return {**record, "SoDinhDanh": number}
        return None

    def entry(self, holder: Holder) -> Entry:
        """Returns the entry of the feed that counts for a holder of a number."""
        for entry in self.feed.window(holder.version, holder.version + 1):
            if entry.person == holder.person and entry.form == holder.form:
                return entry
        raise LookupError(f"person {holder.person} has no {holder.form} entry at {holder.version}")

    def defect(self, entry: Entry) -> str | None:
        """Names the defect on an entry of the feed. For tests: no route may tell."""
        if entry.form in (SECOND, VARIANT):
            return entry.kind
        return self._compose(entry)[1]

    def record(self, entry: Entry) -> Record:
        """Returns the content of an entry as the register sends it, defect and habits included."""
        return self._compose(entry)[0]

    def body(self, entry: Entry) -> bytes:
        """Returns the content of an entry as JSON."""
        return orjson.dumps(self._compose(entry)[0])

    def _compose(self, entry: Entry) -> tuple[Record, str | None]:
        record = self.records.write(entry.person, entry.time, former=entry.form == FORMER)
        if entry.kind in STREAMED:
            return self._duplicate(entry, record), None
        if entry.form == PLAIN and entry.kind != "repeat" and record["TrangThai"] != CANCELLED:
            roll = self._keys.roll(b"defect", entry.person, entry.time)
            for threshold, defect in self._thresholds:
                if roll < threshold:
                    case = self._case(entry, roll)
                    if APPLY[defect](record, case):
                        return record, defect
                    record = self.records.write(entry.person, entry.time)
                    break
        write_habitually(record, self._keys.genes(entry.person))
        return record, None

    def _duplicate(self, entry: Entry, record: Record) -> Record:
        if entry.form == SECOND:
            record = {**record, "SoDinhDanh": entry.number, "SoCMND": ""}
            head = record["ChuHo"]
            if head["QuanHe"]:
                record["ChuHo"] = {**head, "SoDinhDanh": entry.number}
        elif entry.form == VARIANT:
            residence = record["ThuongTru"]
            record["ThuongTru"] = {**residence, "ChiTiet": f"Nhà 2, {residence['ChiTiet']}"}
        return record

    def _case(self, entry: Entry, roll: int) -> Case:
        place = self.demography.place(entry.person)

        def stranger() -> Record | None:
            rank, married = place.rank, self.demography.married[place.group]
            if married < 2:
                return None
            other = self.demography.partner(place.group, (rank + 1) % married)
            other_place = self.demography.place(other)
            if other_place.year > 2005 or self.version(other, entry.time) is None:
                return None
            return {
                "HoVaTen": self.records.name(other, other_place).full,
                "QuocTich": "VN",
                "SoDinhDanh": self.records.number(other_place, entry.time),
                "SoCMND": "",
            }

        last = entry.kind in _COUPLE_KINDS and place.sex == FEMALE
        last = last and not any(time > entry.time for time in self.lives.entry_times(entry.person, place))
        return Case(
            place,
            entry.time,
            roll >> 7 & 0xFFFF,
            last,
            stranger,
            lambda province: self.places.elsewhere(province, roll >> 23 & 0xFFFF).code,
        )

    def _find_second(self, number: str, ordinal: int, at: int) -> list[Holder]:
        if ordinal >= self.lives.timeline.totals.get("duplicate_person", 0):
            return []
        stream, step = self.lives.timeline.at("duplicate_person", ordinal)
        index = self.lives.people(stream, step)[0]
        known = self.feed.second_number(index)
        if known is None or known[0] != number or known[1] > at:
            return []
        return [Holder(index, known[1], SECOND)]
