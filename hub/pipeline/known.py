"""What the store knows about the numbers that a batch mentions, asked once for the rules over the whole batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import psycopg

from hub.quality.known import NOTHING, Known
from hub.quality.rulesets import Ruleset
from hub.quality.suite import Columns
from hub.store.opened import open_records
from hub.store.ownership import owners_above
from hub.trust.keys import KeyRing
from schemas.canonical import kinds


def ask_store(conn: psycopg.Connection[Any], ring: KeyRing, rules: Ruleset, columns: Columns) -> Known:
    """Returns what the store holds on the numbers that the rules ask about; nothing is asked where they ask nothing.

    Raises:
        KeyRefused: this process holds only retired keys.
    """
    if rules.mentions is None:
        return NOTHING
    mentioned = rules.mentions(columns)
    # Both look up single numbers; at the default price of a random page whole tables would be read instead.
    conn.execute("set local random_page_cost = 1.1")
    return Known(
        deceased=frozenset(_deceased(conn, ring, sorted(mentioned.people))),
        owned_by=owners_above(conn, ring, sorted(mentioned.owners)),
    )


def _deceased(conn: psycopg.Connection[Any], ring: KeyRing, numbers: Sequence[str]) -> Iterable[str]:
    person = kinds()["person"]
    for number, document in open_records(conn, ring, person.sources[0], person, numbers):
        if orjson.loads(document).get("life_status") == "deceased":
            yield number
