"""Roles follow the record that says them, whoever comes first, changes number, or goes."""

from __future__ import annotations

from functools import partial
from typing import Any

import psycopg

from hub.settings import Role, Settings
from hub.store import rotation, subjects
from hub.store.engine import connect
from hub.trust import keys as trust_keys
from hub.trust.keys import KeyRing
from tests.store.population import count, one, personal_id, publish, row, stored
from tests.store.roles import owns, parent, represents, told, written

Conn = psycopg.Connection[Any]
ANN, BOB, CAT, CATS_NEW = (personal_id(50000001 + number) for number in range(4))
COMPANY, OTHER, HOLDING = "9900000014", "9900000021", "9900000039"
as_organisation = partial(publish, register="business", kind="organisation")


def test_roles_lead_from_either_end(conn: Conn, ring: KeyRing) -> None:
    """People and enterprises that hold a role are found from the enterprise, and the enterprise from them."""
    publish(conn, ring, row(ANN))

    as_organisation(
        conn,
        ring,
        row(COMPANY, roles=(represents(ANN), owns(BOB), parent(HOLDING))),
        row(OTHER, roles=(represents(ANN),)),
    )

    assert told(conn, ring) == [
        (ANN, "represents", COMPANY),
        (ANN, "represents", OTHER),
        (BOB, "owns", COMPANY),
        (HOLDING, "owns", COMPANY),
    ]


def test_enterprise_that_comes_after_the_one_it_owns_is_one_subject(conn: Conn, ring: KeyRing) -> None:
    """An owner known by its code alone gets its record later, and so does one of the same batch."""
    as_organisation(conn, ring, row(COMPANY, roles=(parent(HOLDING), parent(OTHER))), row(OTHER))
    before = count(conn, "subject")

    as_organisation(conn, ring, row(HOLDING, 1, "the holding"))

    assert (before, count(conn, "subject")) == (3, 3)
    (holding,) = stored(conn, ring, HOLDING, register="business", kind="organisation")
    assert (holding.document, holding.identifier_status) == ("the holding", "current")
    assert told(conn, ring) == [(OTHER, "owns", COMPANY), (HOLDING, "owns", COMPANY)]


def test_unseen_holder_is_claimed_until_the_population_brings_them(conn: Conn, ring: KeyRing) -> None:
    """A holder whom nobody has seen stands as claimed; their own record joins that subject and makes it current."""
    as_organisation(conn, ring, row(COMPANY, roles=(represents(ANN),)))
    statuses = conn.execute("select scheme, status from hub.subject_identifier order by scheme").fetchall()
    kinds = conn.execute("select kind, count(*) from hub.subject group by kind order by kind").fetchall()
    conn.rollback()

    publish(conn, ring, row(ANN, 1, "the person"))

    assert statuses == [("enterprise_code", "current"), ("personal_id", "claimed")]
    assert kinds == [("organisation", 1), ("person", 1)]
    assert (one(conn, ring, ANN).document, one(conn, ring, ANN).identifier_status) == ("the person", "current")
    assert told(conn, ring) == [(ANN, "represents", COMPANY)]
    assert count(conn, "subject") == count(conn, "subject_key") == 2


def test_household_business_is_represented_by_the_person_of_its_number(conn: Conn, ring: KeyRing) -> None:
    """The owner of a household business under a 12-digit code is a person, another subject than the business."""
    as_organisation(conn, ring, row(ANN, roles=(represents(ANN),)))

    assert told(conn, ring) == [(ANN, "represents", ANN)]
    assert conn.execute("select organisation_id <> holder_id from hub.role").fetchall() == [(True,)]


def test_same_record_again_rewrites_no_role(conn: Conn, ring: KeyRing) -> None:
    """An identical record, and the same content in a newer version, leave every row of the table as it is."""
    roles = (represents(ANN), owns(BOB))
    as_organisation(conn, ring, row(COMPANY, 1, roles=roles))
    before = written(conn)

    as_organisation(conn, ring, row(COMPANY, 1, roles=roles))
    as_organisation(conn, ring, row(COMPANY, 2, roles=roles))

    assert written(conn) == before
    assert len(before) == 2


def test_replaced_record_changes_only_roles_that_changed(conn: Conn, ring: KeyRing) -> None:
    """A new representative comes, the old one goes, and the owner's row is not touched."""
    as_organisation(conn, ring, row(COMPANY, 1, "old", roles=(represents(ANN), owns(BOB))))
    before = written(conn)

    as_organisation(conn, ring, row(COMPANY, 2, "new", roles=(represents(CAT), owns(BOB))))

    assert told(conn, ring) == [(BOB, "owns", COMPANY), (CAT, "represents", COMPANY)]
    assert len(before & written(conn)) == 1


def test_older_record_changes_no_role(conn: Conn, ring: KeyRing) -> None:
    """A record that is told late does not bring back who represented the enterprise then."""
    as_organisation(conn, ring, row(COMPANY, 5, "new", roles=(represents(ANN),)))
    before = written(conn)

    result = as_organisation(conn, ring, row(COMPANY, 3, "old", roles=(represents(BOB),)))

    assert result.superseded == 1
    assert written(conn) == before
    assert count(conn, "subject") == 2


def test_two_contents_of_one_version_change_no_role(conn: Conn, ring: KeyRing) -> None:
    """A record that contradicts the stored version goes to a steward, and its roles are not believed."""
    as_organisation(conn, ring, row(COMPANY, 5, "one", roles=(represents(ANN),)))

    result = as_organisation(conn, ring, row(COMPANY, 5, "other", roles=(represents(BOB),)))

    assert result.conflicts == [0]
    assert told(conn, ring) == [(ANN, "represents", COMPANY)]


def test_withdrawn_enterprise_has_no_roles(conn: Conn, ring: KeyRing) -> None:
    """When the register withdraws an enterprise, nobody represents or owns it any more."""
    as_organisation(conn, ring, row(COMPANY, 1, roles=(represents(ANN),)), row(OTHER, 1, roles=(represents(ANN),)))

    as_organisation(conn, ring, row(COMPANY, 2, "", status="withdrawn", roles=(represents(ANN),)))

    assert told(conn, ring) == [(ANN, "represents", OTHER)]


def test_merged_holder_keeps_each_role_once(conn: Conn, ring: KeyRing) -> None:
    """Two numbers that turn out to be one person hold each of their roles once, as one subject."""
    publish(conn, ring, row(CAT, 1), row(CATS_NEW, 1))
    as_organisation(conn, ring, row(COMPANY, roles=(owns(CAT), owns(CATS_NEW))), row(OTHER, roles=(represents(CAT),)))

    publish(conn, ring, row(CAT, 2, "gone", status="cancelled", replaced_by=CATS_NEW))

    assert told(conn, ring) == [(CAT, "owns", COMPANY), (CAT, "represents", OTHER)]
    subject = one(conn, ring, CATS_NEW).subject_id
    assert conn.execute("select distinct holder_id from hub.role").fetchall() == [(subject,)]


def test_merged_enterprise_keeps_its_roles(conn: Conn, ring: KeyRing) -> None:
    """An enterprise that changes its code is one subject, which holds and has the roles of both."""
    as_organisation(conn, ring, row(COMPANY, 1, roles=(represents(ANN),)), row(HOLDING, roles=(parent(COMPANY),)))
    as_organisation(conn, ring, row(OTHER, 1, roles=(represents(BOB),)))

    as_organisation(conn, ring, row(COMPANY, 2, "", status="cancelled", replaced_by=OTHER))

    assert told(conn, ring) == [(BOB, "represents", COMPANY), (COMPANY, "owns", HOLDING)]


def test_number_of_one_person_twice_is_one_role(conn: Conn, ring: KeyRing) -> None:
    """A record that names one owner by the old and by the new number gives one role."""
    publish(conn, ring, row(CAT, 1, status="cancelled", replaced_by=CATS_NEW), row(CATS_NEW, 1))

    as_organisation(conn, ring, row(COMPANY, roles=(owns(CAT), owns(CATS_NEW))))

    assert count(conn, "role") == 1


def test_erased_subject_holds_no_role(settings: Settings, conn: Conn, ring: KeyRing) -> None:
    """Erasing a person or an enterprise takes the rows that name it, from either end."""
    as_organisation(conn, ring, row(COMPANY, roles=(represents(ANN), owns(BOB))), row(OTHER, roles=(owns(BOB),)))
    publish(conn, ring, row(BOB))
    (other,) = stored(conn, ring, OTHER, register="business", kind="organisation")

    with connect(settings, Role.RETENTION) as retention:
        subjects.erase(retention, one(conn, ring, BOB).subject_id)
    left = told(conn, ring)
    as_organisation(conn, ring, row(OTHER, 2, "again", roles=(represents(CAT),)))
    with connect(settings, Role.RETENTION) as retention:
        subjects.erase(retention, other.subject_id)

    assert left == [(ANN, "represents", COMPANY)]
    assert told(conn, ring) == left


def test_holders_are_found_under_a_new_index_key(settings: Settings, conn: Conn, ring: KeyRing) -> None:
    """During a rotation a new holder stands under both keys; after it every holder is found, and no role rewritten."""
    as_organisation(conn, ring, row(COMPANY, 1, roles=(represents(ANN), parent(HOLDING))))
    trust_keys.rotate_index(settings)
    newer = KeyRing.load(settings)
    as_organisation(conn, newer, row(OTHER, 1, roles=(represents(BOB),)))
    under = conn.execute("select count(*) from hub.subject_identifier where key_version = 2").fetchall()
    conn.rollback()

    done = rotation.rotate_index(settings, newer)

    before, subjects_before = written(conn), count(conn, "subject")
    as_organisation(conn, newer, row(COMPANY, 2, "b", roles=(represents(ANN), parent(HOLDING))))
    as_organisation(conn, newer, row(OTHER, 2, "b", roles=(represents(BOB),)))
    assert under == [(2,)]
    assert (done.moved, done.retired) == (3, [1])
    assert written(conn) == before
    assert count(conn, "subject") == subjects_before == 5


def test_holders_open_under_a_new_master_key(settings: Settings, conn: Conn, ring: KeyRing) -> None:
    """A rotation of the master key wraps the keys of claimed holders too."""
    as_organisation(conn, ring, row(COMPANY, roles=(represents(ANN),)))
    trust_keys.rotate_master(settings)
    newer = KeyRing.load(settings)

    rotation.rewrap(settings, newer)
    trust_keys.retire_master(settings, 1)

    assert told(conn, KeyRing.load(settings)) == [(ANN, "represents", COMPANY)]
