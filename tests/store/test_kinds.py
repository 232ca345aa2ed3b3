"""Records of an invented kind stand under numbers that they only mention, and never change them."""

from __future__ import annotations

from functools import partial
from typing import Any

import psycopg
import pytest

from hub.trust.keys import KeyRing
from schemas.canonical import Canonical, Kind
from tests.store.population import count, holders, one, personal_id, publish, row, stored

Conn = psycopg.Connection[Any]
ANN, ANNS_NEW = personal_id(50000001), personal_id(50000002)
COMPANY = "9900000014"


class GuideCard(Canonical):
    """A tour-guide card under the number of a person."""

    personal_id: str
    card: str


class TravelLicence(Canonical):
    """A travel licence under the code of an enterprise."""

    code: str
    licence: str


CARD = Kind("guide_card", GuideCard, "person", "personal_id", "guide_card", ("tourism",), {})
LICENCE = Kind("travel_licence", TravelLicence, "organisation", "code", "travel_licence", ("tourism",), {})
card = partial(publish, register="tourism", kind=CARD)
licence = partial(publish, register="tourism", kind=LICENCE)
cards = partial(stored, register="tourism", kind=CARD)


@pytest.mark.parametrize(("write", "kind", "number"), [(card, CARD, ANN), (licence, LICENCE, COMPANY)])
def test_number_never_seen_is_claimed(conn: Conn, ring: KeyRing, write: Any, kind: Kind, number: str) -> None:
    """A record under an unknown number makes a subject of its kind's sort, and the number stands as claimed."""
    write(conn, ring, row(number, 1, "a card"))

    (record,) = stored(conn, ring, number, register="tourism", kind=kind)
    assert (record.document, record.status, record.identifier_status) == ("a card", "current", "claimed")
    assert conn.execute("select kind from hub.subject").fetchall() == [(kind.subject,)]


def test_record_joins_the_subject_that_the_number_has(conn: Conn, ring: KeyRing) -> None:
    """Whichever register comes first, person and card are one subject, and the number is in use."""
    other = personal_id(50000009)
    publish(conn, ring, row(ANN, 1, "the person"))
    card(conn, ring, row(ANN, 1, "a card"), row(other, 1, "another card"))

    publish(conn, ring, row(other, 1, "the other person"))

    for number in (ANN, other):
        assert one(conn, ring, number).subject_id == cards(conn, ring, number)[0].subject_id
        assert one(conn, ring, number).identifier_status == "current"
    assert count(conn, "subject") == count(conn, "subject_key") == 2


@pytest.mark.parametrize("status", ["withdrawn", "cancelled"])
def test_withdrawn_record_leaves_the_number_alone(conn: Conn, ring: KeyRing, status: str) -> None:
    """A card that is gone says nothing about its holder's number."""
    publish(conn, ring, row(ANN, 1, "the person"))
    card(conn, ring, row(ANN, 1, "a card"))

    card(conn, ring, row(ANN, 2, "", status=status))

    assert cards(conn, ring, ANN)[0].status == status
    assert (one(conn, ring, ANN).status, one(conn, ring, ANN).identifier_status) == ("current", "current")
    assert conn.execute("select valid_to from hub.subject_identifier").fetchall() == [(None,)]


def test_withdrawn_record_of_an_unknown_number_claims_it_only(conn: Conn, ring: KeyRing) -> None:
    """A card that was gone before the hub ever saw its holder ends no number."""
    card(conn, ring, row(ANN, 1, "gone", status="withdrawn"))

    assert conn.execute("select status, valid_to from hub.subject_identifier").fetchall() == [("claimed", None)]


def test_current_record_does_not_bring_a_cancelled_number_back(conn: Conn, ring: KeyRing) -> None:
    """A card under a number that the population cancelled leaves the number cancelled."""
    publish(conn, ring, row(ANN, 1, "gone", status="cancelled"))

    card(conn, ring, row(ANN, 1, "a card"))

    assert one(conn, ring, ANN).identifier_status == "cancelled"
    assert cards(conn, ring, ANN)[0].identifier_status == "cancelled"


def test_only_the_governing_kind_joins_numbers(conn: Conn, ring: KeyRing) -> None:
    """What a card says about successors and old numbers joins no subjects and adds no number."""
    publish(conn, ring, row(ANN), row(ANNS_NEW))

    card(conn, ring, row(ANN, 1, "a card", status="cancelled", replaced_by=ANNS_NEW, former_id="100500001"))

    assert one(conn, ring, ANN).subject_id != one(conn, ring, ANNS_NEW).subject_id
    assert holders(conn, ring, "100500001") == set()


def test_card_moves_with_its_subject(conn: Conn, ring: KeyRing) -> None:
    """When the population joins two numbers, the card under the old one opens under the joined subject."""
    publish(conn, ring, row(ANN, 1), row(ANNS_NEW, 1))
    card(conn, ring, row(ANN, 1, "a card"))

    publish(conn, ring, row(ANN, 2, "gone", status="cancelled", replaced_by=ANNS_NEW))

    (moved,) = cards(conn, ring, ANN)
    assert (moved.document, moved.subject_id) == ("a card", one(conn, ring, ANNS_NEW).subject_id)
