"""The named steps of a mapping's `then:`. Each is a small pure function from one value to the next.

A step returns the value, or an empty text for "nothing there". A step with `refuses` raises `Refused` with one of those
rules; a step with `repairs` returns the very same object when there was nothing to repair, and the mapping notes the
rule when it did not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from schemas.vn import BusinessLocationCode, EnterpriseCode, is_former_id, is_personal_id

_ENTERPRISE: TypeAdapter[str] = TypeAdapter(EnterpriseCode)
LOCATION_DIGITS = 5
_LOCATION: TypeAdapter[str] = TypeAdapter(BusinessLocationCode)
_AMOUNT = re.compile(r"[0-9]{1,18}(\.[0-9]{1,3})?")
_SLASHED = re.compile(r"(?:(?:([0-9]{2})/)?([0-9]{2})/)?([0-9]{4})(?: [0-9]{2}:[0-9]{2}:[0-9]{2})?")


class Refused(Exception):
    """A value breaks a rule; carries the rule's id and never the value."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(rule)


@dataclass(frozen=True, slots=True)
class Transform:
    """One registered step: what it takes, which rules it may refuse by, which repair it notes."""

    name: str
    apply: Callable[[Any], str]
    takes: frozenset[type]
    refuses: tuple[str, ...] = ()
    repairs: str | None = None
    settled: str | None = None
    """An expression over `value`, true only if there is nothing to repair: it saves most records the call."""

    @property
    def doc(self) -> str:
        """What the step does, in one sentence."""
        return (self.apply.__doc__ or "").strip().splitlines()[0]


TRANSFORMS: dict[str, Transform] = {}
"""Every step that a mapping may name."""

Step = Callable[[Any], str]


def transform(
    *,
    takes: tuple[type, ...] = (str,),
    refuses: tuple[str, ...] = (),
    repairs: str | None = None,
    settled: str | None = None,
) -> Callable[[Step], Step]:
    """Registers a function as a step under its own name."""

    def register(function: Step) -> Step:
        name = function.__name__
        TRANSFORMS[name] = Transform(name, function, frozenset(takes), refuses, repairs, settled)
        return function

    return register


# Space-like characters that str.split leaves alone: zero-width ones, the word joiner, the byte-order mark, soft hyphen.
_INVISIBLE = str.maketrans("", "", "\u200b\u200c\u200d\u2060\ufeff\u00ad")


# isprintable is false for every space but U+0020 and for the invisible characters, so three passes in C decide.
@transform(repairs="text.stray_spaces", settled="'  ' not in value and value.isprintable() and value.strip() is value")
def squeeze(text: str) -> str:
    """Removes outer, doubled, no-break and zero-width spaces."""
    clean = " ".join(text.translate(_INVISIBLE).split())
    return text if clean == text else clean


@transform(repairs="text.not_nfc", settled="is_normalized('NFC', value)")
def nfc(text: str) -> str:
    """Composes the text to Unicode normal form C."""
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


@transform(repairs="text.eth_for_d", settled="'\u00d0' not in value and '\u00f0' not in value")
def d_stroke(text: str) -> str:
    """Writes Đ and đ where the look-alike Icelandic eth (U+00D0, U+00F0) was typed."""
    mended = text.replace("\u00d0", "\u0110").replace("\u00f0", "\u0111")
    return text if mended == text else mended


@transform(refuses=("format.personal_id",))
def personal_id(text: str) -> str:
    """Passes a 12-digit personal identification number; outer spaces are dropped."""
    if is_personal_id(text):
        return text
    text = text.strip()
    if text and not is_personal_id(text):
        raise Refused("format.personal_id")
    return text


@transform(refuses=("format.former_id",))
def former_id(text: str) -> str:
    """Passes an identity-card number from before 2016 (9 digits, some 12); outer spaces are dropped."""
    text = text.strip()
    if text and not is_former_id(text):
        raise Refused("format.former_id")
    return text


@transform(refuses=("format.enterprise_code",))
def enterprise_code(text: str) -> str:
    """Passes the code of an enterprise; with its parent's code before it, a business location's counter goes behind."""
    parts = text.split()
    if not parts:
        return ""
    try:
        if len(parts) == 2 and len(parts[1]) == LOCATION_DIGITS:
            return _LOCATION.validate_python(".".join(parts))
        return _ENTERPRISE.validate_python(parts[-1])
    except ValidationError:
        raise Refused("format.enterprise_code") from None


@transform()
def without_passport(text: str) -> str:
    """Leaves out a number with letters in it, which passports have and Vietnamese numbers never; passes all others."""
    text = text.strip()
    return "" if text.isalnum() and not text.isdigit() else text


@transform()
def only_personal_id(text: str) -> str:
    """Keeps a 12-digit personal number and leaves everything else out."""
    text = text.strip()
    return text if is_personal_id(text) else ""


@transform()
def only_enterprise_code(text: str) -> str:
    """Keeps the code of an enterprise, not a personal number, and leaves everything else out."""
    text = text.strip()
    try:
        return "" if is_personal_id(text) else _ENTERPRISE.validate_python(text)
    except ValidationError:
        return ""


@transform(refuses=("format.amount",))
def amount(text: str) -> str:
    """Writes an amount of money without needless zeros; digits with a comma are refused, since it means two things."""
    text = text.strip()
    if text and _AMOUNT.fullmatch(text) is None:
        raise Refused("format.amount")
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


@transform(refuses=("date.invalid",))
def slashed_date(text: str) -> str:
    """Turns dd/MM/yyyy, MM/yyyy or yyyy, with or without a time of day, into a date as precise as what was sent."""
    text = text.strip()
    if not text:
        return ""
    found = _SLASHED.fullmatch(text)
    if found is None:
        raise Refused("date.invalid")
    day, month, year = found.groups()
    try:
        return date(int(year), int(month or 1), int(day or 1)).isoformat()[: 10 if day else 7 if month else 4]
    except ValueError:
        raise Refused("date.invalid") from None


@transform(takes=(str, int), refuses=("date.invalid", "date.epoch_not_midnight"))
def partial_date(value: str | int) -> str:
    """Turns yyyyMMdd, yyyyMM, yyyy or epoch milliseconds into the ISO text of a date as precise as what was sent."""
    if isinstance(value, int):
        return _day_of_epoch(value)
    text = value if value.isdigit() else value.strip()
    if not text:
        return text
    try:
        if not (text.isascii() and text.isdigit()):
            raise ValueError
        if len(text) == 8:
            return date.fromisoformat(text).isoformat()
        if len(text) == 6:
            return date(int(text[:4]), int(text[4:]), 1).isoformat()[:7]
        if len(text) == 4:
            return date(int(text), 1, 1).isoformat()[:4]
    except ValueError:
        pass
    raise Refused("date.invalid")


_DAY_MS = 86_400_000
_SEVEN_HOURS_MS = 7 * 3_600_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VIET_NAM = ZoneInfo("Asia/Ho_Chi_Minh")


def _day_of_epoch(milliseconds: int) -> str:
    """Reads the day whose midnight in Viet Nam an epoch names; another hour is refused, since the day would be a guess.

    Midnight is that of the tz database, whose offset was +08:00 from 1960 to June 1975 and changed several times
    before, and also that of a constant +07:00, which senders without the tz database use: both name the same day.
    """
    days, rest = divmod(milliseconds + _SEVEN_HOURS_MS, _DAY_MS)
    try:
        if rest == 0:
            return date.fromordinal(_EPOCH_ORDINAL + days).isoformat()
        local = (_EPOCH + timedelta(milliseconds=milliseconds)).astimezone(_VIET_NAM)
    except (ValueError, OverflowError):
        raise Refused("date.invalid") from None
    if local.hour or local.minute or local.second or local.microsecond:
        raise Refused("date.epoch_not_midnight")
    return local.date().isoformat()
