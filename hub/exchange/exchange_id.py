"""Exchange ids: UUID version 7 (RFC 9562), so that ids made later sort later and an index on them stays compact."""

from __future__ import annotations

import os
import time
from uuid import UUID

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_RANDOM = (1 << 74) - 1


def new_exchange_id() -> UUID:
    """Makes the id of one exchange: 48 bits of milliseconds, 74 random bits."""
    random = int.from_bytes(os.urandom(10), "big") & _RANDOM
    high, low = random >> 62, random & ((1 << 62) - 1)
    return UUID(int=((time.time_ns() // 1_000_000) << 80) | _VERSION_7 | (high << 64) | _VARIANT | low)
