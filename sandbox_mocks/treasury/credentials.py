"""Who may call: a token, an id for each request, and its signature.

Assumed: the token by OAuth 2.0 with Basic, and x-request-signature as SHA-256 in hex of id, body and secret joined by
pipes; the sources name the headers alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a caller must know."""

    client_id: str = "sandbox-treasury-client"
    client_secret: str = "sandbox-treasury-secret"  # noqa: S105  a sandbox's, printed in its documentation


def knows_client(headers: Mapping[str, str], credentials: Credentials) -> bool:
    """Whether a request for a token carries the right client and secret."""
    pair = f"{credentials.client_id}:{credentials.client_secret}"
    wanted = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return hmac.compare_digest(headers.get("authorization", "").encode(), wanted.encode())


def is_signed(headers: Mapping[str, str], body: bytes, credentials: Credentials) -> bool:
    """Whether a request has an id and the signature that belongs to it."""
    request = headers.get("x-request-id", "")
    signed = b"|".join([request.encode(), body, credentials.client_secret.encode()])
    given = headers.get("x-request-signature", "")
    return bool(request) and hmac.compare_digest(given.encode(), hashlib.sha256(signed).hexdigest().encode())
