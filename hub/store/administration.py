"""Entries of the exchange log that no API call makes: stewards' decisions and administration, in their own transaction.

The API's own entries are written by its group-committing writer; these are rare and stand in the transaction that they
describe, so that neither can exist without the other.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg

_WRITER = uuid4()


def log_steward(
    conn: psycopg.Connection[Any],
    *,
    exchange_id: UUID,
    officer: str,
    outcome: str,
    legal_basis: str | None,
    kind: str = "steward",
    consumer_id: str | None = None,
    procedure: str | None = None,
    subject_id: int | None = None,
    attributes: list[str] | None = None,
) -> None:
    """Writes who decided what; `exchange_id` is the batch or entry that it is about, where there is one."""
    conn.execute(
        """insert into hub.exchange_log (exchange_id, at, writer, sequence, kind, officer, consumer_id, procedure,
                                         subject_id, legal_basis, attributes, outcome)
           values (%s, clock_timestamp(), %s,
                   coalesce((select max(sequence) from hub.exchange_log where writer = %s), 0) + 1,
                   %s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            exchange_id,
            _WRITER,
            _WRITER,
            kind,
            officer,
            consumer_id,
            procedure,
            subject_id,
            legal_basis,
            attributes,
            outcome,
        ),
    )
