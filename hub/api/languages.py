"""Which of the two languages of the hub a caller prefers (RFC 9110 §12.5.4)."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

Language = Literal["vi", "en"]

_LONGEST = 200


@lru_cache(maxsize=256)
def preferred(accept_language: str) -> Language:
    """Picks `vi` or `en` from an `Accept-Language` header; `vi` when it is empty, malformed or a tie."""
    weights: dict[str, float] = {}
    for part in accept_language[:_LONGEST].lower().split(","):
        tag, _, parameters = part.strip().partition(";")
        primary = tag.strip().split("-")[0]
        if primary in ("vi", "en", "*"):
            weights[primary] = max(weights.get(primary, 0.0), _weight(parameters))
    anything = weights.get("*", 0.0)
    return "en" if weights.get("en", anything) > weights.get("vi", anything) else "vi"


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
