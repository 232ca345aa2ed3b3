"""What the check asks of the store: once a batch, about the numbers that its rules name."""

from __future__ import annotations

from functools import partial
from typing import Any

import orjson
import psycopg
import pytest

from hub.pipeline import known
from hub.quality.known import NOTHING, Known
from hub.quality.rulesets import Ruleset, ruleset
from hub.settings import Role, Settings
from hub.store.engine import connect
from hub.store.records import PublishRow
from hub.trust import keys as trust_keys
from hub.trust.keys import KeyRefused, KeyRing
from tests.store.population import personal_id, publish, row
from tests.store.roles import parent

Conn = psycopg.Connection[Any]
ORGANISATION = ruleset("organisation")
ANN, BOB, CAT, CATS_NEW, NOBODY = (personal_id(50000001 + number) for number in range(5))
as_organisation = partial(publish, register="business", kind="organisation")


def _person(number: str, life_status: str, version: int = 1, **rest: Any) -> PublishRow:
    return row(number, version, orjson.dumps({"life_status": life_status}).decode(), **rest)


def _columns(*rows: dict[str, Any]) -> dict[str, list[Any]]:
    records = [{"version": 1, "status": "active", **each} for each in rows]
    return {name: [record.get(name) for record in records] for name in ORGANISATION.columns}


def _represented(*numbers: str) -> dict[str, Any]:
    return {"code": "A", "representatives": [{"name": "x", "personal_id": number} for number in numbers]}


def _ask(conn: Conn, ring: KeyRing, columns: dict[str, list[Any]], rules: Ruleset = ORGANISATION) -> Known:
    with conn.transaction():
        return known.ask_store(conn, ring, rules, columns)


def test_dead_representatives_are_known(conn: Conn, ring: KeyRing) -> None:
    """Those whom the population calls dead are named, also by a number that was replaced; the others are not."""
    publish(conn, ring, _person(ANN, "deceased"), _person(BOB, "alive"))
    publish(
        conn,
        ring,
        row(CAT, 1, "{}", status="cancelled", replaced_by=CATS_NEW),
        _person(CATS_NEW, "deceased"),
    )

    found = _ask(conn, ring, _columns(_represented(ANN, BOB, NOBODY), {**_represented(CAT), "code": "B"}))

    assert found.deceased == {ANN, CAT}


def test_person_who_was_dead_by_mistake_is_not_known_as_dead(conn: Conn, ring: KeyRing) -> None:
    """Only the current record counts, not what it replaced."""
    publish(conn, ring, _person(ANN, "deceased"))
    publish(conn, ring, _person(ANN, "alive", 2))

    assert _ask(conn, ring, _columns(_represented(ANN))).deceased == frozenset()


def test_owners_of_owners_are_known(conn: Conn, ring: KeyRing) -> None:
    """Who owns the owners that a batch names comes from the store."""
    as_organisation(conn, ring, row("X", roles=(parent("Y"),)), row("Y", roles=(parent("A"),)))

    found = _ask(conn, ring, _columns({"code": "A", "members": [{"name": "x", "enterprise_code": "X"}]}))

    assert found.owned_by == {"X": {"Y"}, "Y": {"A"}}


def test_a_batch_of_any_size_is_asked_about(conn: Conn, ring: KeyRing) -> None:
    """More representatives than one slice holds are all looked at."""
    people = [personal_id(number) for number in range(6000)]
    publish(conn, ring, *(_person(each, "deceased" if each == people[-1] else "alive") for each in people))

    assert _ask(conn, ring, _columns(_represented(*people))).deceased == {people[-1]}


def test_people_ask_nothing(conn: Conn, ring: KeyRing) -> None:
    """The rules on people want nothing of the store, so that no statement is sent."""
    assert _ask(conn, ring, {}, ruleset("person")) is NOTHING


def test_retired_keys_know_nothing_and_say_so(settings: Settings, conn: Conn, ring: KeyRing) -> None:
    """A process whose keys find nothing any more stops, instead of knowing nobody."""
    trust_keys.rotate_index(settings)
    with connect(settings, Role.OWNER) as owner:
        owner.execute("insert into hub.retired_key (purpose, version) values ('index', 1)")

    with pytest.raises(KeyRefused, match="restart"):
        _ask(conn, ring, _columns(_represented(ANN)))
