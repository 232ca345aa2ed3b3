"""Organisations stand beside people: their numbers are another scheme, also where the digits are the same."""

from __future__ import annotations

from functools import partial
from typing import Any

import psycopg

from hub.settings import Settings
from hub.store import rotation
from hub.trust import keys as trust_keys
from hub.trust.keys import KeyRing
from tests.store.population import count, one, personal_id, publish, row, stored

Conn = psycopg.Connection[Any]
OWNER = personal_id(50000001)
COMPANY = "9900000014"
as_organisation = partial(publish, register="business", kind="organisation")
of_organisation = partial(stored, register="business", kind="organisation")


def test_household_business_is_not_its_owner(conn: Conn, ring: KeyRing) -> None:
    """A household business goes by its owner's number, and is a subject of its own with a key of its own."""
    publish(conn, ring, row(OWNER, 1, "the owner"))

    as_organisation(conn, ring, row(OWNER, 1, "the business"))

    (business,) = of_organisation(conn, ring, OWNER)
    owner = one(conn, ring, OWNER)
    assert (owner.document, business.document) == ("the owner", "the business")
    assert owner.subject_id != business.subject_id
    kinds = conn.execute("select kind from hub.subject order by subject_id").fetchall()
    assert kinds == [("person",), ("organisation",)]
    assert count(conn, "subject_key") == 2


def test_newer_version_of_an_organisation_replaces_the_older(conn: Conn, ring: KeyRing) -> None:
    """The order of versions, the guard and the kept versions hold for organisations as for people."""
    as_organisation(conn, ring, row(COMPANY, 5, "founded"))

    results = [
        as_organisation(conn, ring, row(COMPANY, version, text))
        for version, text in [(5, "founded"), (9, "renamed"), (7, "moved, told late")]
    ]

    assert [(each.published, each.unchanged, each.superseded) for each in results] == [(0, 1, 0), (1, 0, 0), (0, 0, 1)]
    assert [each.document for each in of_organisation(conn, ring, COMPANY)] == ["renamed"]
    assert [each.document for each in of_organisation(conn, ring, COMPANY, table="record_version")] == ["founded"]


def test_index_key_rotation_finds_organisations_again(conn: Conn, ring: KeyRing, settings: Settings) -> None:
    """After a rotation an organisation is found under the new key by the same code."""
    as_organisation(conn, ring, row(COMPANY, 1, "founded"))
    trust_keys.rotate_index(settings)
    newer = KeyRing.load(settings)

    rotation.rotate_index(settings, newer)

    assert [each.document for each in of_organisation(conn, newer, COMPANY)] == ["founded"]
    assert as_organisation(conn, newer, row(COMPANY, 1, "founded")).unchanged == 1
