"""Who owns whom, walked up through the roles that the store holds."""

from __future__ import annotations

from functools import partial
from typing import Any

import psycopg
import pytest

from hub.store.ownership import owners_above
from hub.store.records import PublishRow
from hub.trust.keys import KeyRing
from tests.store.population import personal_id, publish, row
from tests.store.roles import owns, parent, represents

Conn = psycopg.Connection[Any]
as_organisation = partial(publish, register="business", kind="organisation")


def _owned(code: str, *owners: str) -> PublishRow:
    person = personal_id(50000001)
    return row(code, roles=(represents(person), owns(person), *(parent(owner) for owner in owners)))


def _above(conn: Conn, ring: KeyRing, *codes: str, **limit: int) -> dict[str, set[str]]:
    with conn.transaction():
        return {code: set(above) for code, above in owners_above(conn, ring, codes, **limit).items()}


def test_owners_of_owners_are_found_by_their_codes(conn: Conn, ring: KeyRing) -> None:
    """The walk goes up from the enterprises that are asked about, and people end it."""
    as_organisation(conn, ring, _owned("A", "B", "C"), _owned("B", "D"), _owned("D", "E"), _owned("X", "A"))

    assert _above(conn, ring, "A") == {"A": {"B", "C"}, "B": {"D"}, "D": {"E"}}
    assert _above(conn, ring, "D", "X", "unknown") == {
        **{"X": {"A"}, "A": {"B", "C"}, "B": {"D"}},
        "D": {"E"},
    }
    assert _above(conn, ring, "E", "unknown") == {}
    assert _above(conn, ring) == {}


@pytest.mark.parametrize("size", [1, 2, 7])
def test_walk_in_a_circle_ends(conn: Conn, ring: KeyRing, size: int) -> None:
    """A circle that stands in the store is walked once round, and the walk ends."""
    as_organisation(conn, ring, *(_owned(f"{each}", f"{(each + 1) % size}") for each in range(size)))

    assert _above(conn, ring, "0") == {f"{each}": {f"{(each + 1) % size}"} for each in range(size)}


def test_walk_is_bounded(conn: Conn, ring: KeyRing) -> None:
    """Beyond its depth nothing is followed, however long a chain somebody builds."""
    as_organisation(conn, ring, *(_owned(f"{each}", f"{each + 1}") for each in range(30)))

    assert _above(conn, ring, "0", depth=3) == {f"{each}": {f"{each + 1}"} for each in range(4)}
    assert len(_above(conn, ring, "0")) == 21


def test_withdrawn_enterprise_is_owned_by_nobody(conn: Conn, ring: KeyRing) -> None:
    """What the register withdrew closes no circle."""
    as_organisation(conn, ring, _owned("A", "B"), _owned("B", "A"))

    as_organisation(conn, ring, row("B", 2, "", status="withdrawn"))

    assert _above(conn, ring, "A") == {"A": {"B"}}
