"""Cross-row rules: the rows of one batch against each other, in one pass each over plain columns.

A number may come in several versions within a batch; that is normal. Rules about people look at the newest version of
each number in use. Identical repeats (same number, version and content) were set aside before.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hub.quality.known import NOTHING, Known
from hub.quality.rules import Finding, RuleFailed, finding

COLUMNS: Final[tuple[str, ...]] = (
    "position",
    "version",
    "digest",
    "personal_id",
    "number_status",
    "replaced_by",
    "former_id",
    "name.full",
    "gender",
    "birth_date",
    "ethnicity",
    "nationality",
    "marital_status",
    "life_status",
    "deceased_on",
    "residence.province",
    "residence.commune",
    "residence.commune_candidates",
    "father.personal_id",
    "mother.personal_id",
    "mother.name",
    "spouse.personal_id",
)
"""What the cross-row rules and the suite name: flat keys (None where a record has no value), and the row's place in the
batch (`position`), its source version in epoch ms (`version`) and the digest of what was sent (`digest`)."""

_CLOCK_TOLERANCE: Final = timedelta(days=1)
_FIRST_VERSION: Final = int(datetime(2010, 1, 1, tzinfo=UTC).timestamp() * 1000)

Columns = Mapping[str, Sequence[Any]]
Hits = Iterator[tuple[int, str]]
"""Rows that break a rule, by index into the columns, each with the field."""


def cross_row_findings(
    columns: Columns, *, now: datetime | None = None, known: Known = NOTHING
) -> dict[int, list[Finding]]:
    """Checks the rows of a batch against each other; findings by row index.

    Args:
        now: the moment after which no version can have been written, such as the end of the batch's window.
        known: what the store knows; the rules on people ask for nothing.

    Raises:
        RuleFailed: a rule could not be evaluated, as when a column is missing; the message holds no value.
    """

    def hits() -> dict[str, Hits]:
        newest = newest_rows(columns, "personal_id")
        status = columns["number_status"]
        people = [row for row in newest.values() if status[row] == "active"]
        return {
            "duplicate.personal_id": contradicting_rows(columns, "personal_id"),
            "outlier.version_time": implausible_versions(columns, "personal_id", now),
            "duplicate.person": _same_person(columns, people),
            "conflict.spouse_not_mutual": _spouse_not_mutual(columns, people, newest),
            "conflict.former_id_shared": _former_id_shared(columns, people),
            "reference.replacement_cycle": _replacement_cycle(columns, newest),
            "duplicate.replacement": _shared_successor(columns, newest),
        }

    return findings_of("duplicate.personal_id", hits)


def findings_of(first: str, hits: Callable[[], Mapping[str, Hits]]) -> dict[int, list[Finding]]:
    """Collects what the rules over a batch hit, by row index; `first` is named when the rows themselves can't be read.

    Raises:
        RuleFailed: a rule could not be evaluated; the message holds no value.
    """
    found: dict[int, list[Finding]] = defaultdict(list)
    rule_id = first
    try:
        for rule_id, rows in hits().items():
            for row, field in rows:
                found[row].append(finding(rule_id, field))
    except Exception as error:
        raise RuleFailed(rule_id, type(error).__name__) from None
    return dict(found)


def newest_rows(columns: Columns, key: str) -> dict[str, int]:
    """Picks the row with the highest version of each key; of equal versions the last."""
    versions = columns["version"]
    newest: dict[str, int] = {}
    for row, number in enumerate(columns[key]):
        other = newest.get(number)
        if other is None or versions[row] >= versions[other]:
            newest[number] = row
    return newest


def contradicting_rows(columns: Columns, key: str) -> Hits:
    """Same key and version, different content: nobody can say which is true."""
    digests = columns["digest"]
    keys = list(zip(columns[key], columns["version"], strict=True))
    if len(set(keys)) == len(keys):
        return
    first: dict[tuple[str, int], int] = {}
    told: set[int] = set()
    for row, named in enumerate(keys):
        other = first.setdefault(named, row)
        if other != row and digests[other] != digests[row]:
            for each in {other, row} - told:
                yield each, key
            told |= {other, row}


def implausible_versions(columns: Columns, key: str, now: datetime | None) -> Hits:
    """A version from the future would stand for ever; one from before the register existed is in another unit."""
    latest = int(((now or datetime.now(UTC)) + _CLOCK_TOLERANCE).timestamp() * 1000)
    versions = columns["version"]
    if not versions or _FIRST_VERSION <= min(versions) <= max(versions) <= latest:
        return
    for row, version in enumerate(versions):
        if not _FIRST_VERSION <= version <= latest:
            yield row, key


def _same_person(columns: Columns, people: Sequence[int]) -> Hits:
    """Same name, same birth date, same mother, two numbers in use.

    Mothers are the same by their numbers, or by name where at least one of the two has no number.
    """
    names, births = columns["name.full"], columns["birth_date"]
    keys = [
        (name.casefold(), birth) if (name := names[row]) is not None and (birth := births[row]) is not None else None
        for row in people
    ]
    # Namesakes of one birthday are few among many people: only they are put together.
    repeated = {key for key, times in Counter(keys).items() if times > 1 and key is not None}
    alike: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, key in zip(people, keys, strict=True):
        if key in repeated and key is not None:
            alike[key].append(row)
    for rows in alike.values():
        for row in sorted(_same_mother(columns, rows)):
            yield row, "personal_id"


def _same_mother(columns: Columns, rows: Sequence[int]) -> set[int]:
    numbers, names = columns["mother.personal_id"], columns["mother.name"]
    by_number: dict[str, list[int]] = defaultdict(list)
    by_name: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if numbers[row] is not None:
            by_number[numbers[row]].append(row)
        if names[row] is not None:
            by_name[names[row].casefold()].append(row)
    same = {row for group in by_number.values() if len(group) > 1 for row in group}
    for group in by_name.values():
        if len(group) > 1 and any(numbers[row] is None for row in group):
            same.update(group)
    return same


def _spouse_not_mutual(columns: Columns, people: Sequence[int], newest: Mapping[str, int]) -> Hits:
    """A's spouse is B, and B names someone else. A death or a divorce makes that ordinary, so both must be married."""
    numbers, spouses = columns["personal_id"], columns["spouse.personal_id"]

    def married(row: int) -> bool:
        return columns["life_status"][row] != "deceased" and columns["marital_status"][row] in ("married", None)

    for row, spouse in [(row, spouse) for row in people if (spouse := spouses[row]) is not None]:
        other = newest.get(spouse)
        if other is None or columns["number_status"][other] != "active" or not (married(row) and married(other)):
            continue
        if spouses[other] is not None and spouses[other] != numbers[row]:
            yield row, "spouse.personal_id"


def _former_id_shared(columns: Columns, people: Sequence[int]) -> Hits:
    """More than two numbers in use hold one nine-digit card number."""
    formers = columns["former_id"]
    holders: dict[str, list[int]] = defaultdict(list)
    for row, former in [(row, former) for row in people if (former := formers[row]) is not None]:
        if len(former) == 9:
            holders[former].append(row)
    for rows in holders.values():
        if len(rows) > 2:
            for row in rows:
                yield row, "former_id"


def _shared_successor(columns: Columns, newest: Mapping[str, int]) -> Hits:
    """Numbers that share a successor become one person in the store: two may be one person's, more are a mistake."""
    successors = columns["replaced_by"]
    replaced: dict[str, list[int]] = defaultdict(list)
    for row in [row for row in newest.values() if successors[row] is not None]:
        if columns["number_status"][row] == "cancelled":
            replaced[successors[row]].append(row)
    for rows in replaced.values():
        if len(rows) > 2:
            for row in rows:
                yield row, "replaced_by"


def _replacement_cycle(columns: Columns, newest: Mapping[str, int]) -> Hits:
    """Cancelled numbers whose successors lead back to them; each chain is walked once."""
    numbers, successors = columns["personal_id"], columns["replaced_by"]
    settled: set[str] = set()
    for start in [number for number, row in newest.items() if successors[row] is not None]:
        chain: dict[str, int] = {}
        number: str | None = start
        while number is not None and number in newest and number not in settled and number not in chain:
            row = newest[number]
            chain[number] = row
            number = successors[row] if columns["number_status"][row] == "cancelled" else None
        if number is not None and number in chain and successors[chain[number]] != numbers[chain[number]]:
            members = list(chain)
            for member in members[members.index(number) :]:
                yield chain[member], "replaced_by"
        settled.update(chain)
