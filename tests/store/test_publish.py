"""The guarded upsert: what a publish writes, keeps and leaves alone."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from hub.store.records import PublishResult
from hub.trust.keys import KeyRing
from tests.store.population import count, one, personal_id, publish, row, stored

Conn = psycopg.Connection[Any]
A, B, C = personal_id(50000017), personal_id(50000018), personal_id(50000019)


def _places(conn: Conn) -> set[tuple[str, str]]:
    """Returns where PostgreSQL keeps each record and who wrote it: a rewritten row has another place."""
    rows = conn.execute("select ctid::text, xmin::text from hub.record").fetchall()
    conn.rollback()
    return set(rows)


def test_new_records_open_under_their_subjects_keys(conn: Conn, ring: KeyRing) -> None:
    """A published document comes back as it was, each under a subject of its own."""
    result = publish(conn, ring, row(A, document="first"), row(B, document="second"))

    assert result == PublishResult(2, 0, 0, [])
    assert one(conn, ring, A).document == "first"
    assert one(conn, ring, B).document == "second"
    assert one(conn, ring, A).subject_id != one(conn, ring, B).subject_id


def test_identical_rerun_rewrites_no_row(conn: Conn, ring: KeyRing) -> None:
    """Publishing the same rows again counts them as unchanged and leaves every row where it was."""
    rows = [row(personal_id(number), document=str(number)) for number in range(50)]
    publish(conn, ring, *rows)
    before = _places(conn)

    result = publish(conn, ring, *rows)

    assert result == PublishResult(0, 50, 0, [])
    assert _places(conn) == before
    assert count(conn, "record_version") == 0


def test_newer_version_replaces_and_keeps_the_old_one(conn: Conn, ring: KeyRing) -> None:
    """A newer record stands in place of the old one, which stays readable as a version."""
    publish(conn, ring, row(A, 1, "old"))

    result = publish(conn, ring, row(A, 2, "new"))

    assert result == PublishResult(1, 0, 0, [])
    assert one(conn, ring, A).document == "new"
    assert [version.document for version in stored(conn, ring, A, table="record_version")] == ["old"]


def test_older_record_never_overwrites(conn: Conn, ring: KeyRing) -> None:
    """A replay of an older record counts as superseded."""
    publish(conn, ring, row(A, 2, "new"))

    assert publish(conn, ring, row(A, 1, "old")) == PublishResult(0, 0, 1, [])
    assert one(conn, ring, A).document == "new"


def test_mended_mapping_publishes_the_same_version(conn: Conn, ring: KeyRing) -> None:
    """The same source version under a newer mapping replaces the record."""
    publish(conn, ring, row(A, 1, "misread"), mapping_version=1)

    result = publish(conn, ring, row(A, 1, "read well"), mapping_version=2)

    assert result == PublishResult(1, 0, 0, [])
    assert one(conn, ring, A).document == "read well"


def test_older_mapping_never_overwrites(conn: Conn, ring: KeyRing) -> None:
    """A batch that was checked under an older mapping does not undo a mended one."""
    publish(conn, ring, row(A, 1, "read well"), mapping_version=2)

    assert publish(conn, ring, row(A, 1, "misread"), mapping_version=1) == PublishResult(0, 0, 1, [])


def test_correction_outranks_the_same_version(conn: Conn, ring: KeyRing) -> None:
    """A steward's correction of a version replaces it, and a replay of the original does not undo it."""
    publish(conn, ring, row(A, 1, "as sent"))

    assert publish(conn, ring, row(A, 1, "corrected", correction=1)).published == 1
    assert publish(conn, ring, row(A, 1, "as sent")) == PublishResult(0, 0, 1, [])
    assert one(conn, ring, A).document == "corrected"


def test_newer_version_with_the_same_content_is_only_confirmed(conn: Conn, ring: KeyRing) -> None:
    """The same content in a newer version moves the row's version, and keeps no copy of it."""
    publish(conn, ring, row(A, 1, "same"))

    result = publish(conn, ring, row(A, 5, "same"))

    assert result == PublishResult(0, 1, 0, [])
    assert one(conn, ring, A).source_version == 5
    assert count(conn, "record_version") == 0


def test_same_version_with_another_content_is_a_conflict(conn: Conn, ring: KeyRing) -> None:
    """Another content under a stored version is handed back, and the stored record stays."""
    publish(conn, ring, row(A, 1, "stored"))

    result = publish(conn, ring, row(A, 1, "different", position=7), row(B, 1, "fine", position=8))

    assert result == PublishResult(1, 0, 0, [7])
    assert one(conn, ring, A).document == "stored"


def test_newest_of_several_versions_in_one_batch_wins(conn: Conn, ring: KeyRing) -> None:
    """Of several versions of one key in a batch the newest is stored, in whichever order they come."""
    result = publish(conn, ring, row(A, 2, "second"), row(A, 3, "third"), row(A, 1, "first"))

    assert result == PublishResult(1, 0, 2, [])
    assert one(conn, ring, A).document == "third"


def test_repeated_row_in_one_batch_counts_once(conn: Conn, ring: KeyRing) -> None:
    """An identical row in the same batch counts as unchanged."""
    assert publish(conn, ring, row(A, 1, "same"), row(A, 1, "same")) == PublishResult(1, 1, 0, [])


def test_two_contents_of_one_version_in_one_batch_are_both_handed_back(conn: Conn, ring: KeyRing) -> None:
    """Nobody can say which of two contents of one version is right, so neither is stored."""
    result = publish(conn, ring, row(A, 1, "one", position=3), row(A, 1, "other", position=4), row(B, position=5))

    assert result == PublishResult(1, 0, 0, [3, 4])
    assert stored(conn, ring, A) == []


@pytest.mark.parametrize("rounds", [1, 4])
def test_every_row_is_counted_once(conn: Conn, ring: KeyRing, rounds: int) -> None:
    """The counts of a publish add up to its rows, whatever they are."""
    for turn in range(rounds):
        rows = [row(personal_id(n % 40), n % 7, str((n + turn) % 5), position=n) for n in range(200)]

        result = publish(conn, ring, *rows)

        counted = result.published + result.unchanged + result.superseded + len(result.conflicts)
        assert counted == len(rows)


def test_withdrawn_record_keeps_its_document(conn: Conn, ring: KeyRing) -> None:
    """A tombstone without a body marks the record as withdrawn, and its last document stays sealed."""
    publish(conn, ring, row(A, 1, "last known"))

    assert publish(conn, ring, row(A, 2, "", status="withdrawn")).published == 1

    record = one(conn, ring, A)
    assert (record.status, record.identifier_status, record.document) == ("withdrawn", "cancelled", "last known")
    assert publish(conn, ring, row(A, 2, "", status="withdrawn")) == PublishResult(0, 1, 0, [])


def test_withdrawn_record_may_come_back(conn: Conn, ring: KeyRing) -> None:
    """A number that the register restores is current again."""
    publish(conn, ring, row(A, 1, "person"))
    publish(conn, ring, row(A, 2, "", status="withdrawn"))

    publish(conn, ring, row(A, 3, "person"))

    assert (one(conn, ring, A).status, one(conn, ring, A).identifier_status) == ("current", "current")


def test_failing_transaction_leaves_nothing(conn: Conn, ring: KeyRing) -> None:
    """A caller's error after the publish takes back all of it."""
    with pytest.raises(ZeroDivisionError), conn.transaction():
        publish(conn, ring, row(A))
        raise ZeroDivisionError

    assert count(conn, "record") == count(conn, "subject") == count(conn, "subject_key") == 0


def test_empty_batch_publishes_nothing(conn: Conn, ring: KeyRing) -> None:
    """A batch in which every record was refused is no error."""
    assert publish(conn, ring) == PublishResult(0, 0, 0, [])


def test_two_publishes_in_one_transaction(conn: Conn, ring: KeyRing) -> None:
    """The second publish of a transaction sees what the first one wrote."""
    with conn.transaction():
        publish(conn, ring, row(A, 1, "one"))
        second = publish(conn, ring, row(A, 1, "one"), row(B, 1, "two"))

    assert second == PublishResult(1, 1, 0, [])


def test_rows_show_no_value() -> None:
    """The representation of a row names no person."""
    shown = repr(row(A, document="secret", former_id="100123456"))

    assert A not in shown
    assert "secret" not in shown
    assert "100123456" not in shown
