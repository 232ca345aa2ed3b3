"""Who may call: the platform's key and secret for a token, the token for each call (assumed: OAuth 2.0 with Basic)."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a caller must know."""

    consumer_key: str = "sandbox-civil-key"
    consumer_secret: str = "sandbox-civil-secret"  # noqa: S105  a sandbox's, printed in its documentation


def knows_key(headers: Mapping[str, str], credentials: Credentials) -> bool:
    """Whether a request for a token carries the right key and secret."""
    pair = f"{credentials.consumer_key}:{credentials.consumer_secret}"
    wanted = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return hmac.compare_digest(headers.get("authorization", "").encode(), wanted.encode())
