"""Numbers come and go, a person stays one subject."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import psycopg
import pytest

from hub.settings import Role, Settings
from hub.store import engine
from hub.store.identity import components
from hub.trust.keys import KeyRing
from tests.store.population import count, holders, one, personal_id, publish, row, stored

Conn = psycopg.Connection[Any]
OLD, NEW, NEWEST, OTHER = (personal_id(50000000 + number) for number in range(4))

_CHAIN = [
    row(OLD, 10, "person under the old number", status="cancelled", replaced_by=NEW, position=0),
    row(NEW, 11, "person under the new number", status="cancelled", replaced_by=NEWEST, position=1),
    row(NEWEST, 12, "person under the newest number", position=2),
]


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("together", [True, False])
def test_replaced_numbers_are_one_subject_in_any_order(
    conn: Conn, ring: KeyRing, order: tuple[int, ...], together: bool
) -> None:
    """Old and new numbers find one subject, whether their records come together or apart, and in any order."""
    rows = [_CHAIN[place] for place in order]
    batches = [rows] if together else [[each] for each in rows]

    for batch in batches:
        publish(conn, ring, *batch)

    records = [one(conn, ring, number) for number in (OLD, NEW, NEWEST)]
    assert len({record.subject_id for record in records}) == 1
    assert [record.identifier_status for record in records] == ["cancelled", "cancelled", "current"]
    assert [record.document for record in records] == [each.document.decode() for each in _CHAIN]
    ended = conn.execute("select status, valid_to is not null from hub.subject_identifier order by status").fetchall()
    assert ended == [("cancelled", True), ("cancelled", True), ("current", False)]


def test_merged_subject_leaves_nothing_behind(conn: Conn, ring: KeyRing) -> None:
    """Two subjects that turn out to be one person become one, versions included, and one key is destroyed."""
    publish(conn, ring, row(OLD, 1, "old, first"), row(NEW, 1, "new, first"))
    publish(conn, ring, row(OLD, 2, "old, second"), row(NEW, 2, "new, second"))
    assert count(conn, "subject_key") == 2

    publish(conn, ring, row(OLD, 3, "old, third", status="cancelled", replaced_by=NEW))

    assert count(conn, "subject_key") == 1
    assert one(conn, ring, OLD).subject_id == one(conn, ring, NEW).subject_id
    assert [v.document for v in stored(conn, ring, NEW, table="record_version")] == ["new, first"]
    assert [v.document for v in stored(conn, ring, OLD, table="record_version")] == ["old, first", "old, second"]
    merged = conn.execute("select merged_into from hub.subject where merged_into is not null").fetchall()
    assert merged == [(one(conn, ring, OLD).subject_id,)]


def test_merged_subject_takes_its_dossiers_along(conn: Conn, ring: KeyRing, settings: Settings) -> None:
    """A dossier about a subject that is merged stands with the subject that remains."""
    publish(conn, ring, row(OLD), row(NEW))
    with engine.connect(settings, Role.OWNER) as owner:
        owner.execute("insert into hub.consumer (consumer_id, name) values ('c', 'C')")
        for number in (OLD, NEW):
            owner.execute(
                "insert into hub.dossier (consumer_id, dossier, procedure, subject_id) values ('c', %s, 'p', %s)",
                (number[-1], one(conn, ring, number).subject_id),
            )

    publish(conn, ring, row(OLD, 2, "cancelled", status="cancelled", replaced_by=NEW))

    rows = conn.execute("select distinct subject_id from hub.dossier").fetchall()
    assert rows == [(one(conn, ring, NEW).subject_id,)]


def test_merge_in_the_same_batch_as_a_change(conn: Conn, ring: KeyRing) -> None:
    """A record that changes while its subject is merged is stored under the key that remains."""
    publish(conn, ring, row(OLD, 1, "old"), row(NEW, 1, "new"))

    publish(conn, ring, row(OLD, 2, "gone", status="cancelled", replaced_by=NEW), row(NEW, 2, "moved house"))

    assert one(conn, ring, NEW).document == "moved house"
    assert one(conn, ring, OLD).document == "gone"
    assert one(conn, ring, OLD).subject_id == one(conn, ring, NEW).subject_id


def test_old_number_shared_by_two_people(conn: Conn, ring: KeyRing) -> None:
    """An old 9-digit number that was given twice is held by both, and joins nobody."""
    publish(conn, ring, row(OLD, former_id="100000001"), row(OTHER, former_id="100000001"))

    subjects = {one(conn, ring, OLD).subject_id, one(conn, ring, OTHER).subject_id}
    assert holders(conn, ring, "100000001") == subjects
    assert len(subjects) == 2


def test_old_number_is_kept_once(conn: Conn, ring: KeyRing) -> None:
    """A newer record with the same old number adds no second row for it, and a first one for a new old number."""
    publish(conn, ring, row(OLD, 1, "A", former_id="100000001"))

    publish(conn, ring, row(OLD, 2, "B", former_id="100000001"))
    publish(conn, ring, row(OLD, 3, "C", former_id="100000002"))

    assert holders(conn, ring, "100000001") == holders(conn, ring, "100000002") == {one(conn, ring, OLD).subject_id}


def test_merged_subjects_hold_a_shared_old_number_once(conn: Conn, ring: KeyRing) -> None:
    """When both subjects of a merge had the same old number, one row of it remains."""
    publish(conn, ring, row(OLD, former_id="100000001"), row(NEW, former_id="100000001"))

    publish(conn, ring, row(OLD, 2, "B", status="cancelled", replaced_by=NEW, former_id="100000001"))

    assert holders(conn, ring, "100000001") == {one(conn, ring, NEW).subject_id}


def test_number_that_replaces_itself_is_only_cancelled(conn: Conn, ring: KeyRing) -> None:
    """A number that the register says replaced itself joins nothing and breaks nothing."""
    publish(conn, ring, row(OLD, status="cancelled", replaced_by=OLD))

    assert one(conn, ring, OLD).identifier_status == "cancelled"


def test_two_registers_share_the_subject(conn: Conn, ring: KeyRing) -> None:
    """Records of two registers about one number stand with one subject."""
    publish(conn, ring, row(OLD, document="population"))
    publish(conn, ring, row(OLD, document="other"), register="civil_status")

    assert count(conn, "subject") == 1
    assert count(conn, "record") == 2


def test_components_join_what_is_linked() -> None:
    """Links in any direction form groups, and nothing else does."""
    assert components([(1, 2), (3, 2), (7, 8), (8, 7)]) == [[1, 2, 3], [7, 8]]
