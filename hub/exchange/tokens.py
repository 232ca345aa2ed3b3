"""Tokens: how a consumer proves itself (RFC 7523 `private_key_jwt`) and the ten-minute access token that it gets.

A token is a JWT under the hub's own Ed25519 key. Its `cnf.jkt` names the consumer's key that asked for it; disabling or
replacing that key, or disabling the consumer, revokes every token issued under it at once. There is no refresh token.
Verified tokens are kept until they expire, so that a signature is checked once a token and not once a call.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from joserfc import jwk, jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from hub.exchange.policy import Consumer, ConsumerKey, Policy
from hub.exchange.refusals import Unauthenticated
from hub.exchange.signing_keys import SigningKeys

ALGORITHMS = {"OKP": "Ed25519", "EC": "ES256", "RSA": "PS256"}
"""The one algorithm for each kind of key; `EdDSA` is deprecated by RFC 9864, `none` and shared secrets never count."""

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_ASSERTION = 300
CLOCK_SKEW = 30
_KEPT_TOKENS = 20_000


@dataclass(frozen=True, slots=True)
class Assertion:
    """A proven assertion; `jti` must now be used up."""

    consumer: Consumer
    kid: str
    jti: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """What a verified access token says."""

    consumer_id: str
    kid: str
    expires_at: float


def read_assertion(assertion: str, policy: Policy, audiences: frozenset[str], now: float) -> Assertion:
    """Verifies a client assertion; its single use is checked by whoever stores the `jti`.

    Raises:
        Unauthenticated: unknown key, wrong signature, algorithm or audience, expired, or living longer than 5 minutes.
    """
    owners: list[tuple[Consumer, ConsumerKey]] = []

    def find_key(signed: Any) -> Any:
        headers = signed.headers()
        kid = headers.get("kid")
        consumer = policy.owner_of(kid) if isinstance(kid, str) else None
        if consumer is None or headers.get("alg") != ALGORITHMS.get(str(consumer.keys[kid].jwk.get("kty"))):
            raise Unauthenticated("assertion.untrusted")
        owners.append((consumer, consumer.keys[kid]))
        return jwk.import_key(dict(consumer.keys[kid].jwk))

    claims = _decode(assertion, find_key, list(ALGORITHMS.values()), "assertion.untrusted")
    consumer, key = owners[0]
    if not claims.get("iss") == claims.get("sub") == consumer.consumer_id:
        raise Unauthenticated("assertion.untrusted")
    if not consumer.active:
        raise Unauthenticated("consumer.disabled")
    if not key.usable(datetime.fromtimestamp(now, UTC)):
        raise Unauthenticated("assertion.key_disabled")
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    # Exactly one audience: an assertion that also names another server could be replayed by that server.
    if len(named) != 1 or not isinstance(named[0], str) or named[0] not in audiences:
        raise Unauthenticated("assertion.audience")
    expires = _lifetime(claims, now)
    jti = claims.get("jti")
    # Half of a surrogate pair is a character to JSON and none to UTF-8.
    if not isinstance(jti, str) or not 8 <= len(jti) <= 128 or not jti.isprintable():
        raise Unauthenticated("assertion.claims")
    return Assertion(consumer, key.kid, jti, datetime.fromtimestamp(expires + CLOCK_SKEW, UTC))


def issue_token(keys: SigningKeys, issuer: str, consumer_id: str, kid: str, seconds: int, now: float) -> str:
    """Issues an access token to a consumer, bound to the consumer's key that proved it."""
    issued = int(now)
    claims = {
        "iss": issuer,
        "aud": issuer,
        "sub": consumer_id,
        "client_id": consumer_id,
        "iat": issued,
        "exp": issued + seconds,
        "jti": str(uuid4()),
        "cnf": {"jkt": kid},
    }
    header = {"alg": "Ed25519", "typ": "at+jwt", "kid": keys.newest.kid}
    return jwt.encode(header, claims, keys.newest.key, algorithms=["Ed25519"])


class TokenVerifier:
    """Verifies access tokens, each signature once."""

    def __init__(self, keys: SigningKeys, issuer: str, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._issuer = issuer
        self._clock = clock
        self._verified: dict[bytes, VerifiedToken] = {}

    def verify(self, token: bytes, policy: Policy) -> Consumer:
        """Returns the consumer that a token stands for, as the policy knows it now.

        Raises:
            Unauthenticated: the token is not ours, expired, or its key or consumer was disabled.
        """
        now = self._clock()
        digest = hashlib.sha256(token).digest()
        verified = self._verified.get(digest)
        if verified is None:
            verified = self._read(token)
            if now < verified.expires_at:
                self._keep(digest, verified, now)
        if now >= verified.expires_at:
            self._verified.pop(digest, None)
            raise Unauthenticated("token.expired")
        consumer = policy.consumers.get(verified.consumer_id)
        key = consumer.keys.get(verified.kid) if consumer is not None else None
        if consumer is None or key is None or not key.active:
            raise Unauthenticated("token.revoked")
        if key.expires_at is not None and key.expires_at.timestamp() <= now:
            raise Unauthenticated("token.revoked")
        if not consumer.active:
            raise Unauthenticated("consumer.disabled")
        return consumer

    def _read(self, token: bytes) -> VerifiedToken:
        def find_key(signed: Any) -> Any:
            headers = signed.headers()
            key = self._keys.find(headers.get("kid"))
            if key is None or headers.get("typ") != "at+jwt":
                raise Unauthenticated("token.invalid")
            return key.key

        claims = _decode(token, find_key, ["Ed25519"], "token.invalid")
        bound = claims.get("cnf")
        jkt = bound.get("jkt") if isinstance(bound, dict) else None
        subject, expires = claims.get("sub"), claims.get("exp")
        if claims.get("iss") != self._issuer or claims.get("aud") != self._issuer:
            raise Unauthenticated("token.invalid")
        if not (isinstance(subject, str) and isinstance(jkt, str) and isinstance(expires, int)):
            raise Unauthenticated("token.invalid")
        return VerifiedToken(subject, jkt, expires)

    def _keep(self, digest: bytes, verified: VerifiedToken, now: float) -> None:
        if len(self._verified) >= _KEPT_TOKENS:
            self._verified = {key: each for key, each in self._verified.items() if each.expires_at > now}
            if len(self._verified) >= _KEPT_TOKENS:
                self._verified.clear()
        self._verified[digest] = verified


def make_assertion(private_jwk: dict[str, Any], *, consumer_id: str, audience: str, now: float | None = None) -> str:
    """Signs an assertion as a consumer does: for demos, tests and as the example for integrators."""
    key = jwk.import_key(private_jwk)
    issued = int(time.time() if now is None else now)
    claims = {
        "iss": consumer_id,
        "sub": consumer_id,
        "aud": audience,
        "iat": issued,
        "exp": issued + 120,
        "jti": base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("="),
    }
    algorithm = ALGORITHMS[str(private_jwk["kty"])]
    return jwt.encode({"alg": algorithm, "kid": key.thumbprint()}, claims, key, algorithms=[algorithm])


def new_client_key() -> tuple[dict[str, Any], dict[str, Any]]:
    """Makes an Ed25519 key pair as JWKs, private and public: for a consumer that has none yet."""
    key = jwk.OKPKey.generate_key("Ed25519")
    return dict(key.as_dict(private=True)), dict(key.as_dict(private=False))


def _decode(token: str | bytes, find_key: Any, algorithms: list[str], code: str) -> dict[str, Any]:
    try:
        claims = jwt.decode(token, find_key, algorithms=algorithms, registry=JWSRegistry(algorithms=algorithms)).claims
    except (JoseError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError):
        # Whatever a library stumbles over, it proved nothing. Its text may quote the token.
        raise Unauthenticated(code) from None
    if not isinstance(claims, dict):
        raise Unauthenticated(code)
    return claims


def _lifetime(claims: dict[str, Any], now: float) -> float:
    expires, not_before, issued = claims.get("exp"), claims.get("nbf", 0), claims.get("iat", 0)
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in (expires, not_before, issued)):
        raise Unauthenticated("assertion.claims")
    assert isinstance(expires, int | float)  # noqa: S101
    # Compared, never calculated with: JSON knows numbers that are too large for that, and Python's reads NaN.
    if expires <= now - CLOCK_SKEW:
        raise Unauthenticated("assertion.expired")
    timely = expires <= now + LONGEST_ASSERTION + CLOCK_SKEW
    if not (timely and not_before <= now + CLOCK_SKEW and issued <= now + CLOCK_SKEW):
        raise Unauthenticated("assertion.claims")
    return float(expires)
