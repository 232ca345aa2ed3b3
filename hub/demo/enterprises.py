"""Holds the enterprises of the store against the twin's truth, by a reading of the wire format of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import orjson

from hub.demo.enterprise_truth import KINDS, STATUSES, amount_of, date_of
from hub.demo.errors import DemoFailed
from hub.pipeline.context import Context
from hub.trust.sealing import record_aad, subject_aad, unseal

_STORED = """
select r.identifier_id, r.subject_id, r.sealed, k.master_version, k.wrapped_key
  from hub.record r join hub.subject_key k using (subject_id)
 where r.register = 'business' and r.kind = 'organisation'
"""


def compare_enterprises(context: Context, twin: str, until: datetime) -> int:
    """Compares kind, status, founding date and capital of every stored enterprise, and returns how many there are.

    A defect in one of these keeps a record out of the store, so that all must agree; but for those that have changed
    since `until`, the end of what was read.

    Raises:
        DemoFailed: the store has none, or one that differs; the message names fields and no value.
    """
    compared = 0
    with httpx.Client(base_url=twin, timeout=30, trust_env=False) as http:
        for record in _stored(context):
            answer = http.post("/_sandbox/business/truth", json={"key": record["code"]})
            if answer.is_error:
                raise DemoFailed("the store holds an enterprise that the register does not know")
            found = answer.json()
            if found["version"] >= until.timestamp() * 1000:
                continue
            expected = _expected(found["truth"]["MainInformation"])
            wrong = [name for name, value in expected.items() if record.get(name) != value]
            if wrong:
                raise DemoFailed(f"a stored enterprise differs from the twin's truth in {', '.join(wrong)}")
            compared += 1
    if not compared:
        raise DemoFailed("no enterprise reached the store: see the run of business_sync in Airflow")
    return compared


def _stored(context: Context) -> Iterator[dict[str, Any]]:
    with context.connect() as conn:
        for place, subject, sealed, master, wrapped in conn.execute(_STORED).fetchall():
            key = context.ring.unwrap(master, wrapped, subject_aad(subject))
            yield orjson.loads(unseal(key, sealed, record_aad("business", "organisation", place)))


def _expected(main: dict[str, str]) -> dict[str, str]:
    return {
        "kind": KINDS[main["ENTERPRISE_TYPE_ID"]],
        "status": STATUSES[main["ENTERPRISE_STATUS"]],
        "founded_on": date_of(main["FOUNDING_DATE"]),
        "capital": amount_of(main["CAPITAL_AMOUNT"]),
    }
