"""Opening the records that a lookup found."""

from __future__ import annotations

from typing import Any

import orjson

from hub.exchange.found import StoredRecord
from hub.exchange.refusals import Unready
from hub.trust.keys import KeyRefused, KeyRing
from hub.trust.sealing import SealBroken, record_aad, subject_aad, unseal


def unseal_row(ring: KeyRing, register: str, kind: str, subject_id: int, row: Any, *, waiting: bool) -> StoredRecord:
    """Opens the sealed record of a row.

    Raises:
        Unready: it does not open with the keys of this process.
    """
    try:
        key = ring.unwrap(row["master_version"], row["wrapped_key"], subject_aad(subject_id))
        document = unseal(key, row["sealed"], record_aad(register, kind, row["identifier_id"]))
    except (SealBroken, KeyRefused):
        raise Unready("hub.record_unreadable", retry_after=60) from None
    return StoredRecord(orjson.loads(document), register, row["source_version"], row["fetched_at"], waiting)
